"""What a server spent: processor seconds of a process and all that it started."""

import os
from collections.abc import Iterator
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_USER, _SYSTEM, _PARENT = 11, 12, 1  # fields of /proc/PID/stat behind the command's name


def cpu_seconds(pid: int) -> float:
    """User and system time so far, of the process and of its living descendants."""
    parents = dict(_stats())
    family, wanted = {pid}, -1
    while len(family) != wanted:
        wanted = len(family)
        family |= {each for each, fields in parents.items() if int(fields[_PARENT]) in family}
    ticks = sum(int(parents[each][_USER]) + int(parents[each][_SYSTEM]) for each in family if each in parents)
    return ticks / _TICKS


def _stats() -> Iterator[tuple[int, list[str]]]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            text = (folder / "stat").read_text()
        except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            continue
        yield int(folder.name), text.rpartition(")")[2].split()
