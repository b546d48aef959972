"""The manifest: its versions are in the ledger, and the one that is served is the last of them."""

from collections.abc import Sequence
from hashlib import sha256
from itertools import pairwise

from reelm_audit.leaf import Leaf
from reelm_audit.subjects.beside import Beside
from reelm_audit.verdict import Claim, Verdict, judged, not_published

_VERSIONS = "Every version of the manifest is in the ledger, one after the other"
_SERVED = "The manifest that is served is the one in the ledger"


def judge(leaves: Sequence[Leaf], beside: Beside) -> list[Claim]:
    versions = [leaf for leaf in leaves if leaf.kind == "manifest.publish"]
    faults = [
        f"Entry {later.index}: version {later.public['version']} follows version {earlier.public['version']}."
        for earlier, later in pairwise(versions)
        if not _is_next(earlier, later) and not _is_same(earlier, later)
    ]
    if not versions:
        return [not_published("manifest.versions", _VERSIONS)]
    newest = versions[-1]
    count = len({leaf.public["version"] for leaf in versions})
    found = f"{count} versions; the newest is {newest.public['version']}, of {newest.time}."
    how = "Versions are numbered without a gap. What a manifest says is the realm's own statement."
    return [
        judged("manifest.versions", _VERSIONS, faults=faults, found=found, how=how),
        _served(newest, beside.manifest, beside.trouble),
    ]


def _is_next(earlier: Leaf, later: Leaf) -> bool:
    return bool(later.public["version"] == earlier.public["version"] + 1)


def _is_same(earlier: Leaf, later: Leaf) -> bool:
    """The same version once more: the realm keeps its entries for another time."""
    return all(later.public[name] == earlier.public[name] for name in ("version", "digest"))


def _served(newest: Leaf, manifest: bytes | None, trouble: str | None) -> Claim:
    if manifest is None and trouble is not None:
        return Claim(id="manifest.served", says=_SERVED, verdict=Verdict.NOT_CHECKED, found=trouble)
    if manifest is None:
        found = f"Its SHA-256 should be {newest.public['digest']}. Name the file with --manifest."
        return Claim(id="manifest.served", says=_SERVED, verdict=Verdict.PROMISED, found=found)
    is_same = sha256(manifest).hexdigest() == newest.public["digest"]
    faults = () if is_same else (f"The file is not what entry {newest.index} has in the ledger.",)
    found = f"The file is what entry {newest.index} has in the ledger."
    return judged("manifest.served", _SERVED, faults=faults, found=found, how="Its SHA-256 was compared.")
