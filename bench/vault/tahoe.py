"""The peer: a real Tahoe-LAFS grid on this machine, where it is installed."""

import configparser
import http.client
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.house.realm import free_port, process

PROGRAM_VARIABLE = "REELM_TAHOE"
_STORAGE_NODES = 5
_READY_SECONDS = 60
_REQUEST_SECONDS = 300


class Tahoe:
    """The web port of the grid's client: 3 of 5 shares, all 5 servers needed, as it is here."""

    def __init__(self, port: int) -> None:
        self._port = port

    def put_seconds(self, data: bytes) -> tuple[float, str]:
        """How long an upload took, and the capability that reads it."""
        begun = time.monotonic()
        cap = self._ask("PUT", "/uri", data).decode()
        return time.monotonic() - begun, cap

    def get_seconds(self, cap: str, *, expected: bytes) -> float:
        begun = time.monotonic()
        found = self._ask("GET", f"/uri/{cap}")
        took = time.monotonic() - begun
        if found != expected:
            raise RuntimeError("Tahoe-LAFS returned something else than was stored")
        return took

    def count_servers(self) -> int:
        """Storage servers that the client is connected to."""
        try:
            servers = json.loads(self._ask("GET", "/?t=json"))["servers"]
        except (OSError, http.client.HTTPException, ValueError):
            return 0
        return sum(server["connection_status"].startswith("Connected") for server in servers)

    def _ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_REQUEST_SECONDS)
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        if response.status not in {200, 201}:
            raise http.client.HTTPException(f"{method} gave {response.status}: {answer[:200]!r}")
        return answer


@contextmanager
def tahoe(folder: Path) -> Iterator[Tahoe | None]:
    """Introducer, five storage nodes and a client, ended with the block; None where it is not installed."""
    program = os.environ.get(PROGRAM_VARIABLE) or shutil.which("tahoe")
    if program is None:
        yield None
        return
    folder.mkdir()
    with ExitStack() as stack:
        introducer = _create(program, "create-introducer", folder / "introducer")
        stack.enter_context(_running(program, introducer))
        furl = _furl(introducer)
        for number in range(_STORAGE_NODES):
            node = _create(program, "create-node", folder / f"storage-{number}", "--introducer", furl)
            stack.enter_context(_running(program, node))
        port = free_port()
        shares = ["--shares-needed", "3", "--shares-total", "5", "--shares-happy", "5"]
        web = ["--webport", f"tcp:{port}:interface=127.0.0.1"]
        client = _create(program, "create-client", folder / "client", "--introducer", furl, *shares, *web)
        stack.enter_context(_running(program, client))
        grid = Tahoe(port)
        _wait_for(lambda: grid.count_servers() >= _STORAGE_NODES, "the grid", folder)
        yield grid


def _create(program: str, command: str, node: Path, *options: str) -> Path:
    given = [program, command, *options]
    if command != "create-client":
        port = free_port()
        given += ["--port", f"tcp:{port}:interface=127.0.0.1", "--location", f"tcp:127.0.0.1:{port}"]
    if command == "create-node":
        given += ["--webport", "none"]
    subprocess.run([*given, str(node)], check=True, capture_output=True)  # noqa: S603 - the peer that was asked for
    _prefer_the_faster_protocol(node / "tahoe.cfg")
    return node


def _prefer_the_faster_protocol(path: Path) -> None:
    """Measured: over Foolscap, its older one, reading is more than twice as fast."""
    settings = configparser.RawConfigParser()
    settings.read(path)
    for section in ("storage", "client"):
        if settings.has_section(section):
            settings.set(section, "force_foolscap", "true")
    with path.open("w") as file:
        settings.write(file)


@contextmanager
def _running(program: str, node: Path) -> Iterator[None]:
    # Without the flag it ends as soon as its standard input does.
    command = [program, "run", "--allow-stdin-close", str(node)]
    with process(command, log=node.with_name(f"{node.name}.log")):
        yield


def _furl(introducer: Path) -> str:
    path = introducer / "private" / "introducer.furl"
    _wait_for(path.exists, "the introducer", introducer.parent)
    return path.read_text().strip()


def _wait_for(is_ready: Callable[[], bool], what: str, folder: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while not is_ready():
        if time.monotonic() > deadline:
            logs = "\n".join(path.read_text()[-500:] for path in sorted(folder.glob("*.log")))
            raise RuntimeError(f"{what} of Tahoe-LAFS did not start:\n{logs}")
        time.sleep(0.1)
