"""A whole realm in processes of its own, as ``./reelm up`` runs it, to be killed and started again.

The supervisor and both of its children are real, the data folder is the test's, the port is a free one of
this machine. However a test ends, nothing of the realm is left running.
"""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx  # noqa: TID251 - a test's client, which asks only this machine

from conftest import missing
from reelm.app import Paths, state
from support.realm.realms import PASSWORD
from support.web.visiting import Visitor

ROOT = Path(__file__).parents[3]
# What the launcher becomes once everything is prepared.
REELM = (sys.executable, "-P", "-m", "reelm")
READY_SECONDS = 60
STOP_SECONDS = 20


class Running:
    """One realm's processes; ``start`` again after any of them was killed."""

    def __init__(
        self,
        data: Path,
        port: int,
        *,
        tools: Path | None = None,
        code: Path = ROOT / "src",
        command: Sequence[str] = REELM,
        surroundings: Mapping[str, str] | None = None,
    ) -> None:
        self.data = data
        self.port = port
        self.code = code
        self._command = command
        self._environment = environment(tools, code) if surroundings is None else surroundings
        self.log = data.with_suffix(".log")
        self._process: subprocess.Popen[bytes] | None = None
        self._seen: dict[int, tuple[str, ...]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def paths(self) -> Paths:
        return Paths(self.data)

    def start(self) -> "Running":
        """The very command that people use; returns when web and worker are ready."""
        command = [*self._command, "up", "--data", str(self.data)]
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - the product itself
                [*command, "--port", str(self.port)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=dict(self._environment),
                process_group=0,
            )
        self.wait()
        return self

    def wait(self) -> None:
        """Until everything is ready."""
        until(self.is_ready, READY_SECONDS, self.story)

    def is_ready(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise AssertionError(f"the supervisor has ended:\n{self.story()}")
        recorded = state.read_state(self.paths)
        children = recorded.children if recorded else ()
        self._seen |= {child.pid: child.argv for child in children if child.pid}
        return len(children) == 2 and all(child.is_ready for child in children) and self._answers()

    def pid(self, name: str) -> int | None:
        """Of ``supervisor``, ``web``, ``worker``, or of ``serving``: the process that answers for ``web``."""
        if name == "supervisor":
            return self._process.pid if self._process else None
        if name == "serving":
            web = self.pid("web")
            return next(iter(children_of(web)), None) if web else None
        recorded = state.read_state(self.paths)
        for child in recorded.children if recorded else ():
            if child.name == name and child.pid:
                self._seen[child.pid] = child.argv
                return child.pid
        return None

    def kill(self, name: str) -> bool:
        """End one process as a power failure would; whether there was one."""
        pid = self.pid(name)
        if pid is None:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        if name == "supervisor" and self._process:
            self._process.wait()
        return True

    def stop(self) -> None:
        """Ctrl-C, as people do it."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGINT)
        assert self._process.wait(STOP_SECONDS) == 0, self.story()

    def end(self) -> None:
        """Leave nothing running, whatever state the processes are in."""
        self.pid("web")
        if self._process and self._process.poll() is None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS)
            self._process.kill()
            self._process.wait()
        for pid, argv in self._seen.items():
            if state.is_command(pid, argv):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)

    def story(self) -> str:
        """What the processes said, for whoever looks into a failure."""
        logs = [self.log, *sorted(self.paths.logs.glob("*.log"))]
        return "\n".join(f"--- {log.name}\n{log.read_text()[-4_000:]}" for log in logs if log.exists())

    @asynccontextmanager
    async def visit(self) -> AsyncIterator[Visitor]:
        """Somebody's browser."""
        async with httpx.AsyncClient(base_url=self.url, timeout=30) as client:
            yield Visitor(client)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health/ready", timeout=2).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False


@contextmanager
def running(
    data: Path,
    *,
    tools: Path | None = None,
    code: Path = ROOT / "src",
    command: Sequence[str] = REELM,
    surroundings: Mapping[str, str] | None = None,
) -> Iterator[Running]:
    """A realm that is up when the block begins and gone when it ends.

    Args:
        data: its folder.
        tools: a folder whose programs come before the machine's.
        code: a copy of the sources.
        command: what ``./reelm`` stands for.
        surroundings: every variable that its processes are given.
    """
    need_page()
    realm = Running(data, free_port(), tools=tools, code=code, command=command, surroundings=surroundings)
    try:
        yield realm.start()
    finally:
        realm.end()


def environment(tools: Path | None = None, code: Path = ROOT / "src") -> dict[str, str]:
    """What the product's processes are given."""
    variables = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    if tools is not None:
        variables["PATH"] = f"{tools}{os.pathsep}{variables.get('PATH', os.defpath)}"
    return variables | {"PYTHONPATH": str(code), "PYTHONUNBUFFERED": "1"}


async def join(visitor: Visitor, handle: str) -> None:
    """Sign up and stay signed in."""
    answer = await visitor.post(
        "/api/accounts",
        json={"email": f"{handle}@mail.example.org", "password": PASSWORD, "handle": handle},
    )
    assert answer.status_code == 201, answer.text


async def sign_in(visitor: Visitor, handle: str) -> None:
    """Come back, after ``join``."""
    answer = await visitor.post(
        "/api/session", json={"email": f"{handle}@mail.example.org", "password": PASSWORD}
    )
    assert answer.status_code == 201, answer.text


async def publish(visitor: Visitor, source: Path, caption: str = "") -> str:
    """Upload and post a file and wait until every rendition plays; the clip's id."""
    sent = await visitor.upload(await asyncio.to_thread(source.read_bytes))
    assert sent.status_code == 201, sent.text
    made = await visitor.post("/api/clips", json={"upload_id": sent.json()["id"], "caption": caption})
    assert made.status_code == 201, made.text
    clip_id: str = made.json()["id"]
    told = await visitor.get(f"/api/clips/{clip_id}/progress", timeout=120)
    assert '"step":"done"' in told.text, told.text
    return clip_id


def need_page() -> None:
    """The web process serves the built page; without it there is no whole realm to test."""
    if not (ROOT / "src" / "reelm" / "web" / "static" / "index.html").exists():
        missing("The built page (./reelm up builds it)")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def children_of(pid: int) -> list[int]:
    """The processes that one started, where the system tells."""
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(child) for child in path.read_text().split()]
    return found


def until(condition: Callable[[], bool], seconds: float, story: Callable[[], str]) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain:\n{story()}"
        time.sleep(0.05)
