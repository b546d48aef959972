"""Take turns at hashing: whoever had the fewest turns lately is next, and a rush is told so at once.

A password costs a tenth of a second and more of a processor, so whoever sends many of them could keep
everybody else from signing in. Nobody has to be recognised as an attacker for this: turns are counted by the
network they are asked from, or by the account for a browser that signed in to it before, and a network that
has just had several, or has several waiting, comes after one that has had none (least attained service
first). When all places are taken, whoever had the most turns gives way.

Who has thousands of networks, and a fresh one for each try, is told from nobody. Known browsers come before
them all, and every fourth turn goes to whoever waits longest, so that nobody waits for ever.
"""

import asyncio
import os
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from reelm.accounts.errors import HashingBusy
from reelm.base import Clock, LimitKey, Network, NetworkLimit, RateLimit

_NICENESS = 10
_COUNTED_TURNS = 4
_COUNTED_SECONDS = 3600
_LONGEST_FIRST_EVERY = 4
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class LaneBounds:
    """The bounds of what is hashed, and of what waits for it.

    Attributes:
        concurrent: hashes at the same time; each takes one processor and its memory.
        places: hashes that run or wait.
        places_per_network: of one network.
    """

    concurrent: int
    places: int
    places_per_network: int


@dataclass(frozen=True, slots=True)
class LaneUser:
    """The user that a turn is counted by: a network, or the account that its browser signed in to before."""

    network: Network
    known_as: LimitKey | None = None

    @property
    def keys(self) -> tuple[LimitKey, ...]:
        """Return what its places are counted by, the widest first."""
        network = self.network
        return (self.known_as,) if self.known_as else tuple(dict.fromkeys((network.wide, network.narrow)))


@dataclass(frozen=True, slots=True, eq=False)
class _Turn:
    rank: float
    user: LaneUser | None
    begins: asyncio.Future[None]


class HashLane:
    """Threads of their own for hashing, which give way to whatever answers requests."""

    def __init__(self, bounds: LaneBounds, *, clock: Clock) -> None:
        self._bounds = bounds
        self._by_network = NetworkLimit(burst=_COUNTED_TURNS, refill_seconds=_COUNTED_SECONDS, clock=clock)
        self._by_account = RateLimit(burst=_COUNTED_TURNS, refill_seconds=_COUNTED_SECONDS, clock=clock)
        self._waiting: list[_Turn] = []  # the first one waits longest
        self._running = 0
        self._given = 0
        self._places = Counter[LimitKey]()
        self._threads = ThreadPoolExecutor(
            bounds.concurrent, thread_name_prefix="hash", initializer=_give_way
        )

    def check(self, user: LaneUser) -> None:
        """Say at once, and at no cost, that there would be no place.

        Raises:
            HashingBusy: too much is waiting, in all or from this network.
        """
        is_many = self._places[user.keys[-1]] >= self._bounds.places_per_network
        if is_many or (self._is_full and self._last_of(self._rank(user)) is None):
            raise _busy()

    async def run(self, work: Callable[[], _T], user: LaneUser | None) -> _T:
        """Run work in a thread of the lane; what the realm itself hashes has no user, and comes first.

        Raises:
            HashingBusy: too much is waiting, or others came who had fewer turns; the work was not begun.
        """
        turn = self._enter(user)
        try:
            await turn.begins
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._leave(turn)

    def forgive(self, user: LaneUser) -> None:
        """Do not count a turn that turned out to be an honest one."""
        if user.known_as:
            self._by_account.give_back(user.known_as)
        else:
            self._by_network.give_back(user.network)

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    @property
    def _is_full(self) -> bool:
        return self._running + len(self._waiting) >= self._bounds.places

    def _enter(self, user: LaneUser | None) -> _Turn:
        if user is not None:
            self.check(user)
        turn = _Turn(self._rank(user), user, asyncio.get_running_loop().create_future())
        if user is not None and self._is_full and (last := self._last_of(turn.rank)):
            self._waiting.remove(last)
            last.begins.set_exception(_busy())
        self._waiting.append(turn)
        if user is not None:
            self._places.update(user.keys)
        self._begin_next()
        return turn

    def _rank(self, user: LaneUser | None) -> float:
        """Return how late its turn is: the turns it had lately, and those it asks for already."""
        if user is None:
            return -2 * _COUNTED_TURNS
        waiting = self._places[user.keys[0]]
        if user.known_as:
            return self._by_account.taken(user.known_as) + waiting - _COUNTED_TURNS
        return self._by_network.taken(user.network) + waiting

    def _last_of(self, rank: float) -> _Turn | None:
        """Return the youngest of those who come last, if that is after this rank."""
        last = max(reversed(self._waiting), key=_rank_of, default=None)
        return last if last is not None and last.rank > rank else None

    def _begin_next(self) -> None:
        while self._waiting and self._running < self._bounds.concurrent:
            self._given += 1
            is_longest_first = self._given % _LONGEST_FIRST_EVERY == 0
            turn = self._waiting[0] if is_longest_first else min(self._waiting, key=_rank_of)
            self._waiting.remove(turn)
            self._running += 1
            self._count(turn.user)
            turn.begins.set_result(None)

    def _count(self, user: LaneUser | None) -> None:
        if user is None:
            return
        if user.known_as:
            self._by_account.count(user.known_as)
        else:
            self._by_network.count(user.network)

    def _leave(self, turn: _Turn) -> None:
        if turn.user is not None:
            self._places -= Counter[LimitKey](turn.user.keys)
        if turn in self._waiting:
            self._waiting.remove(turn)  # whoever asked has gone
        elif turn.begins.done() and not turn.begins.cancelled() and turn.begins.exception() is None:
            self._running -= 1
        self._begin_next()


def _rank_of(turn: _Turn) -> float:
    return turn.rank


def _busy() -> HashingBusy:
    return HashingBusy(
        "Many people are signing in at this moment, or somebody tries many passwords. Nothing was "
        "done, and this try was not counted. Try again in a second."
    )


def _give_way() -> None:
    """Make this thread wait for others where the system knows how (Linux)."""
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
