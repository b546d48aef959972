"""An encoder on another machine, as its owner runs it: a process that knows an address and a token."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.machine.running import Running, environment


class EncoderProcess:
    """``./reelm worker --only encode``; nothing of it is left running when its block ends."""

    def __init__(self, realm: Running, name: str, *, tools: Path | None = None) -> None:
        self.folder = realm.data.with_name(f"{realm.data.name}-{name}")
        self.log = self.folder.with_suffix(".log")
        self.folder.mkdir(exist_ok=True)
        self._realm = realm
        self._tools = tools
        self._token = self.folder / "token"
        self._token.write_text(enrol(realm, name))
        self._token.chmod(0o600)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def spool(self) -> Path:
        return self.folder / "spool"

    def start(self) -> None:
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - the product itself
                [
                    *(sys.executable, "-P", "-m", "reelm", "worker", "--only", "encode"),
                    *("--realm", self._realm.url, "--token", str(self._token), "--spool", str(self.folder)),
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment(self._tools),
                process_group=0,
            )

    def kill(self) -> None:
        """End it as a power failure would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(20)

    def spooled(self) -> list[str]:
        """What of other people's it has on its disk."""
        return [path.name for path in self.spool.rglob("*")]

    def story(self) -> str:
        return self.log.read_text()

    def end(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, 9)
            self._process.wait()


@contextmanager
def encoder(realm: Running, name: str, *, tools: Path | None = None) -> Iterator[EncoderProcess]:
    """An enrolled encoder that is not started yet."""
    made = EncoderProcess(realm, name, tools=tools)
    try:
        yield made
    finally:
        made.end()


def enrol(realm: Running, name: str) -> str:
    """The token that the operator's command prints."""
    command = [sys.executable, "-P", "-m", "reelm", "encoders", "add", name, "--data", str(realm.data)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment())  # noqa: S603 - as above
    return done.stdout.strip()
