"""Releases: nothing is deployed that was not published before."""

from collections.abc import Sequence
from typing import Any

from reelm_audit.leaf import Leaf
from reelm_audit.subjects.beside import Beside
from reelm_audit.verdict import Claim, Verdict, judged, not_published

_BEFORE = "Every release was on the record before it was deployed"
_RUNS = "The realm runs what it says it runs"


def judge(leaves: Sequence[Leaf], _beside: Beside) -> list[Claim]:
    published: dict[str, dict[str, Any]] = {}
    faults, deployed = [], 0
    for leaf in leaves:
        version = leaf.public["version"]
        if leaf.kind == "release.publish":
            published[version] = dict(leaf.public)
        elif leaf.kind == "release.deploy":
            deployed += 1
            before = published.get(version)
            if before is None:
                faults.append(
                    f"Entry {leaf.index}: version {version} was deployed and never published before."
                )
            elif _differs("page_digest", leaf.public, before):
                faults.append(f"Entry {leaf.index}: the page of version {version} is not the published one.")
    found = f"{deployed} deployments, each of a version that was published before."
    how = "Entries were compared with earlier ones of the same version."
    if not deployed:
        return [not_published("releases.before", _BEFORE), _runs()]
    return [judged("releases.before", _BEFORE, faults=faults, found=found, how=how), _runs()]


def _differs(name: str, left: Any, right: Any) -> bool:
    return name in left and name in right and left[name] != right[name]


def _runs() -> Claim:
    found = (
        "No record can show what a server runs. Build the release yourself, compare, and watch what it does."
    )
    return Claim(id="releases.runs", says=_RUNS, verdict=Verdict.PROMISED, found=found)
