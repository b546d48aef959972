"""The supervisor with real processes: whatever is killed, the realm comes back or goes away whole."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reelm.app import Paths, state

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
WEB = {"name": "web", "ready": "http"}
WORKER = {"name": "worker", "ready": "beat"}


class Run:
    """One supervisor process over the data folder."""

    def __init__(self, data: Path, port: int, plans: list[dict[str, Any]]) -> None:
        self.output = data.parent / f"output-{time.monotonic_ns()}"
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"}
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(  # noqa: S603 - this suite's own program
                [
                    sys.executable,
                    str(Path(__file__).with_name("supervisor_program.py")),
                    str(data),
                    str(port),
                    json.dumps(plans),
                ],
                stdout=output,
                stderr=output,
                env=environment,
                process_group=0,
            )

    def said(self) -> str:
        return self.output.read_text()

    def wait_for(self, text: str) -> None:
        until(lambda: text in self.said(), lambda: f"{text!r} in:\n{self.said()}")

    def ready(self) -> "Run":
        self.wait_for("Reelm is running at")
        return self

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(10)


def until(condition: Callable[[], bool], what: Callable[[], str] = str, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what()}"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


def pids(data: Path, name: str) -> list[int]:
    trace = data / f"{name}.trace"
    return [int(line) for line in trace.read_text().split()] if trace.exists() else []


def recorded(data: Path) -> state.RunState:
    """What the supervisor says it runs; nothing while it writes nothing."""
    nothing = state.RunState(pid=0, host="", port=0, url="", started_at=state.now())
    return state.read_state(Paths(data)) or nothing


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "a realm"
    folder.mkdir()
    return folder


@pytest.fixture
def start(data: Path, port: int) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def begin(*plans: dict[str, Any]) -> Run:
        runs.append(Run(data, port, list(plans)))
        return runs[-1]

    yield begin
    for run in runs:
        run.process.kill()
        run.process.wait()
    for trace in data.glob("*.trace"):
        for pid in pids(data, trace.stem):
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)


def test_ctrl_c_ends_every_process_and_leaves_no_state(
    start: Callable[..., Run], data: Path, port: int
) -> None:
    run = start(WEB, WORKER).ready()
    assert f"http://127.0.0.1:{port}" in run.said()
    assert [child.is_ready for child in recorded(data).children] == [True, True]
    assert run.interrupt() == 0
    assert not any(is_alive(pid) for name in ("web", "worker") for pid in pids(data, name))
    assert state.read_state(Paths(data)) is None


def test_a_killed_child_is_started_again_and_the_other_is_left_alone(
    start: Callable[..., Run], data: Path
) -> None:
    run = start(WEB, WORKER).ready()
    os.kill(pids(data, "worker")[0], signal.SIGKILL)
    until(lambda: len(pids(data, "worker")) == 2, run.said)
    until(lambda: all(child.is_ready for child in recorded(data).children))
    assert len(pids(data, "web")) == 1
    assert "worker stopped (SIGKILL); starting it again" in run.said()
    assert run.interrupt() == 0


def test_a_child_that_dies_with_its_encoder_running_takes_the_encoder_along(
    start: Callable[..., Run], data: Path
) -> None:
    run = start({**WORKER, "arguments": ["--helper"]}).ready()
    helper = int((data / "worker.helper").read_text())
    os.kill(pids(data, "worker")[0], signal.SIGKILL)
    until(lambda: not is_alive(helper))
    run.wait_for("starting it again")


def test_children_of_a_killed_supervisor_end_and_the_next_start_runs(
    start: Callable[..., Run], data: Path
) -> None:
    first = start(WEB, WORKER).ready()
    before = pids(data, "web") + pids(data, "worker")
    first.process.kill()
    first.process.wait()
    second = start(WEB, WORKER).ready()
    assert not any(is_alive(pid) for pid in before)
    assert second.interrupt() == 0


def test_a_leftover_that_hangs_is_ended_by_the_next_start(start: Callable[..., Run], data: Path) -> None:
    stubborn = {**WORKER, "arguments": ["--stubborn"]}
    first = start(stubborn).ready()
    first.process.kill()
    first.process.wait()
    assert is_alive(pids(data, "worker")[0])
    second = start(stubborn).ready()
    assert "Waiting for worker of an earlier start" in second.said()
    assert not is_alive(pids(data, "worker")[0])


def test_a_second_start_on_the_same_data_says_who_holds_it(
    start: Callable[..., Run], data: Path, port: int
) -> None:
    first = start(WEB).ready()
    second = start(WEB)
    assert second.process.wait(10) == 73
    assert "app.already-running" in second.said()
    assert f"process {first.process.pid}" in second.said()
    assert f"http://127.0.0.1:{port}" in second.said()
    assert len(pids(data, "web")) == 1
    assert state.read_state(Paths(data)) is not None


def test_a_taken_port_is_told_before_anything_starts(
    start: Callable[..., Run], data: Path, port: int
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        run = start(WEB)
        assert run.process.wait(10) == 73
    assert f"Port {port}" in run.said()
    assert "--port" in run.said()
    assert pids(data, "web") == []


def test_ctrl_c_while_starting_ends_what_had_started(start: Callable[..., Run], data: Path) -> None:
    run = start({"name": "worker", "ready": "never"})
    until(lambda: pids(data, "worker") != [])
    assert run.interrupt() == 0
    assert not is_alive(pids(data, "worker")[0])


def test_a_second_ctrl_c_ends_a_stubborn_child_at_once(start: Callable[..., Run], data: Path) -> None:
    run = start({**WORKER, "arguments": ["--stubborn"]}).ready()
    begun = time.monotonic()
    run.process.send_signal(signal.SIGINT)
    run.wait_for("Stopping")
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(10) == 0
    assert time.monotonic() - begun < 2.5
    assert not is_alive(pids(data, "worker")[0])


def test_a_stubborn_child_is_killed_after_the_grace(start: Callable[..., Run], data: Path) -> None:
    run = start({**WORKER, "arguments": ["--stubborn"]}).ready()
    assert run.interrupt() == 0
    assert not is_alive(pids(data, "worker")[0])


def test_a_child_that_refuses_its_settings_stops_everything_with_its_words(
    start: Callable[..., Run], data: Path
) -> None:
    run = start(WEB, {**WORKER, "arguments": ["--exit", "78", "--say", "the manifest has a fault"]})
    assert run.process.wait(10) == 70
    assert "app.child-failed" in run.said()
    assert "the manifest has a fault" in run.said()
    assert len(pids(data, "worker")) == 1
    assert not any(is_alive(pid) for pid in pids(data, "web"))


def test_a_child_that_never_gets_ready_is_given_up(start: Callable[..., Run], data: Path) -> None:
    run = start(WEB, {**WORKER, "arguments": ["--exit", "1", "--say", "no such table"]})
    assert run.process.wait(20) == 70
    assert "no such table" in run.said()
    assert len(pids(data, "worker")) == 3


def test_a_task_runs_once_when_the_others_are_ready_and_is_shown(
    start: Callable[..., Run], data: Path
) -> None:
    task = {"name": "seed", "is_task": True, "arguments": ["--exit", "0", "--say", "12 of 24 clips"]}
    run = start(WEB, task).ready()
    run.wait_for("12 of 24 clips")
    assert run.said().index("Reelm is running") < run.said().index("12 of 24 clips")
    assert run.interrupt() == 0
    assert len(pids(data, "seed")) == 1


def test_a_task_that_keeps_failing_does_not_stop_the_realm(start: Callable[..., Run], data: Path) -> None:
    run = start(WEB, {"name": "seed", "is_task": True, "arguments": ["--exit", "1"]}).ready()
    run.wait_for("the realm runs on without it")
    assert is_alive(pids(data, "web")[0])
    assert len(pids(data, "seed")) == 3
    until(lambda: [child.ending for child in recorded(data).children] == ["", "given up"])
    assert run.interrupt() == 0
