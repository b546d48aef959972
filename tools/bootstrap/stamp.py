"""What was prepared from what: written last, so what an interruption left behind is prepared again."""

import hashlib
import json
import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any


class Stamp:
    """A small JSON file beside the thing it vouches for."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, Any]:
        """What it says; empty when there is none or it is damaged, which means: prepare again."""
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write(self, content: dict[str, Any]) -> None:
        """Vouch, in one step; everything it vouches for is written before."""
        fresh = self._path.with_name(f"{self._path.name}.new")
        fresh.write_text(json.dumps(content), encoding="utf-8")
        fresh.replace(self._path)

    def remove(self) -> None:
        """Stop vouching, before the first change."""
        self._path.unlink(missing_ok=True)


def digest(*paths: Path) -> str:
    """One hash over whole files, in the order given."""
    total = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        total.update(f"{path.name} {len(content)}\n".encode() + content)
    return total.hexdigest()


def outline(folder: Path, *, leave_out: Collection[str]) -> dict[str, list[int]]:
    """Relative path -> [size in bytes, time of change in ns] of every file: cheap to compare."""
    found = {}
    for path in sorted(_files(folder, leave_out)):
        facts = path.stat()
        found[path.relative_to(folder).as_posix()] = [facts.st_size, facts.st_mtime_ns]
    return found


def _files(folder: Path, leave_out: Collection[str]) -> Iterator[Path]:
    for above, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in leave_out]
        yield from (Path(above, name) for name in names if name not in leave_out)
