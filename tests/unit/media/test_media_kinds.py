"""Every unusual file is refused at once or plays: the planned frames, light with sound, its colours."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from reelm.base import ReelmError
from reelm.media import Media, Plan, plan
from support.media import beats, footage, playback
from support.media.beats import PLAYS, Oddity
from support.media.kinds import CHANGES, ODDITIES
from support.media.playback import Watched

pytestmark = pytest.mark.slow
CASES = footage.SHARED.parent / "cases" / "media"


def unwatched(ratio: float) -> None:
    """Progress that nobody looks at."""


async def played(media: Media, source: Path, into: Path) -> tuple[Plan, Watched]:
    """The highest rung, as a player has it."""
    made = plan(await media.probe(source))
    (encoded,) = await media.encode(source, made, made.rungs[-1:], into=into, progress=unwatched)
    rendition = await media.package(encoded, into=into)
    return made, playback.watch(rendition.path, rendition.key.reveal(), rendition.pieces)


def has_the_planned_frames(made: Plan, seen: Watched) -> None:
    rate = float(made.rungs[-1].frame_rate)
    assert len(seen.times) == made.frame_count * round(rate / float(made.frame_rate))
    # Each lasts as long as the next, so none is shorter than half of it.
    assert np.allclose(seen.times, np.arange(len(seen.times)) / rate, atol=0.001)


def has_the_beat(made: Plan, seen: Watched, oddity: Oddity) -> None:
    expected = beats.beats(float(made.duration_seconds))
    lit = [at for at in expected if at > oddity.frozen_seconds]
    assert [round(at, 2) for at in seen.flashes()] == pytest.approx(lit, abs=0.04)
    if oddity.has_sound:
        assert [round(at, 2) for at in seen.beeps()] == pytest.approx(expected, abs=0.04)
    else:
        assert made.probe.audio is None


@pytest.mark.parametrize("oddity", ODDITIES, ids=lambda each: f"{each.kind}, {each.what}")
async def test_an_unusual_file_plays_as_planned_or_is_refused_at_once(
    media: Media, tmp_path: Path, oddity: Oddity
) -> None:
    source = await asyncio.to_thread(oddity.make)
    if oddity.outcome != PLAYS:
        with pytest.raises(ReelmError) as refusal:
            await media.probe(source)
        assert refusal.value.code == oddity.outcome
        return
    made, seen = await played(media, source, tmp_path / "work")
    has_the_planned_frames(made, seen)
    has_the_beat(made, seen, oddity)
    if oddity.colour is not None:
        assert np.abs(np.array(seen.colours()) - oddity.colour).max() <= 8
    made_of = await media.poster(source, made.probe, into=tmp_path / "work")
    assert made_of.path.stat().st_size > 300


@pytest.mark.skipif(not CASES.is_dir(), reason="no files of others beside the repository")
async def test_what_others_could_not_send_plays(media: Media, tmp_path: Path) -> None:
    for source in sorted(path for path in CASES.glob("*/*.*") if path.suffix != ".sh"):
        if source.parent.name != "just-over-limit":
            has_the_planned_frames(*await played(media, source, tmp_path / source.parent.name / source.name))


def test_there_are_many_unusual_files_of_each_kind() -> None:
    assert len(ODDITIES) >= 80
    assert len(CHANGES) >= 15
