"""Realms with keys, as most tests of them need."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from reelm.base import Database
from support.realm.keyed import Realm, opened


@pytest.fixture
async def realm(database: Database, tmp_path: Path) -> AsyncIterator[Realm]:
    async with opened(database, tmp_path) as realm:
        yield realm


@pytest.fixture
async def sqlite_realm(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Realm]:
    """A realm whose files a test can look into."""
    async with opened(sqlite_database, tmp_path) as realm:
        yield realm
    await realm.database.close()  # a test may have put a copy in its place
