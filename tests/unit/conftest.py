"""A town on a database of its own, for the packages that need people."""

import pytest

from reelm.base import Database
from support.realm.town import Town


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)
