import pytest

from reelm.media.rates import Frames, Sample, Span, average_bits, crf_for, peak_bits, sample_of


def test_the_peak_ignores_pieces_shorter_than_half_a_target() -> None:
    spans = [Span(size_bytes=125_000, duration_ms=500), Span(size_bytes=125_000, duration_ms=2000)]
    # Alone the first would be 2 Mbit/s; no player has to sustain that for half a second of start-up.
    assert peak_bits(spans) == 800_000
    assert average_bits(spans) == 800_000


def test_the_peak_of_one_piece_is_its_own_rate() -> None:
    assert peak_bits([Span(size_bytes=1000, duration_ms=300)]) == average_bits(
        [Span(size_bytes=1000, duration_ms=300)]
    )


def crf(bits_per_second: int, likeness_db: float, *, times: float = 1.0) -> int:
    return crf_for(Sample(bits_per_second, likeness_db), usual=24, times=times, cap=800_000)


def test_a_clip_that_looks_like_most_gets_the_usual_rate_factor() -> None:
    assert crf(400_000, 21.0) == 24


def test_what_looks_better_than_most_gives_bits_back_and_what_looks_worse_gets_some() -> None:
    assert crf(300_000, 22.0) == 26
    assert crf(300_000, 20.0) == 22


def test_no_clip_is_far_from_the_usual_for_its_looks_alone() -> None:
    assert crf(1_000, 60.0) == 27
    assert crf(1_000, 0.0) == 21


def test_bits_beyond_the_cap_coarsen_a_clip_however_it_looks() -> None:
    assert crf(800_000, 10.0) == 24
    assert crf(1_600_000, 10.0) == 27
    assert crf(2**60, 10.0) == 30, "the cap itself holds the rest back"


def test_a_larger_rung_takes_more_bits_but_not_as_many_as_it_has_pixels() -> None:
    assert crf(400_000, 10.0, times=4.0) == 26
    assert crf(100_000, 10.0, times=4.0) == 21


@pytest.mark.parametrize("bits_per_second", [0, 1, 2**60])
@pytest.mark.parametrize("likeness_db", [0.0, 1e9])
def test_an_odd_sample_still_gives_a_rate_factor_of_x264(bits_per_second: int, likeness_db: float) -> None:
    assert 21 <= crf(bits_per_second, likeness_db) <= 30


def test_the_many_keyframes_of_a_sample_count_as_often_as_a_clip_has_them() -> None:
    made = sample_of(Frames(2, 20_000), Frames(16, 1_000), 21.0, rate=30.0)
    assert made == Sample(bits_per_second=round((10_000 + 29.5 * 1_000) * 8), likeness_db=21.0)


def test_a_sample_of_keyframes_alone_counts_each_as_one() -> None:
    assert sample_of(Frames(2, 1_000), None, 21.0, rate=10.0).bits_per_second == 80_000
