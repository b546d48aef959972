"""Decisions: each was made by a policy that was published before, and comes out the same when made again."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from reelm_audit.leaf import Leaf
from reelm_audit.subjects import replay
from reelm_audit.subjects.beside import Beside
from reelm_audit.verdict import Claim, Verdict, judged, not_published

_IN_FORCE = "Every decision was made by the policy that was published and in force"
_REPLAY = "Every decision comes out the same when it is made again"
_EMERGENCY = "Every emergency ended within the hour and was looked at afterwards"
_EMERGENCY_MAX = timedelta(minutes=60)
# A decision that was under way while a new policy was published may come into the ledger after it.
_UNDER_WAY = timedelta(seconds=60)
_ALLOWED = {"access.read": True, "access.export": True, "access.deny": False}


def judge(leaves: Sequence[Leaf], beside: Beside) -> list[Claim]:
    return [_in_force(leaves), _replay(leaves, beside), _emergencies(leaves, beside.now_seconds)]


def _in_force(leaves: Sequence[Leaf]) -> Claim:
    superseded: dict[str, datetime | None] = {}
    faults, count, current = [], 0, ""
    for leaf in leaves:
        digest = leaf.public.get("policy_digest")
        if leaf.kind == "policy.publish":
            if current:
                superseded[current] = leaf.moment
            current = leaf.public["policy_digest"]
            superseded[current] = None
        elif digest is not None:
            count += 1
            since = superseded.get(digest)
            if digest not in superseded:
                faults.append(f"Entry {leaf.index}: it names a policy that was not published before.")
            elif since is not None and leaf.moment > since + _UNDER_WAY:
                faults.append(f"Entry {leaf.index}: it names a policy that was no longer in force.")
    if not count:
        return not_published("policy-replay.in-force", _IN_FORCE)
    found = f"{count:,} decisions, each by the digest of the policy in force."
    how = "Digests in the ledger were matched in order."
    return judged("policy-replay.in-force", _IN_FORCE, faults=faults, found=found, how=how)


def _replay(leaves: Sequence[Leaf], beside: Beside) -> Claim:
    decisions = [leaf for leaf in leaves if leaf.kind in _ALLOWED and not _lacked_approval(leaf)]
    if not decisions:
        return not_published("policy-replay.replay", _REPLAY)
    if beside.disclosed is None:
        found = "Requests name people, so only digests are public. Whoever was shown some names --disclosed."
        return Claim(id="policy-replay.replay", says=_REPLAY, verdict=Verdict.PROMISED, found=found)
    shown = []
    for leaf in decisions:
        request = replay.disclosed(beside.disclosed, leaf.public["request_digest"])
        policies = replay.disclosed(beside.disclosed, leaf.public["policy_digest"])
        if request is not None and policies is not None:
            shown.append((leaf, (policies, request)))
    made = replay.decide_all([pair for _, pair in shown], until=beside.budget.until)
    replayed = len(made)
    faults = [
        f"Entry {leaf.index}: the policy decides otherwise."
        if is_allowed is not None
        else f"Entry {leaf.index}: Cedar could not be given this policy and request without ending."
        for (leaf, _), is_allowed in zip(shown, made, strict=False)
        if is_allowed is not _ALLOWED[leaf.kind]
    ]
    how = "Each disclosed request was given to Cedar with its policy; any error counts as a denial."
    if replayed < len(shown) and not faults:
        found = (
            f"{replayed:,} of {len(shown):,} disclosed decisions came out the same until the time was over. "
        )
        found += "See --max-minutes."
        verdict = Verdict.NOT_CHECKED
        return Claim(id="policy-replay.replay", says=_REPLAY, verdict=verdict, found=found, how=how)
    found = f"All {replayed:,} decisions came out the same."
    if replayed == len(decisions) or faults:
        return judged("policy-replay.replay", _REPLAY, faults=faults, found=found, how=how)
    verdict = Verdict.SAMPLED if replayed else Verdict.PROMISED
    found = f"{replayed:,} of {len(decisions):,} decisions were disclosed; those came out the same."
    return Claim(id="policy-replay.replay", says=_REPLAY, verdict=verdict, found=found, how=how)


def _lacked_approval(leaf: Leaf) -> bool:
    """Refused for the second person who was named and had not approved it, whatever the policy says."""
    return leaf.kind == "access.deny" and leaf.public.get("reason") == "approval"


def _emergencies(leaves: Sequence[Leaf], now_seconds: int) -> Claim:
    opened = {leaf.index: leaf for leaf in leaves if leaf.kind == "access.emergency"}
    if not opened:
        return not_published("policy-replay.emergency", _EMERGENCY)
    reviewed = {leaf.public["emergency"]: leaf for leaf in leaves if leaf.kind == "access.review"}
    now = datetime.fromtimestamp(now_seconds, UTC)
    faults = []
    for index, leaf in opened.items():
        if _moment(leaf, "expires_at") > leaf.moment + _EMERGENCY_MAX:
            faults.append(f"Entry {index}: an emergency of more than an hour.")
        review, due = reviewed.get(index), _moment(leaf, "review_due_at")
        if review is None and now > due:
            faults.append(f"Entry {index}: nobody looked at this emergency until {due:%Y-%m-%d %H:%M} UTC.")
        elif review is not None and review.moment > due:
            faults.append(f"Entry {index}: this emergency was looked at too late.")
        elif review is not None and review.public["reviewer"] == leaf.public["actor"]:
            faults.append(f"Entry {index}: {leaf.public['actor']} looked at their own emergency.")
    for leaf in leaves:
        emergency = opened.get(leaf.public.get("emergency", -1)) if leaf.kind == "access.read" else None
        if emergency is not None and leaf.moment > _moment(emergency, "expires_at"):
            faults.append(f"Entry {leaf.index}: data was read under an emergency that was over.")
    found = f"{len(opened)} emergencies, none of more than an hour, none left without a look."
    how = "Entries were matched by index; times are the realm's own."
    return judged("policy-replay.emergency", _EMERGENCY, faults=faults, found=found, how=how)


def _moment(leaf: Leaf, name: str) -> datetime:
    return datetime.fromisoformat(leaf.public[name])
