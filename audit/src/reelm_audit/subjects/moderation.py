"""Moderation: statements of reasons, and appeals that somebody else decides."""

from collections.abc import Sequence

from reelm_audit.leaf import Leaf
from reelm_audit.subjects.beside import Beside
from reelm_audit.verdict import Claim, Verdict, judged, not_published

_REASONS = "Every decision states its reasons in the form of the Digital Services Act"
_SECOND = "Every appeal was decided by somebody else, about a decision that exists"
_COMPLETE = "Nothing was restricted without a decision in the ledger"


def judge(leaves: Sequence[Leaf], _beside: Beside) -> list[Claim]:
    decisions = [leaf for leaf in leaves if leaf.kind == "mod.decision"]
    found = f"{len(decisions):,} decisions; each has the fields and words that the form demands."
    how = "A decision without them is refused. Whether reasons are good is for people to judge."
    hidden = (
        "What was hidden without saying so is not in a ledger. Compare accounts that should see the same."
    )
    reasons = judged("moderation.reasons", _REASONS, faults=(), found=found, how=how)
    return [
        reasons if decisions else not_published("moderation.reasons", _REASONS),
        _second(leaves),
        Claim(id="moderation.complete", says=_COMPLETE, verdict=Verdict.PROMISED, found=hidden),
    ]


def _second(leaves: Sequence[Leaf]) -> Claim:
    deciders: dict[str, str | None] = {}
    appeals: dict[str, str] = {}
    faults, decided = [], 0
    for leaf in leaves:
        public = leaf.public
        if leaf.kind == "mod.decision":
            deciders[public["decision"]] = public.get("decided_by")
        elif leaf.kind == "mod.appeal":
            appeals[public["appeal"]] = public["decision"]
            if public["decision"] not in deciders:
                faults.append(f"Entry {leaf.index}: an appeal against a decision that is not in the ledger.")
        elif leaf.kind == "mod.outcome":
            decided += 1
            if appeals.get(public["appeal"]) != public["decision"]:
                faults.append(f"Entry {leaf.index}: the outcome of an appeal that was not made.")
            elif deciders.get(public["decision"]) == public["decided_by"]:
                faults.append(
                    f"Entry {leaf.index}: {public['decided_by']} decided on an appeal against themselves."
                )
    if not appeals and not decided:
        return not_published("moderation.second", _SECOND)
    if not decided and not faults:
        found = f"{len(appeals):,} appeals, none of them decided yet, so there is nothing to check."
        return Claim(id="moderation.second", says=_SECOND, verdict=Verdict.NOT_PUBLISHED, found=found)
    found = f"{len(appeals):,} appeals, {decided:,} of them decided, each by somebody else."
    how = "Entries of decision, appeal and outcome were matched."
    return judged("moderation.second", _SECOND, faults=faults, found=found, how=how)
