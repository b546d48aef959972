"""The loop that puts waiting leaves under checkpoints; one process of a realm runs it."""

import asyncio

from reelm.base import DatabaseUnavailable, telemetry
from reelm.ledger.log import Log, LogEnvironment

_AGAIN_SECONDS = 1.0

_log = telemetry.logger(__name__)


class Sequencer:
    """Runs until it is cancelled, which it survives at any line, as it survives the end of its process."""

    def __init__(self, environment: LogEnvironment) -> None:
        self._environment = environment

    async def run(self) -> None:
        """Sequence what waits, for good.

        Raises:
            LogBusy: another process does.
            LogSuperseded: another process took over.
            LogBroken: files and database contradict each other; nothing is signed any more.
        """
        with self._environment.disk.claim():
            while True:
                try:
                    await self._grow(await Log.open(self._environment))
                except (OSError, DatabaseUnavailable) as error:
                    # Unknown how far it came: the log is opened anew, and finds out.
                    _log.error("ledger.sequencing-failed", exc_info=error)
                    await asyncio.sleep(_AGAIN_SECONDS)

    async def _grow(self, log: Log) -> None:
        clock, config = self._environment.clock, self._environment.config
        while True:
            began = clock.monotonic_seconds()
            count = await log.sequence()
            if count < config.batch_leaves:
                await asyncio.sleep(began + config.batch_seconds - clock.monotonic_seconds())
