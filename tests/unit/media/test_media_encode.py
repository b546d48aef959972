import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import blurhash  # type: ignore[import-untyped]  # it ships no types
import numpy as np
import pytest

from reelm.base import ReelmError
from reelm.media import EncryptedRendition, Media, MediaConfig, Plan, Unreadable, plan
from reelm.media.errors import TookTooLong
from reelm.media.ffmpeg import Effort
from support.machine.determinism import ManualClock, SeededEntropy
from support.media import footage, playback
from support.media.playback import Watched

pytestmark = pytest.mark.slow


def unwatched(ratio: float) -> None:
    """Progress that nobody looks at."""


async def make(media: Media, source: Path, into: Path) -> tuple[Plan, tuple[EncryptedRendition, ...]]:
    """The whole way from a file to renditions, the first rung alone as the product does it."""
    made = plan(await media.probe(source))
    encoded = await media.encode(source, made, made.rungs[:1], into=into, progress=unwatched)
    encoded += await media.encode(source, made, made.rungs[1:], into=into, progress=unwatched)
    return made, tuple([await media.package(each, into=into) for each in encoded])


def watch(rendition: EncryptedRendition) -> Watched:
    return playback.watch(rendition.path, rendition.key.reveal(), rendition.pieces)


def leave_half_written(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_bytes(b"half-written")


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def plays_as_planned(made: Plan, rendition: EncryptedRendition) -> Watched:
    seen = watch(rendition)
    rate = float(rendition.frame_rate)
    assert len(seen.times) == made.frame_count * round(rate / float(made.frame_rate))
    assert seen.times[0] == 0
    assert np.allclose(np.diff(seen.times), 1 / rate, atol=0.0001)
    assert [is_key for _, is_key in seen.piece_starts] == [True] * len(made.keyframes)
    assert np.allclose([at for at, _ in seen.piece_starts], [float(at) for at in made.keyframe_seconds])
    assert abs(rendition.duration_ms - float(made.duration_seconds) * 1000) <= 1
    assert seen.frames[0].shape == (rendition.height, rendition.width, 3)
    assert seen.is_in_order  # no B-frames
    assert int(rendition.codecs[len("avc1.6400") :][:2], 16) <= 42  # the highest level that old phones decode
    if made.probe.audio is not None:
        assert abs(seen.sound_start) < 0.04
        assert abs(seen.sound.shape[1] / 48_000 - float(made.duration_seconds)) < 0.04
        assert seen.sound.shape[0] == 2
    return seen


async def test_a_clip_plays_from_its_pieces(media: Media, tmp_path: Path) -> None:
    source = footage.clip(seconds=3.0)
    made, (rendition,) = await make(media, source, tmp_path / "work")
    plays_as_planned(made, rendition)
    assert [piece.duration_ms for piece in rendition.pieces] == [0, 500, 500, 1000, 1000]
    assert rendition.codecs.startswith("avc1.6400")
    assert rendition.codecs.endswith(",mp4a.40.2")


async def test_light_and_sound_stay_together(media: Media, tmp_path: Path) -> None:
    made, (rendition,) = await make(media, footage.clap(), tmp_path / "work")
    seen = plays_as_planned(made, rendition)
    lit, loud = seen.clap()
    assert abs(lit - 1.0) < 0.001
    assert abs(loud - lit) < 0.02


UNEVEN = ("-vf", "select='not(mod(n,7)*mod(n,5)*mod(n+1,11))'", "-fps_mode", "vfr")


@pytest.mark.parametrize(
    "change",
    [
        {"rate": "24000/1001", "audio": ("-c:a", "aac", "-ar", "44100", "-ac", "1")},
        {"rate": "60"},
        {"rate": "240"},
        {"name": "clap.webm", "video": footage.VP9, "audio": ("-c:a", "libopus")},
        {"name": "clap.mkv", "video": (*footage.H264, *UNEVEN), "audio": ("-c:a", "libmp3lame")},
        {"video": (*footage.H264, "-bf", "3", "-output_ts_offset", "7")},
        {"name": "clap.mkv", "video": (*footage.H264, "-bf", "3", "-output_ts_offset", "-0.3")},
        {"audio": ("-c:a", "aac", "-af", "atrim=start=0.3")},
        {"video": (*footage.H264, "-vf", "trim=start=0.3")},
    ],
    ids=str,
)
async def test_light_and_sound_stay_together_whatever_the_source_does_to_time(
    media: Media, tmp_path: Path, change: dict[str, Any]
) -> None:
    made, (rendition,) = await make(media, footage.clap(**change), tmp_path / "work")
    lit, loud = plays_as_planned(made, rendition).clap()
    assert abs(loud - lit) < 0.04


@pytest.mark.parametrize("degrees", [90, 180, 270])
async def test_the_top_of_a_turned_picture_is_up(media: Media, tmp_path: Path, degrees: int) -> None:
    _, (rendition,) = await make(media, footage.rotated(degrees), tmp_path / "work")
    frame = watch(rendition).frames[0]
    band = frame[: frame.shape[0] // 8].reshape(-1, 3).mean(axis=0)
    assert band[0] > 180
    assert band[1] < 60
    assert band[2] < 60


async def test_colours_survive(media: Media, tmp_path: Path) -> None:
    """A matrix that is assumed wrongly turns pure green visibly yellow or blue."""
    source = footage.clip(name="green.mp4", extra=("-vf", "drawbox=color=0x00C000:t=fill"), audio=None)
    _, (rendition,) = await make(media, source, tmp_path / "work")
    red, green, blue = watch(rendition).frames[5].reshape(-1, 3).mean(axis=0)
    assert red < 16
    assert 176 < green < 208
    assert blue < 16


async def test_a_silent_clip_has_no_sound_track(media: Media, tmp_path: Path) -> None:
    made, (rendition,) = await make(media, footage.clip(audio=None), tmp_path / "work")
    assert plays_as_planned(made, rendition).sound.size == 0
    assert "mp4a" not in rendition.codecs


async def test_uneven_frames_become_even(media: Media, tmp_path: Path) -> None:
    made, (rendition,) = await make(media, footage.variable_rate(), tmp_path / "work")
    plays_as_planned(made, rendition)


async def test_the_last_picture_stays_until_the_sound_ends(media: Media, tmp_path: Path) -> None:
    made, (rendition,) = await make(media, footage.long_sound(), tmp_path / "work")
    assert made.duration_seconds > 1.9
    plays_as_planned(made, rendition)


async def test_where_and_by_whom_it_was_taken_stays_behind(media: Media, tmp_path: Path) -> None:
    source = footage.with_metadata()  # which checks that it says both
    _, (rendition,) = await make(media, source, tmp_path / "work")
    plain = b"".join(playback.unseal(rendition.path, rendition.key.reveal(), rendition.pieces))
    assert b"Mara" not in plain
    assert b"52.52" not in plain


async def test_a_cut_in_the_picture_starts_no_piece(media: Media, tmp_path: Path) -> None:
    """Every rung has to have the same keyframes, whatever is in the picture."""
    made, (rendition,) = await make(media, footage.clap(), tmp_path / "work")
    assert len(rendition.pieces) == 1 + len(made.keyframes)


async def test_what_is_damaged_in_the_middle_is_played_over(media: Media, tmp_path: Path) -> None:
    """Four fifths of the pictures do not decode; the first one and the last ones do."""
    source = tmp_path / "damaged.mp4"
    whole = footage.clip(name="damaged.mp4", seconds=3.0, audio=None, extra=("-g", "6"))
    data = bytearray(await asyncio.to_thread(whole.read_bytes))
    start, end = data.index(b"mdat") + len(data) // 10, data.index(b"mdat") + len(data) * 17 // 20
    data[start:end] = b"\x55" * (end - start)
    await asyncio.to_thread(source.write_bytes, data)
    made, (rendition,) = await make(media, source, tmp_path / "work")
    plays_as_planned(made, rendition)


async def test_progress_only_grows_and_ends_at_one(media: Media, tmp_path: Path) -> None:
    source = footage.clip(seconds=3.0)
    made = plan(await media.probe(source))
    ratios: list[float] = []
    await media.encode(source, made, made.rungs, into=tmp_path, progress=ratios.append)
    assert ratios == sorted(ratios)
    assert ratios[-1] == 1.0


async def test_what_an_earlier_try_left_is_replaced(media: Media, tmp_path: Path) -> None:
    leave_half_written(tmp_path, "128p.mp4", "128p.part", "128p.sealed", "128p.sealing", "poster.part")
    made, (rendition,) = await make(media, footage.clip(), tmp_path)
    plays_as_planned(made, rendition)
    await media.poster(footage.clip(), made.probe, into=tmp_path)
    assert names_in(tmp_path) == ["128p.mp4", "128p.sealed", "poster.jpg"]


async def test_a_cancelled_encoding_leaves_no_process_and_no_file(media: Media, tmp_path: Path) -> None:
    source = footage.clip(name="busy.mp4", size="360x640", seconds=3.0)
    made = plan(await media.probe(source))
    is_running = asyncio.Event()
    encoding = asyncio.ensure_future(
        media.encode(source, made, made.rungs, into=tmp_path / "work", progress=lambda _: is_running.set())
    )
    await is_running.wait()
    encoding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await encoding
    assert names_in(tmp_path / "work") == []


async def test_an_encoding_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    effort = Effort(base_seconds=0.02, seconds_per_second=0.0)
    media = Media(MediaConfig(spool=tmp_path, effort=effort), clock=ManualClock(), entropy=SeededEntropy())
    source = footage.clip()
    made = plan(await media.probe(source))
    with pytest.raises(TookTooLong):
        await media.encode(source, made, made.rungs, into=tmp_path / "work", progress=unwatched)
    assert names_in(tmp_path / "work") == []


async def test_a_source_that_breaks_after_probing_is_refused(media: Media, tmp_path: Path) -> None:
    made = plan(await media.probe(footage.clip()))
    with pytest.raises(Unreadable) as refusal:
        await media.encode(footage.text(), made, made.rungs, into=tmp_path / "w", progress=unwatched)
    assert names_in(tmp_path / "w") == []
    assert str(tmp_path) not in refusal.value.detail


async def test_the_poster_is_a_picture_and_not_a_black_one(media: Media, tmp_path: Path) -> None:
    source = footage.clap()
    path = (await media.poster(source, await media.probe(source), into=tmp_path)).path
    with playback.still(path) as frame:
        assert (frame.width, frame.height) == (128, 228)
        assert frame.to_ndarray(format="gray").mean() > 200


async def test_the_placeholder_has_the_colours_of_the_poster(media: Media, tmp_path: Path) -> None:
    """The marked picture is red in its upper quarter."""
    source = footage.clip()
    made = await media.poster(source, await media.probe(source), into=tmp_path)
    assert names_in(tmp_path) == ["poster.jpg"]
    rows = blurhash.decode(made.blurhash, 9, 16)
    red, green, blue = (sum(pixel[channel] for pixel in rows[0]) / 9 for channel in range(3))
    assert red > 150 > 2 * max(green, blue)


async def test_a_black_clip_gets_a_black_poster(media: Media, tmp_path: Path) -> None:
    source = footage.clip(name="black.mp4", extra=("-vf", "drawbox=color=black:t=fill"), audio=None)
    path = (await media.poster(source, await media.probe(source), into=tmp_path)).path
    with playback.still(path) as frame:
        assert frame.to_ndarray(format="gray").mean() < 20


async def test_every_rung_of_a_large_clip_switches_at_the_same_moments(media: Media, tmp_path: Path) -> None:
    source = footage.clip(name="large.mp4", size="1080x1920", rate="60000/1001", seconds=2.1)
    made, renditions = await make(media, source, tmp_path)
    assert [rendition.name for rendition in renditions] == ["480p", "720p", "1080p"]
    assert [round(rendition.frame_rate) for rendition in renditions] == [30, 60, 60]
    for rendition in renditions:
        plays_as_planned(made, rendition)
        assert [piece.duration_ms for piece in rendition.pieces] == [
            piece.duration_ms for piece in renditions[0].pieces
        ]
    assert len({rendition.key.reveal() for rendition in renditions}) == 3
    rates = [rendition.peak_bits_per_second for rendition in renditions]
    assert rates == sorted(rates)


@pytest.mark.parametrize(
    ("name", "video", "audio"),
    [
        ("a.mov", ("-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1"), ("-c:a", "aac")),
        ("a.mkv", (*footage.H264, "-bf", "3"), ("-c:a", "flac", "-ac", "1")),
        ("a.webm", footage.VP9, ("-c:a", "libopus")),
        ("a.mkv", footage.VP9, ("-c:a", "ac3", "-ac", "6")),
        ("a.mp4", ("-c:v", "libsvtav1", "-preset", "12"), ("-c:a", "aac", "-ar", "22050")),
        ("a.mp4", (*footage.H264, "-output_ts_offset", "7"), ("-c:a", "aac")),
        ("a.mkv", (*footage.H264, "-output_ts_offset", "-0.7"), ("-c:a", "aac")),
        ("a.mp4", (*footage.H264, "-r", "12.5"), ("-c:a", "aac")),
        ("a.mp4", (*footage.H264, "-r", "120"), ("-c:a", "aac")),
        ("a.mp4", (*footage.H264, "-pix_fmt", "yuv444p", "-vf", "scale=131:229"), ("-c:a", "aac")),
        ("a.mp4", (*footage.H264, "-flags", "+ildct", "-vf", "setfield=tff"), ("-c:a", "aac")),
    ],
)
async def test_what_phones_cameras_and_browsers_make_plays(
    media: Media, tmp_path: Path, *, name: str, video: tuple[str, ...], audio: tuple[str, ...]
) -> None:
    source = footage.clip(name=name, video=video, audio=audio)
    made, (rendition,) = await make(media, source, tmp_path)
    seen = plays_as_planned(made, rendition)
    assert seen.frames[0].std() > 30
    assert float(np.abs(seen.sound).max()) > 0.05
    assert (await media.poster(source, made.probe, into=tmp_path)).path.stat().st_size > 1000


async def test_high_dynamic_range_keeps_its_greys(media: Media, tmp_path: Path) -> None:
    """Grey at 38 % of HLG is the grey of a grey card: 0.18 of white, about 108 of 255 in BT.709."""
    source = footage.high_dynamic_range()
    made, (rendition,) = await make(media, source, tmp_path)
    seen = plays_as_planned(made, rendition)
    assert 96 < seen.frames[3].mean() < 122


@pytest.mark.skipif(not footage.SHARED.is_dir(), reason="no real footage beside the repository")
@pytest.mark.parametrize(
    "name",
    sorted(path.name for path in footage.SHARED.glob("*.m[pk][4v]")) if footage.SHARED.is_dir() else ["none"],
)
async def test_real_footage_plays(media: Media, tmp_path: Path, name: str) -> None:
    source = footage.SHARED / name
    probe = await media.probe(source)
    # Encoding all of a long recording proves nothing more.
    made = plan(replace(probe, duration_ms=min(probe.duration_ms, 5000)))
    encoded = await media.encode(source, made, made.rungs, into=tmp_path, progress=unwatched)
    for each in encoded:
        plays_as_planned(made, await media.package(each, into=tmp_path))
    assert (await media.poster(source, probe, into=tmp_path)).path.stat().st_size > 1000


async def test_every_refusal_is_in_the_creators_words(media: Media) -> None:
    for make_source in (footage.text, footage.cut, footage.audio_only, footage.scrambled):
        with pytest.raises(ReelmError) as refusal:
            await media.probe(make_source())
        said = json.dumps(refusal.value.detail).lower()
        assert not any(word in said for word in ("moov", "codec", "ffmpeg", "demux", "traceback"))
