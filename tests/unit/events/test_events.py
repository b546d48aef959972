"""Stating, relaying, recording and following, on each kind of database."""

import asyncio
from datetime import timedelta

import pytest

from reelm.base import AccountId
from reelm.events import CursorMoved, Event, FactUnknown, Lag, RelayBusy, UnknownFact, advance
from reelm.events import store as tables
from reelm.events.model import Entry
from reelm.realm import KeyMissing
from support.events.logs import NOON, WATCHED, WATCHED_ERASED, Counted, NoteTaker, Place, noted, until_noted
from support.realm.keyed import ANA, BO


async def facts_of(place: Place) -> list[object]:
    entries = await place.events.log.read(0, 1000)
    async with place.database.read() as tx:
        return [event.fact for event in await place.events._sealer.open(tx, entries)]


async def test_a_stated_fact_is_in_the_log_once_and_in_order(place: Place) -> None:
    await place.state(Counted(1), Counted(2))
    await place.state(Counted(3))
    assert await place.events.log.last() == 0
    assert await place.relay() == 3
    assert await place.relay() == 0
    assert await facts_of(place) == [Counted(1), Counted(2), Counted(3)]


async def test_a_change_that_was_undone_says_nothing(place: Place) -> None:
    async def fail() -> None:
        async with place.database.write() as tx:
            await place.events.append(tx, Counted(1))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await place.relay() == 0


async def test_a_fact_that_was_moved_and_not_forgotten_is_not_moved_twice(place: Place) -> None:
    await place.state(Counted(1))
    async with place.database.read() as tx:
        rows = await tables.waiting(tx, 10)
    await place.events.log.append([row.entry for row in rows])
    await place.state(Counted(2))
    assert await place.relay() == 2
    assert await facts_of(place) == [Counted(1), Counted(2)]


async def test_only_one_relay_moves(place: Place) -> None:
    other = place.another_process()
    with place.events.log.claim(), pytest.raises(RelayBusy):
        await other.relay.run()
    await other.close()


async def test_signals_of_many_callers_are_each_recorded_once(place: Place) -> None:
    numbers = await asyncio.gather(*(place.events.record(Counted(n), Counted(-n)) for n in range(1, 200)))
    assert sorted(n for pair in numbers for n in pair) == list(range(1, 399))
    facts = await facts_of(place)
    for number, (first, second) in enumerate(numbers, start=1):
        assert facts[first - 1 : second] == [Counted(number), Counted(-number)]


async def test_a_signal_that_cannot_be_recorded_hinders_no_other(place: Place) -> None:
    stranger = AccountId("7" * 26)
    results = await asyncio.gather(
        place.events.record(Counted(1)),
        place.events.record(type(WATCHED)(stranger, "c", 1)),
        place.events.record(Counted(2)),
        return_exceptions=True,
    )
    assert [type(each) for each in results] == [list, KeyMissing, list]
    assert await facts_of(place) == [Counted(1), Counted(2)]


async def test_protected_fields_are_nowhere_and_gone_with_their_key(place: Place) -> None:
    anonymous = type(WATCHED)(None, "clip-2", 5)
    await place.state(WATCHED, anonymous)
    async with place.database.read() as tx:
        rows = await tables.waiting(tx, 10)
    await place.relay()
    await place.events.record(WATCHED)
    for written in [row.entry for row in rows] + [each.entry for each in await place.events.log.read(0, 9)]:
        assert b"clip-" not in written.body
        assert b"clip-" not in (written.sealed or b"")
    assert await facts_of(place) == [WATCHED, anonymous, WATCHED]
    async with place.database.write() as tx:
        await place.keys.destroy_user_key(tx, ANA)
    assert await facts_of(place) == [WATCHED_ERASED, anonymous, WATCHED_ERASED]
    await place.state(WATCHED)
    await place.relay()
    assert (await facts_of(place))[-1] == WATCHED_ERASED


async def test_a_key_that_is_not_there_stops_nobody(place: Place) -> None:
    async with place.database.write() as tx:
        key = await place.keys.create_user_key(tx, BO)
    sealed = key.seal(b'{"clip_id":"c","played_ms":1}', purpose="events.test.watched")
    body = b'{"fields":{"account_id":null},"subjects":[],"version":1}'
    await place.events.log.append([Entry("test.watched", NOON, body, None, AccountId("7" * 26), sealed)])
    assert await facts_of(place) == [type(WATCHED)(None, WATCHED_ERASED.clip_id, WATCHED_ERASED.played_ms)]


async def test_a_consumer_applies_everything_once_and_goes_on_where_it_was(place: Place) -> None:
    await place.events.record(*(Counted(n) for n in range(5)))
    assert await place.events.following(NoteTaker()).step()
    await place.events.record(Counted(5))
    following = place.events.following(NoteTaker())
    assert await following.step()
    assert not await following.step()
    assert await noted(place.database) == [(n + 1, str(n)) for n in range(6)]


async def test_consumers_have_cursors_of_their_own(place: Place) -> None:
    await place.events.record(Counted(1))
    assert await place.events.following(NoteTaker("one")).step()
    assert await place.events.following(NoteTaker("two")).step()
    assert await noted(place.database) == [(1, "1"), (1, "1")]


async def test_a_consumer_gets_the_kinds_it_takes(place: Place) -> None:
    await place.events.record(Counted(1), WATCHED, Counted(2))
    following = place.events.following(NoteTaker(kinds=["test.watched"]))
    assert await following.step()
    assert not await following.step()
    assert await noted(place.database) == [(2, "Watched")]


async def test_an_old_consumer_survives_a_new_kind(place: Place) -> None:
    body = b'{"fields":{},"subjects":[],"version":1}'
    await place.events.log.append([Entry("test.of-tomorrow", NOON, body)])
    assert await place.events.following(NoteTaker()).step()
    assert await noted(place.database) == [(1, UnknownFact.__name__)]


async def test_a_consumer_that_fails_skips_nothing_and_leaves_nothing_half_done(place: Place) -> None:
    taker = NoteTaker()
    taker.failures_left = 2
    await place.events.record(Counted(1), Counted(2))
    running = asyncio.create_task(place.events.consume(taker))
    try:
        await until_noted(place.database, 2, seconds=20)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert await noted(place.database) == [(1, "1"), (2, "2")]


async def test_of_two_processes_with_one_consumer_one_applies(place: Place) -> None:
    await place.events.record(Counted(1))
    first, second = (place.events.following(NoteTaker()) for _ in range(2))
    await place.events.record(Counted(2))
    async with place.database.write() as tx:
        await advance(tx, "notes", 0, after=0)
    first._saved = second._saved = 0
    assert await first.step()
    with pytest.raises(CursorMoved):
        await second.step()
    assert await noted(place.database) == [(1, "1"), (2, "2")]


async def test_the_lag_counts_what_the_consumer_takes(place: Place) -> None:
    place.events.consumers = [NoteTaker(), NoteTaker("watched", ["test.watched"])]
    assert set((await place.events.lags()).values()) == {Lag(0, 0.0)}
    await place.events.record(Counted(1), Counted(2))
    place.clock.advance(7)
    assert await place.events.lags() == {"notes": Lag(2, 7.0), "watched": Lag(0, 0.0)}
    await place.events.following(NoteTaker()).step()
    assert await place.events.lags() == {"notes": Lag(0, 0.0), "watched": Lag(0, 0.0)}


async def test_facts_are_kept_as_long_as_their_kind_says(place: Place) -> None:
    await place.events.record(Counted(1), WATCHED)
    place.clock.advance(timedelta(days=31).total_seconds())
    await place.events.record(Counted(2, place.clock.now()))
    assert await place.events.prune() == 1
    assert await facts_of(place) == [WATCHED, Counted(2, place.clock.now())]


async def test_a_fact_is_relayed_and_consumed_at_once_in_other_processes(place: Place) -> None:
    """The slow look would take a second for each of the two."""
    worker = place.another_process()
    taker = NoteTaker()
    tasks = [asyncio.create_task(worker.relay.run()), asyncio.create_task(worker.consume(taker))]
    try:
        await asyncio.sleep(0.5)
        for number in range(5):
            await place.state(Counted(number))
            async with asyncio.timeout(0.9):
                await until_noted(place.database, number + 1, seconds=0.9)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await worker.close()


async def test_what_was_never_declared_is_refused_before_anything_is_written(place: Place) -> None:
    async with place.database.write() as tx:
        with pytest.raises(FactUnknown):
            await place.events.append(tx, Event)  # type: ignore[arg-type] # as nobody should
    assert await place.relay() == 0
