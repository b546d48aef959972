"""Some of the broken files of ``bench.media_hostile``; all two thousand take a quarter of an hour."""

from pathlib import Path

import pytest
from bench.media.fuzz_run import children, fuzz
from bench.media.mutations import mutated
from bench.media_hostile import film

# What once made looking at a file fail: a picture of a kind that nobody knows.
FOUND = (30, 55, 58)


@pytest.mark.slow
async def test_broken_files_are_refused_or_play_and_leave_nothing(tmp_path: Path) -> None:
    before = set(children())
    run = await fuzz(film(tmp_path), (*range(24), *FOUND), tmp_path)
    assert run.faults == []
    assert run.leaks == []
    assert run.ends.total() == 24 + len(FOUND)
    assert run.slowest_seconds < 60
    assert set(children()) <= before


def test_a_broken_file_can_be_made_again_from_its_seed() -> None:
    good = b"\x00\x00\x00\x10ftypisom\x00\x00\x00\x00\x00\x00\x00\x10moov\x00\x00\x00\x08trak"
    assert [mutated(good, seed=seed) for seed in range(40)] == [
        mutated(good, seed=seed) for seed in range(40)
    ]
    assert len({mutated(good, seed=seed) for seed in range(40)}) > 10
