"""The records: units of work that are whole or nothing, on each kind of database."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Integer, MetaData, Table, func, insert, select, text, update
from sqlalchemy.exc import DatabaseError, StatementError

from reelm.base import Database, DatabaseUnavailable, DataClass, Moment, after_commit, column
from reelm.base.database import DatabaseFull
from support.machine.outages import no_room

THINGS = Table(
    "things",
    MetaData(),
    column("id", Integer, klass=DataClass.OPERATIONAL, primary_key=True),
    column("at", Moment, klass=DataClass.OPERATIONAL, nullable=True),
)


@pytest.fixture
async def records(empty_database: Database) -> Database:
    async with empty_database.engine.begin() as connection:
        await connection.run_sync(THINGS.create)
    return empty_database


async def count(database: Database) -> int | None:
    async with database.read() as tx:
        return await tx.scalar(select(func.count()).select_from(THINGS))


async def test_what_is_written_is_there_when_the_block_has_ended(records: Database) -> None:
    async with records.write() as tx:
        await tx.execute(insert(THINGS).values(id=1))
    assert await count(records) == 1


async def test_a_block_that_raises_leaves_nothing(records: Database) -> None:
    async def fail() -> None:
        async with records.write() as tx:
            await tx.execute(insert(THINGS).values(id=1))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await count(records) == 0


async def test_what_is_to_follow_a_commit_is_called_once_and_only_after_it(records: Database) -> None:
    seen: list[int | None] = []
    called = partial(seen.append, 1)

    async def write(*, fails: bool) -> None:
        async with records.write() as tx:
            after_commit(tx, called)
            after_commit(tx, called)
            assert seen == []
            if fails:
                raise RuntimeError

    with pytest.raises(RuntimeError):
        await write(fails=True)
    await write(fails=False)
    assert seen == [1]
    async with records.write():
        pass
    assert seen == [1]


async def test_a_cancelled_block_leaves_nothing_and_frees_the_writer(records: Database) -> None:
    entered = asyncio.Event()

    async def linger() -> None:
        async with records.write() as tx:
            await tx.execute(insert(THINGS).values(id=1))
            entered.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(linger())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with records.write() as tx:
        await tx.execute(insert(THINGS).values(id=2))
    assert await count(records) == 1


async def test_a_read_is_one_moment(records: Database) -> None:
    async with records.read() as tx:
        assert await tx.scalar(select(func.count()).select_from(THINGS)) == 0
        async with records.write() as other:
            await other.execute(insert(THINGS).values(id=1))
        assert await tx.scalar(select(func.count()).select_from(THINGS)) == 0
    assert await count(records) == 1


async def test_what_a_read_writes_is_thrown_away(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path / 'records.sqlite'}")
    async with database.engine.begin() as connection:
        await connection.run_sync(THINGS.create)
    async with database.read() as tx:
        await tx.execute(insert(THINGS).values(id=1))
    assert await count(database) == 0
    await database.close()


async def test_writers_wait_for_each_other(records: Database) -> None:
    async def add(number: int) -> None:
        async with records.write() as tx:
            seen = await tx.scalar(select(func.count()).select_from(THINGS))
            await asyncio.sleep(0)
            await tx.execute(insert(THINGS).values(id=number))
            assert seen is not None

    await asyncio.gather(*(add(number) for number in range(20)))
    assert await count(records) == 20


async def test_units_that_wait_for_each_other_end_and_whoever_is_refused_saved_nothing(
    records: Database,
) -> None:
    """SQLite lets one begin after the other; PostgreSQL finds the circle and ends one of them."""
    async with records.write() as tx:
        await tx.execute(insert(THINGS), [{"id": 1}, {"id": 2}])
    now = datetime(2026, 1, 1, tzinfo=UTC)

    async def mark(first: int, second: int) -> bool:
        try:
            async with records.write() as tx:
                for which in (first, second):
                    await tx.execute(update(THINGS).where(THINGS.c.id == which).values(at=now))
                    await asyncio.sleep(0.1)
                await tx.execute(insert(THINGS).values(id=10 * first))
        except DatabaseUnavailable:
            return False
        return True

    saved = await asyncio.gather(mark(1, 2), mark(2, 1))
    assert any(saved)
    assert await count(records) == 2 + sum(saved)


async def test_a_savepoint_undoes_its_own_part_only(records: Database) -> None:
    async def fail_inside() -> None:
        async with records.write() as tx:
            await tx.execute(insert(THINGS).values(id=1))
            try:
                async with tx.begin_nested():
                    await tx.execute(insert(THINGS).values(id=2))
                    raise RuntimeError  # noqa: TRY301 - the savepoint is what is tested
            except RuntimeError:
                await tx.execute(insert(THINGS).values(id=3))

    await fail_inside()
    async with records.read() as tx:
        assert [*(await tx.execute(select(THINGS.c.id).order_by(THINGS.c.id))).scalars()] == [1, 3]


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 1, 25, 12, 30, 15, 123456, tzinfo=UTC),
        datetime(2026, 7, 1, 2, 0, tzinfo=timezone(timedelta(hours=2))),
        datetime(1970, 1, 1, tzinfo=UTC),
    ],
)
async def test_a_moment_comes_back_aware_in_utc(records: Database, moment: datetime) -> None:
    async with records.write() as tx:
        await tx.execute(insert(THINGS).values(id=1, at=moment))
    async with records.read() as tx:
        back = await tx.scalar(select(THINGS.c.at))
    assert back == moment
    assert back is not None
    assert back.tzinfo is UTC


async def test_a_moment_without_a_time_zone_is_a_mistake(records: Database) -> None:
    async with records.write() as tx:
        with pytest.raises(StatementError, match="time zone"):
            await tx.execute(insert(THINGS).values(id=1, at=datetime(2026, 1, 25)))  # noqa: DTZ001 - the mistake


async def test_sqlite_is_durable_and_checks_references(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path / 'records.sqlite'}")
    async with database.read() as tx:
        for pragma, value in (("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)):
            assert (await tx.exec_driver_sql(f"PRAGMA {pragma}")).scalar() == value
    await database.close()


async def test_a_database_that_may_not_grow_is_full_and_keeps_what_it_had(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path / 'records.sqlite'}")
    async with database.write() as tx:
        await tx.exec_driver_sql("CREATE TABLE notes (text TEXT)")
        await tx.exec_driver_sql("INSERT INTO notes VALUES ('kept')")

    async def note() -> None:
        async with database.write() as tx:
            await tx.exec_driver_sql("PRAGMA max_page_count = 3")
            await tx.exec_driver_sql("INSERT INTO notes VALUES (zeroblob(100000))")

    with pytest.raises(DatabaseFull, match="Nothing of this request was saved"):
        await note()
    async with database.read() as tx:
        assert await tx.scalar(text("SELECT count(*) FROM notes")) == 1
    await database.close()


async def test_a_disk_that_takes_no_byte_is_an_outage(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path / 'records.sqlite'}")
    async with database.write() as tx:
        await tx.exec_driver_sql("CREATE TABLE notes (text TEXT)")

    async def note() -> None:
        async with database.write() as tx:
            await tx.exec_driver_sql("INSERT INTO notes VALUES (zeroblob(100000))")

    with no_room(), pytest.raises(DatabaseUnavailable):
        await note()
    await note()
    await database.close()


async def test_a_file_that_is_no_database_is_an_error_and_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "records.sqlite"
    file.write_bytes(b"something else entirely" * 100)
    database = Database.open(f"sqlite:///{file}")
    with pytest.raises(DatabaseError, match="not a database"):
        async with database.read():
            pass
    await database.close()
    assert file.read_bytes() == b"something else entirely" * 100
