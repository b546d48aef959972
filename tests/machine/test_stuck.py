"""A test that is stuck, or a process that does not end, says where it was and costs no more than its time."""

import os
import subprocess
import sys
import threading
import time
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from support.machine.checkout import Checkout
from support.machine.running import until
from support.machine.serving import serving_port
from support.machine.stuck import GRACE_VARIABLE

pytestmark = pytest.mark.slow
TESTS = Path(__file__).parents[1]

# Nothing of Python comes through to this: no signal's handler, no other thread.
BUSY = "def test_stuck():\n    sum(range(10**18))\n"
# It ends, and leaves a thread that the process waits for.
LEFT = (
    "import threading\n\n\ndef left_behind():\n    threading.Event().wait()\n\n\n"
    "def test_ended():\n    threading.Thread(target=left_behind).start()\n"
)
HELD = (
    "import subprocess, sys, time\nprint('it began', flush=True)\n"
    "child = subprocess.Popen(['/bin/sleep', '600'])\nprint(child.pid, flush=True)\n"
)


def outcome_of(folder: Path, code: str, *options: str) -> "subprocess.CompletedProcess[str]":
    """The output of pytest on one file, with what these tests here have."""
    (folder / "conftest.py").write_text("from support.machine.stuck import *  # noqa: F403\n")
    (folder / "test_it.py").write_text(code)
    command = [sys.executable, "-m", "pytest", str(folder), "-c", os.devnull, "-q", *options]
    return subprocess.run(  # noqa: S603 - Python's own
        [*command, "--rootdir", str(folder), "-p", "no:cacheprovider", "-p", "no:randomly"],
        env={**os.environ, "PYTHONPATH": str(TESTS), GRACE_VARIABLE: "2"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_test_whose_main_thread_hears_nothing_is_ended_and_shown(tmp_path: Path) -> None:
    done = outcome_of(tmp_path, BUSY, "--timeout=1")
    assert done.returncode == 1
    assert "in test_stuck" in done.stderr


def test_a_process_that_does_not_end_after_its_tests_is_ended_and_shown(tmp_path: Path) -> None:
    done = outcome_of(tmp_path, LEFT)
    assert "1 passed" in done.stdout
    assert done.returncode == 1
    assert "in left_behind" in done.stderr


def test_one_that_ends_by_itself_is_left_alone(tmp_path: Path) -> None:
    done = outcome_of(tmp_path, "def test_fine():\n    pass\n", "--timeout=1")
    assert (done.returncode, done.stderr) == (0, "")


def test_with_workers_the_others_go_on(tmp_path: Path) -> None:
    done = outcome_of(tmp_path, BUSY + "\n\ndef test_fine():\n    pass\n", "--timeout=1", "-n", "1")
    assert "1 failed, 1 passed" in done.stdout
    assert "test_it.py::test_stuck" in done.stdout
    assert "in test_stuck" in done.stderr


def test_a_server_ends_with_its_block_however_that_ends() -> None:
    before = threading.active_count()
    with (
        pytest.raises(RuntimeError),
        serving_port(ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler)),
    ):
        raise RuntimeError
    assert threading.active_count() == before


def is_there(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("end", ["time.sleep(600)", ""], ids=["it never ends", "it leaves somebody behind"])
def test_a_command_is_ended_with_all_that_it_began_and_what_it_printed_is_kept(
    tmp_path: Path, end: str
) -> None:
    (tmp_path / "reelm").write_text(HELD + end)
    begun = time.monotonic()
    done = Checkout(tmp_path, sys.executable).run(seconds=5)
    assert time.monotonic() - begun < 50  # the sleeper would hold its output for ten minutes
    first, pid, *rest = done.stdout.split("\n")
    assert first == "it began"
    assert (done.returncode < 0) == ("It was ended after 5 seconds." in rest) == bool(end)
    until(lambda: not is_there(int(pid)), 10, lambda: f"{pid} is there")


def test_a_suite_that_is_ended_shows_where_it_was(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("import time\n\n\ndef test_waits():\n    time.sleep(600)\n")
    command = f"[sys.executable, '-m', 'pytest', '-c', {os.devnull!r}, '-q']"
    (tmp_path / "reelm").write_text(f"import subprocess, sys\nsubprocess.run({command})\n")
    done = Checkout(tmp_path, sys.executable).run(seconds=10)
    assert "in test_waits" in done.stdout
