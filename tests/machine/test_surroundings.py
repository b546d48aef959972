"""A realm runs with no locale, no home and private new files, in a folder of an odd name."""

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.machine.checkout import NAME
from support.machine.running import join, publish, running
from support.machine.source import ROOT
from support.media import footage
from support.web.watching import watch_whole

pytestmark = pytest.mark.slow

# Nothing of the person who runs the tests: no HOME, no LANG, no TMPDIR, no terminal.
_BARE = {"PATH": os.defpath}


@pytest.mark.parametrize(
    "surroundings", [_BARE, {**_BARE, "LC_ALL": "C", "HOME": "/nonexistent"}], ids=["bare", "C"]
)
async def test_a_clip_is_posted_and_watched(surroundings: dict[str, str], tmp_path: Path) -> None:
    source = await asyncio.to_thread(footage.clip, seconds=1.0)
    command = (sys.executable, str(ROOT / "reelm"))
    data = tmp_path / f"{NAME}: 100%20, #1?"
    with private_files(), running(data, command=command, surroundings=surroundings) as realm:
        async with realm.visit() as visitor:
            await join(visitor, "ann")
            await watch_whole(visitor, await publish(visitor, source, "Grüße, 短视频"))
        realm.stop()
    assert "Traceback" not in realm.story()
    assert names(tmp_path) == {data.name, realm.log.name}


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@contextmanager
def private_files() -> Iterator[None]:
    """New files are for nobody else, as careful operators have it."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)
