"""Announce: the realm's manifest and its code are on the public record before anything is done by them."""

from dataclasses import dataclass
from hashlib import sha256

from reelm.realm import declared
from reelm.workflows.realm import OpenRealm


@dataclass(frozen=True, slots=True)
class Release:
    """The code that is about to run, by its digests."""

    version: str
    code_digest: str
    page_digest: str


async def announce(release: Release, *, at: OpenRealm) -> None:
    """Put what is new of manifest and release on the record; does nothing when both are there.

    Raises:
        NotRecorded: they are not on the record yet, so that nothing may run by them.
    """
    manifest: dict[str, object] = {"digest": sha256(declared(at.manifest)).hexdigest()}
    if at.retention_days:
        manifest["retention_days"] = at.retention_days
    await at.ledger.announce("manifest.publish", manifest, counted_as="version")
    await at.ledger.announce(
        "release.deploy",
        {
            "version": release.version,
            "code_digest": release.code_digest,
            "page_digest": release.page_digest,
        },
    )
