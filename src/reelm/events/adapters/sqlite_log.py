"""The log in an SQLite file of its own: WAL, flushed with every commit.

The number of the newest entry is a row of its own, so that numbers have no gap and are not given again after
the newest entries were pruned. Every append is one transaction that holds the file's write lock from its
start: several processes append to the same file, one at a time.
"""

import asyncio
import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

from sqlalchemy import BigInteger, Integer, LargeBinary, MetaData, String, Table

from reelm.base import ID_LENGTH, AccountId, DataClass, Sealed, SealedBytes, column
from reelm.events.errors import LogUnavailable, RelayBusy
from reelm.events.model import Entry, NumberedEntry
from reelm.events.wake import POLL_SECONDS, Topic, Waker

T = TypeVar("T")

# The declaration of what is in the file, for the inventory; ``_SCHEMA`` makes it.
log_metadata = MetaData()
log_entries = Table(
    "log_entries",
    log_metadata,
    column("sequence", BigInteger, klass=DataClass.OPERATIONAL, primary_key=True),
    column("source", String(ID_LENGTH), klass=DataClass.OPERATIONAL, nullable=True),
    column("kind", String(64), klass=DataClass.OPERATIONAL, nullable=False),
    column("at_us", BigInteger, klass=DataClass.OPERATIONAL, nullable=False),
    column("owner", String(ID_LENGTH), klass=DataClass.OPERATIONAL, nullable=True),
    column("body", LargeBinary, klass=DataClass.INTEROP, nullable=False),
    column("sealed", Sealed, klass=DataClass.PROTECTED, nullable=True),
)
log_head = Table(
    "log_head",
    log_metadata,
    column("id", Integer, klass=DataClass.OPERATIONAL, primary_key=True),
    column("last", BigInteger, klass=DataClass.OPERATIONAL, nullable=False),
)

_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS log_entries (
        sequence INTEGER PRIMARY KEY, source TEXT, kind TEXT NOT NULL, at_us INTEGER NOT NULL, owner TEXT,
        body BLOB NOT NULL, sealed BLOB
    )""",
    "CREATE UNIQUE INDEX IF NOT EXISTS log_entries_source ON log_entries (source) WHERE source IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS log_entries_kind ON log_entries (kind, at_us)",
    "CREATE TABLE IF NOT EXISTS log_head (id INTEGER PRIMARY KEY CHECK (id = 1), last INTEGER NOT NULL)",
    "INSERT INTO log_head (id, last) VALUES (1, 0) ON CONFLICT DO NOTHING",
)
_BUSY_SECONDS = 30.0
_NAMES_AT_ONCE = 500
_PRUNED_AT_ONCE = 2000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class SqliteLog:
    """One file, made at its first use. Writing and reading have a thread and a connection each."""

    def __init__(self, path: Path, waker: Waker) -> None:
        self._path = path
        self._waker = waker
        self._writer = _Lane(path)
        self._reader = _Lane(path)

    @contextmanager
    def claim(self) -> Iterator[None]:
        """Hold an flock, which the kernel drops when the process ends, whatever ends it."""
        lock = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(lock)
            raise RelayBusy(
                "Another process moves the facts of this realm into its log. Nothing was changed. "
                "Stop it first, or let it do the work."
            ) from error
        try:
            yield
        finally:
            os.close(lock)

    async def append(self, entries: Sequence[Entry]) -> list[int]:
        if not entries:
            return []
        sequences = await self._writer.run(lambda db: _append(db, entries))
        self._waker.notify(Topic.LOG)
        return sequences

    async def read(self, after: int, limit: int) -> list[NumberedEntry]:
        return await self._reader.run(lambda db: _read(db, after, limit))

    async def last(self) -> int:
        return await self._reader.run(_last)

    async def wait(self, after: int, seconds: float) -> int:
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while True:
            seen = self._waker.count(Topic.LOG)
            last = await self.last()
            left = until - loop.time()
            if last > after or left <= 0:
                return last
            await self._waker.wait(Topic.LOG, seen, min(left, POLL_SECONDS))

    async def prune(self, before: Mapping[str, datetime]) -> int:
        count = 0
        for kind, limit in before.items():
            while removed := await self._writer.run(partial(_prune, kind=kind, before_us=_us(limit))):
                count += removed
        return count

    async def close(self) -> None:
        await self._writer.close()
        await self._reader.close()


class _Lane:
    """A connection in a thread of its own. After an error it is thrown away, and what was begun is undone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="events")
        self._db: sqlite3.Connection | None = None

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run work in the thread, in the order of the calls.

        Raises:
            LogUnavailable: it failed, or it is not known whether it did.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, work)

    async def close(self) -> None:
        """Wait for what runs and close the connection."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._drop)
        self._thread.shutdown()

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            if self._db is None:
                self._db = _connect(self._path)
            return work(self._db)
        except (sqlite3.Error, OSError) as error:
            self._drop()
            raise LogUnavailable(
                "The log of this realm did not answer. What was to be added may be in it or not. "
                "Try again in a moment; is the disk full?"
            ) from error

    def _drop(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            with suppress(sqlite3.Error):
                db.close()


def _connect(path: Path) -> sqlite3.Connection:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    db = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_SECONDS)
    try:
        _switch_to_wal(db)
        db.execute("PRAGMA synchronous=FULL")
        db.execute("PRAGMA wal_autocheckpoint=4000")
        db.execute("PRAGMA cache_size=-16384")
        with _transaction(db):
            for statement in _SCHEMA:
                db.execute(statement)
    except BaseException:
        db.close()
        raise
    return db


def _switch_to_wal(db: sqlite3.Connection) -> None:
    """Switch the file over; SQLite does not wait by itself for another process that does the same."""
    until = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            db.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _append(db: sqlite3.Connection, entries: Sequence[Entry]) -> list[int]:
    with _transaction(db):
        known = _known(db, [entry.source for entry in entries if entry.source is not None])
        last = _last(db)
        sequences, rows = [], []
        for entry in entries:
            sequence = None if entry.source is None else known.get(entry.source)
            if sequence is None:
                sequence = last = last + 1
                if entry.source is not None:
                    known[entry.source] = sequence
                rows.append(_row(sequence, entry))
            sequences.append(sequence)
        if rows:
            db.executemany("INSERT INTO log_entries VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            db.execute("UPDATE log_head SET last = ?", (last,))
    return sequences


def _known(db: sqlite3.Connection, sources: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(sources), _NAMES_AT_ONCE):
        names = sources[start : start + _NAMES_AT_ONCE]
        marks = ",".join("?" * len(names))
        found |= dict(
            db.execute(f"SELECT source, sequence FROM log_entries WHERE source IN ({marks})", names)  # noqa: S608 - marks only
        )
    return found


def _row(sequence: int, entry: Entry) -> tuple[object, ...]:
    return (sequence, entry.source, entry.kind, _us(entry.at), entry.owner, entry.body, entry.sealed)


def _read(db: sqlite3.Connection, after: int, limit: int) -> list[NumberedEntry]:
    rows = db.execute(
        "SELECT * FROM log_entries WHERE sequence > ? ORDER BY sequence LIMIT ?", (after, limit)
    )
    return [
        NumberedEntry(
            sequence,
            Entry(
                kind,
                _EPOCH + at_us * _MICROSECOND,
                body,
                source,
                None if owner is None else AccountId(owner),
                None if sealed is None else SealedBytes(sealed),
            ),
        )
        for sequence, source, kind, at_us, owner, body, sealed in rows
    ]


def _last(db: sqlite3.Connection) -> int:
    (last,) = db.execute("SELECT last FROM log_head").fetchone()
    return int(last)


def _prune(db: sqlite3.Connection, *, kind: str, before_us: int) -> int:
    with _transaction(db):
        return db.execute(
            "DELETE FROM log_entries WHERE sequence IN"
            " (SELECT sequence FROM log_entries WHERE kind = ? AND at_us < ? LIMIT ?)",
            (kind, before_us, _PRUNED_AT_ONCE),
        ).rowcount


def _us(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND
