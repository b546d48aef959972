import os
from pathlib import Path

import pytest

from reelm.media import Effort, find_ffmpeg
from reelm.media.ffmpeg import newest
from reelm.media.process import Bounds


async def test_the_installed_ffmpeg_is_found_and_runs() -> None:
    program = await find_ffmpeg()
    assert os.access(program, os.X_OK)


def script(path: Path, version: str, configuration: str = "--enable-libx264 --enable-libzimg") -> Path:
    path.write_text(
        f"#!/bin/sh\necho 'ffmpeg version {version} Copyright'\necho 'configuration: {configuration}'\n"
    )
    path.chmod(0o755)
    return path


@pytest.fixture
def programs(tmp_path: Path) -> dict[str, Path]:
    return {
        "installed": script(tmp_path / "installed", "n9.0.2-17-g2a571b6068-20260930"),
        "older": script(tmp_path / "older", "5.1.9-0+deb12u1"),
        "newer": script(tmp_path / "newer", "10.0"),
        "same": script(tmp_path / "same", "9.0.2"),
        "poor": script(tmp_path / "poor", "11.0", "--enable-gpl"),
        "nightly": script(tmp_path / "nightly", "N-12345-gabcdef"),
    }


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (["installed", "older"], "installed"),
        (["installed", "newer"], "newer"),
        (["installed", "same"], "installed"),
        (["installed", "poor"], "installed"),
        (["installed", "nightly"], "installed"),
        (["older"], "older"),
        (["poor"], None),
        ([], None),
    ],
)
async def test_the_newest_usable_one_is_chosen(
    programs: dict[str, Path], offered: list[str], chosen: str | None
) -> None:
    assert await newest([programs[name] for name in offered]) == (chosen and programs[chosen])


def test_the_time_allowed_grows_with_the_clip() -> None:
    effort = Effort(base_seconds=10, seconds_per_second=2, memory_bytes=1, niceness=5)
    assert effort.bounds(15_000, file_bytes=7) == Bounds(
        wall_seconds=40, cpu_seconds=160, memory_bytes=1, file_bytes=7, niceness=5
    )
