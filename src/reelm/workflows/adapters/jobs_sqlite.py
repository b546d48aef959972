"""Connect to the jobs of a realm on SQLite, with what DBOS asks of it under every Python.

From Python 3.12 on DBOS writes ``unixepoch('subsec')`` into its statements and, as a column's default, into
the schema of ``jobs.sqlite``. SQLite knows that since 3.42 (2023-05-16); an older one answers NULL. Which
SQLite a Python has is its builder's choice, so Python 3.13 on SQLite 3.40 could neither make such a file nor
write to one, and Python 3.11 could not write to one that Python 3.12 had made.
"""

import sqlite3
from typing import Any

from reelm.base import SystemClock

KNOWS_SUBSEC = (3, 42)
_SUBSEC = {"subsec", "subsecond"}


class JobsConnection(sqlite3.Connection):
    """Knows ``unixepoch('subsec')`` under an SQLite that is too old to, with the same meaning."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if sqlite3.sqlite_version_info < KNOWS_SUBSEC:
            self.create_function("unixepoch", 1, unixepoch)


def unixepoch(modifier: str) -> float:
    """Return the seconds since 1970, to the millisecond, as ``unixepoch('subsec')`` of SQLite 3.42 does.

    Raises:
        ValueError: another use of it; nothing here needs one, and a wrong time is worse than an error.
    """
    if modifier not in _SUBSEC:
        raise ValueError(f"unixepoch({modifier!r}) is not known to this SQLite")
    return round(SystemClock().now().timestamp(), 3)
