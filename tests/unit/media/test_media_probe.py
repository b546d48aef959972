import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from reelm.base import ReelmError
from reelm.media import Media, MediaConfig, SourceLimits
from reelm.media.errors import TookTooLong, TooManyBytes
from reelm.media.model import Video
from support.machine.determinism import ManualClock, SeededEntropy
from support.media import footage

pytestmark = pytest.mark.slow


async def picture(media: Media, path: Path) -> Video:
    video = (await media.probe(path)).video
    assert video is not None
    return video


@pytest.mark.every_python
async def test_a_plain_clip_is_described(media: Media) -> None:
    probe = await media.probe(footage.clip())
    assert (probe.container, probe.stream_count) == ("mov", 2)
    assert abs(probe.duration_ms - 1500) <= 25
    assert probe.video is not None
    assert (probe.video.codec, probe.video.width, probe.video.height) == ("h264", 128, 228)
    assert (probe.video.frame_rate, probe.video.rotation, probe.video.bit_depth) == (30.0, 0, 8)
    assert (probe.video.pixel_format, probe.video.has_b_frames) == ("yuv420p", False)
    assert probe.audio is not None
    assert (probe.audio.codec, probe.audio.channels, probe.audio.sample_rate) == ("aac", 1, 48_000)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
async def test_a_turned_picture_is_described_as_it_is_shown(media: Media, degrees: int) -> None:
    video = await picture(media, footage.rotated(degrees))
    assert video.rotation == degrees
    assert (video.width, video.height) == ((228, 128) if degrees in {0, 180} else (128, 228))


async def test_pixels_that_are_not_square_are_counted_as_shown(media: Media) -> None:
    wide = footage.clip(name="sar.mp4", extra=("-vf", "setsar=2/1"), audio=None)
    video = await picture(media, wide)
    assert (video.width, video.height) == (256, 228)


async def test_a_recording_with_uneven_frames_and_no_stated_length_is_measured(media: Media) -> None:
    probe = await media.probe(footage.variable_rate())
    assert probe.container == "matroska"
    assert probe.audio is None
    assert 1800 <= probe.duration_ms <= 2000
    assert probe.video is not None
    assert 29 < probe.video.frame_rate < 31


@pytest.mark.every_python
async def test_the_ending_of_a_name_is_not_believed(media: Media) -> None:
    assert (await media.probe(footage.renamed("holiday.txt"))).container == "mov"


async def test_a_video_without_sound_is_welcome(media: Media) -> None:
    assert (await media.probe(footage.clip(audio=None))).audio is None


async def test_cover_art_is_not_a_picture(media: Media) -> None:
    with pytest.raises(ReelmError) as refusal:
        await media.probe(footage.with_cover())
    assert refusal.value.code == "media.no-video"


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (footage.empty, "media.empty"),
        (footage.text, "media.not-a-video"),
        (footage.noise, "media.not-a-video"),
        (footage.playlist, "media.not-a-video"),
        (footage.picture, "media.not-a-video"),
        (footage.audio_only, "media.no-video"),
        (footage.cut, "media.truncated"),
        (lambda: footage.cut(ratio=0.98), "media.truncated"),
        (lambda: footage.cut(index_first=False), "media.truncated"),
        (lambda: footage.cut(name="cut.mkv"), "media.truncated"),
        (footage.hollow, "media.truncated"),
        (footage.scrambled, "media.unreadable"),
        (footage.no_frames, "media.too-short"),
        (lambda: footage.clip(name="blink.mp4", seconds=0.1, audio=None), "media.too-short"),
        (
            lambda: footage.clip(name="slow.mp4", size="64x64", rate="1", seconds=200, audio=None),
            "media.too-long",
        ),
        (lambda: footage.clip(name="dot.mp4", size="2x2", seconds=0.5), "media.too-small"),
        (footage.claims_8k, "media.too-large-picture"),
        (footage.many_tracks, "media.too-many-streams"),
    ],
)
async def test_a_bad_file_is_refused_with_its_own_code(
    media: Media, make: Callable[[], Path], code: str
) -> None:
    path = await asyncio.to_thread(make)
    with pytest.raises(ReelmError) as refusal:
        await media.probe(path)
    assert refusal.value.code == code
    assert str(path) not in refusal.value.detail


def over(tmp_path: Path, **changes: float) -> Media:
    config = replace(MediaConfig(spool=tmp_path), **changes)  # type: ignore[arg-type]  # numbers, as the fields are
    return Media(config, clock=ManualClock(), entropy=SeededEntropy())


async def test_a_file_over_the_limit_is_refused_even_when_it_is_already_here(tmp_path: Path) -> None:
    config = MediaConfig(spool=tmp_path, limits=SourceLimits(max_source_bytes=100))
    with pytest.raises(TooManyBytes):
        await Media(config, clock=ManualClock(), entropy=SeededEntropy()).probe(footage.clip())


@pytest.mark.every_python
async def test_a_look_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(TookTooLong):
        await over(tmp_path, inspect_seconds=0.01).probe(footage.clip())


@pytest.mark.every_python
async def test_a_decoder_that_runs_out_of_memory_takes_nobody_with_it(tmp_path: Path) -> None:
    with pytest.raises(ReelmError):
        await over(tmp_path, inspect_memory_bytes=64 * 1024**2).probe(footage.clip())


@pytest.mark.parametrize(
    ("name", "video", "audio", "codec"),
    [
        ("a.mov", ("-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1"), ("-c:a", "aac"), "hevc"),
        ("a.mov", ("-c:v", "prores_ks", "-profile:v", "0"), ("-c:a", "pcm_s16le"), "prores"),
        ("a.mp4", ("-c:v", "mpeg4"), ("-c:a", "libmp3lame"), "mpeg4"),
        ("a.mp4", ("-c:v", "libsvtav1", "-preset", "12"), ("-c:a", "libopus"), "av1"),
        ("a.mkv", (*footage.H264, "-bf", "3"), ("-c:a", "flac"), "h264"),
        ("a.mkv", footage.VP9, ("-c:a", "ac3", "-ac", "6"), "vp9"),
        ("a.webm", footage.VP9, ("-c:a", "libvorbis"), "vp9"),
        ("a.mp4", (*footage.H264, "-movflags", "+frag_keyframe+empty_moov"), ("-c:a", "aac"), "h264"),
        ("a.mp4", (*footage.H264, "-output_ts_offset", "7"), ("-c:a", "aac"), "h264"),
        ("a.mkv", (*footage.H264, "-output_ts_offset", "-0.7"), ("-c:a", "aac"), "h264"),
    ],
)
async def test_what_phones_cameras_and_browsers_make_is_accepted(
    media: Media, *, name: str, video: tuple[str, ...], audio: tuple[str, ...], codec: str
) -> None:
    probe = await media.probe(footage.clip(name=name, video=video, audio=audio))
    assert probe.video is not None
    assert probe.video.codec in {codec, f"lib{codec}", "libdav1d"}
    assert (probe.video.width, probe.video.height) == (128, 228)
    assert probe.audio is not None
    assert abs(probe.duration_ms - 1500) <= 120


async def test_high_dynamic_range_and_order_of_frames_are_noticed(media: Media) -> None:
    hlg = await picture(media, footage.high_dynamic_range())
    assert (hlg.color_transfer, hlg.color_matrix, hlg.bit_depth) == ("hlg", "bt2020", 10)
    reordered = footage.clip(name="b.mkv", video=("-c:v", "libx264", "-bf", "3"), audio=None)
    assert (await picture(media, reordered)).has_b_frames
    fields = footage.clip(name="i.mp4", extra=("-flags", "+ildct+ilme", "-vf", "setfield=tff"), audio=None)
    assert (await picture(media, fields)).is_interlaced
