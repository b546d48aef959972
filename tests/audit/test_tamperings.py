"""A share of the tamperings that ``bench/ledger_audit.py`` plays a thousand of."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from support.ledger.tampering import TAMPERINGS, Ground

FEW, MANY = 20, 1_000


def unnoticed(ground: Ground, seeds: Iterable[int]) -> list[tuple[int, str]]:
    played = ((seed, ground.play(seed)) for seed in seeds)
    return [(seed, case.kind) for seed, case in played if not case.is_noticed]


def test_a_few_tamperings_are_noticed(tmp_path: Path) -> None:
    assert unnoticed(Ground(tmp_path), range(FEW)) == []


@pytest.mark.slow
def test_many_tamperings_are_noticed(tmp_path: Path) -> None:
    assert unnoticed(Ground(tmp_path), range(FEW, MANY)) == []
    assert len({tamper.__name__ for tamper in TAMPERINGS}) == len(TAMPERINGS)
