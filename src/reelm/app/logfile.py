"""Follow the log of one child, which the child itself writes.

The child writes straight to the file, so its last words are there when the supervisor dies first and a full
pipe never stops it. Logs are set aside by size at each start of the child; three old ones are kept.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

ROTATE_BYTES = 8 * 1024 * 1024
_KEEP = 3
_LEVELS = {"warning", "error", "critical"}
# Of programs that do not write our JSON lines, such as the HTTP server's own words.
_IMPORTANT = re.compile(r"\[(warning|error|critical)\s*\]|^(WARNING|ERROR|CRITICAL)\b", re.IGNORECASE)


class LogFile:
    """``NAME.log`` and its older ones."""

    def __init__(self, path: Path, *, rotate_bytes: int = ROTATE_BYTES) -> None:
        self.path = path
        self._rotate_bytes = rotate_bytes
        self._read_bytes = path.stat().st_size if path.exists() else 0
        self._rest = b""

    def open(self) -> int:
        """Return a descriptor to append to, after setting a large log aside. The caller closes it."""
        if self.path.exists() and self.path.stat().st_size >= self._rotate_bytes:
            self._set_aside()
            self._read_bytes = 0
        return os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def fresh_lines(self, *, only_important: bool) -> list[str]:
        """Return what the whole lines written since the last call have to say to a person.

        Args:
            only_important: warnings and errors; otherwise plain text as well, which is how a task tells its
                progress.
        """
        try:
            with self.path.open("rb") as file:
                file.seek(self._read_bytes)
                added = file.read(1024 * 1024)
        except FileNotFoundError:
            return []
        self._read_bytes += len(added)
        *lines, self._rest = (self._rest + added).split(b"\n")
        shown = (
            _shown(line.decode(errors="replace").rstrip(), only_important=only_important) for line in lines
        )
        return [text for text in shown if text]

    def tail(self, count: int) -> list[str]:
        """Return the last ``count`` lines, those that say what is wrong as a person reads them."""
        try:
            with self.path.open("rb") as file:
                file.seek(max(0, self.path.stat().st_size - 16_384))
                lines = file.read().decode(errors="replace").splitlines()
        except FileNotFoundError:
            return []
        kept = [line.rstrip() for line in lines if line.strip()][-count:]
        return [_shown(line, only_important=False) or line for line in kept]

    def _set_aside(self) -> None:
        for number in range(_KEEP - 1, 0, -1):
            older = self.path.with_suffix(f".log.{number}")
            if older.exists():
                older.replace(self.path.with_suffix(f".log.{number + 1}"))
        self.path.replace(self.path.with_suffix(".log.1"))


def _shown(line: str, *, only_important: bool) -> str | None:
    """Return a line as the terminal shows it, or None: JSON lines become words."""
    try:
        entry: dict[str, Any] = json.loads(line)
        level, event = str(entry.pop("level")), str(entry.pop("event"))
    except (ValueError, KeyError, AttributeError, TypeError):
        return line if not only_important or _IMPORTANT.search(line) else None
    if level not in _LEVELS:
        return None
    cause = _cause(entry.pop("exception", ()))
    facts = "".join(
        f" {name}={value}" for name, value in entry.items() if isinstance(value, str | int | float)
    )
    return _one_line(f"{level}: {event}{facts}") + cause


def _cause(chain: Any) -> str:
    """Return what an error began with, in brackets: a failed program's last words, or the oldest message."""
    try:
        oldest = chain[-1]
        noted = [note for each in chain for note in each.get("notes", ())]
        text = noted[-1].rstrip().rpartition("\n")[2] if noted else f"{oldest['type']}: {oldest['message']}"
        return f" ({_one_line(text)})"
    except (TypeError, KeyError, IndexError, AttributeError):  # no error, or a line that is not ours
        return ""


def _one_line(text: str) -> str:
    return " ".join(text.split())[:300]
