"""What the person at the terminal sees meanwhile: one line per step, never a tool's own noise."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.bootstrap.trouble import ToolFailed

_SPINNER = "|/-\\"
_REMIND_SECONDS = 15


class Report:
    """Runs tools, shows how long they take, keeps what they say in ``.tools/NAME.log``."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._is_terminal = sys.stderr.isatty()
        self._begun = time.monotonic()
        self.step_count = 0
        # Open files that every tool inherits: the lock, so one that outlives a killed launcher keeps it.
        self.shared: tuple[int, ...] = ()

    def say(self, line: str) -> None:
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()

    def run(
        self,
        title: str,
        command: Sequence[str],
        *,
        log: str,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        """Run one tool to its end.

        Raises:
            ToolFailed: it ended with an error.
        """
        self._logs.mkdir(parents=True, exist_ok=True)
        path = self._logs / f"{log}.log"
        begun = time.monotonic()
        self.step_count += 1
        self._open(title)
        with path.open("wb") as output:
            tool = subprocess.Popen(  # noqa: S603 - our own commands
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=None if environment is None else dict(environment),
                cwd=folder,
                pass_fds=self.shared,
            )
            try:
                self._wait(tool, title, begun)
            except BaseException:
                tool.kill()
                tool.wait()
                raise
        is_done = tool.returncode == 0
        self._close(title, time.monotonic() - begun, is_done=is_done)
        if not is_done:
            raise ToolFailed(title, path, path.read_text(encoding="utf-8", errors="replace"))

    def finish(self) -> None:
        """Say how long it all took, when there was anything to do."""
        if self.step_count:
            self.say(f"Prepared in {time.monotonic() - self._begun:.0f} s; later starts skip this.")

    def _wait(self, tool: "subprocess.Popen[bytes]", title: str, begun: float) -> None:
        next_remark = begun + _REMIND_SECONDS
        while True:
            try:
                tool.wait(0.1)
            except subprocess.TimeoutExpired:
                seconds = time.monotonic() - begun
                if self._is_terminal:
                    self._draw(f"{_SPINNER[int(seconds * 5) % 4]} {title} {seconds:.0f} s")
                elif time.monotonic() > next_remark:
                    next_remark += _REMIND_SECONDS
                    self.say(f"  still at it, {seconds:.0f} s")
            else:
                return

    def _open(self, title: str) -> None:
        if not self._is_terminal:
            self.say(f"{title} ...")

    def _close(self, title: str, seconds: float, *, is_done: bool) -> None:
        if self._is_terminal:
            self._draw("")
            self.say(f"{'+' if is_done else 'x'} {title}  {seconds:.1f} s")
        elif is_done:
            self.say(f"  done in {seconds:.1f} s")

    def _draw(self, text: str) -> None:
        width = os.get_terminal_size(sys.stderr.fileno()).columns if self._is_terminal else 80
        sys.stderr.write(f"\r\033[K{text[: width - 1]}")
        sys.stderr.flush()
