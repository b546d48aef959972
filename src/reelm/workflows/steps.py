"""One step of a durable story: tried with patience, and refused in words that its owner understands."""

import asyncio
import errno
from collections.abc import Awaitable, Callable
from typing import TypeAlias, cast

import msgspec

from reelm.base import Broken, ReelmError, Unavailable, telemetry
from reelm.media import SpoolFull
from reelm.vault import StoresFull
from reelm.workflows.ports import Json, Run

PATIENCE_SECONDS = (1.0, 4.0)
# What the operator has to mend is waited for without end, and looked at this often.
FULL_SECONDS = 30.0
FULL = (
    "The realm has no disk space left, so your clip waits. Nothing is lost: it goes on by itself once the "
    "operator has made room."
)
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
FAULT = (
    "Something on our side broke while your clip was being prepared. Your upload is safe. "
    "Press retry; if it happens again, the operator has to look."
)

_log = telemetry.logger(__name__)


class Refusal(msgspec.Struct, frozen=True):
    """Why a step cannot succeed: a stable code and words for the creator."""

    code: str
    detail: str


class Refused(Exception):
    """A step cannot succeed; the creator is told why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


Stall: TypeAlias = Callable[[], Awaitable[None]]


async def step(
    run: Run,
    name: str,
    action: Callable[[], Awaitable[Json]],
    *,
    on_full: Stall,
    look_seconds: float = FULL_SECONDS,
) -> Json:
    """The step's result. An expected failure is recorded like a result, so recovery does not try it again.

    A disk without room is not a failure: the step waits until there is some, and ``on_full`` tells why.

    Raises:
        Refused: the step failed, now or before the crash.
    """

    async def attempt() -> Json:
        try:
            return {"result": await _with_room(action, on_full, look_seconds)}
        except ReelmError as error:
            _log.warning("publish.refused", step=name, code=error.code, detail=error.detail, exc_info=error)
            return {"refusal": {"code": error.code, "detail": _words(error)}}

    outcome = cast("dict[str, Json]", await run.step(name, attempt))
    if "refusal" in outcome:
        raise Refused(msgspec.convert(outcome["refusal"], Refusal))
    return outcome["result"]


async def _with_room(action: Callable[[], Awaitable[Json]], on_full: Stall, look_seconds: float) -> Json:
    while True:
        try:
            return await _patiently(action)
        except (ReelmError, OSError) as error:
            if not _is_full(error):
                raise
            _log.warning("publish.waits-for-room", exc_info=error)
            await on_full()
        await asyncio.sleep(look_seconds)


def _is_full(error: Exception) -> bool:
    return isinstance(error, SpoolFull | StoresFull) or getattr(error, "errno", None) in _NO_ROOM


async def _patiently(action: Callable[[], Awaitable[Json]]) -> Json:
    """Try again what may work a little later: a busy database, a store that does not answer."""
    for wait_seconds in PATIENCE_SECONDS:
        try:
            return await action()
        except ReelmError as error:
            if not error.is_retryable or _is_full(error):
                raise
        await asyncio.sleep(wait_seconds)
    return await action()


def _words(error: ReelmError) -> str:
    return FAULT if isinstance(error, Broken | Unavailable) else error.detail
