"""A whole realm for the browser to visit: the processes of ``./reelm up`` in a folder of their own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import OK, HTTPConnection, HTTPException
from pathlib import Path

ROOT = Path(__file__).parents[2]
_READY_SECONDS = 30
_STOP_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Realm:
    """Where it answers, and what it said so far."""

    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def running_realm(folder: Path) -> Iterator[Realm]:
    """Up when the block begins, gone when it ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        realm = Realm(probe.getsockname()[1], folder / "output.log")
    command = [sys.executable, "-P", "-m", "reelm", "up", "--data", str(folder / "realm")]
    settings = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    settings |= {"PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"}
    with realm.log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - the product itself
            [*command, "--port", str(realm.port)], stdout=output, stderr=output, env=settings, process_group=0
        )
    try:
        _wait(realm, process)
        yield realm
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait(realm: Realm, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while "Reelm is running" not in realm.log.read_text() or not _is_ready(realm):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the realm did not start:\n{realm.log.read_text()}")
        time.sleep(0.05)


def _is_ready(realm: Realm) -> bool:
    connection = HTTPConnection("127.0.0.1", realm.port, timeout=2)
    try:
        connection.request("GET", "/health/ready")
        with connection.getresponse() as response:
            return response.status == OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
