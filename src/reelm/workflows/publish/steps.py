"""Run one step of a durable workflow: with retries, and refused in words that its owner understands.

``reporting`` tells the creator how far a step is.
"""

import asyncio
import errno
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeAlias, cast

import msgspec

from reelm.base import Broken, ClipId, ReelmError, Unavailable, telemetry
from reelm.clips import PublishStep
from reelm.media import SpoolFull
from reelm.vault import StoresFull
from reelm.workflows.ports import Json, Run
from reelm.workflows.realm import OpenRealm

RETRY_SECONDS = (1.0, 4.0)
# What the operator has to mend is waited for without end, and looked at this often.
FULL_SECONDS = 30.0
FULL = (
    "The realm has no disk space left, so your clip waits. Nothing is lost: it goes on by itself once the "
    "operator has made room."
)
REPORT_SECONDS = 1.0
# The least that is told: a clip that still waits for its turn is at nothing.
BEGUN_RATIO = 0.01
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})
FAULT = (
    "Something on our side broke while your clip was being prepared. Your upload is safe. "
    "Press retry; if it happens again, the operator has to look."
)

_log = telemetry.logger(__name__)


class StepRefusal(msgspec.Struct, frozen=True):
    """The reason why a step cannot succeed: a stable code and words for the creator."""

    code: str
    detail: str


class Refused(Exception):
    """Raised when a step cannot succeed; the creator is told why."""

    def __init__(self, refusal: StepRefusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


RunStep: TypeAlias = Callable[[str, Callable[[], Awaitable[Json]]], Awaitable[Json]]
Stall: TypeAlias = Callable[[], Awaitable[None]]


async def step(
    run: Run,
    name: str,
    action: Callable[[], Awaitable[Json]],
    *,
    on_full: Stall,
    look_seconds: float = FULL_SECONDS,
) -> Json:
    """Return the step's result. An expected failure is recorded like one, so recovery does not try it again.

    A disk without room is not a failure: the step waits until there is some, and ``on_full`` tells why.

    Raises:
        Refused: the step failed, now or before the crash.
    """

    async def attempt() -> Json:
        try:
            return {"result": await _once_it_fits(action, on_full, look_seconds)}
        except ReelmError as error:
            _log.warning("publish.refused", step=name, code=error.code, detail=error.detail, exc_info=error)
            return {"refusal": {"code": error.code, "detail": _words(error)}}

    outcome = cast("dict[str, Json]", await run.step(name, attempt))
    if "refusal" in outcome:
        raise Refused(msgspec.convert(outcome["refusal"], StepRefusal))
    return outcome["result"]


async def _once_it_fits(action: Callable[[], Awaitable[Json]], on_full: Stall, look_seconds: float) -> Json:
    while True:
        try:
            return await _with_retries(action)
        except (ReelmError, OSError) as error:
            if not _is_full(error):
                raise
            _log.warning("publish.waits-for-room", exc_info=error)
            await on_full()
        await asyncio.sleep(look_seconds)


def _is_full(error: Exception) -> bool:
    return isinstance(error, SpoolFull | StoresFull) or getattr(error, "errno", None) in _NO_SPACE


async def _with_retries(action: Callable[[], Awaitable[Json]]) -> Json:
    """Try again what may work a little later: a busy database, a store that does not answer."""
    for wait_seconds in RETRY_SECONDS:
        try:
            return await action()
        except ReelmError as error:
            if not error.is_retryable or _is_full(error):
                raise
        await asyncio.sleep(wait_seconds)
    return await action()


def _words(error: ReelmError) -> str:
    return FAULT if isinstance(error, Broken | Unavailable) else error.detail


@asynccontextmanager
async def reporting(
    clip_id: ClipId, step: PublishStep, realm: OpenRealm
) -> AsyncIterator[Callable[[float], None]]:
    """Yield a callback for progress; what it is told is written down once a second."""
    told = [0.0]

    async def pass_on() -> None:
        said = 0.0
        while True:
            if told[0] != said:
                said = told[0]
                async with realm.database.write() as tx:
                    await realm.clips.publishing.report(tx, clip_id, step, said)
            await asyncio.sleep(REPORT_SECONDS if said else REPORT_SECONDS / 10)

    task = asyncio.create_task(pass_on(), name=f"progress of {clip_id}")
    try:
        yield lambda ratio: told.__setitem__(0, min(max(ratio, BEGUN_RATIO), 1.0))
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
