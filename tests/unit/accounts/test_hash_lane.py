"""Whose turn it is to have a password hashed, with threads that wait for the test."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from reelm.accounts import HashingBusy
from reelm.accounts.hash_lane import HashLane, LaneBounds, LaneUser
from reelm.base import AccountId, Network, account_key
from support.machine.determinism import ManualClock

QUARTER_HOUR = 15 * 60
# Rounds of the event loop until whoever asks has a place, and whoever gives way for that knows it.
_ROUNDS = 4
ATTACKERS = [LaneUser(Network.of(f"10.{number // 256}.{number % 256}.1")) for number in range(1000)]
HERE = LaneUser(Network.of("198.51.100.7"))


def at(address: str) -> LaneUser:
    return LaneUser(Network.of(address))


def known(account: str) -> LaneUser:
    return LaneUser(HERE.network, account_key(AccountId(account)))


class Asked:
    """A lane with one thread, and the order in which those who ask it have their turns."""

    def __init__(self, *, places: int = 16, places_per_network: int = 4) -> None:
        self.clock = ManualClock()
        self.lane = HashLane(LaneBounds(1, places, places_per_network), clock=self.clock)
        self.order: list[str] = []
        self.tasks: list[asyncio.Task[str | None]] = []
        self._may_end = threading.Semaphore(0)
        self._ended = asyncio.Event()

    async def ask(self, name: str, user: LaneUser | None) -> asyncio.Task[str | None]:
        """Ask for a turn, and return once it is known whether there is a place for it."""
        task = asyncio.create_task(self._turn(name, user))
        self.tasks.append(task)
        for _ in range(_ROUNDS):
            await asyncio.sleep(0)
        return task

    async def give(self, turns: int) -> None:
        """Let so many turns end."""
        wanted = len(self.order) + turns
        for _ in range(turns):
            self._may_end.release()
        while len(self.order) < wanted:
            self._ended.clear()
            await self._ended.wait()

    async def end(self) -> None:
        """Let all turns end that were asked for."""
        while any(not task.done() for task in self.tasks):
            self._may_end.release()
            await asyncio.sleep(0)
        self.lane.close()

    async def use(self, user: LaneUser, turns: int) -> None:
        """Have a user take so many turns while nobody else is there."""
        for _ in range(turns):
            await self.ask("before", user)
            await self.give(1)
        await asyncio.gather(*self.tasks)
        self.order.clear()
        self.tasks.clear()

    @property
    def refused(self) -> list[int]:
        return [number for number, task in enumerate(self.tasks) if task.done() and task.result() is None]

    async def _turn(self, name: str, user: LaneUser | None) -> str | None:
        loop = asyncio.get_running_loop()

        def work() -> str:
            self._may_end.acquire()
            self.order.append(name)
            loop.call_soon_threadsafe(self._ended.set)
            return name

        with suppress(HashingBusy):
            return await self.lane.run(work, user)
        return None


@pytest.fixture
async def asked() -> AsyncIterator[Asked]:
    made = Asked()
    yield made
    await made.end()


async def test_one_network_that_asks_without_end_holds_up_nobody_else(asked: Asked) -> None:
    for _ in range(40):
        await asked.ask("flood", at("203.0.113.7"))
    assert len(asked.refused) == 36, "it has four places"
    await asked.ask("honest", HERE)
    await asked.give(2)
    assert asked.order == ["flood", "honest"]


async def test_a_rented_net_is_one_asker_however_many_addresses_it_has(asked: Asked) -> None:
    for number in range(5):
        await asked.use(at(f"198.51.{number}.9"), 1)  # a neighbour of each who comes later
    for number in range(40):
        await asked.ask("flood", at(f"2001:db8:7:{number:x}::1"))
    for number in range(5):
        await asked.ask("honest", at(f"198.51.{number}.7"))
    await asked.give(5)
    assert asked.order.count("honest") == 3, "and each fourth turn is that of whoever waits longest"


async def test_who_had_turns_lately_comes_after_who_had_none_until_an_hour_has_passed(asked: Asked) -> None:
    guesser = at("203.0.113.7")
    await asked.use(guesser, 3)
    await asked.ask("first", at("192.0.2.1"))
    await asked.ask("guesser", guesser)
    await asked.ask("honest", HERE)
    await asked.give(3)
    assert asked.order == ["first", "honest", "guesser"]
    asked.order.clear()
    asked.clock.advance(4 * QUARTER_HOUR)
    await asked.ask("first", at("192.0.3.1"))
    await asked.ask("guesser", guesser)
    await asked.ask("honest", HERE)
    await asked.give(3)
    assert asked.order == ["first", "guesser", "honest"]


async def test_a_right_password_gives_its_turn_back(asked: Asked) -> None:
    office = at("203.0.113.7")
    for _ in range(8):
        await asked.use(office, 1)
        asked.lane.forgive(office)
    for name, user in {"first": at("192.0.2.1"), "office": office, "honest": HERE}.items():
        await asked.ask(name, user)
    await asked.give(3)
    assert asked.order == ["first", "office", "honest"]


async def test_a_thousand_networks_that_guessed_before_give_way_to_a_new_device(asked: Asked) -> None:
    for attacker in ATTACKERS:
        await asked.use(attacker, 1)
    for second in range(10):
        for number in range(40):
            await asked.ask("attacker", ATTACKERS[(40 * second + number) % 1000])
        owner = await asked.ask("owner", at(f"198.51.{second}.7"))
        assert not owner.done(), "it has a place, and one of them has not"
        await asked.give(3)  # what runs, and perhaps whoever waits longest
        assert await owner == "owner"
    assert asked.order.count("owner") == 10


async def test_when_all_is_taken_whoever_had_most_turns_is_told_to_come_again(asked: Asked) -> None:
    guesser = await asked.ask("first", at("192.0.2.1"))
    for number in range(15):
        await asked.ask("guesser", ATTACKERS[number // 3])
    with pytest.raises(HashingBusy):
        asked.lane.check(ATTACKERS[0])
    asked.lane.check(HERE)
    await asked.ask("honest", HERE)
    assert asked.refused == [15], "the third of the network that came last"
    await asked.give(2)
    assert asked.order == ["first", "guesser"], "the first of a network had as few turns"
    assert await guesser == "first"


async def test_among_equals_who_came_first_keeps_the_place(asked: Asked) -> None:
    for number in range(20):
        await asked.ask(str(number), ATTACKERS[number])
    assert asked.refused == [16, 17, 18, 19]
    with pytest.raises(HashingBusy, match="this try was not counted"):
        asked.lane.check(HERE)


async def test_a_browser_that_signed_in_to_the_account_before_comes_first(asked: Asked) -> None:
    for number in range(16):
        await asked.ask("attacker", ATTACKERS[number])
    await asked.ask("owner", known("01KB"))
    await asked.give(2)
    assert asked.order == ["attacker", "owner"]


async def test_an_account_of_ones_own_buys_no_more_than_a_few_turns(asked: Asked) -> None:
    await asked.use(known("01KB"), 9)
    await asked.ask("first", at("192.0.2.1"))
    await asked.ask("stranger", at("203.0.113.7"))
    for _ in range(5):
        await asked.ask("known", known("01KB"))
    await asked.ask("other", known("02KB"))
    await asked.give(4)
    assert asked.order == ["first", "other", "stranger", "known"]
    assert asked.refused == [6]


async def test_every_fourth_turn_is_that_of_whoever_waits_longest(asked: Asked) -> None:
    household = at("203.0.113.7")
    await asked.use(household, 4)
    await asked.ask("first", at("192.0.2.1"))
    await asked.ask("household", household)
    for number in range(10):
        await asked.ask("new", at(f"198.51.{number}.7"))
    await asked.give(6)
    assert "household" in asked.order


async def test_what_the_realm_itself_hashes_always_has_a_place_and_comes_first(asked: Asked) -> None:
    for number in range(16):
        await asked.ask("attacker", ATTACKERS[number])
    for _ in range(5):
        await asked.ask("realm", None)
    assert asked.refused == []
    await asked.give(3)
    assert asked.order == ["attacker", "realm", "realm"]


async def test_who_no_longer_waits_leaves_the_place_to_others(asked: Asked) -> None:
    for number in range(16):
        await asked.ask(str(number), ATTACKERS[number])
    for gone in asked.tasks[1:]:
        gone.cancel()
    await asyncio.wait(asked.tasks[1:])
    del asked.tasks[1:]
    for number in range(15):
        await asked.ask("next", ATTACKERS[100 + number])
    assert asked.refused == []
    await asked.give(16)
    assert asked.order == ["0", *["next"] * 15]


async def test_two_threads_hash_two_at_a_time() -> None:
    lane = HashLane(LaneBounds(2, 16, 4), clock=ManualClock())
    both = threading.Barrier(2, timeout=30)
    await asyncio.gather(lane.run(both.wait, HERE), lane.run(both.wait, at("203.0.113.7")))
    lane.close()
