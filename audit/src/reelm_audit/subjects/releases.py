"""Releases: nothing is deployed that was not published, and anyone can hold their own build against it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reelm_audit.built import digests_of
from reelm_audit.leaf import Leaf
from reelm_audit.subjects.beside import Beside
from reelm_audit.verdict import Claim, Verdict, judged, not_published

_BEFORE = "Every release was in the ledger before it was deployed"
_BUILT = "What you have is the release in the ledger"
_RUNS = "The realm runs what it says it runs"
_DIGESTS = {"artifact_digest": "wheel", "code_digest": "code", "page_digest": "page"}
_DEPLOYED = ("code_digest", "page_digest")


def judge(leaves: Sequence[Leaf], beside: Beside) -> list[Claim]:
    return [_before(leaves), _built(leaves, beside.built), _runs()]


def _before(leaves: Sequence[Leaf]) -> Claim:
    published: dict[str, Mapping[str, Any]] = {}
    faults, deployed = [], 0
    for leaf in leaves:
        version = leaf.public["version"]
        if leaf.kind == "release.publish":
            published[version] = leaf.public
        elif leaf.kind == "release.deploy":
            deployed += 1
            before = published.get(version)
            if before is None:
                faults.append(
                    f"Entry {leaf.index}: version {version} was deployed and never published before."
                )
            else:
                faults += [
                    f"Entry {leaf.index}: the {_DIGESTS[name]} of version {version} is not the published one."
                    for name in _DEPLOYED
                    if _differs(name, leaf.public, before)
                ]
    found = f"{deployed} deployments, each of a version that was published before."
    how = "Entries were compared with earlier ones of the same version."
    if not deployed:
        return not_published("releases.before", _BEFORE)
    return judged("releases.before", _BEFORE, faults=faults, found=found, how=how)


def _built(leaves: Sequence[Leaf], built: Path | None) -> Claim:
    newest = next((leaf for leaf in reversed(leaves) if leaf.kind == "release.publish"), None)
    if newest is None:
        return not_published("releases.built", _BUILT)
    on_record = {name: newest.public[name] for name in _DIGESTS if name in newest.public}
    if built is None:
        digests = ", ".join(f"{_DIGESTS[name]} {digest}" for name, digest in on_record.items())
        found = f"Version {newest.public['version']} has {digests}. Name your build of it with --built."
        return Claim(id="releases.built", says=_BUILT, verdict=Verdict.PROMISED, found=found)
    yours = digests_of(built)
    shared = [name for name in _DIGESTS if name in yours and name in on_record]
    faults = [
        f"The {_DIGESTS[name]} is another one: {yours[name]}, and entry {newest.index} has {on_record[name]}."
        for name in shared
        if yours[name] != on_record[name]
    ]
    names = " and ".join(_DIGESTS[name] for name in shared)
    found = (
        f"{names.capitalize()} have the digests of entry {newest.index}, version {newest.public['version']}."
    )
    how = "Its digests were made here. Build it from the sources yourself to know what is in it."
    if not shared:
        return not_published("releases.built", _BUILT)
    return judged("releases.built", _BUILT, faults=faults, found=found, how=how)


def _differs(name: str, left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    return name in left and name in right and left[name] != right[name]


def _runs() -> Claim:
    found = (
        "No ledger can show what a server runs. Build the release yourself, compare, and watch what it does."
    )
    return Claim(id="releases.runs", says=_RUNS, verdict=Verdict.PROMISED, found=found)
