"""A populated realm behind its real application, copied for every test from one that was made once."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from determinism import ManualClock
from visiting import Known, Site, opened_site, populate


@pytest.fixture(scope="session")
def populated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Known]:
    """The data folder to copy, and what is in it."""
    data = tmp_path_factory.mktemp("populated") / "realm"
    return data, asyncio.run(populate(data))


@pytest.fixture
async def site(populated: tuple[Path, Known], tmp_path: Path) -> AsyncIterator[Site]:
    async with opened_site(*populated, tmp_path) as opened:
        yield opened


@pytest.fixture
async def secure_site(populated: tuple[Path, Known], tmp_path: Path) -> AsyncIterator[Site]:
    """The same behind TLS, as a public realm is."""
    async with opened_site(*populated, tmp_path, url="https://reelm.example") as opened:
        yield opened


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def timed_site(
    populated: tuple[Path, Known], tmp_path: Path, clock: ManualClock
) -> AsyncIterator[Site]:
    """The same with a time that stands still until ``clock`` is moved."""
    async with opened_site(*populated, tmp_path, clock=clock) as opened:
        yield opened
