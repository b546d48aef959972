"""A town on records of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from reelm.base import Database
from town import Town


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database.open(f"sqlite:///{tmp_path / 'records.db'}")
    yield opened
    await opened.close()


@pytest.fixture
async def town(database: Database) -> Town:
    town = Town(database)
    await town.settle()
    return town
