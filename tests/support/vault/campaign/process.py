"""A process that runs the vault, and may die between any two of its steps."""

import asyncio
from collections.abc import Coroutine
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from typing import Any, TypeVar

from reelm.base import DatabaseUnavailable, ReelmError
from reelm.vault import Upkeep, VaultEnvironment, by_provider
from support.machine.determinism import SeededEntropy
from support.vault.campaign.records import SimulatedDatabase
from support.vault.campaign.sabotage import Sabotage
from support.vault.campaign.world import Violated, World
from support.vault.vaulting import PACK_KEY, REALM_ID, VAULT_KEYS, OwnerKey

T = TypeVar("T")
_current: ContextVar["Process | None"] = ContextVar("process", default=None)
_ROUNDS_MAX = 200
_HONEST = Sabotage(blame="nobody")


class Died(BaseException):
    """Raised where a process ends: not an error that anyone may handle."""


@dataclass(frozen=True)
class Outcome:
    """How an operation ended; neither value nor error when its process died or its caller gave it up."""

    value: Any = None
    error: ReelmError | None = None
    is_cut: bool = False


class Process:
    """A vault with stores and records of its own, over what all processes share.

    Attributes:
        is_dark: it is dead; nothing that it still tries has any effect.
    """

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name
        self.is_dark = False
        self._steps_left: int | None = None
        self._is_power_cut = False
        self._tasks: dict[asyncio.Task[Any], None] = {}  # in the order of their beginning, unlike a set
        self._context = copy_context()
        self._context.run(_current.set, self)
        entropy = SeededEntropy(world.chance.getrandbits(64))
        self.entropy = entropy
        planted = world.sabotage or _HONEST
        self.stores = [planted.store(provider, self) for provider in world.providers]
        self.environment = VaultEnvironment(
            stores=by_provider(self.stores),
            database=SimulatedDatabase(world.records, world.turn, self),
            keys=VAULT_KEYS,
            pack_key=OwnerKey(PACK_KEY, entropy=entropy),
            realm_id=REALM_ID,
            clock=world,
            entropy=entropy,
            config=world.config,
        )
        self.vault = planted.vault(self.environment)
        self.upkeep = Upkeep(self.environment)

    def __str__(self) -> str:
        return self.name

    def key(self, owner: str) -> OwnerKey:
        return OwnerKey(owner.encode().ljust(32), entropy=self.entropy)

    def die_after(self, steps: int, *, is_power_cut: bool) -> None:
        """Die at a later step: alone, or with all folders of its machine and its other processes."""
        self._steps_left = steps
        self._is_power_cut = is_power_cut

    def survive(self) -> None:
        """Nothing will happen to it any more."""
        self._steps_left = None

    def touch(self, step: str) -> None:
        """A durable step is about to happen, or has just happened.

        Raises:
            Died: the process is dead, perhaps since this moment.
        """
        if self.is_dark:
            raise Died
        if self._steps_left is None:
            return
        self._steps_left -= 1
        if self._steps_left > 0:
            return
        self._steps_left = None
        if self._is_power_cut:
            self.world.count("process: power cut", f"{self} at {step}")
            for process in self.world.processes:
                process.die()
            for provider in self.world.providers:
                provider.lose_power()
        else:
            self.world.count("process: killed", f"{self} at {step}")
            self.die()
        self.world.tally[f"died at {step}"] += 1
        raise Died

    def die(self) -> None:
        self.is_dark = True
        for task in list(self._tasks):
            task.cancel()

    async def before(self) -> None:
        """A transaction is about to be committed, or to begin reading."""
        self.touch("before a commit")
        self._check_outage("not saved")

    async def after(self) -> None:
        """A transaction was committed, and its process does not know yet."""
        self.touch("after a commit")
        self._check_outage("saved")

    def _check_outage(self, state: str) -> None:
        world = self.world
        if world.loop.time() < world.outage_until and world.chance.random() < 0.4:
            world.count(f"records: no answer, {state}")
            raise DatabaseUnavailable("The records did not answer.")

    async def do(self, work: Coroutine[Any, Any, T], *, give_up_seconds: float | None = None) -> Outcome:
        """Run an operation to its end, or to the process's.

        Raises:
            Violated: it failed in a way that no caller can be expected to know.
        """
        task = self.world.loop.create_task(work, context=self._context)
        done, _ = await asyncio.wait([task], timeout=give_up_seconds)
        if not done:
            self.world.count("caller: gives up")
            task.cancel()
            await asyncio.wait([task])
        if self.is_dark:
            await self.end()
        return self._outcome(task)

    def _outcome(self, task: asyncio.Task[Any]) -> Outcome:
        if task.cancelled():
            return Outcome(is_cut=True)
        error = task.exception()
        if isinstance(error, Died):
            return Outcome(is_cut=True)
        if error is None:
            return Outcome(value=task.result())
        if isinstance(error, ReelmError):
            return Outcome(error=error)
        if isinstance(error, Violated):
            raise error
        raise Violated(f"an operation failed with {error!r}") from error

    async def end(self) -> None:
        """Wait until nothing of a dead process runs."""
        for _ in range(_ROUNDS_MAX):
            if not self._tasks:
                return
            for task in list(self._tasks):
                task.cancel()
            await asyncio.wait(list(self._tasks), timeout=1)
        raise Violated(f"{self} does not die: {self._tasks}")

    def own(self, task: asyncio.Task[Any]) -> None:
        self._tasks[task] = None
        task.add_done_callback(self._disown)

    def _disown(self, task: asyncio.Task[Any]) -> None:
        self._tasks.pop(task, None)
        if self.is_dark and not task.cancelled():
            task.exception()  # nobody is left to ask for it


def make_task(
    loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T], **settings: Any
) -> asyncio.Task[T]:
    """A task factory: whatever a process starts dies with it."""
    task = asyncio.Task(work, loop=loop, **settings)
    context = settings.get("context")
    process = context.get(_current) if context is not None else _current.get()
    # SQLAlchemy gives a connection back in a task of its own; cut short, it would be lost to everyone.
    if process is not None and getattr(work, "__qualname__", "") != "AsyncConnection.close":
        process.own(task)
    return task
