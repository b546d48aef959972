"""The rate limit against its definition: a bucket of tokens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelm.base import RateLimit, TooMany
from support.machine.determinism import ManualClock


class TooManyKnocks(TooMany):
    code = "test.too-many-knocks"


def test_a_full_bucket_allows_a_burst_and_then_says_how_long_to_wait() -> None:
    limit = RateLimit(burst=3, refill_seconds=60, clock=ManualClock())
    for _ in range(3):
        limit.take("a")
    with pytest.raises(TooMany) as refused:
        limit.take("a")
    assert refused.value.retry_after_seconds == 20
    assert "Wait 20 seconds" in refused.value.detail


def test_keys_do_not_share_a_bucket() -> None:
    limit = RateLimit(burst=1, refill_seconds=60, clock=ManualClock())
    limit.take("a")
    limit.take("b")
    with pytest.raises(TooMany):
        limit.take("a")


def test_waiting_as_long_as_was_said_is_enough() -> None:
    clock = ManualClock()
    limit = RateLimit(burst=7, refill_seconds=3, clock=clock, error=TooManyKnocks)
    for _ in range(7):
        limit.take("a")
    with pytest.raises(TooManyKnocks) as refused:
        limit.take("a")
    clock.advance(refused.value.retry_after_seconds)
    limit.take("a")


def test_a_refused_take_costs_nothing() -> None:
    clock = ManualClock()
    limit = RateLimit(burst=1, refill_seconds=10, clock=clock)
    limit.take("a")
    for _ in range(50):
        with pytest.raises(TooMany):
            limit.take("a")
    clock.advance(10)
    limit.take("a")


def test_forgetting_a_key_fills_its_bucket() -> None:
    limit = RateLimit(burst=1, refill_seconds=10, clock=ManualClock())
    limit.take("a")
    limit.forget("a")
    limit.take("a")


def test_the_longest_unused_keys_make_room_so_memory_is_bounded() -> None:
    limit = RateLimit(burst=1, refill_seconds=10, clock=ManualClock(), max_keys=3)
    for key in range(10):
        limit.take(key)
    assert len(limit) == 3
    with pytest.raises(TooMany):
        limit.take(9)
    limit.take(0)


def test_a_limit_that_allows_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="burst"):
        RateLimit(burst=0, refill_seconds=1, clock=ManualClock())


@given(
    burst=st.integers(1, 8),
    refill_seconds=st.integers(1, 100),
    waits=st.lists(st.integers(0, 30), max_size=60),
)
def test_it_never_allows_more_than_a_bucket_of_tokens_would(
    burst: int, refill_seconds: int, waits: list[int]
) -> None:
    clock = ManualClock()
    limit = RateLimit(burst=burst, refill_seconds=refill_seconds, clock=clock)
    # Tokens counted in parts of 1/refill_seconds, so that the model has no rounding.
    tokens = burst * refill_seconds
    for wait in waits:
        clock.advance(wait)
        tokens = min(burst * refill_seconds, tokens + wait * burst)
        if tokens >= refill_seconds:
            limit.take("a")
            tokens -= refill_seconds
        else:
            with pytest.raises(TooMany):
                limit.take("a")
