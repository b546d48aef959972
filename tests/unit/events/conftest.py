"""A realm's log on each kind of database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from reelm.base import Database
from support.events.logs import Place, opened_place


@pytest.fixture
async def place(database: Database, tmp_path: Path) -> AsyncIterator[Place]:
    async with opened_place(tmp_path, database) as opened:
        yield opened
