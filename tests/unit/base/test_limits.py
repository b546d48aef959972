"""The rate limit against its definition: a bucket of tokens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelm.base import (
    AccountId,
    ClipId,
    LimitKey,
    Network,
    NetworkLimit,
    RateLimit,
    TooMany,
    account_key,
    joint_key,
    secret_key,
)
from support.machine.determinism import ManualClock

A, B = account_key(AccountId("a")), account_key(AccountId("b"))


class TooManyKnocks(TooMany):
    code = "test.too-many-knocks"


def test_a_full_bucket_allows_a_burst_and_then_says_how_long_to_wait() -> None:
    limit = RateLimit(burst=3, refill_seconds=60, clock=ManualClock())
    for _ in range(3):
        limit.take(A)
    with pytest.raises(TooMany) as refused:
        limit.take(A)
    assert refused.value.retry_after_seconds == 20
    assert "Wait 20 seconds" in refused.value.detail


def test_keys_do_not_share_a_bucket() -> None:
    limit = RateLimit(burst=1, refill_seconds=60, clock=ManualClock())
    limit.take(A)
    limit.take(B)
    with pytest.raises(TooMany):
        limit.take(A)


def test_waiting_as_long_as_was_said_is_enough() -> None:
    clock = ManualClock()
    limit = RateLimit(burst=7, refill_seconds=3, clock=clock, error=TooManyKnocks)
    for _ in range(7):
        limit.take(A)
    with pytest.raises(TooManyKnocks) as refused:
        limit.take(A)
    clock.advance(refused.value.retry_after_seconds)
    limit.take(A)


def test_a_refused_take_costs_nothing() -> None:
    clock = ManualClock()
    limit = RateLimit(burst=1, refill_seconds=10, clock=clock)
    limit.take(A)
    for _ in range(50):
        with pytest.raises(TooMany):
            limit.take(A)
    clock.advance(10)
    limit.take(A)


def test_forgetting_a_key_fills_its_bucket() -> None:
    limit = RateLimit(burst=1, refill_seconds=10, clock=ManualClock())
    limit.take(A)
    limit.forget(A)
    limit.take(A)


def test_the_longest_unused_keys_make_room_so_memory_is_bounded() -> None:
    limit = RateLimit(burst=1, refill_seconds=10, clock=ManualClock(), max_keys=3)
    keys = [account_key(AccountId(str(number))) for number in range(10)]
    for key in keys:
        limit.take(key)
    assert len(limit) == 3
    with pytest.raises(TooMany):
        limit.take(keys[9])
    limit.take(keys[0])


def test_a_bucket_that_is_full_again_is_forgotten() -> None:
    clock = ManualClock()
    limit = RateLimit(burst=1, refill_seconds=10, clock=clock)
    for number in range(1_000):
        limit.take(account_key(AccountId(str(number))))
    assert len(limit) == 1_000
    clock.advance(10)
    limit.take(A)
    assert len(limit) == 1


def test_a_take_that_did_not_count_is_given_back() -> None:
    limit = RateLimit(burst=2, refill_seconds=10, clock=ManualClock())
    limit.take(A)
    limit.take(A)
    limit.give_back(A)
    limit.take(A)
    with pytest.raises(TooMany):
        limit.take(A)


def test_every_key_has_one_size_whatever_it_stands_for() -> None:
    here = Network.of("203.0.113.9")
    keys: list[LimitKey] = [A, joint_key(A, ClipId("0" * 26)), here.narrow, Network.of("x" * 90_000).wide]
    keys += [secret_key(b"digest"), secret_key(b"digest", here)]
    assert {len(key) for key in keys} == {16}
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    ("one", "other", "is_narrow", "is_wide"),
    [
        ("203.0.113.9", "::ffff:203.0.113.9", True, True),
        ("203.0.113.9", "203.0.113.10", False, True),
        ("203.0.113.9", "203.0.114.9", False, False),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::9", True, True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False, True),
        ("2001:db8:0:1::1", "2001:db8:1:1::1", False, False),
        ("", "unix:\ud800", False, False),
    ],
)
def test_an_address_counts_as_its_customers_net_and_as_the_net_around_it(
    *, one: str, other: str, is_narrow: bool, is_wide: bool
) -> None:
    first, second = Network.of(one), Network.of(other)
    assert (first.narrow == second.narrow, first.wide == second.wide) == (is_narrow, is_wide)


def test_a_rented_prefix_is_no_crowd() -> None:
    limit = NetworkLimit(burst=2, refill_seconds=60, wide_factor=3, clock=ManualClock())
    for number in range(6):
        limit.take(Network.of(f"2001:db8:0:{number}::1"))
    with pytest.raises(TooMany):
        limit.take(Network.of("2001:db8:0:99::1"))
    limit.take(Network.of("2001:db8:1::1"))


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
            limit.take(A)
            tokens -= refill_seconds
        else:
            with pytest.raises(TooMany):
                limit.take(A)
