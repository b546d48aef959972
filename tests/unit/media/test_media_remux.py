"""A phone's own picture and sound, passed on without encoding."""

import asyncio
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from reelm.media import BadEncoding, EncryptedRendition, Footage, Media, Unreadable, plan
from reelm.media.remuxable import obstacle_to_remux, remuxed_rung
from support.media import beats, footage, playback
from support.media.beats import Part
from support.media.carriers import CARRIERS, MARK, Carrier, captioned, data_element
from support.media.playback import Watched

pytestmark = pytest.mark.slow


CHANGES = "its size or coding changes within, or a part is damaged"


async def remux(media: Media, source: Path, into: Path) -> EncryptedRendition:
    made = plan(await media.probe(source))
    rung = remuxed_rung(made)
    assert rung is not None, obstacle_to_remux(made)
    return await media.package(await media.remux(source, made, rung, into=into), into=into)


async def obstacle(media: Media, source: Path) -> str | None:
    return obstacle_to_remux(plan(await media.probe(source)))


def watch(rendition: EncryptedRendition) -> Watched:
    return playback.watch(rendition.path, rendition.key.reveal(), rendition.pieces)


@pytest.mark.every_python
async def test_a_phone_clip_plays_from_pieces_that_start_at_its_keyframes(
    media: Media, tmp_path: Path
) -> None:
    source = footage.clip(name="phone.mp4", size="480x854", seconds=3.0, video=footage.PHONE)
    rendition = await remux(media, source, tmp_path / "work")
    seen = watch(rendition)
    assert [piece.duration_ms for piece in rendition.pieces] == [0, 1000, 1000, 1000]
    assert [is_key for _, is_key in seen.piece_starts] == [True] * 3
    assert np.allclose(seen.times, np.arange(90) / 30, atol=0.0001)
    assert abs(seen.sound.shape[1] / 48_000 - 3) < 0.04
    assert abs(seen.sound_start) < 0.04
    assert rendition.codecs == "avc1.64001f,mp4a.40.2"
    assert (rendition.name, rendition.width, rendition.height) == ("source", 480, 854)
    assert rendition.average_bits_per_second <= rendition.peak_bits_per_second
    whole = sum(piece.length for piece in rendition.pieces[1:]) * 8 / 3
    assert abs(rendition.average_bits_per_second - whole) < 10
    assert sorted(path.name for path in (tmp_path / "work").iterdir()) == ["source.mp4", "source.sealed"]


@pytest.mark.parametrize("name", ["clap.mp4", "clap.mov"])
async def test_light_and_sound_stay_together_with_b_frames(media: Media, tmp_path: Path, name: str) -> None:
    source = footage.clap(name=name, size="480x854", video=footage.PHONE)
    seen = watch(await remux(media, source, tmp_path / "work"))
    lit, loud = seen.clap()
    assert seen.times[0] == pytest.approx(0, abs=0.001)
    assert abs(lit - 1.0) < 0.002
    assert abs(loud - lit) < 0.04


@pytest.mark.parametrize("degrees", [90, 180, 270])
async def test_a_turned_picture_keeps_its_note_to_turn_it(media: Media, tmp_path: Path, degrees: int) -> None:
    source = footage.rotated(degrees, size="480x854", lying="854x480")
    rendition = await remux(media, source, tmp_path / "work")
    shown = (480, 854) if degrees != 180 else (854, 480)
    assert (rendition.width, rendition.height) == shown
    with av.open(str(tmp_path / "work" / "source.mp4"), mode="r") as container:
        frame = next(container.decode(video=0))
    assert -frame.rotation % 360 == degrees


async def test_nothing_that_a_camera_noted_is_passed_on(media: Media, tmp_path: Path) -> None:
    where = ("-metadata", "location=+52.5200+013.4050/", "-metadata", "artist=Mara Private")
    source = footage.clip(name="where.mov", size="480x854", video=footage.PHONE, extra=where)
    assert b"x264 - core" in source.read_bytes()
    await remux(media, source, tmp_path / "work")
    copied = (tmp_path / "work" / "source.mp4").read_bytes()
    assert not any(note in copied for note in (b"52.52", b"Mara Private", b"x264 - core"))


async def test_a_source_that_broke_since_it_was_probed_is_an_error_that_leaves_nothing(
    media: Media, tmp_path: Path
) -> None:
    source = footage.clip(name="phone.mp4", size="480x854", seconds=3.0, video=footage.PHONE)
    made = plan(await media.probe(source))
    rung = remuxed_rung(made)
    assert rung is not None
    with pytest.raises((BadEncoding, Unreadable)):
        await media.remux(footage.text(), made, rung, into=tmp_path / "work")
    assert list((tmp_path / "work").iterdir()) == []


OPEN_GROUPS = (*footage.PHONE, "-x264-params", "open-gop=1:b-adapt=0:bframes=3:scenecut=0")
LATE_SOUND = ("-af", "asetpts=PTS+0.2/TB")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"size": "240x426"}, "it is above the highest rung or below the lowest"),
        ({"audio": footage.MP3}, "not every player plays its sound"),
        ({"audio": ("-c:a", "aac", "-ac", "6")}, "not every player plays its sound"),
        ({"video": (*footage.PHONE, "-g", "250"), "seconds": 5.0}, "its keyframes are too far apart"),
        ({"video": OPEN_GROUPS, "seconds": 3.0}, "its keyframes are too far apart"),
        ({"extra": ("-vf", "setsar=4/3")}, "its pixels are not square"),
        ({"extra": ("-pix_fmt", "yuv422p", "-profile:v", "high422")}, "old phones do not decode it"),
        ({"video": ("-c:v", "mpeg4")}, "old phones do not decode it"),
        ({"rate": "120"}, "old phones do not decode it in time"),
        ({"rate": "1/2", "seconds": 4.0, "audio": None}, "its times are missing"),
        ({"audio": ("-c:a", "aac", *LATE_SOUND), "seconds": 2.0}, "picture and sound do not start"),
        (
            {"extra": ("-x264-params", "nal-hrd=cbr", "-b:v", "9M", "-maxrate", "9M", "-bufsize", "9M")},
            "its bit rate",
        ),
    ],
)
async def test_what_players_may_not_get_as_it_is_has_a_reason(
    media: Media, change: dict[str, Any], reason: str
) -> None:
    usual: dict[str, Any] = {"name": "kept.mp4", "size": "480x854", "video": footage.PHONE, "seconds": 1.0}
    found = await obstacle(media, footage.clip(**(usual | change)))
    assert found is not None
    assert found.startswith(reason)


def found(mark: bytes, folder: Path) -> list[str]:
    """The files that hold it."""
    return [path.name for path in folder.iterdir() if mark in path.read_bytes()]


@pytest.mark.parametrize("carrier", CARRIERS, ids=lambda each: each.what)
async def test_nothing_that_a_file_carries_beside_picture_and_sound_is_passed_on(
    media: Media, tmp_path: Path, carrier: Carrier
) -> None:
    source = await asyncio.to_thread(carrier.make)
    assert MARK in source.read_bytes()
    made = plan(await media.probe(source))
    rung = remuxed_rung(made)
    assert (rung is not None) == carrier.is_copied, obstacle_to_remux(made)
    if rung is not None:
        await media.remux(source, made, rung, into=tmp_path)
    encoded = await media.encode(source, made, made.rungs[:1], into=tmp_path, progress=lambda _: None)
    await media.poster(source, made.probe, into=tmp_path)
    await media.analyse(Footage.of_source(source, made), into=tmp_path)
    assert len(encoded) == 1
    assert found(MARK, tmp_path) == []


async def test_captions_within_the_picture_are_not_passed_on(media: Media, tmp_path: Path) -> None:
    """They would be in every rung, for everybody, and nobody could correct or remove them."""
    source = captioned()
    made = plan(await media.probe(source))
    rung = remuxed_rung(made)
    assert rung is not None
    assert b"GA94" in source.read_bytes()
    await media.remux(source, made, rung, into=tmp_path)
    await media.encode(source, made, made.rungs[:1], into=tmp_path, progress=lambda _: None)
    assert found(b"GA94", tmp_path) == []


@pytest.mark.every_python
async def test_sound_with_data_elements_is_encoded(media: Media) -> None:
    assert await obstacle(media, data_element()) == "its sound changes within, or carries something else"


async def test_a_picture_that_only_its_stream_turns_is_encoded(media: Media) -> None:
    """The note that says so stays behind when packets are copied."""
    turned = ("-bsf:v", "h264_metadata=display_orientation=insert:rotate=90")
    source = beats.whole(name="note.mp4", size="854x480", video=(*footage.PHONE, *turned))
    found = plan(await media.probe(source))
    assert (found.video.width, found.video.height, found.video.rotation) == (480, 854, 270)
    assert remuxed_rung(found) is None


async def test_a_picture_that_is_damaged_within_is_encoded(media: Media, tmp_path: Path) -> None:
    """A browser's decoder gives up where ours goes on."""
    whole = beats.whole(name="whole.mp4", size="480x854", seconds=2.0, video=footage.PHONE)
    data = bytearray(await asyncio.to_thread(whole.read_bytes))
    middle = data.index(b"mdat") + len(data) // 3
    data[middle : middle + 400] = b"\x55" * 400
    source = tmp_path / "damaged.mp4"
    await asyncio.to_thread(source.write_bytes, data)
    assert await obstacle(media, source) == CHANGES


async def test_a_picture_that_changes_within_is_encoded(media: Media) -> None:
    parts = (Part(footage.H264, "480x854", 0.5), Part(footage.H264, "854x480", 0.5))
    source = beats.changing_picture(parts, name="turned.mp4", raw="h264")
    assert await obstacle(media, source) == CHANGES


@pytest.mark.parametrize(
    ("name", "audio", "channels"),
    [
        ("a.mp4", footage.MP3, 1),
        ("a.mp4", ("-c:a", "ac3"), 6),
        ("a.mp4", ("-c:a", "libopus"), 2),
        ("a.mp4", ("-c:a", "aac", "-ar", "8000"), 1),
        ("a.mov", ("-c:a", "pcm_s16le"), 9),
        ("b.mp4", ("-af", "atrim=start=0.15", "-c:a", "aac"), 1),
        ("c.mp4", ("-af", "atrim=end=1.0", "-c:a", "aac"), 1),
    ],
)
async def test_where_only_the_sound_is_unusual_the_picture_plays_as_it_is(
    media: Media, tmp_path: Path, *, name: str, audio: tuple[str, ...], channels: int
) -> None:
    more: dict[str, Any] = {"video": footage.PHONE, "size": "480x854", "seconds": 2.0}
    source = beats.whole(name=name, audio=audio, channels=channels, **more)
    assert (await obstacle(media, source)) is not None
    rendition = await remux(media, source, tmp_path)
    seen = watch(rendition)
    heard = [at for at in beats.beats(2.0) if name != "c.mp4" or at < 1]
    assert np.allclose(seen.times, np.arange(60) / 30, atol=0.001)
    assert [round(at, 2) for at in seen.flashes()] == pytest.approx(beats.beats(2.0), abs=0.04)
    assert [round(at, 2) for at in seen.beeps()] == pytest.approx(heard, abs=0.04)
    assert rendition.codecs.endswith(",mp4a.40.2")
    assert abs(seen.sound.shape[1] / 48_000 - 2) < 0.06


async def test_a_picture_that_begins_after_its_sound_is_not_copied(media: Media) -> None:
    source = footage.clip(
        name="early.mov", size="480x854", seconds=1.0, video=footage.PHONE, extra=("-vf", "setpts=PTS+0.2/TB")
    )
    assert remuxed_rung(plan(await media.probe(source))) is None
