"""A populated realm behind its real application, copied from one that was made once.

Copying and opening costs a tenth of a second, so tests that change nothing share one per file. Everything
here runs in the loop of its module.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path

import pytest
import pytest_asyncio

from support.machine.determinism import ManualClock
from support.media import footage
from support.web.visiting import Known, Site, opened_site, populate


@pytest.fixture(scope="session")
def populated() -> tuple[Path, Known]:
    """The data folder to copy, and what is in it."""
    data = _populated()
    return data, Known(**json.loads(data.with_name("known.json").read_text(encoding="utf-8")))


@footage.made_once
def _populated(into: Path) -> Path:
    known = asyncio.run(populate(into / "realm"))
    (into / "known.json").write_text(json.dumps(asdict(known)), encoding="utf-8")
    return into / "realm"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(
    populated: tuple[Path, Known], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Site]:
    """For tests that change nothing."""
    async with opened_site(*populated, tmp_path_factory.mktemp("shared")) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def site(populated: tuple[Path, Known], tmp_path: Path) -> AsyncIterator[Site]:
    async with opened_site(*populated, tmp_path) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def secure_site(populated: tuple[Path, Known], tmp_path: Path) -> AsyncIterator[Site]:
    """The same behind TLS, as a public realm is."""
    async with opened_site(*populated, tmp_path, url="https://reelm.example") as opened:
        yield opened


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest_asyncio.fixture(loop_scope="module")
async def timed_site(
    populated: tuple[Path, Known], tmp_path: Path, clock: ManualClock
) -> AsyncIterator[Site]:
    """The same with a time that stands still until ``clock`` is moved."""
    async with opened_site(*populated, tmp_path, clock=clock) as opened:
        yield opened
