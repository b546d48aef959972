"""Real S3 servers for one test process: several Ceph gateways over one throwaway cluster in memory.

Each gateway is a process, a port, an account and a bucket of its own, and may be stopped and started alone,
as five providers would be. The cluster behind them is one monitor and one disk made of memory.
"""

import contextlib
import http.client
import json
import os
import secrets  # noqa: TID251 - not the product's randomness: a name for a cluster that lives a minute
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from reelm.base import Secret
from reelm.vault.adapters.credentials import Credentials, sign

_PROGRAMS = ("monmaptool", "ceph", "ceph-mon", "ceph-osd", "radosgw", "radosgw-admin")
_READY_SECONDS = 60
# Servers end with the thread that started them, and whatever becomes of it they do not outlive this.
_LIFE_SECONDS = 1800
_BOUNDED = ("setpriv", "--pdeathsig", "TERM", "timeout", "--kill-after=2", str(_LIFE_SECONDS))

_CONFIGURATION = """\
[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{mon_port}/0]
auth cluster required = none
auth service required = none
auth client required = none
# Without this a client that does not authenticate waits for ever.
ms mon client mode = crc
ms bind before connect = true
public addr = 127.0.0.1
cluster addr = 127.0.0.1
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
osd objectstore = memstore
memstore device bytes = {memory_bytes}
mon data = {folder}/mon
osd data = {folder}/osd
run dir = {folder}
admin socket = {folder}/$name.asok
pid file =
crash dir = {folder}
log file = {folder}/$name.log
rgw enable usage log = false
rgw enable quota threads = false
# Deleted objects leave memory at once; a full disk makes writers wait for ever.
rgw gc obj min wait = 1
rgw gc processor period = 2
rgw gc processor max time = 2
rgw thread pool size = 64
rgw run sync thread = false
rgw dns name =
"""


@dataclass(frozen=True, slots=True)
class RadosgwPrograms:
    """Where each program of Ceph is."""

    paths: dict[str, str]

    @classmethod
    def find(cls) -> Self | None:
        """The programs on PATH, or None when one of them is not there."""
        found = {name: shutil.which(name) for name in _PROGRAMS}
        paths = {name: path for name, path in found.items() if path}
        return cls(paths) if len(paths) == len(_PROGRAMS) else None


class Gateway:
    """One S3 server with one bucket, to be stopped and started by hand."""

    def __init__(self, cluster: "_Cluster", number: int) -> None:
        self._cluster = cluster
        self._process: subprocess.Popen[bytes] | None = None
        self.number = number
        self.port = _free_port()
        self.bucket = f"bucket-{number}"
        self.credentials = Credentials(f"KEY{number}", Secret(secrets.token_hex(20).encode()))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/{self.bucket}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        front = f"beast endpoint=127.0.0.1:{self.port} tcp_nodelay=1"
        arguments = [
            f"--rgw-frontends={front}",
            f"--log-file={self._cluster.folder}/gateway-{self.number}.log",
        ]
        self._process = self._cluster.start("radosgw", "-n", "client.admin", *arguments)

    def wait(self) -> None:
        """Until it takes connections."""
        deadline = time.monotonic() + _READY_SECONDS
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            if self._process is None or self._process.poll() is not None:
                raise RuntimeError(f"gateway {self.number} ended while it started")
            if time.monotonic() > deadline:
                raise RuntimeError(f"gateway {self.number} did not answer within {_READY_SECONDS} s")
            time.sleep(0.05)

    def stop(self) -> None:
        """Kill it, as a machine that loses power would."""
        if self._process is not None:
            _end(self._process, signal.SIGKILL)
            self._process = None

    def make_user(self) -> None:
        keys = [
            f"--access-key={self.credentials.access_key_id}",
            f"--secret-key={self.credentials.secret.reveal().decode()}",
        ]
        who = [f"--uid=user-{self.number}", f"--display-name=Provider {self.number}"]
        self._cluster.run("radosgw-admin", "user", "create", *who, *keys)

    def make_bucket(self) -> None:
        status = self.ask("PUT", self.url)
        if status != 200:
            raise RuntimeError(f"bucket {self.bucket} could not be made: {status}")

    def ask(self, method: str, url: str) -> int:
        """One signed request without a body; its status."""
        now = datetime.now(UTC)  # noqa: TID251 - the server compares it with its own clock
        headers = sign(method, url, self.credentials, region="default", body=b"", at=now)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_READY_SECONDS)
        with contextlib.closing(connection):
            connection.request(method, url.partition(f":{self.port}")[2], headers=headers)
            return connection.getresponse().status


@contextlib.contextmanager
def throwaway_radosgw(programs: RadosgwPrograms, *, count: int = 5) -> Iterator[Sequence[Gateway]]:
    """That many running gateways, each with an empty bucket; all is gone at the end."""
    # A short path of its own: a Unix socket's name has room for about 100 bytes.
    folder = Path(tempfile.mkdtemp(prefix="reelm-s3-"))
    cluster = _Cluster(programs, folder)
    try:
        cluster.begin()
        gateways = [Gateway(cluster, number) for number in range(1, count + 1)]
        first, *others = gateways
        first.start()
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(Gateway.make_user, gateways))
        for gateway in others:
            gateway.launch()
        for gateway in gateways:
            gateway.wait()
            gateway.make_bucket()
        yield gateways
    finally:
        cluster.end()
        shutil.rmtree(folder, ignore_errors=True)


class _Cluster:
    def __init__(self, programs: RadosgwPrograms, folder: Path) -> None:
        self.folder = folder
        self._programs = programs
        self._processes: list[subprocess.Popen[bytes]] = []
        self._configuration = folder / "ceph.conf"

    def begin(self) -> None:
        """One monitor and one disk, both in this folder."""
        fsid, mon_port = str(uuid.uuid4()), _free_port()
        self._configuration.write_text(
            _CONFIGURATION.format(fsid=fsid, mon_port=mon_port, folder=self.folder, memory_bytes=4 << 30)
        )
        monmap = str(self.folder / "monmap")
        address = f"[v2:127.0.0.1:{mon_port}/0]"
        self._tool("monmaptool", "--create", "--clobber", "--fsid", fsid, "--addv", "a", address, monmap)
        (self.folder / "mon").mkdir()
        (self.folder / "osd").mkdir()
        self.run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap)
        self.start("ceph-mon", "-f", "-i", "a")
        disk = str(uuid.uuid4())
        self.run("ceph", "osd", "new", disk, "0")
        self.run("ceph-osd", "--mkfs", "-i", "0", "--osd-uuid", disk)
        self.start("ceph-osd", "-f", "-i", "0")
        self._wait_for_disk()

    def end(self) -> None:
        for process in reversed(self._processes):
            _end(process, signal.SIGKILL)

    def start(self, program: str, *arguments: str) -> "subprocess.Popen[bytes]":
        command = [*_BOUNDED, *self._command(program, *arguments)]
        if program == "radosgw":
            command.append("-f")
        with (self.folder / "output.log").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - the server's own programs
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self._processes.append(process)
        return process

    def run(self, program: str, *arguments: str) -> str:
        return self._run(self._command(program, *arguments))

    def _tool(self, program: str, *arguments: str) -> None:
        self._run([self._programs.paths[program], *arguments])

    def _command(self, program: str, *arguments: str) -> list[str]:
        return [self._programs.paths[program], "-c", str(self._configuration), *arguments]

    def _run(self, command: Sequence[str]) -> str:
        done = subprocess.run(  # noqa: S603 - as above
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd=self.folder,
            timeout=_READY_SECONDS,
            check=False,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"{Path(command[0]).name} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def _wait_for_disk(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while json.loads(self.run("ceph", "osd", "stat", "-f", "json"))["num_up_osds"] < 1:
            if time.monotonic() > deadline:
                raise RuntimeError("the disk did not come up")
            time.sleep(0.1)


def _end(process: "subprocess.Popen[bytes]", how: signal.Signals) -> None:
    """The program and the one that bounds its life."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, how)
    process.wait(timeout=_READY_SECONDS)


def _free_port() -> int:
    """A port nobody uses now, below those that the system gives to whoever connects a moment later."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
