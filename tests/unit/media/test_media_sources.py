"""What becomes of every kind of source: it plays, or there is a reason."""

import asyncio
from pathlib import Path

import pytest

from reelm.base import ReelmError
from reelm.media import Media, Plan, plan
from reelm.media.encode import Encoded
from reelm.media.remuxable import encodes_sound, remuxed_rung
from support.media import footage, matrix, playback
from support.media.matrix import COPIED, ENCODED, REMUXED, SOURCES, Source
from support.media.playback import Watched


def unwatched(ratio: float) -> None:
    """Progress that nobody looks at."""


async def first_rung(media: Media, source: Path, into: Path) -> tuple[str, Plan, Encoded]:
    made = plan(await media.probe(source))
    if (rung := remuxed_rung(made)) is not None:
        outcome = COPIED if encodes_sound(made) else REMUXED
        return outcome, made, await media.remux(source, made, rung, into=into)
    (encoded,) = await media.encode(source, made, made.rungs[:1], into=into, progress=unwatched)
    return ENCODED, made, encoded


def plays(made: Plan, seen: Watched) -> None:
    """From the first moment to the last, light and sound together, each piece from a keyframe."""
    seconds = made.probe.duration_ms / 1000
    usual = 1 / made.video.frame_rate
    assert seen.times[0] == pytest.approx(0, abs=0.002)
    assert seen.times == sorted(seen.times)
    assert seen.times[-1] + usual == pytest.approx(seconds, abs=0.12)
    assert all(is_key for _, is_key in seen.piece_starts)
    if made.probe.audio is not None:
        assert abs(seen.sound_start) < 0.04
        assert seen.sound.shape[1] > 0


@pytest.mark.slow
@pytest.mark.parametrize("source", SOURCES, ids=lambda each: f"{each.what}, {each.container}")
async def test_a_source_plays_or_is_refused_with_a_reason(
    media: Media, tmp_path: Path, source: Source
) -> None:
    path, into = await asyncio.to_thread(source.make), tmp_path / "work"
    if source.outcome.startswith("media."):
        with pytest.raises(ReelmError) as refusal:
            await first_rung(media, path, into)
        assert refusal.value.code == source.outcome
        return
    outcome, made, encoded = await first_rung(media, path, into)
    assert outcome == source.outcome
    rendition = await media.package(encoded, into=into)
    plays(made, playback.watch(rendition.path, rendition.key.reveal(), rendition.pieces))


@pytest.mark.slow
@pytest.mark.skipif(not footage.SHARED.is_dir(), reason="no real footage beside the repository")
async def test_real_footage_plays_from_its_first_rung(media: Media, tmp_path: Path) -> None:
    for path in sorted(footage.SHARED.glob("*.m[pk][4v]")):
        into = tmp_path / path.stem
        _, made, encoded = await first_rung(media, path, into)
        rendition = await media.package(encoded, into=into)
        assert abs(rendition.duration_ms - made.probe.duration_ms) < 250
        assert rendition.codecs.startswith("avc1.")


def test_the_page_about_sources_says_what_is_tested() -> None:
    assert len(SOURCES) >= 40
    assert matrix.PAGE.read_text(encoding="utf-8") == matrix.page(), "run tests/support/media/matrix.py"
