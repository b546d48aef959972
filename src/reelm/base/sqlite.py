"""SQLite with one trip to its thread per statement.

The driver makes a trip for the cursor, one to execute, one for the rows and one to close; handing over costs
more than most of our statements. Here a statement and all of its rows are one piece of work.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

from aiosqlite import Connection

from reelm.base.errors import Broken

OLDEST = (3, 35)  # INSERT … RETURNING
_ITERATION_SIZE = 64  # what the driver passes; our cursors hold all rows


class SqliteTooOld(Broken):
    code = "base.sqlite-too-old"
    title = "This Python's SQLite is too old"


def check_version(version: tuple[int, ...]) -> None:
    """Refuse an SQLite that lacks what the database needs.

    Raises:
        SqliteTooOld: it is older than ``OLDEST``.
    """
    if version >= OLDEST:
        return
    found, oldest = (".".join(map(str, each)) for each in (version, OLDEST))
    raise SqliteTooOld(
        f"The SQLite of this Python is {found}, and Reelm needs {oldest} or newer. Nothing was opened. "
        "Take a Python that has a newer one, or set database_url and jobs_database_url to PostgreSQL."
    )


async def connect(database: str, **options: Any) -> "OneTripConnection":
    """Open a database, for the ``async_creator_fn`` of SQLAlchemy's dialect."""
    connection = OneTripConnection(lambda: sqlite3.connect(database, **options), _ITERATION_SIZE)
    connection._thread.daemon = True  # noqa: SLF001 - as SQLAlchemy does: a forgotten one must not stop the exit
    await connection
    return connection


class OneTripConnection(Connection):
    """The driver's connection, with cursors of ours."""

    def cursor(self) -> "OneTripCursor":  # type: ignore[override]  # the dialect awaits only its __aenter__
        return OneTripCursor(self)

    async def run(self, sql: str, parameters: Sequence[Any]) -> "StatementResult":
        """Execute a statement in the connection's thread."""
        return await self._trip(_run, sql, parameters)

    async def run_many(self, sql: str, parameters: Iterable[Sequence[Any]]) -> "StatementResult":
        """Execute a statement once for each row of parameters."""
        return await self._trip(_run_many, sql, parameters)

    async def _trip(
        self, work: Callable[..., "StatementResult"], sql: str, parameters: Iterable[Any]
    ) -> "StatementResult":
        outcome: StatementResult = await self._execute(work, self._conn, sql, parameters)  # type: ignore[no-untyped-call]  # the driver's own
        return outcome


class StatementResult:
    """The result of a statement: its cursor, closed, and all of its rows."""

    __slots__ = ("description", "lastrowid", "rowcount", "rows")

    def __init__(self, cursor: sqlite3.Cursor) -> None:
        self.description = cursor.description
        self.rows = cursor.fetchall() if cursor.description else []
        self.rowcount = cursor.rowcount
        self.lastrowid = cursor.lastrowid
        cursor.close()


class OneTripCursor:
    """The part of the driver's cursor that the dialect uses."""

    def __init__(self, connection: OneTripConnection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.arraysize = 1
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Self:
        return self._take(await self._connection.run(sql, parameters))

    async def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> Self:
        return self._take(await self._connection.run_many(sql, parameters))

    async def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """Close nothing: all rows are read already."""

    def _take(self, outcome: StatementResult) -> Self:
        self._rows = outcome.rows
        self.description, self.rowcount = outcome.description, outcome.rowcount
        self.lastrowid = outcome.lastrowid
        return self


def _run(connection: sqlite3.Connection, sql: str, parameters: Sequence[Any]) -> StatementResult:
    return StatementResult(connection.execute(sql, parameters))


def _run_many(
    connection: sqlite3.Connection, sql: str, parameters: Iterable[Sequence[Any]]
) -> StatementResult:
    return StatementResult(connection.executemany(sql, parameters))
