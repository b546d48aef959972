"""Flows: what left was announced before, and the other realm says the same."""

from collections.abc import Iterable, Sequence

from reelm_audit.leaf import Leaf
from reelm_audit.subjects.beside import Beside
from reelm_audit.verdict import Claim, Verdict, judged, not_published

_ANNOUNCED = "Everything that left was announced in the ledger before"
_BOTH = "Both realms say the same about every transfer"
_COMPLETE = "Nothing left the realm outside of its declared flows"
_SAME = ("flow", "digest", "size_bytes")


def judge(leaves: Sequence[Leaf], beside: Beside) -> list[Claim]:
    found = "A ledger shows what passed the gateway. What never passed it is not in it."
    complete = Claim(id="flows.complete", says=_COMPLETE, verdict=Verdict.PROMISED, found=found)
    return [_announced(leaves), _both(leaves, beside.peer), complete]


def _announced(leaves: Sequence[Leaf]) -> Claim:
    intents: dict[str, Leaf] = {}
    faults, sent = [], 0
    for leaf in leaves:
        if leaf.kind == "flow.intent":
            intents[leaf.public["transfer"]] = leaf
        elif leaf.kind == "flow.done" and leaf.public["side"] == "sent":
            sent += 1
            intent = intents.get(leaf.public["transfer"])
            if intent is None:
                faults.append(f"Entry {leaf.index}: a transfer was sent that was not announced.")
            elif name := _difference(intent, leaf):
                faults.append(f"Entry {leaf.index}: what was sent is not what was announced ({name}).")
    if not sent:
        return not_published("flows.announced", _ANNOUNCED)
    found = f"{sent:,} transfers were sent, each as announced before."
    how = "Entries of intent and completion were matched by transfer."
    return judged("flows.announced", _ANNOUNCED, faults=faults, found=found, how=how)


def _both(leaves: Sequence[Leaf], peer: Sequence[Leaf] | None) -> Claim:
    if peer is None:
        found = "Name the other realm's log with --peer to have both sides compared."
        return Claim(id="flows.both", says=_BOTH, verdict=Verdict.PROMISED, found=found)
    realms = {leaf.realm for leaf in leaves}, {leaf.realm for leaf in peer}
    ours = _done(leaves, realms[1])
    theirs = _done(peer, realms[0])
    faults = []
    for transfer in sorted(ours.keys() | theirs.keys()):
        one, other = ours.get(transfer), theirs.get(transfer)
        if one is None or other is None:
            silent = "This realm" if one is None else "The other realm"
            faults.append(f"Transfer {transfer}: {silent} does not say that it took place.")
        elif one.public["side"] == other.public["side"]:
            faults.append(f"Transfer {transfer}: both say that they {one.public['side']} it.")
        elif name := _difference(one, other):
            faults.append(f"Transfer {transfer}: the two do not agree ({name}).")
    if not ours and not theirs:
        return not_published("flows.both", _BOTH)
    found = f"{len(ours):,} transfers are in both ledgers, with the same digests and sizes."
    return judged("flows.both", _BOTH, faults=faults, found=found, how="Both logs were verified and matched.")


def _done(leaves: Iterable[Leaf], peers: set[str]) -> dict[str, Leaf]:
    done = (leaf for leaf in leaves if leaf.kind == "flow.done")
    return {leaf.public["transfer"]: leaf for leaf in done if not peers or leaf.public["peer"] in peers}


def _difference(one: Leaf, other: Leaf) -> str | None:
    return next((name for name in _SAME if one.public[name] != other.public[name]), None)
