"""A town on a database of its own, for the packages that need people."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from reelm.base import Database
from support.realm.town import Town


@pytest.fixture
async def town(database: Database, tmp_path: Path) -> AsyncIterator[Town]:
    town = Town(database, tmp_path)
    yield town
    await town.events.close()
