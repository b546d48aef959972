"""What an auditor has: a place to keep things, and the time of the test."""

from pathlib import Path
from typing import Any

import pytest

from reelm_audit.ledger import Audited, Demand, audit_ledger
from support.ledger.auditing import Audit
from support.ledger.logs import START, SomeLog


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
