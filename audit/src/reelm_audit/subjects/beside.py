"""Describe what an auditor has besides the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reelm_audit.budget import MAX_SECONDS, Budget
from reelm_audit.leaf import Leaf
from reelm_audit.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Things that leaves are held against.

    Attributes:
        now_seconds: when this is judged, POSIX seconds.
        manifest: the manifest's canonical JSON as the realm serves it; None when it was not given.
        placement: what the realm serves as ``/api/storage``; None when it was not given.
        trouble: why what the realm should serve beside its ledger could not be had, if so.
        peer: flow leaves of the other realm's verified log; None when it was not given.
        disclosed: a folder of policies and requests by their digest; None when it was not given.
        site: the realm as browsers reach it; None when it was not given.
        built: a wheel, or the folder of an installed package; None when it was not given.
        budget: how long it may take.
    """

    now_seconds: int
    manifest: bytes | None = None
    placement: bytes | None = None
    trouble: str | None = None
    peer: Sequence[Leaf] | None = None
    disclosed: Path | None = None
    site: Site | None = None
    built: Path | None = None
    budget: Budget = field(default_factory=lambda: Budget.of(MAX_SECONDS))
