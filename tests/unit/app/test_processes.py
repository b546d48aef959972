"""Locks, heartbeats, logs and state: the small things a supervisor is made of."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reelm.app import Heartbeat, Paths, holder, is_held, read_beat, state
from reelm.app.lock import Lock
from reelm.app.logfile import LogFile


def test_a_lock_is_held_once_and_its_note_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not is_held(path)
    mine = Lock.take(path, note={"port": 8420})
    assert mine is not None
    assert Lock.take(path) is None
    assert holder(path) == {"pid": os.getpid(), "port": 8420}
    mine.release()
    mine.release()
    assert holder(path) is None
    assert Lock.take(path) is not None


def test_a_lock_handed_to_a_child_outlives_the_one_who_took_it(tmp_path: Path) -> None:
    lock = Lock.take(tmp_path / "lock")
    assert lock is not None
    child = subprocess.Popen(["/bin/sleep", "60"], pass_fds=(lock.descriptor,))
    lock.release()
    assert is_held(tmp_path / "lock")
    child.kill()
    child.wait()
    assert not is_held(tmp_path / "lock")


def test_a_heartbeat_says_its_facts_until_it_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "worker.ready"
    beat = Heartbeat(path, lambda: {"waiting_count": 2})
    beat.start()
    found = read_beat(path)
    assert found is not None
    assert found[1] == {"waiting_count": 2}
    assert found[0] < 5
    beat.stop()
    assert read_beat(path) is None


def test_a_log_shows_only_what_is_new_and_important(tmp_path: Path) -> None:
    path = tmp_path / "web.log"
    path.write_text("of an earlier run [error]\n")
    log = LogFile(path)
    descriptor = log.open()
    failed = b'{"event": "worker.look-failed", "level": "error", "clip": "c1"}'
    started = b'{"event": "worker.started", "level": "info"}'
    os.write(descriptor, b"\n".join((b"fine", b"[WARNING] disk nearly full", failed, started, b"half a li")))
    assert log.fresh_lines(only_important=True) == [
        "[WARNING] disk nearly full",
        "error: worker.look-failed clip=c1",
    ]
    os.write(descriptor, b"ne\n")
    os.close(descriptor)
    assert log.fresh_lines(only_important=False) == ["half a line"]
    assert log.tail(2) == [started.decode(), "half a line"]


@pytest.mark.parametrize(
    ("chain", "shown"),
    [
        ([{"type": "Refused", "message": "No."}, {"type": "OSError", "message": "disk"}], " (OSError: disk)"),
        ([{"type": "Failed", "message": "No.", "notes": ["ended with 1:\nTypeError: x"]}], " (TypeError: x)"),
        ([], ""),
        ("of another program", ""),
    ],
)
def test_an_error_is_shown_with_what_it_began_with(tmp_path: Path, chain: object, shown: str) -> None:
    path = tmp_path / "web.log"
    path.touch()
    log = LogFile(path)
    path.write_text(json.dumps({"event": "it failed", "level": "error", "exception": chain}) + "\n")
    assert log.tail(1) == [f"error: it failed{shown}"]
    assert log.fresh_lines(only_important=True) == [f"error: it failed{shown}"]


def test_a_large_log_is_set_aside_and_three_old_ones_are_kept(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "web.log", rotate_bytes=10)
    for number in range(6):
        descriptor = log.open()
        os.write(descriptor, f"start number {number}\n".encode())
        os.close(descriptor)
        assert log.fresh_lines(only_important=False) == [f"start number {number}"]
    texts = [path.read_text() for path in sorted(tmp_path.iterdir())]
    assert texts == [f"start number {number}\n" for number in (5, 4, 3, 2)]


def test_state_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    paths.run.mkdir()
    child = state.ChildState(
        name="web", pid=7, argv=("a", "b c"), started_at=state.now(), restart_count=1, is_ready=True
    )
    written = state.RunState(
        pid=6, host="::1", port=1, url="http://[::1]:1", started_at=state.now(), children=(child,)
    )
    state.write_state(paths, written)
    assert state.read_state(paths) == written
    state.remove_state(paths)
    assert state.read_state(paths) is None


def test_damaged_state_is_as_good_as_none(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    paths.run.mkdir()
    for text in ("", "[]", "{", json.dumps({"pid": 1, "children": [{}]})):
        (paths.run / "state.json").write_text(text)
        assert state.read_state(paths) is None


def test_a_process_is_known_by_its_command_not_only_by_its_number() -> None:
    command = [sys.executable, "-c", "input()", "with a space"]
    child = subprocess.Popen(command, stdin=subprocess.PIPE)  # noqa: S603 - a Python that waits
    time.sleep(0.05)
    assert state.is_command(child.pid, command)
    assert not state.is_command(child.pid, [*command, "more"])
    child.communicate()
    assert not state.is_command(child.pid, command)
    assert not state.is_command(0, command)
