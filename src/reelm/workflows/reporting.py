"""Telling a creator how far a step is, from figures that come much more often than anybody looks."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from reelm.base import ClipId
from reelm.clips import PublishStep
from reelm.workflows.realm import OpenRealm

REPORT_SECONDS = 1.0
# The least that is told: a clip that still waits for its turn is at nothing.
BEGUN_RATIO = 0.01


@asynccontextmanager
async def reporting(
    clip_id: ClipId, step: PublishStep, realm: OpenRealm
) -> AsyncIterator[Callable[[float], None]]:
    """A callback for progress; what it is told is written down once a second, and nothing before that."""
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
