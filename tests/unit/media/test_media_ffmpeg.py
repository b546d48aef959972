import os
from pathlib import Path

import pytest

from reelm.media.errors import NoAv1Encoder, NoEncoder
from reelm.media.ffmpeg import Effort, find_ffmpeg, first_usable
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
        "older": script(tmp_path / "older", "7.1.5-0+deb13u1"),
        "newer": script(tmp_path / "newer", "10.0"),
        "ancient": script(tmp_path / "ancient", "5.1.9-0+deb12u1"),
        "poor": script(tmp_path / "poor", "11.0", "--enable-gpl"),
        "nightly": script(tmp_path / "nightly", "N-12345-gabcdef"),
    }


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (["installed", "older"], "installed"),
        (["installed", "newer"], "installed"),
        (["poor", "newer"], "newer"),
        (["installed", "poor"], "installed"),
        (["installed", "nightly"], "installed"),
        (["older"], "older"),
        (["ancient"], None),
        (["nightly"], None),
        (["poor"], None),
        ([], None),
    ],
)
async def test_the_first_usable_one_is_chosen_even_beside_a_newer_one(
    programs: dict[str, Path], offered: list[str], chosen: str | None
) -> None:
    assert await first_usable([programs[name] for name in offered]) == (chosen and programs[chosen])


async def test_one_that_makes_av1_is_chosen_where_av1_is_wanted(
    programs: dict[str, Path], tmp_path: Path
) -> None:
    rich = script(tmp_path / "rich", "8.0", "--enable-libx264 --enable-libzimg --enable-libsvtav1")
    places = [programs["newer"], rich]
    assert await find_ffmpeg(places) == programs["newer"]
    assert await find_ffmpeg(places, with_av1=True) == rich


async def test_without_one_that_makes_av1_it_is_said_what_is_missing(programs: dict[str, Path]) -> None:
    with pytest.raises(NoAv1Encoder, match="libsvtav1"):
        await find_ffmpeg([programs["newer"]], with_av1=True)
    with pytest.raises(NoEncoder, match="x264"):
        await find_ffmpeg([programs["poor"]], with_av1=True)


def test_the_time_allowed_grows_with_the_clip() -> None:
    effort = Effort(base_seconds=10, seconds_per_second=2, memory_bytes=1, niceness=5)
    assert effort.bounds(15_000, file_bytes=7) == Bounds(
        wall_seconds=40, cpu_seconds=160, memory_bytes=1, file_bytes=7, niceness=5
    )
