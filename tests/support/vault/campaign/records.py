"""Real SQLite through the real Database, without its threads: every statement runs where it is asked for.

One connection in memory stands for the file. A unit of work has the records for itself, as a writer of SQLite
has, and is undone when its process dies before the commit.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol, Self

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from reelm.base import Database, Tx, metadata
from reelm.base.database import _prepare_sqlite
from support.vault.vaulting import VAULT_TABLES


class InlineCursor:
    def __init__(self, cursor: sqlite3.Cursor) -> None:
        self._cursor = cursor
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    @property
    def description(self) -> Any:
        return self._cursor.description

    @property
    def rowcount(self) -> int:
        return self._cursor.rowcount

    @property
    def lastrowid(self) -> int | None:
        return self._cursor.lastrowid

    async def execute(self, operation: str, parameters: Sequence[Any] = ()) -> "InlineCursor":
        self._cursor.execute(operation, parameters)
        return self

    async def executemany(self, operation: str, parameters: Sequence[Sequence[Any]]) -> "InlineCursor":
        self._cursor.executemany(operation, parameters)
        return self

    async def fetchall(self) -> list[Any]:
        return self._cursor.fetchall()

    async def close(self) -> None:
        self._cursor.close()


class InlineConnection:
    """What SQLAlchemy's aiosqlite dialect expects of a connection, and no thread."""

    def __init__(self) -> None:
        self._conn = sqlite3.connect(":memory:", isolation_level=None)
        self._connection = self._conn
        self._tx = self

    @property
    def isolation_level(self) -> str | None:
        return self._conn.isolation_level

    def put_nowait(self, work: tuple[asyncio.Future[Any], Callable[[], Any]]) -> None:
        """The queue of the thread that is not there."""
        future, function = work
        future.set_result(function())

    def cursor(self) -> InlineCursor:
        return InlineCursor(self._conn.cursor())

    async def create_function(self, *args: Any, **kwargs: Any) -> None:
        self._conn.create_function(*args, **kwargs)

    async def commit(self) -> None:
        self._conn.commit()

    async def rollback(self) -> None:
        self._conn.rollback()

    async def close(self) -> None:
        """It is used again by the next schedule."""

    async def stop(self) -> None:
        """The same."""


class Records:
    """The one database of a schedule; shared by all of its processes, used again by the next schedule."""

    def __init__(self, tables: Sequence[Table] = VAULT_TABLES) -> None:
        self._tables = tables
        self._inline = InlineConnection()
        self.raw = self._inline._conn
        self.engine = _engine(self._inline)
        self._template: bytes | None = None

    async def reset(self) -> None:
        """Empty tables."""
        if self._template is None:
            async with Database(self.engine).write() as tx:
                await tx.run_sync(lambda connection: metadata.create_all(connection, tables=self._tables))
            self._template = self.raw.serialize()
        self.raw.deserialize(self._template)

    def rows(self, sql: str, *values: object) -> list[Any]:
        """What the records say, asked beside the vault."""
        return self.raw.execute(sql, values).fetchall()


def _engine(inline: InlineConnection) -> AsyncEngine:
    async def connect(*args: object, **kwargs: object) -> InlineConnection:
        del args, kwargs
        return inline

    engine = create_async_engine(
        "sqlite+aiosqlite://", async_creator=connect, pool_reset_on_return=None, hide_parameters=True
    )
    _prepare_sqlite(engine.sync_engine)
    return engine


class Step(Protocol):
    """What may happen around a durable step; see ``process.Process``."""

    async def before(self) -> None: ...

    async def after(self) -> None: ...


class SimulatedDatabase(Database):
    """The records as one process sees them: it may die, or lose the connection, around each commit."""

    def __init__(self, records: Records, turn: asyncio.Lock, step: Step) -> None:
        super().__init__(records.engine)
        self._turn = turn
        self._step = step

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        await self._step.before()
        async with self._turn, super().read() as tx:
            yield tx

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        async with self._turn:
            async with super().write() as tx:
                yield tx
                await self._step.before()
            await self._step.after()
