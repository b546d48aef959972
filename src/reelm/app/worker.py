"""Run the worker process: ``python -m reelm.app.worker --data DIR``, started and restarted by the supervisor.

It looks for clips that wait to be published and runs their jobs, woken by the log of the realm. Waiting clips
are rows, so a web process that dies right after accepting one has already said everything the worker needs.
"""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeAlias

from reelm.app import settings as settings_
from reelm.app.children import EXIT_CONFIG
from reelm.app.errors import exit_code
from reelm.app.settings import Settings
from reelm.app.state import ready_file
from reelm.app.supervised import Heartbeat, exit_with_parent
from reelm.app.wiring import open_realm
from reelm.base import ReelmError, SystemClock, cancel_all, telemetry
from reelm.clips import Publication
from reelm.events import LogUnavailable, RelayBusy
from reelm.ledger import LogBusy
from reelm.workflows import Jobs, JobState, Json, OpenRealm, Run
from reelm.workflows.adapters.dbos import DbosJobs
from reelm.workflows.operate import prune, refresh_keys, repair, scrub, tidy
from reelm.workflows.publish import abandon, publish, publish_job, publish_ripe, stow_drafts

LOOK_EVERY_SECONDS = 0.1
# For drafts whose time comes, and for what was left behind: neither is news.
IDLE_LOOK_SECONDS = 1.0
DUE_AT_ONCE = 32
# The engine of jobs costs processor time while it is awake, and a moment to wake.
REST_AFTER_SECONDS = 10.0
SEQUENCE_AGAIN_SECONDS = 5.0

Chore: TypeAlias = Callable[..., Awaitable[None]]
# What runs beside publishing, and how many seconds after it ended it runs again.
NOW_AND_THEN: tuple[tuple[Chore, float], ...] = (
    (stow_drafts, 20),
    (tidy, 600),
    (repair, 20),
    (scrub, 60),
    (refresh_keys, 600),
    (prune, 3600),
)

_log = telemetry.logger(__name__)


async def work(settings: Settings, stopping: asyncio.Event) -> None:
    """Publish what waits, until told to stop."""
    async with open_realm(settings) as realm:

        async def run_publish(run: Run, arguments: dict[str, Json]) -> None:
            await publish(run, arguments, realm=realm)

        jobs = DbosJobs(url=settings.jobs_database_url, workflows={"publish": run_publish})
        await jobs.launch()
        facts = {"clips_in_work": 0}
        beat = Heartbeat(ready_file(settings.paths, "worker"), lambda: facts)
        beat.start()
        try:
            async with _recording(realm), _relaying(realm), _beside(realm):
                await _publish_all(realm, jobs, facts, stopping)
        finally:
            beat.stop()
            await jobs.close()


async def _publish_all(
    realm: OpenRealm, jobs: DbosJobs, facts: dict[str, int], stopping: asyncio.Event
) -> None:
    """Look for work: often while there is some, else when something happened or a draft may be due."""
    seen = 0
    worked_at = realm.clock.monotonic_seconds()
    while not stopping.is_set():
        try:
            facts["clips_in_work"] = await _look(realm, jobs)
            if facts["clips_in_work"]:
                worked_at = realm.clock.monotonic_seconds()
            elif realm.clock.monotonic_seconds() > worked_at + REST_AFTER_SECONDS:
                await jobs.rest()
        except Exception as error:  # noqa: BLE001 - the worker loop: one bad round must not end the others
            _log.error("worker.look-failed", exc_info=error)
            await _pause(stopping, 1.0)
        await _pause(stopping, LOOK_EVERY_SECONDS)
        if not facts["clips_in_work"]:
            seen = await _news(realm, seen, stopping)


async def _news(realm: OpenRealm, seen: int, stopping: asyncio.Event) -> int:
    """Wait until the log has more than was seen, a while has passed, or it is time to stop.

    Returns:
        The number of the newest fact, from before the look that follows.
    """
    news = asyncio.create_task(realm.events.log.wait(seen, IDLE_LOOK_SECONDS))
    ending = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait({news, ending}, return_when=asyncio.FIRST_COMPLETED)
        return news.result() if news.done() else seen
    except LogUnavailable as error:
        _log.error("worker.log-unavailable", exc_info=error)
        await _pause(stopping, IDLE_LOOK_SECONDS)
        return seen
    finally:
        await cancel_all([news, ending])


async def _look(realm: OpenRealm, jobs: Jobs) -> int:
    """Start what waits, and drafts whose moment has come; return how many clips are being published."""
    await publish_ripe(realm=realm)
    waiting = await _due(realm)
    for publication in waiting:
        job = publish_job(publication)
        state = await jobs.state(job.key)
        if state is JobState.UNKNOWN:
            await jobs.start(job)
        elif state is JobState.ENDED and publication in await _due(realm):  # otherwise it ended just now
            _log.error("worker.job-ended-silently", job=job.key)
            await abandon(publication, realm=realm)
    return len(waiting)


async def _due(realm: OpenRealm) -> tuple[Publication, ...]:
    async with realm.database.read() as tx:
        return await realm.clips.publishing.due(tx, DUE_AT_ONCE)


@asynccontextmanager
async def _beside(realm: OpenRealm) -> AsyncIterator[None]:
    """Run chores now and then while clips are published; they are cut off at the end, and survive that."""
    tasks = [asyncio.create_task(_regularly(chore, seconds, realm)) for chore, seconds in NOW_AND_THEN]
    try:
        yield
    finally:
        await cancel_all(tasks)


@asynccontextmanager
async def _recording(realm: OpenRealm) -> AsyncIterator[None]:
    """Run the one sequencer of the realm's ledger, and ask its witnesses; both survive being cut off."""
    tasks = [asyncio.create_task(_sequence(realm)), asyncio.create_task(realm.ledger.cosigning.run())]
    try:
        yield
    finally:
        await cancel_all(tasks)


async def _sequence(realm: OpenRealm) -> None:
    """Sequence leaves; meanwhile others wait, and what must not happen unrecorded does not happen."""
    while True:
        try:
            await realm.ledger.sequencer.run()
        except LogBusy:  # another process of this realm starts just now
            await asyncio.sleep(LOOK_EVERY_SECONDS)
        except Exception as error:  # noqa: BLE001 - the worker loop: clips are published all the same
            _log.error("worker.sequencer-failed", exc_info=error)
            await asyncio.sleep(SEQUENCE_AGAIN_SECONDS)


@asynccontextmanager
async def _relaying(realm: OpenRealm) -> AsyncIterator[None]:
    """The one relay of the realm's log, and its consumers; cut off at the end, which all survive."""
    tasks = [asyncio.create_task(_relay(realm))]
    tasks += [asyncio.create_task(realm.events.consume(each)) for each in realm.events.consumers]
    try:
        yield
    finally:
        await cancel_all(tasks)


async def _relay(realm: OpenRealm) -> None:
    """Move stated facts into the log; without it they wait, and consumers hear of nothing new."""
    while True:
        try:
            await realm.events.relay.run()
        except RelayBusy:  # another process of this realm starts just now
            await asyncio.sleep(LOOK_EVERY_SECONDS)
        except Exception as error:  # noqa: BLE001 - the worker loop, as above
            _log.error("worker.relay-failed", exc_info=error)
            await asyncio.sleep(SEQUENCE_AGAIN_SECONDS)


async def _regularly(chore: Chore, every_seconds: float, realm: OpenRealm) -> None:
    while True:
        try:
            await chore(realm=realm)
        except Exception as error:  # noqa: BLE001 - the worker loop, as above
            _log.error("worker.story-failed", story=chore.__name__, exc_info=error)
        await asyncio.sleep(every_seconds)


async def _pause(stopping: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return


async def _main(arguments: Sequence[str]) -> None:
    telemetry.configure_logs(clock=SystemClock())
    settings = settings_.from_command_line(arguments, program="reelm.app.worker")
    telemetry.configure_logs(clock=SystemClock(), level=settings.log_level)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, partial(stopping.set))
    await work(settings, stopping)


def main(arguments: Sequence[str]) -> int:
    """Work until told to stop; return the exit code."""
    try:
        asyncio.run(_main(arguments))
    except ReelmError as error:
        _log.error("worker.refused", code=error.code, exc_info=error)
        sys.stderr.write(f"{error.detail}\n")
        # What waiting cannot mend is not tried again: the supervisor shows these words and stops.
        return exit_code(error) if error.is_retryable else EXIT_CONFIG
    except Exception as error:  # noqa: BLE001 - the process's edge: a bare traceback may show what a log must not
        _log.error("worker.crashed", exc_info=error)
        return 1
    return 0


if __name__ == "__main__":
    exit_with_parent()
    sys.exit(main(sys.argv[1:]))
