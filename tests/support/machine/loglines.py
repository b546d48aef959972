"""What this process logs meanwhile, read back as whoever runs a realm would."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TextIO

import structlog

from reelm.base import Clock, SystemClock, telemetry


@dataclass(frozen=True, slots=True)
class LogLines:
    """The lines so far; ``stream`` holds them as they were written."""

    stream: io.StringIO

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def only(self, event: str) -> dict[str, Any]:
        """The one line of this event."""
        (line,) = [each for each in self.lines if each["event"] == event]
        return line


@contextmanager
def logged(clock: Clock | None = None, *, stream: TextIO | None = None) -> Iterator[LogLines]:
    """All logs of this process, other libraries' included, until the block ends; in memory by default."""
    root = logging.getLogger()
    handlers, level, configured = root.handlers[:], root.level, structlog.get_config()
    kept = io.StringIO()
    telemetry.configure_logs(clock=clock or SystemClock(), stream=stream or kept)
    try:
        yield LogLines(kept)
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.configure(**configured)


def causes(line: dict[str, Any]) -> str:
    """All that a line says of why."""
    return json.dumps(line["exception"], ensure_ascii=False)
