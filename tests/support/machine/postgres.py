"""A real PostgreSQL server for one test process, from the server programs of this machine."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_SECONDS = 60


@dataclass(frozen=True, slots=True)
class PostgresPrograms:
    """The folder of ``initdb`` and ``pg_ctl``."""

    folder: Path

    @classmethod
    def find(cls) -> Self | None:
        """The newest server of the system's packages, else whatever is on PATH."""
        places = sorted(
            (path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdigit()),
            key=lambda path: int(path.parent.name),
            reverse=True,
        )
        on_path = shutil.which("initdb")
        candidates = [*places, *([Path(on_path).resolve().parent] if on_path else [])]
        for folder in candidates:
            if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
                return cls(folder)
        return None


@contextlib.contextmanager
def throwaway_postgres(programs: PostgresPrograms) -> Iterator[str]:
    """A running server with one empty database; its URL. Durable writes are off: only tests look at it."""
    # A short path of its own: a Unix socket's name has room for about 100 bytes.
    folder = Path(tempfile.mkdtemp(prefix="reelm-pg-"))
    owner = _owner()
    if owner is not None:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    data, port = folder / "data", _free_port()
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    control = [str(programs.folder / "pg_ctl"), "-D", str(data), "-t", str(_SECONDS)]
    try:
        initdb = [
            str(programs.folder / "initdb"),
            "-D",
            str(data),
            "-U",
            "reelm",
            "-A",
            "trust",
            "-E",
            "UTF8",
        ]
        _run([*initdb, "--no-sync"], folder, owner)
        _run([*control, "-w", "-l", str(folder / "server.log"), "-o", options, "start"], folder, owner)
        yield f"postgresql://reelm@127.0.0.1:{port}/postgres"
    finally:
        if (data / "postmaster.pid").exists():
            _run([*control, "-m", "immediate", "stop"], folder, owner)
        shutil.rmtree(folder, ignore_errors=True)


def _owner() -> pwd.struct_passwd | None:
    """Who runs the server when we are root, which PostgreSQL refuses to be."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise RuntimeError("root may not run PostgreSQL, and there is no user postgres or nobody to run it as")


def _run(command: Sequence[str], folder: Path, owner: pwd.struct_passwd | None) -> None:
    output = folder / "tool.log"
    with output.open("ab") as log:
        done = subprocess.run(  # noqa: S603 - the server's own programs
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            user=owner.pw_uid if owner else None,
            group=owner.pw_gid if owner else None,
            extra_groups=[] if owner else None,
            timeout=_SECONDS * 2,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} failed:\n{output.read_text(errors='replace')}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
