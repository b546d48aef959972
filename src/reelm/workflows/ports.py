"""Name what a durable workflow needs from the engine that runs it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeAlias

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"


class Run(Protocol):
    """One run of a workflow.

    Durable: a step's result is recorded before the next step starts. After a crash the workflow begins again
    and ``step`` gives back the recorded results; only the step in flight runs a second time, so every action
    must be safe to repeat. Steps of one run never overlap. Results are trusted: they must hold no secret in
    the clear.
    """

    async def step(self, name: str, action: Callable[[], Awaitable[Json]]) -> Json:
        """Return the recorded result of ``name``, or run ``action`` and record its result."""
        ...


Workflow: TypeAlias = Callable[[Run, dict[str, Json]], Awaitable[None]]


class JobState(StrEnum):
    """The state of a job: ``ended`` covers success and failure, told apart by what the workflow wrote."""

    UNKNOWN = "unknown"
    RUNNING = "running"
    ENDED = "ended"


@dataclass(frozen=True)
class Job:
    """One run of a durable workflow to start; its key makes starting it twice the same as once."""

    workflow: str
    key: str
    arguments: dict[str, Json]


class Jobs(Protocol):
    """An engine for durable workflows.

    Starting is safe to repeat and safe concurrently: one key runs once. A started job survives kill -9 and
    resumes at the next start. The engine's store is trusted with step results.
    """

    async def start(self, job: Job) -> None:
        """Begin the job, unless its key was started before."""
        ...

    async def state(self, key: str) -> JobState: ...
