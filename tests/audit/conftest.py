"""What an auditor has: a place to keep things, and the time of the test."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from logs import START, SomeLog
from reelm_audit.ledger import Audited, Demand, audit_ledger
from reelm_audit.verdict import Verdict

Audit: TypeAlias = Callable[..., Audited]


@pytest.fixture
def log(tmp_path: Path) -> SomeLog:
    """700 leaves: two full bundles and a partial one."""
    return SomeLog.of(tmp_path / "log", 700)


@pytest.fixture
def audit(tmp_path: Path, log: SomeLog) -> Audit:
    """Audits the log a minute after it was published first; what it finds is kept for its next time."""

    def run(*, now_seconds: int = START + 60, **demanded: Any) -> Audited:
        given: dict[str, Any] = {
            "location": str(log.folder),
            "policy": log.policy(),
            "processes": 1,
            **demanded,
        }
        demand = Demand(state_path=tmp_path / "state.json", evidence_folder=tmp_path / "evidence", **given)
        return audit_ledger(demand, now_seconds=now_seconds)

    return run


def verdicts(audited: Audited) -> dict[str, Verdict]:
    """By the name of the claim."""
    return {claim.id.removeprefix("ledger."): claim.verdict for claim in audited.claims}


def failed(audited: Audited) -> set[str]:
    """The claims that failed."""
    return {name for name, verdict in verdicts(audited).items() if verdict is Verdict.FAILED}
