"""What processes spent: processor seconds, and memory at their peak."""

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


def peaks_kib(pid: int) -> dict[int, int]:
    """Return the peak resident memory of a process and of its children, so far; Linux only."""
    found = {}
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        for each in (pid, *map(int, children)):
            status = Path(f"/proc/{each}/status").read_text(encoding="ascii")
            found[each] = int(status.partition("VmHWM:")[2].split()[0])
    except (OSError, IndexError):  # it has just ended
        pass
    return found
