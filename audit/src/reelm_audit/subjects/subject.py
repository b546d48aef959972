"""The subjects by name, and how each is judged."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from reelm_audit.leaf import Leaf
from reelm_audit.subjects import client, flows, manifest, moderation, policies, releases, status, storage
from reelm_audit.subjects.beside import Beside
from reelm_audit.verdict import Claim, Verdict, not_published

Judge: TypeAlias = Callable[[Sequence[Leaf], Beside], list[Claim]]


@dataclass(frozen=True, slots=True)
class Subject:
    """One command.

    Attributes:
        says: what a realm claims about it, for when there is nothing to check.
        kinds: beginnings of the kinds of leaves that it is about; none when no kind is defined yet.
        judge: the claims from those leaves.
    """

    says: str
    kinds: tuple[str, ...] = ()
    judge: Judge | None = None


SUBJECTS: Mapping[str, Subject] = {
    "manifest": Subject("The realm declares who runs it, and keeps to that", ("manifest.",), manifest.judge),
    "policy-replay": Subject(
        "Staff access and flows were decided by the published policy",
        ("policy.", "access.", "flow.intent", "flow.deny"),
        policies.judge,
    ),
    "releases": Subject("The realm runs the code that it published", ("release.",), releases.judge),
    "flows": Subject("What leaves the realm is declared and arrives as declared", ("flow.",), flows.judge),
    "moderation": Subject("Every restriction has its reasons and a second look", ("mod.",), moderation.judge),
    "status": Subject("Trouble is told in time", ("incident.",), status.judge),
    "client": Subject(
        "The app sends nothing to undeclared places, and is the published one", ("release.",), client.judge
    ),
    "storage": Subject(
        "Stored data is where the manifest says, and planted records stayed there",
        ("manifest.", "canary."),
        storage.judge,
    ),
}


def judge(
    name: str, leaves: Sequence[Leaf], beside: Beside, *, is_sound: bool, is_whole: bool = True
) -> list[Claim]:
    """The claims of one subject.

    Args:
        name: of ``SUBJECTS``.
        leaves: of the subject's kinds, in order, from a verified log.
        beside: what else is at hand.
        is_sound: whether the log passed its own audit; nothing is concluded from one that did not.
        is_whole: whether every entry was read; of removed ones nothing can be said.
    """
    subject = SUBJECTS[name]
    if not is_sound:
        found = "The ledger that it rests on failed its own check, or could not be read to its end."
        return [Claim(id=name, says=subject.says, verdict=Verdict.NOT_CHECKED, found=found)]
    if subject.judge is None or not leaves:
        return [not_published(name, subject.says)]
    claims = subject.judge(leaves, beside)
    return claims if is_whole else [_in_part(claim) for claim in claims]


def _in_part(claim: Claim) -> Claim:
    if claim.verdict is not Verdict.PROVEN:
        return claim
    found = f"{claim.found} Older entries were removed and could not be read."
    return replace(claim, verdict=Verdict.SAMPLED, found=found)
