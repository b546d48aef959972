"""Trimming, covers and silence: rules, and what comes of them to the frame."""

from pathlib import Path

import av
import numpy as np
import pytest

from reelm.media import Cut, EncryptedRendition, Media, plan
from reelm.media.cut import check_cut
from reelm.media.errors import BadCut
from reelm.media.remuxable import obstacle_to_remux
from support.media import footage, playback
from support.media.playback import Watched

pytestmark = pytest.mark.slow

LASTS_MS = 10_000


def check(cut: Cut) -> None:
    check_cut(cut, duration_ms=LASTS_MS, min_duration_ms=300)


@pytest.mark.parametrize(
    "cut",
    [
        Cut(),
        Cut(start_ms=9_700),
        Cut(end_ms=300),
        Cut(start_ms=2_000, end_ms=LASTS_MS, cover_ms=LASTS_MS),
        Cut(start_ms=2_000, end_ms=4_000, cover_ms=2_000, is_muted=True),
    ],
)
def test_a_part_of_the_file_may_be_taken(cut: Cut) -> None:
    check(cut)


@pytest.mark.parametrize(
    ("cut", "says"),
    [
        (Cut(end_ms=10_001), "lasts 10.00 s, and the end is set to 10.001 s"),
        (Cut(start_ms=12_000), "The start, 12.00 s, is not before the end, 10.00 s"),
        (Cut(start_ms=3_000, end_ms=3_000), "The start, 3.00 s, is not before the end, 3.00 s"),
        (Cut(start_ms=3_000, end_ms=3_299), "From 3.00 s to 3.299 s is shorter than 0.30 s"),
        (Cut(start_ms=3_000, end_ms=3_250), "From 3.00 s to 3.25 s is shorter than 0.30 s"),
        (Cut(start_ms=3_000, cover_ms=2_999), "The cover, 2.999 s, is outside of what is kept"),
        (Cut(end_ms=3_000, cover_ms=4_000), "The cover, 4.00 s, is outside of what is kept"),
    ],
)
def test_what_the_file_does_not_have_is_refused_with_both_times(cut: Cut, says: str) -> None:
    with pytest.raises(BadCut, match=says) as refused:
        check(cut)
    assert "the upload is kept" in refused.value.detail


async def encode(media: Media, source: Path, cut: Cut, into: Path) -> EncryptedRendition:
    made = plan(await media.probe(source), cut)
    (encoded,) = await media.encode(source, made, made.rungs[:1], into=into, progress=lambda _: None)
    return await media.package(encoded, into=into)


def watch(rendition: EncryptedRendition) -> Watched:
    return playback.watch(rendition.path, rendition.key.reveal(), rendition.pieces)


@pytest.mark.parametrize(
    ("cut", "frames", "light"),
    [(Cut(500), 45, 15), (Cut(967, 1_500), 16, 1), (Cut(1_000, 1_300), 9, 0)],
)
async def test_a_trim_is_exact_to_the_frame_and_keeps_light_and_sound_together(
    media: Media, tmp_path: Path, cut: Cut, *, frames: int, light: int
) -> None:
    """Light and sound begin at 1.0 s of the file; it has 30 frames a second and lasts 2 s."""
    seen = watch(await encode(media, footage.clap(), cut, tmp_path))
    assert len(seen.times) == frames
    assert seen.times[0] == 0
    lit = next(place for place, frame in enumerate(seen.frames) if frame.mean() > 128)
    assert lit == light
    loud = int(np.argmax(np.abs(seen.sound[0]) > 0.2)) / 48_000 + seen.sound_start
    assert abs(loud - lit / 30) < 0.04
    assert abs(seen.sound.shape[1] / 48_000 - frames / 30) < 0.04


@pytest.mark.every_python
async def test_every_rung_of_a_trimmed_clip_has_the_same_length(media: Media, tmp_path: Path) -> None:
    source = footage.clip(size="720x1280", rate="60", seconds=2.0)
    made = plan(await media.probe(source), Cut(start_ms=517, end_ms=1_533))
    encoded = await media.encode(source, made, made.rungs, into=tmp_path, progress=lambda _: None)
    low, high = [watch(await media.package(each, into=tmp_path)) for each in encoded]
    assert (len(low.times), len(high.times)) == (made.frame_count, made.frame_count * 2)


async def test_a_muted_clip_has_no_sound_at_all(media: Media, tmp_path: Path) -> None:
    rendition = await encode(media, footage.clap(), Cut(is_muted=True), tmp_path)
    assert "mp4a" not in rendition.codecs
    assert watch(rendition).sound.shape[1] == 0


async def test_only_an_untrimmed_clip_is_passed_on_as_it_is(media: Media, tmp_path: Path) -> None:
    source = footage.clip(name="phone.mp4", size="480x854", seconds=3.0, video=footage.PHONE)
    probe = await media.probe(source)
    assert obstacle_to_remux(plan(probe, Cut(cover_ms=2_000))) is None
    assert obstacle_to_remux(plan(probe, Cut(is_muted=True))) is None
    for cut in (Cut(start_ms=1_000), Cut(end_ms=2_000)):
        assert obstacle_to_remux(plan(probe, cut)) == "it is trimmed, to the frame"


@pytest.mark.parametrize(
    ("cut", "is_lit"),
    [
        (Cut(cover_ms=1_100), True),
        (Cut(cover_ms=1_000), True),
        (Cut(cover_ms=966), False),
        (Cut(cover_ms=2_000), False),
        (Cut(end_ms=900), False),
        (Cut(start_ms=1_000, end_ms=1_400), True),
    ],
)
async def test_the_cover_is_the_chosen_frame_and_never_one_that_was_cut_off(
    media: Media, tmp_path: Path, cut: Cut, *, is_lit: bool
) -> None:
    """The picture is white from 1.0 s to 1.2 s, and black otherwise."""
    source = footage.clap()
    made = await media.poster(source, await media.probe(source), into=tmp_path, cut=cut)
    with av.open(str(made.path), mode="r") as container:
        picture = next(container.decode(video=0)).to_ndarray(format="gray")
    assert (picture.mean() > 128) == is_lit
