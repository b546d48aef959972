"""The database: SQLite by default, PostgreSQL by URL, one unit of work per request.

``read()`` is a snapshot that writes nothing. ``write()`` is one transaction that is durable when the block
ends (SQLite in WAL mode with ``synchronous=FULL``, PostgreSQL with its default) and undone when the block
raises. On SQLite a write takes the writer's lock at its start, so it never fails half-way for want of it.
"""

import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeAlias

from sqlalchemy import Column, DateTime, Dialect, Engine, Insert, MetaData, Table, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.types import TypeDecorator

from reelm.base.errors import Unavailable
from reelm.base.sqlite import check_version, connect

Tx: TypeAlias = AsyncConnection
# Somebody who waits longer than this for a connection is told that the database is busy.
_POOL_SECONDS = 10

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class DatabaseUnavailable(Unavailable):
    code = "base.database-unavailable"
    title = "The database cannot be reached"


class DatabaseFull(DatabaseUnavailable):
    code = "base.database-full"
    title = "The database has no disk space"


# What the drivers say, for want of codes that both of them have.
_OUTAGES: Mapping[str, type[DatabaseUnavailable]] = {
    "database is locked": DatabaseUnavailable,
    "unable to open database file": DatabaseUnavailable,
    "disk I/O error": DatabaseUnavailable,
    "attempt to write a readonly database": DatabaseUnavailable,
    "deadlock detected": DatabaseUnavailable,
    "database or disk is full": DatabaseFull,
    "No space left on device": DatabaseFull,
}


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime, on every dialect."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("a moment needs a time zone")
        aware = value.astimezone(UTC)
        return aware.replace(tzinfo=None) if dialect.name == "sqlite" else aware

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Database:
    """A pool of connections to the realm's records."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._is_sqlite = engine.dialect.name == "sqlite"

    @classmethod
    def open(cls, url: str) -> "Database":
        """Connect lazily to ``sqlite:///path`` or ``postgresql://…``; the driver is chosen here.

        Raises:
            SqliteTooOld: this Python's SQLite lacks what the database needs.
        """
        parsed = make_url(url)
        driver = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}[parsed.get_backend_name()]
        if driver.startswith("sqlite"):
            check_version(sqlite3.sqlite_version_info)
        engine = create_async_engine(
            parsed.set(drivername=driver),
            connect_args={"async_creator_fn": connect} if driver.startswith("sqlite") else {},
            pool_reset_on_return=None,  # read() and write() always end what they began
            pool_timeout=_POOL_SECONDS,
            hide_parameters=True,  # an error that is printed must not show what was written
        )
        if engine.dialect.name == "sqlite":
            _prepare_sqlite(engine.sync_engine)
        return cls(engine)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        """Open a snapshot: everything read inside belongs to one moment, nothing is written.

        Raises:
            DatabaseUnavailable: the database did not answer.
        """
        async with self._connection() as tx:
            if not self._is_sqlite:
                await tx.execution_options(isolation_level="REPEATABLE READ")
            await tx.begin()
            try:
                yield tx
            finally:
                await tx.rollback()

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        """Open one unit of work: durable when the block ends, undone when it raises.

        Raises:
            DatabaseUnavailable: the database did not answer, stayed locked for 30 seconds, or ended this unit
                because it and another one waited for each other.
        """
        async with self._connection() as tx:
            then: dict[Callable[[], None], None] = {}
            await tx.execution_options(reelm_write=True, reelm_after_commit=then)
            async with tx.begin():
                yield tx
            for call in then:
                call()

    async def check(self) -> None:
        """Return when the database answers.

        Raises:
            DatabaseUnavailable: it does not.
        """
        async with self.read() as tx:
            await tx.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self._engine.dispose()

    @property
    def engine(self) -> AsyncEngine:
        """Return the engine, for migrations only."""
        return self._engine

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Tx]:
        try:
            async with self._engine.connect() as connection:
                yield connection
        except (DBAPIError, PoolTimeout, OSError) as error:
            if (outage := _outage(error)) is None:
                raise
            raise outage from error


def after_commit(tx: Tx, call: Callable[[], None]) -> None:
    """Call something once ``tx``, given by ``Database.write``, is durable; the same only once.

    A hint: a crash or a cancellation between commit and call leaves it out. It must be quick and not fail.
    """
    connection = tx.sync_connection
    then = None if connection is None else connection.get_execution_options().get("reelm_after_commit")
    if then is not None:
        then[call] = None


def _outage(error: DBAPIError | PoolTimeout | OSError) -> DatabaseUnavailable | None:
    """Return what to say of an error that is an outage; None for one that is a fault."""
    said = str(error.orig) if isinstance(error, DBAPIError) else ""
    kind = next((kind for words, kind in _OUTAGES.items() if words in said), None)
    if kind is DatabaseFull:
        return DatabaseFull(
            "The database has no disk space left. Nothing of this request was saved. Try again later; the "
            "operator has to free some space first."
        )
    is_gone = isinstance(error, ConnectionError | PoolTimeout) or getattr(
        error, "connection_invalidated", False
    )
    if kind is None and not is_gone:
        return None
    return DatabaseUnavailable(
        "The database did not answer. Nothing of this request was saved. Try again in a moment."
    )


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _configure(connection: Any, record: object) -> None:
        del record
        # The driver must not open transactions by itself: _begin decides between a read and a write.
        connection.isolation_level = None
        try:
            _set_pragmas(connection)
        except BaseException:
            connection.close()  # nobody else knows of it yet
            raise

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        is_write = connection.get_execution_options().get("reelm_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")


def _set_pragmas(connection: Any) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=30000",
        "cache_size=-32768",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


class InsertOnce:
    """An insert that keeps the row that is there: ``ON CONFLICT DO NOTHING``, as each dialect writes it.

    ``key`` is the unique key that may be there already; without one, any unique key of the table.
    """

    def __init__(self, table: Table, *key: Column[Any]) -> None:
        target = list(key) or None
        self._statements: dict[str, Insert] = {
            "sqlite": sqlite.insert(table).on_conflict_do_nothing(target),
            "postgresql": postgresql.insert(table).on_conflict_do_nothing(index_elements=target),
        }

    async def run(self, tx: Tx, row: Mapping[str, Any]) -> bool:
        """Insert a row, and return whether it is new."""
        result = await tx.execute(self._statements[tx.dialect.name], row)
        return result.rowcount == 1
