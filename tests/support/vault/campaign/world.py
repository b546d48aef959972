"""What a schedule plays in: time, chance, providers, records, processes that may die, and what happened."""

import asyncio
import hashlib
import random  # noqa: TID251 - seeded, so that a failure replays
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from reelm.base import write_id
from reelm.vault import VaultConfig
from reelm.vault.format import parse_header
from support.vault.campaign.records import Records

if TYPE_CHECKING:
    from support.vault.campaign.process import Process
    from support.vault.campaign.provider import Provider
    from support.vault.campaign.sabotage import Sabotage

_BEGIN = datetime(2026, 1, 25, 12, tzinfo=UTC)


class Violated(AssertionError):
    """Something that must be true whatever happens is not."""


@dataclass(frozen=True)
class Written:
    """A fragment that reached a provider whole: it can never be another one."""

    data: bytes
    object_id: str
    index: int
    is_sealed: bool


@dataclass
class World:
    """Everything of one schedule that outlives a process.

    Attributes:
        written: every fragment that was ever finished, by name.
        ever: which indices of an object each group was ever given.
        tally: how often each thing really happened.
        is_rude: the clock jumped, or someone swept what was still being written.
    """

    seed: int
    records: Records
    config: VaultConfig
    loop: asyncio.AbstractEventLoop
    chance: random.Random
    sabotage: "Sabotage | None" = None
    providers: "list[Provider]" = field(default_factory=list)
    processes: "list[Process]" = field(default_factory=list)
    tally: Counter[str] = field(default_factory=Counter)
    trace: list[str] = field(default_factory=list)
    written: dict[str, Written] = field(default_factory=dict)
    ever: defaultdict[tuple[str, str], set[int]] = field(default_factory=lambda: defaultdict(set))
    ahead: timedelta = timedelta()
    is_rude: bool = False
    outage_until: float = 0.0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def now(self) -> datetime:
        return _BEGIN + timedelta(seconds=self.loop.time()) + self.ahead

    def monotonic_seconds(self) -> float:
        return self.loop.time()

    def note(self, what: str) -> None:
        """Tell the story of this schedule."""
        self.trace.append(f"{self.loop.time():9.3f} {what}")

    def count(self, what: str, detail: str = "") -> None:
        """Something happened that the campaign is about."""
        self.tally[what] += 1
        self.trace.append(f"{self.loop.time():9.3f} {what} {detail}")

    def digest(self) -> str:
        """The same for the same story."""
        return hashlib.sha256("\n".join(self.trace).encode()).hexdigest()

    async def pause(self) -> None:
        """As long as a healthy thing takes."""
        await asyncio.sleep(self.chance.uniform(0.0005, 0.02))

    def receive(self, provider: "Provider", name: str, data: bytes) -> None:
        """A provider was given a whole fragment; whatever it does with it, it has seen it.

        Raises:
            Violated: it must never have been given this one.
        """
        header = parse_header(data)
        object_id = write_id(header.common.object_id)
        self.require(
            name not in self.written or self.written[name].data == data,
            f"{provider} was given other bytes under the same name",
        )
        self.note(f"{provider} receives {header.index} of {object_id}")
        suite = header.common.suite
        self.written[name] = Written(data, object_id, header.index, suite.is_sealed)
        for group in sorted(provider.place.all_groups):
            seen = self.ever[object_id, group]
            seen.add(header.index)
            is_fine = len(seen) < header.common.k or not suite.is_sealed
            self.require(is_fine, f"{group} was given {len(seen)} fragments of {object_id}: enough to read")

    def find(self, provider: str) -> "Provider":
        return next(each for each in self.providers if each.place.provider == provider)

    def require(self, is_true: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as an assertion
        if not is_true:
            raise Violated(otherwise)
