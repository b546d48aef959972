"""A town on records of its own."""

import pytest

from reelm.base import Database
from support.realm.town import Town


@pytest.fixture
async def town(database: Database) -> Town:
    town = Town(database)
    await town.settle()
    return town
