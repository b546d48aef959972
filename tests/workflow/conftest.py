"""A realm of its own for every test, copied from one that was made once: making one costs a second."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.machine.determinism import ManualClock
from support.realm.realms import Stage, staged


@pytest.fixture(scope="session")
def empty_realm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a realm in which nothing has happened yet; copy it, do not open it."""
    data = tmp_path_factory.mktemp("template") / "realm"

    async def make() -> None:
        async with staged(data):
            pass

    asyncio.run(make())
    return data


@pytest.fixture
def data(empty_realm: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(empty_realm, tmp_path / "realm"))


@pytest.fixture
async def stage(data: Path) -> AsyncIterator[Stage]:
    async with staged(data) as opened:
        yield opened


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def timed(data: Path, clock: ManualClock) -> AsyncIterator[Stage]:
    """A realm whose time stands still until ``clock`` is moved."""
    async with staged(data, clock=clock) as opened:
        yield opened
