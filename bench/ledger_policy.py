"""How long a policy decision takes, and whether decisions are the same when they are made again.

One decision is everything from a request to an answer that can go on record: canonical JSON, the entities
read, the shipped policies evaluated. Beside it, in the same run, what Cedar alone takes when it is handed the
policies as text each time.
"""

import random  # noqa: TID251 - seeded requests
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cedarpy
from bench.figure import Figure, report

from reelm.realm.policy import PolicySet, decide, is_same_again, shipped_policies, shipped_schema

sys.path.append(str(Path(__file__).parent.parent / "tests"))
from support.access.asking import anything

DECISIONS = 10_000
REPEATS = 5
PARSED_EACH_TIME = 200


def main() -> None:
    policies = PolicySet(shipped_policies(), shipped_schema())
    chance = random.Random(5)  # noqa: S311 - seeded requests
    requests = [anything(chance) for _ in range(DECISIONS)]
    runs, peers = [], []
    for _ in range(REPEATS):
        runs.append(sorted(_milliseconds(partial(decide, policies, each)) for each in requests))
        peers.append(_parsing_each_time())
    decisions = [decide(policies, each) for each in requests]
    again = PolicySet.of(policies.document)
    same = sum(is_same_again(again, decision) for decision in decisions)
    peer = sorted(peers)[REPEATS // 2]
    report(
        Figure(
            name="ledger.policy-decision-p99",
            values=tuple(run[int(len(run) * 0.99)] for run in runs),
            unit="ms",
            bar=1.0,
            note=f"{DECISIONS:,} decisions; parsing policies each time, the median alone is {peer:.1f} ms",
        ),
        Figure(
            name="ledger.policy-decision-p50",
            values=tuple(run[len(run) // 2] for run in runs),
            unit="ms",
            note="request to answer, with the request in canonical JSON",
        ),
        Figure(
            name="ledger.policy-replay-equal",
            values=(100 * same / DECISIONS,),
            unit="%",
            bar=100.0,
            direction="at least",
            note=f"{DECISIONS:,} generated decisions, made again from the recorded policy set",
        ),
    )


def _parsing_each_time() -> float:
    text, schema = "\n".join(shipped_policies().values()), shipped_schema()
    request = {
        "principal": 'Staff::"a"',
        "action": 'Action::"access.emergency"',
        "resource": 'Realm::"nl"',
        "context": {"purpose": "threat-to-life"},
    }
    times = [
        _milliseconds(lambda: cedarpy.is_authorized(request, text, [], schema))
        for _ in range(PARSED_EACH_TIME)
    ]
    return sorted(times)[PARSED_EACH_TIME // 2]


def _milliseconds(job: Callable[[], object]) -> float:
    began = time.perf_counter()
    job()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
