"""Every clip is as loud as the next one, as ffmpeg's own meter hears it."""

import re
import subprocess
from pathlib import Path

import imageio_ffmpeg  # type: ignore[import-untyped]  # it ships no types
import pytest

from reelm.media import Media, plan
from reelm.media.measure import levels_for
from support.media import footage

PINK = "anoisesrc=color=pink:sample_rate=48000:seed=7:amplitude={}"
# Loud for a fifth of a second in each, as steps or a drum: much higher peaks than its loudness suggests.
BEATS = "aevalsrc='if(lt(mod(t,0.5),0.1),{}*sin(2*PI*330*t),0)':s=48000"


@footage.made_once
def source(into: Path, sound: str, *, seconds: float = 4.0, codec: tuple[str, ...] = ("-c:a", "aac")) -> Path:
    path = into / "loud.mp4"
    picture = ("-f", "lavfi", "-i", "testsrc2=size=128x228:rate=10")
    footage.ffmpeg(*picture, "-f", "lavfi", "-i", sound, "-t", str(seconds), *footage.H264, *codec, str(path))
    return path


def measure(path: Path) -> tuple[float, float]:
    """Integrated loudness in LUFS and true peak in dBTP."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-i", str(path), "-vn"]
    command += ["-af", "ebur128=peak=true:framelog=quiet", "-f", "null", "-"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stderr  # noqa: S603 - our own
    loudness = re.findall(r"I:\s+(-?[\d.]+) LUFS", said)[-1]
    peak = re.findall(r"Peak:\s+(-?[\d.]+|-inf) dBFS", said)[-1]
    return float(loudness), float(peak)


async def heard(media: Media, path: Path, into: Path) -> tuple[float, float]:
    made = plan(await media.probe(path))
    (encoded,) = await media.encode(path, made, made.rungs[:1], into=into, progress=lambda _: None)
    return measure(encoded.path)


@pytest.mark.parametrize(
    "sound",
    [
        PINK.format(0.2),
        pytest.param(PINK.format(1.0), marks=pytest.mark.slow),
        pytest.param("sine=frequency=440:sample_rate=44100", marks=pytest.mark.slow),
        pytest.param(BEATS.format(0.2), marks=pytest.mark.slow),
    ],
)
async def test_every_clip_is_equally_loud_and_nothing_is_cut_off_at_the_top(
    media: Media, tmp_path: Path, sound: str
) -> None:
    loudness, peak = await heard(media, source(sound), tmp_path / "work")
    assert loudness == pytest.approx(-14, abs=1)
    assert peak <= -0.5


@pytest.mark.slow
async def test_surround_is_measured_as_it_is_heard(media: Media, tmp_path: Path) -> None:
    surround = source(PINK.format(0.5), codec=("-c:a", "aac", "-ac", "6"))
    loudness, _ = await heard(media, surround, tmp_path / "work")
    assert loudness == pytest.approx(-14, abs=1)


@pytest.mark.slow
async def test_an_empty_room_is_not_turned_up(media: Media, tmp_path: Path) -> None:
    loudness, _ = await heard(media, source(PINK.format(0.0005)), tmp_path / "work")
    assert loudness < -50


@pytest.mark.slow
async def test_a_very_quiet_clip_is_turned_up_by_a_bounded_amount(media: Media, tmp_path: Path) -> None:
    quiet = source(PINK.format(0.03))
    loudness, _ = await heard(media, quiet, tmp_path / "work")
    assert loudness == pytest.approx(measure(quiet)[0] + 20, abs=1)


async def test_a_blink_stays_as_it_is(media: Media, tmp_path: Path) -> None:
    quiet = source(PINK.format(0.03), seconds=0.8)
    loudness, _ = await heard(media, quiet, tmp_path / "work")
    assert loudness == pytest.approx(measure(quiet)[0], abs=1)


def test_the_change_is_what_is_missing_up_to_a_bound() -> None:
    assert [getattr(levels_for(lufs), "gain_db", None) for lufs in (-24.0, -4.0, -45.0)] == [
        10.0,
        -10.0,
        20.0,
    ]
    assert [levels_for(lufs) for lufs in (-14.2, -70.0, float("-inf"), float("nan"))] == [None] * 4


async def test_of_another_sound_only_what_is_heard_is_measured(media: Media, tmp_path: Path) -> None:
    """The sound is quiet for two seconds and loud after that; the clip lasts two."""
    changing = source("aevalsrc='if(lt(t,2),0.05,0.8)*sin(2*PI*1000*t)':s=48000")
    picture = source(PINK.format(1.0), seconds=2.0)
    made = plan(await media.probe(picture)).with_sound(str(changing))
    (encoded,) = await media.encode(picture, made, made.rungs, into=tmp_path, progress=lambda _: None)
    assert measure(encoded.path)[0] == pytest.approx(-14, abs=1)
