"""Incidents: the next word came when it was promised."""

from collections.abc import Sequence
from datetime import UTC, datetime

from reelm_audit.leaf import Leaf
from reelm_audit.subjects.beside import Beside
from reelm_audit.verdict import Claim, Verdict, judged

_CLOCK = "During trouble, every next word came when it was promised"
_TOLD = "All trouble was told"


def judge(leaves: Sequence[Leaf], beside: Beside) -> list[Claim]:
    due: dict[str, datetime] = {}
    faults, count = [], 0
    for leaf in leaves:
        incident = leaf.public["incident"]
        if leaf.kind == "incident.open":
            count += 1
        elif incident not in due:
            faults.append(f"Entry {leaf.index}: news of an incident that is not open.")
            continue
        elif leaf.moment > due[incident]:
            faults.append(
                f"Entry {leaf.index}: it was due at {due[incident]:%Y-%m-%d %H:%M} UTC and came later."
            )
        if leaf.kind == "incident.close":
            del due[incident]
        else:
            due[incident] = datetime.fromisoformat(leaf.public["next_update_due_at"])
    now = datetime.fromtimestamp(beside.now_seconds, UTC)
    faults += [
        f"Incident {incident}: word was due at {when:%Y-%m-%d %H:%M} UTC and has not come."
        for incident, when in sorted(due.items())
        if now > when
    ]
    found = f"{count} incidents, {len(due)} of them open; every word was in time."
    how = "Times are the realm's own; witnesses bound how far they can be wrong."
    told = "Trouble that a realm does not admit is not in its ledger. Probe it from outside."
    return [
        judged("status.clock", _CLOCK, faults=faults, found=found, how=how),
        Claim(id="status.told", says=_TOLD, verdict=Verdict.PROMISED, found=told),
    ]
