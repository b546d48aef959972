"""A realm of its own for one measurement, started as its operator starts it."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_READY_SECONDS = 60
_STOP_SECONDS = 20
_POLL_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Running:
    """A process of ours that answers on a port of this machine."""

    pid: int
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def environment() -> dict[str, str]:
    """Ours, with the package in sight and compiled modules kept, as the launcher does it."""
    settings = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return settings | {"PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int, path: str, *, timeout_seconds: float = 5) -> int:
    """The status of a GET, 0 when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_seconds)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
    except (OSError, http.client.HTTPException):
        return 0
    else:
        return response.status
    finally:
        connection.close()


def wait_for(port: int, path: str, log: Path, *, seconds: float = _READY_SECONDS) -> None:
    """Until the path answers 200.

    Raises:
        RuntimeError: it does not, with the end of the log.
    """
    deadline = time.monotonic() + seconds
    while answers(port, path) != http.client.OK:
        if time.monotonic() > deadline:
            said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
            raise RuntimeError(f"no answer from {path} within {seconds:.0f} s; {log}:\n{said}")
        time.sleep(_POLL_SECONDS)


@contextmanager
def process(command: Sequence[str], *, log: Path, folder: Path = ROOT) -> Iterator[subprocess.Popen[bytes]]:
    """A command in a group of its own, interrupted at the end and killed when that does not help."""
    with log.open("ab") as output:
        started = subprocess.Popen(  # noqa: S603 - our own commands
            command, cwd=folder, env=environment(), stdout=output, stderr=output, process_group=0
        )
    try:
        yield started
    finally:
        started.send_signal(signal.SIGINT)
        try:
            started.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(started.pid, signal.SIGKILL)
            started.wait()


@contextmanager
def realm(data: Path) -> Iterator[Running]:
    """All processes of a realm, kept by its supervisor."""
    yield from _serving("reelm", "up", data=data)


@contextmanager
def web_alone(data: Path) -> Iterator[Running]:
    """One web process and nothing beside it."""
    yield from _serving("reelm.web", data=data)


def _serving(*module: str, data: Path) -> Iterator[Running]:
    port, log = free_port(), data.with_name(f"{data.name}.log")
    command = [sys.executable, "-P", "-m", *module, "--data", str(data), "--port", str(port)]
    with process(command, log=log) as started:
        wait_for(port, "/health/ready", log)
        yield Running(started.pid, port, log)
