"""Run durable workflows on DBOS: steps are rows, so a killed worker resumes where it was.

Trust: the jobs database is the realm's own. It holds step results, which are sealed where they must be.

From Python 3.12 on DBOS writes ``unixepoch('subsec')`` into its statements and, as a column's default, into
the schema of ``jobs.sqlite``. SQLite knows that since 3.42 (2023-05-16); an older one answers NULL. Which
SQLite a Python has is its builder's choice, so Python 3.13 on SQLite 3.40 could neither make such a file nor
write to one, and Python 3.11 could not write to one that Python 3.12 had made.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from dbos import DBOS, DBOSConfig, SetWorkflowID

from reelm.base import SystemClock, cancel_all, telemetry
from reelm.workflows.ports import Job, JobState, Json, Workflow

_log = telemetry.logger(__name__)

_ENDED = {"SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"}
# A workflow that took the worker down this often is not tried again; the creator is told instead.
_MOST_RECOVERIES = 20
KNOWS_SUBSEC = (3, 42)
_SUBSEC = {"subsec", "subsecond"}


class _Steps:
    async def step(self, name: str, action: Callable[[], Awaitable[Json]]) -> Json:
        async def act() -> Json:
            return await action()

        return await DBOS.run_step_async({"name": name}, act)


class DbosJobs:
    """One engine per process. Used by one task.

    Its threads ask the database several times a second as long as it is launched, so it rests while there is
    nothing to do; the next use launches it again.
    """

    def __init__(self, *, url: str, workflows: Mapping[str, Workflow]) -> None:
        self._config: DBOSConfig = {
            "name": "reelm",
            "system_database_url": url,
            # Recovery only looks at runs of the same executor and version: both are fixed on purpose.
            "executor_id": "worker",
            "application_version": "1",
            "run_migrations": True,
            "enable_otlp": False,
            "log_level": "WARNING",
            "scheduler_polling_interval_sec": 3600,
        }
        if url.startswith("sqlite:"):
            self._config["db_engine_kwargs"] = {"connect_args": {"factory": JobsConnection}}
        self._running: set[asyncio.Task[Any]] = set()
        self._workflows = {name: self._register(name, workflow) for name, workflow in workflows.items()}
        self._is_launched = False

    async def launch(self) -> None:
        """Begin working, in this event loop, with what an earlier process or ``rest`` left unfinished."""
        if self._is_launched:
            return
        _log_as_we_do(logging.getLogger("dbos"))
        try:
            DBOS(config=self._config)
            DBOS.launch()
        except BaseException:
            DBOS.destroy()  # otherwise it takes itself for launched, and the next try would do nothing
            raise
        self._is_launched = True

    async def rest(self) -> None:
        """Cut off what is in flight, as a crash would, but tidily; it resumes at the next launch."""
        if not self._is_launched:
            return
        self._is_launched = False
        logging.getLogger("dbos").setLevel(logging.CRITICAL)  # to DBOS a cut-off workflow is worth a warning
        await cancel_all(self._running)
        # DBOS had made its own threads the loop's, and ends them now; the realm goes on with others.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())
        await asyncio.to_thread(DBOS.destroy)

    async def close(self) -> None:
        """Rest, for good."""
        await self.rest()
        DBOS.destroy(destroy_registry=True)

    async def start(self, job: Job) -> None:
        await self.launch()
        with SetWorkflowID(job.key):
            await DBOS.start_workflow_async(self._workflows[job.workflow], job.arguments)

    async def state(self, key: str) -> JobState:
        await self.launch()
        status = await DBOS.get_workflow_status_async(key)
        if status is None:
            return JobState.UNKNOWN
        return JobState.ENDED if status.status in _ENDED else JobState.RUNNING

    def _register(self, name: str, workflow: Workflow) -> Callable[[dict[str, Json]], Any]:
        @DBOS.workflow(name=name, max_recovery_attempts=_MOST_RECOVERIES)
        async def run(arguments: dict[str, Json]) -> None:
            task = asyncio.current_task()
            assert task is not None  # noqa: S101 - a coroutine always runs in one
            self._running.add(task)
            try:
                await workflow(_Steps(), arguments)
            except Exception as error:
                _log.error("story.failed", story=name, exc_info=error)
                raise
            finally:
                self._running.discard(task)

        return run


def _log_as_we_do(engine: logging.Logger) -> None:
    """Send the engine's words through our filter, and not past it to the terminal."""
    engine.handlers[:] = [logging.NullHandler()]  # without any it makes one for the terminal
    engine.propagate = True
    engine.setLevel(logging.WARNING)


class JobsConnection(sqlite3.Connection):
    """Knows ``unixepoch('subsec')`` under an SQLite that is too old to, with the same meaning."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if sqlite3.sqlite_version_info < KNOWS_SUBSEC:
            self.create_function("unixepoch", 1, unixepoch)


def unixepoch(modifier: str) -> float:
    """Return the seconds since 1970, to the millisecond, as ``unixepoch('subsec')`` of SQLite 3.42 does.

    Raises:
        ValueError: another use of it; nothing here needs one, and a wrong time is worse than an error.
    """
    if modifier not in _SUBSEC:
        raise ValueError(f"unixepoch({modifier!r}) is not known to this SQLite")
    return round(SystemClock().now().timestamp(), 3)
