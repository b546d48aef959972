"""Power cuts while facts are stated, relayed and consumed, on files that forget what was not flushed."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from conftest import missing
from support.events.logs import go_on
from support.machine.powerfs import Mounted

ROOT = Path(__file__).parents[2]
ROUNDS = 4


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Mounted]:
    if not Mounted.is_possible():
        missing("FUSE, or the right to mount")
    each = Mounted(tmp_path)
    yield each
    each.cut()


@pytest.mark.slow
@pytest.mark.parametrize("forgets_names", [False, True])
def test_the_file_system_forgets_what_was_not_flushed(mounted: Mounted, *, forgets_names: bool) -> None:
    mounted.mount(forgets_names=forgets_names)
    held = os.open(mounted.path / "kept", os.O_RDWR | os.O_CREAT)
    os.write(held, b"flushed")
    os.fsync(held)
    os.write(held, b" and not")
    (mounted.path / "lost").write_bytes(b"never flushed")
    assert (mounted.path / "kept").read_bytes() == b"flushed and not"
    mounted.cut()
    with suppress(OSError):
        os.close(held)
    mounted.mount()
    found = {path.name: path.read_bytes() for path in mounted.path.iterdir()}
    assert found == ({} if forgets_names else {"kept": b"flushed", "lost": b""})


@pytest.mark.slow
@pytest.mark.parametrize("is_synchronous", [False, True])
def test_it_tells_a_database_that_flushes_from_one_that_does_not(
    mounted: Mounted, *, is_synchronous: bool
) -> None:
    mounted.mount(forgets_names=True)
    database = sqlite3.connect(mounted.path / "log.sqlite", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute(f"PRAGMA synchronous={'FULL' if is_synchronous else 'OFF'}")
    database.execute("CREATE TABLE things (id INTEGER)")
    database.execute("INSERT INTO things VALUES (1)")
    mounted.cut()
    with suppress(sqlite3.Error):
        database.close()
    mounted.mount()
    database = sqlite3.connect(mounted.path / "log.sqlite")
    tables = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    assert tables == (1 if is_synchronous else 0,)
    database.close()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [None, 1])
async def test_power_cuts_lose_nothing_acknowledged_and_repeat_nothing(
    mounted: Mounted, tmp_path: Path, seed: int | None
) -> None:
    acknowledged: set[int] = set()
    known: list[int] = []
    for turn in range(ROUNDS):
        mounted.mount(seed=None if seed is None else seed * 100 + turn, forgets_names=True)
        acknowledged |= _cut_one(mounted, tmp_path, turn, after_seconds=0.4 + 0.3 * turn)
        mounted.mount(forgets_names=True)
        entries, notes = await go_on(tmp_path, seed=1000 + turn, files=mounted.path)
        numbers = [int(what) for _, what in notes]
        assert [sequence for sequence, _ in notes] == [each.sequence for each in entries]
        assert [sequence for sequence, _ in notes] == list(range(1, len(notes) + 1))
        assert len(set(numbers)) == len(numbers)
        assert acknowledged <= set(numbers)
        stated = [number for number in numbers if number % 2 == 0]
        assert stated == sorted(stated)
        assert numbers[: len(known)] == known
        known = numbers
        mounted.cut()
    assert len(acknowledged) > ROUNDS


def _cut_one(mounted: Mounted, folder: Path, turn: int, *, after_seconds: float) -> set[int]:
    """Return what a process acknowledged before its power was cut."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests")])}
    program = Path(__file__).with_name("events_power_program.py")
    arguments = [str(folder), str(mounted.path), str(turn), str(turn * 1_000_000)]
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, str(program), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        text=True,
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        time.sleep(after_seconds)
        mounted.cut()
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.read().splitlines(keepends=True)
    return {int(line) for line in lines if line.endswith("\n")}
