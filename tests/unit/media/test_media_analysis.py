"""One look through a clip, by the real ffmpeg."""

from pathlib import Path

import numpy as np
import pytest

from reelm.media import FingerprintScheme, Footage, Media, Plan, Unreadable, plan
from reelm.media.analysis import Analysis, seconds_of, storyboard_for, tile_of
from reelm.media.chromaprint import MATCH_BITS, MIN_SHARED, apart
from reelm.media.fingerprint import Fingerprint
from reelm.media.pdq import HASH_BYTES, MARK_BYTES, MATCH_DISTANCE, MATCH_QUALITY, nearest
from support.media import footage
from support.media.beats import Part, changing_picture, changing_sound
from support.media.footage import H264, ffmpeg, made_once

pytestmark = pytest.mark.slow

# Another picture each second, a tune without a repeat.
PICTURE = "mandelbrot=size={size}:rate=4:start_scale=3:end_scale=0.01:end_pts=20"
STILL = "color=gray:size={size}:rate=4"
_HIGH, _LOW = "0.4*sin(2*PI*t*(220+40*floor(mod(t*t*3,13))))", "0.2*sin(2*PI*t*(330+70*floor(mod(t*5,7))))"
TUNE = f"aevalsrc='{_HIGH}+{_LOW}':s=44100"
OTHER_TUNE = "aevalsrc='0.4*sin(2*PI*t*(180+90*floor(mod(t*3.7,11))))':s=44100"


@made_once
def scene(
    into: Path,
    name: str,
    *,
    seconds: float = 5.0,
    picture: str = PICTURE,
    tune: str = TUNE,
    change: str = "null",
    coding: tuple[str, ...] = H264,
) -> Path:
    path = into / f"scene-{name}.mp4"
    inputs = ("-f", "lavfi", "-i", picture.format(size="180x320"), "-f", "lavfi", "-i", tune)
    ffmpeg(*inputs, "-t", str(seconds), "-vf", change, *coding, "-c:a", "aac", str(path))
    return path


async def look(media: Media, source: Path, into: Path) -> Analysis:
    return await media.analyse(Footage.of_source(source, await planned(media, source)), into=into)


async def planned(media: Media, source: Path) -> Plan:
    return plan(await media.probe(source))


def of(skimmed: Analysis, scheme: FingerprintScheme) -> Fingerprint:
    (found,) = [each for each in skimmed.fingerprints if each.scheme is scheme]
    return found


def shared_ratio(one: Fingerprint, other: Fingerprint) -> float:
    """How much of the first clip is in the second one, by seconds that can be recognised."""
    hashes = [one.marks[at : at + HASH_BYTES] for at in range(0, len(one.marks), MARK_BYTES)]
    clear = [each for each, quality in zip(hashes, one.qualities, strict=True) if quality >= MATCH_QUALITY]
    found = [nearest(other, each) for each in clear]
    return float(np.mean([each is not None and each.distance <= MATCH_DISTANCE for each in found]))


async def test_a_clip_has_a_mark_a_second_and_a_strip_and_nothing_else_is_left(
    media: Media, tmp_path: Path
) -> None:
    found = await look(media, scene("plain"), tmp_path / "skim")
    pictures = of(found, FingerprintScheme.PDQ)
    assert (len(pictures.marks), len(pictures.qualities)) == (5 * MARK_BYTES, 5)
    assert found.path.read_bytes().startswith(b"\xff\xd8")
    assert [path.name for path in (tmp_path / "skim").iterdir()] == ["strip.jpg"]
    assert (found.storyboard.count, found.storyboard.columns, found.storyboard.rows) == (5, 5, 1)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("smaller", "scale=120:214"),
        ("dimmed", "eq=brightness=-0.12:contrast=0.8"),
        ("cropped", "crop=178:316"),
        ("turned", "transpose=clock"),
        ("mirrored", "hflip"),
        ("upside down and mirrored", "vflip"),
    ],
)
async def test_a_copy_is_recognised_however_it_was_changed(
    media: Media, tmp_path: Path, name: str, change: str
) -> None:
    coding = (*H264, "-crf", "36")
    one = await look(media, scene("plain"), tmp_path)
    other = await look(media, scene(name.replace(" ", "-"), change=change, coding=coding), tmp_path)
    assert shared_ratio(of(other, FingerprintScheme.PDQ), of(one, FingerprintScheme.PDQ)) >= 0.8


async def test_another_clip_is_not_recognised(media: Media, tmp_path: Path) -> None:
    one = await look(media, scene("plain"), tmp_path)
    other = await look(media, footage.clip(seconds=3.0), tmp_path)
    assert shared_ratio(of(other, FingerprintScheme.PDQ), of(one, FingerprintScheme.PDQ)) == 0.0


async def test_a_rung_has_the_fingerprints_of_its_source(media: Media, tmp_path: Path) -> None:
    source = scene("both", seconds=8.0)
    made = await planned(media, source)
    (encoded,) = await media.encode(source, made, made.rungs[:1], into=tmp_path, progress=lambda _: None)
    rung = await media.analyse(Footage.of_rung(encoded.path, encoded.rung, made), into=tmp_path)
    whole = await look(media, source, tmp_path)
    assert shared_ratio(of(rung, FingerprintScheme.PDQ), of(whole, FingerprintScheme.PDQ)) == 1.0
    heard = apart(of(rung, FingerprintScheme.CHROMAPRINT), of(whole, FingerprintScheme.CHROMAPRINT))
    assert heard is not None
    assert heard < MATCH_BITS / 2


async def test_a_source_that_changes_within_is_looked_through_once(media: Media, tmp_path: Path) -> None:
    picture = changing_picture((Part(H264), Part(H264, "96x170"), Part(H264)), name="sizes.mkv", raw="h264")
    sound = changing_sound(((2, 48_000), (1, 48_000), (6, 48_000)), name="channels.mkv", codec="ac3")
    for source in (picture, sound):
        made = await planned(media, source)
        found = await media.analyse(Footage.of_source(source, made), into=tmp_path)
        seconds = seconds_of(round(made.duration_seconds * 1000))
        assert found.storyboard.count == seconds
        assert len(of(found, FingerprintScheme.PDQ).qualities) == seconds
        assert found.missing == {}


async def test_sound_is_recognised_when_it_starts_later_and_another_tune_is_not(
    media: Media, tmp_path: Path
) -> None:
    one = of(
        await look(media, scene("long", seconds=14.0, picture=STILL), tmp_path), FingerprintScheme.CHROMAPRINT
    )
    cut = tmp_path / "scene-cut.mp4"
    ffmpeg(
        "-ss",
        "4",
        "-i",
        str(scene("long", seconds=14.0, picture=STILL)),
        "-c:a",
        "libmp3lame",
        *H264,
        str(cut),
    )
    same = of(await look(media, cut, tmp_path), FingerprintScheme.CHROMAPRINT)
    other = of(
        await look(media, scene("other", seconds=8.0, tune=OTHER_TUNE, picture=STILL), tmp_path),
        FingerprintScheme.CHROMAPRINT,
    )
    near, far = apart(one, same), apart(one, other)
    assert near is not None
    assert far is not None
    assert near < MATCH_BITS < far


async def test_a_silent_clip_has_an_empty_fingerprint_of_its_sound(media: Media, tmp_path: Path) -> None:
    found = await look(media, footage.clip(audio=None), tmp_path)
    assert of(found, FingerprintScheme.CHROMAPRINT) == Fingerprint(FingerprintScheme.CHROMAPRINT, b"")
    assert found.absent == ()


def test_too_little_sound_is_not_compared() -> None:
    short = Fingerprint(FingerprintScheme.CHROMAPRINT, bytes(4 * (MIN_SHARED - 1)))
    long = Fingerprint(FingerprintScheme.CHROMAPRINT, bytes(4 * MIN_SHARED))
    assert apart(short, long) is None
    assert apart(long, long) == 0.0


async def test_a_damaged_file_is_refused_and_leaves_nothing(media: Media, tmp_path: Path) -> None:
    source = scene("plain")
    made = await planned(media, source)
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(source.read_bytes()[:5000])
    with pytest.raises(Unreadable):
        await media.analyse(Footage.of_source(broken, made), into=tmp_path / "skim")
    assert list((tmp_path / "skim").iterdir()) == []


@pytest.mark.parametrize(
    ("duration_ms", "interval_ms", "shape"),
    [
        (300, 1000, (1, 1, 1)),
        (9_400, 1000, (10, 10, 1)),
        (15_000, 1000, (15, 10, 2)),
        (60_000, 1000, (60, 10, 6)),
        (60_001, 2000, (31, 10, 4)),
        (180_000, 3000, (60, 10, 6)),
    ],
)
def test_a_strip_has_a_tile_a_second_and_at_most_sixty(
    duration_ms: int, interval_ms: int, shape: tuple[int, int, int]
) -> None:
    strip = storyboard_for(duration_ms)
    assert strip.interval_ms == interval_ms
    assert (strip.count, strip.columns, strip.rows) == shape
    assert (strip.count - 1) * strip.interval_ms < seconds_of(duration_ms) * 1000


def test_tiles_have_the_shape_of_the_clip() -> None:
    assert tile_of(1080, 1920) == (90, 160)
    assert tile_of(1920, 1080) == (160, 90)
    assert tile_of(720, 720) == (90, 90)
    assert max(tile_of(4000, 500)) <= 224
