"""SQLite with one trip to its thread per statement: what callers see stays the same."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from reelm.base import Database
from reelm.base.sqlite import OLDEST, SqliteTooOld, check_version

pytestmark = pytest.mark.on_database("sqlite")


@pytest.fixture(autouse=True)
async def _words(database: Database) -> None:
    async with database.write() as tx:
        await tx.execute(text("CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT UNIQUE)"))


async def add(database: Database, *words: str) -> int:
    async with database.write() as tx:
        done = await tx.execute(
            text("INSERT INTO words (word) VALUES (:word)"), [{"word": one} for one in words]
        )
        return done.rowcount


async def test_rows_counts_and_returned_values_are_those_of_the_statement(database: Database) -> None:
    assert await add(database, "one", "two", "three") == 3
    async with database.write() as tx:
        gone = await tx.execute(text("DELETE FROM words WHERE id > 1 RETURNING word"))
        assert [row.word for row in gone] == ["two", "three"]
        nothing = await tx.execute(text("UPDATE words SET word = 'x' WHERE id = 99"))
        assert nothing.rowcount == 0
    async with database.read() as tx:
        found = await tx.execute(text("SELECT id, word FROM words"))
        assert list(found.keys()) == ["id", "word"]
        assert found.all() == [(1, "one")]


async def test_a_refused_statement_says_why_and_undoes_its_unit_of_work(database: Database) -> None:
    await add(database, "one")
    with pytest.raises(IntegrityError):
        await add(database, "two", "one")
    async with database.read() as tx:
        assert (await tx.execute(text("SELECT word FROM words"))).scalars().all() == ["one"]


def test_an_sqlite_that_is_too_old_is_refused_with_both_versions() -> None:
    check_version(OLDEST)
    check_version((3, 40, 1))
    with pytest.raises(
        SqliteTooOld, match=r"is 3\.34\.1, and Reelm needs 3\.35 or newer\. Nothing was opened"
    ):
        check_version((3, 34, 1))
