"""Whom to ask first, when an answer is late, when to leave a provider alone: rules over times passed in."""

import pytest

from reelm.vault.latency import (
    FAILURES_MAX,
    OPEN_SECONDS,
    STALE_SECONDS,
    HedgeBudget,
    LatencyEstimate,
    LatencyTracker,
    ReadCandidate,
)
from reelm.vault.model import ProviderId

SIZE = 1000
LARGE = 10 << 20
PROVIDERS = [ProviderId(f"provider-{number}") for number in range(5)]
CANDIDATES = [ReadCandidate(index, provider, (SIZE,)) for index, provider in enumerate(PROVIDERS)]


def seen(standing: LatencyTracker, provider: int, seconds: float, *, at: float, times: int = 1) -> None:
    for _ in range(times):
        standing.asked(PROVIDERS[provider], SIZE, at=at)
        standing.answered(PROVIDERS[provider], SIZE, seconds=seconds, at=at)


def order(standing: LatencyTracker, *, at: float, candidates: list[ReadCandidate] = CANDIDATES) -> list[int]:
    return [candidate.index for candidate in standing.order(candidates, at=at)]


def test_the_systematic_ones_come_first_while_nothing_is_known() -> None:
    assert order(LatencyTracker(), at=0) == [0, 1, 2, 3, 4]


def test_the_systematic_ones_come_first_among_those_that_are_about_as_fast() -> None:
    standing = LatencyTracker()
    for number, seconds in enumerate((0.04, 0.05, 0.035, 0.03, 0.03)):
        seen(standing, number, seconds, at=1)
    assert order(standing, at=2) == [0, 1, 2, 3, 4]


def test_a_slow_provider_is_asked_last_until_its_time_is_stale() -> None:
    standing = LatencyTracker()
    for number, seconds in enumerate((2.0, 0.03, 0.5, 0.03, 0.03)):
        seen(standing, number, seconds, at=1)
    assert order(standing, at=2) == [1, 3, 4, 2, 0]
    assert order(standing, at=1 + STALE_SECONDS) == [0, 1, 2, 3, 4]


def test_a_stale_provider_is_tried_by_one_reader_and_then_known_anew() -> None:
    standing = LatencyTracker()
    for number, seconds in enumerate((2.0, 0.03, 0.03, 0.03, 0.03)):
        seen(standing, number, seconds, at=1)
    later = 1 + STALE_SECONDS
    for number in (1, 2, 3, 4):
        seen(standing, number, 0.03, at=later)
    assert order(standing, at=later)[0] == 0
    standing.asked(PROVIDERS[0], SIZE, at=later)
    assert order(standing, at=later)[-1] == 0, "for everyone else it is as slow as it was"
    standing.answered(PROVIDERS[0], SIZE, seconds=0.03, at=later)
    assert order(standing, at=later)[0] == 0, "one answer to a trial replaces what was known"


def test_fragments_that_someone_did_without_come_last() -> None:
    doubtful = [ReadCandidate(0, PROVIDERS[0], (SIZE,), is_doubtful=True), *CANDIDATES[1:]]
    assert order(LatencyTracker(), at=0, candidates=doubtful) == [1, 2, 3, 4, 0]


def test_one_request_is_better_than_two() -> None:
    mixed = [ReadCandidate(0, PROVIDERS[0], (SIZE, SIZE)), *CANDIDATES[1:]]
    assert order(LatencyTracker(), at=0, candidates=mixed) == [1, 2, 3, 4, 0]


def test_what_is_in_memory_already_does_not_make_the_others_look_slow() -> None:
    standing = LatencyTracker()
    for number in range(1, 5):
        seen(standing, number, 0.03 + number / 1000, at=1)
    here = [ReadCandidate(4, PROVIDERS[4], ()), *CANDIDATES[:4]]
    assert order(standing, at=2, candidates=here) == [4, 0, 1, 2, 3]


def test_large_requests_are_not_measured_against_small_ones() -> None:
    standing = LatencyTracker()
    seen(standing, 0, 0.03, at=1)
    large = ReadCandidate(0, PROVIDERS[0], (LARGE,))
    assert standing.late_seconds(large, at=1) is None
    standing.answered(PROVIDERS[0], LARGE, seconds=3.0, at=1)
    late = standing.late_seconds(large, at=1)
    assert late is not None
    assert late > 3.0
    small = standing.late_seconds(CANDIDATES[0], at=1)
    assert small is not None
    assert small < 0.1


def test_an_unknown_provider_is_late_when_the_others_would_be() -> None:
    standing = LatencyTracker()
    assert standing.late_seconds(CANDIDATES[0], at=0) is None
    for number in (1, 2, 3):
        seen(standing, number, number / 100, at=0, times=50)
    assert standing.late_seconds(CANDIDATES[0], at=0) == pytest.approx(0.02, rel=0.01)


def test_requests_at_the_same_time_are_late_when_the_slowest_is() -> None:
    standing = LatencyTracker()
    seen(standing, 0, 0.03, at=0)
    standing.answered(PROVIDERS[0], LARGE, seconds=3.0, at=0)
    both = standing.late_seconds(ReadCandidate(0, PROVIDERS[0], (SIZE, LARGE)), at=0)
    assert both == standing.late_seconds(ReadCandidate(0, PROVIDERS[0], (LARGE,)), at=0)


def test_after_failures_in_a_row_a_provider_is_asked_last_and_tried_once_per_rest() -> None:
    standing = LatencyTracker()
    for at in range(FAILURES_MAX):
        assert order(standing, at=at)[0] == 0
        standing.asked(PROVIDERS[0], SIZE, at=at)
        standing.failed(PROVIDERS[0], at=at)
    assert order(standing, at=FAILURES_MAX)[-1] == 0
    rested = FAILURES_MAX + OPEN_SECONDS
    assert order(standing, at=rested)[0] == 0
    standing.asked(PROVIDERS[0], SIZE, at=rested)
    assert order(standing, at=rested)[-1] == 0, "one trial at a time"
    standing.failed(PROVIDERS[0], at=rested)
    assert order(standing, at=rested + OPEN_SECONDS / 2)[-1] == 0
    seen(standing, 0, 0.03, at=rested + OPEN_SECONDS)
    assert order(standing, at=rested + OPEN_SECONDS)[0] == 0, "one answer and it is trusted again"


def test_a_failure_now_and_then_does_not_matter() -> None:
    standing = LatencyTracker()
    for at in range(10):
        standing.failed(PROVIDERS[0], at=at)
        seen(standing, 0, 0.03, at=at)
    assert order(standing, at=10)[0] == 0


def test_giving_up_early_says_nothing_and_giving_up_late_says_slow() -> None:
    pace = LatencyEstimate.first(0.03, at=0)
    assert pace.cancelled(0.01, at=1) == pace
    for _ in range(20):
        pace = pace.cancelled(0.5, at=1)
    assert pace.mean_seconds > 0.4


@pytest.mark.parametrize("spread", [0.0, 0.5])
def test_late_is_later_than_most(spread: float) -> None:
    pace = LatencyEstimate.first(1.0, at=0)
    for turn in range(200):
        pace = pace.answered(1.0 + spread * (turn % 2), at=0)
    assert 1.0 + spread <= pace.late_seconds < 1.1 + 2 * spread


def test_the_budget_allows_a_burst_and_then_five_percent() -> None:
    budget = HedgeBudget()
    while budget.spend():
        pass
    spent = 0
    for _ in range(1000):
        budget.earn()
        spent += budget.spend()
    assert 48 <= spent <= 50
