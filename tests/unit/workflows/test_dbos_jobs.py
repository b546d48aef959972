"""Durable stories on DBOS: a file of another Python is worked on, and a story that breaks says why."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from reelm.base import SystemClock
from reelm.workflows import Job, JobState, Json, Run
from reelm.workflows.adapters.dbos import DbosJobs, JobsConnection, unixepoch
from support.machine.loglines import logged

pytestmark = [pytest.mark.slow, pytest.mark.every_python]
# What DBOS writes into the schema: below Python 3.12, and from there on.
SECONDS, MILLISECONDS = "(strftime('%s','now') * 1000)", "(unixepoch('subsec') * 1000)"


async def told(path: Path, number: int = 1) -> list[str]:
    """Tell one story through a file of jobs, as the worker does; what it did."""
    did: list[str] = []

    async def story(run: Run, arguments: dict[str, Json]) -> None:
        async def act() -> Json:
            did.append(str(arguments["what"]))
            return None

        await run.step("act", act)

    await _run(path, story, f"story/{number}")
    return did


async def _run(path: Path, story: Any, key: str) -> None:
    jobs = DbosJobs(url=f"sqlite:///{path}", workflows={"story": story})
    await jobs.launch()
    try:
        await jobs.start(Job("story", key, {"what": key}))
        await _until_ended(jobs, key)
    finally:
        await jobs.close()


@pytest.mark.parametrize("default", [SECONDS, MILLISECONDS], ids=["made-below-3.12", "made-from-3.12-on"])
@pytest.mark.slow
async def test_a_file_of_jobs_that_another_python_made_is_worked_on(tmp_path: Path, default: str) -> None:
    path = tmp_path / "jobs.sqlite"
    assert await told(path, 1) == ["story/1"]
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA writable_schema = ON")
        other = MILLISECONDS if default == SECONDS else SECONDS
        file.execute("UPDATE sqlite_master SET sql = replace(sql, ?, ?)", (other, default))
        file.commit()
    with closing(sqlite3.connect(path)) as file:
        (schema,) = file.execute("SELECT group_concat(sql) FROM sqlite_master").fetchone()
    assert default in schema
    assert other not in schema
    assert await told(path, 2) == ["story/2"]


def test_a_moment_that_the_schema_makes_is_one_of_now_to_the_millisecond() -> None:
    with closing(sqlite3.connect(":memory:", factory=JobsConnection)) as file:
        file.execute(
            f"CREATE TABLE jobs (id INTEGER PRIMARY KEY, at INTEGER NOT NULL DEFAULT {MILLISECONDS})"
        )
        seen = set()
        for _ in range(50):
            ((at,),) = file.execute("INSERT INTO jobs DEFAULT VALUES RETURNING at").fetchall()
            assert abs(at / 1000 - SystemClock().now().timestamp()) < 5
            seen.add(at % 1000)
            time.sleep(0.001)
    assert len(seen) > 5


def test_another_use_of_it_is_an_error_and_not_a_wrong_time() -> None:
    assert unixepoch("subsec") == pytest.approx(SystemClock().now().timestamp(), abs=5)
    with pytest.raises(ValueError, match="2026-01-01"):
        unixepoch("2026-01-01")


async def test_an_engine_at_rest_runs_no_thread_and_goes_on_where_it_was_cut_off(tmp_path: Path) -> None:
    did: list[str] = []
    going_on = asyncio.Event()

    async def story(run: Run, arguments: dict[str, Json]) -> None:
        async def first() -> Json:
            did.append("first")
            return None

        async def second() -> Json:
            did.append("second")
            await going_on.wait()
            return None

        await run.step("first", first)
        await run.step("second", second)

    before = set(threading.enumerate())
    jobs = DbosJobs(url=f"sqlite:///{tmp_path / 'jobs.sqlite'}", workflows={"story": story})
    try:
        await jobs.start(Job("story", "story/1", {}))
        await _until(lambda: "second" in did)
        await jobs.rest()
        assert not _engine_threads(before)
        going_on.set()
        assert await jobs.state("story/1") is JobState.RUNNING
        assert _engine_threads(before)
        await _until_ended(jobs, "story/1")
        assert did == ["first", "second", "second"]
    finally:
        await jobs.close()


async def test_an_engine_that_cannot_be_launched_is_launched_once_it_can(tmp_path: Path) -> None:
    did: list[str] = []

    async def story(run: Run, arguments: dict[str, Json]) -> None:
        did.append("told")

    folder = tmp_path / "later"
    jobs = DbosJobs(url=f"sqlite:///{folder / 'jobs.sqlite'}", workflows={"story": story})
    try:
        for _ in range(2):
            with pytest.raises(OperationalError):
                await jobs.start(Job("story", "story/1", {}))
        folder.mkdir()
        await jobs.start(Job("story", "story/1", {}))
        await _until_ended(jobs, "story/1")
        assert did == ["told"]
    finally:
        await jobs.close()


def _engine_threads(before: set[threading.Thread]) -> list[threading.Thread]:
    """Return the threads that were not there before, but for those that the event loop keeps for itself."""
    return [each for each in set(threading.enumerate()) - before if "ThreadPoolExecutor" not in each.name]


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - the engine tells nobody
            await asyncio.sleep(0.01)


async def _until_ended(jobs: DbosJobs, key: str) -> None:
    async with asyncio.timeout(20):
        while await jobs.state(key) is not JobState.ENDED:  # noqa: ASYNC110 - the engine tells nobody
            await asyncio.sleep(0.02)


async def test_a_story_that_breaks_leaves_its_cause_in_the_log(tmp_path: Path) -> None:
    async def story(run: Run, arguments: dict[str, Json]) -> None:
        raise LookupError("no such place") from OSError("the disk said no")

    with logged() as log:
        await _run(tmp_path / "jobs.sqlite", story, "story/1")
    line = log.only("story.failed")
    assert [cause["message"] for cause in line["exception"]] == ["no such place", "the disk said no"]
