import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelm.base import ReelmError
from reelm.media import Plan, Probe, SourceLimits, plan
from reelm.media.limits import check
from reelm.media.model import Audio, Video, steady_rate


def video(*, width: int = 1080, height: int = 1920, frame_rate: float = 30.0) -> Video:
    return Video(
        stream_index=0,
        codec="h264",
        width=width,
        height=height,
        rotation=0,
        frame_rate=frame_rate,
        pixel_format="yuv420p",
        bit_depth=8,
        color_transfer="sdr",
        color_matrix="bt709",
        has_b_frames=False,
        is_interlaced=False,
    )


def probe(picture: Video | None = None, *, duration_ms: int = 15_000, stream_count: int = 2) -> Probe:
    return Probe(
        container="mov",
        duration_ms=duration_ms,
        stream_count=stream_count,
        video=picture or video(),
        audio=Audio(stream_index=1, codec="aac", channels=2, sample_rate=48_000),
    )


def sizes(made: Plan) -> list[tuple[str, int, int]]:
    return [(rung.name, rung.width, rung.height) for rung in made.rungs]


def test_a_portrait_phone_clip_gets_three_rungs_lowest_first() -> None:
    made = plan(probe())
    assert sizes(made) == [("480p", 480, 854), ("720p", 720, 1280), ("1080p", 1080, 1920)]
    assert [rung.max_bits_per_second for rung in made.rungs] == [800_000, 2_000_000, 4_500_000]


def test_a_rung_is_never_above_the_source() -> None:
    assert sizes(plan(probe(video(width=720, height=1280)))) == [("480p", 480, 854), ("720p", 720, 1280)]
    assert sizes(plan(probe(video(width=719, height=1280)))) == [("480p", 480, 854)]


def test_a_small_source_keeps_its_size_rounded_to_even() -> None:
    assert sizes(plan(probe(video(width=361, height=641)))) == [("360p", 360, 640)]


def test_landscape_and_square_keep_their_shape() -> None:
    assert sizes(plan(probe(video(width=1920, height=1080))))[-1] == ("1080p", 1920, 1080)
    assert sizes(plan(probe(video(width=800, height=800)))) == [("480p", 480, 480), ("720p", 720, 720)]


def test_a_very_long_picture_is_scaled_by_its_long_side() -> None:
    made = plan(probe(video(width=480, height=4800)))
    assert sizes(made) == [("480p", 120, 1200)]


def test_a_picture_longer_than_old_phones_decode_is_made_smaller_and_keeps_its_shape() -> None:
    """Level 4.2 ends at 8,704 blocks; a screen of 9 to 20 at full size has 10,200."""
    made = plan(probe(video(width=1080, height=2400)))
    assert sizes(made) == [("480p", 480, 1066), ("720p", 720, 1600), ("1080p", 986, 2192)]


def test_sixty_frames_stay_except_in_the_first_rung() -> None:
    assert [rung.frame_rate for rung in plan(probe(video(frame_rate=59.94))).rungs] == [
        Fraction(30000, 1001),
        Fraction(60000, 1001),
        Fraction(60000, 1001),
    ]


@pytest.mark.parametrize(
    ("measured", "steady"),
    [
        (29.97, Fraction(30000, 1001)),
        (30.0, Fraction(30)),
        (30.2, Fraction(30)),
        (240.0, Fraction(60)),
        (119.9, Fraction(60)),
        (12.5, Fraction(25, 2)),
        (2.5, Fraction(10)),
        (1000.0, Fraction(125, 4)),
    ],
)
def test_a_measured_rate_becomes_a_common_one_from_ten_to_sixty(measured: float, steady: Fraction) -> None:
    assert steady_rate(measured) == steady


def test_pieces_start_with_half_seconds_and_settle_at_two() -> None:
    made = plan(probe(duration_ms=9_000))
    assert made.keyframe_seconds == tuple(map(Fraction, ("0", "1/2", "1", "2", "4", "6", "8")))


def test_a_tail_below_half_a_second_joins_its_neighbour() -> None:
    assert plan(probe(duration_ms=8_400)).keyframe_seconds[-1] == 6
    assert plan(probe(duration_ms=700)).keyframe_seconds == (Fraction(0),)


@given(
    duration_ms=st.integers(300, 180_000),
    frame_rate=st.floats(1, 240),
    width=st.integers(64, 4096),
    height=st.integers(64, 4096),
)
def test_every_plan_can_be_encoded_and_switched(
    duration_ms: int, frame_rate: float, width: int, height: int
) -> None:
    made = plan(probe(video(width=width, height=height, frame_rate=frame_rate), duration_ms=duration_ms))
    assert made.keyframes[0] == 0
    assert all(sooner < later for sooner, later in zip(made.keyframes, made.keyframes[1:], strict=False))
    assert made.keyframes[-1] < made.frame_count
    assert abs(float(made.duration_seconds) - duration_ms / 1000) <= float(1 / made.frame_rate)
    for rung in made.rungs:
        assert rung.width % 2 == 0
        assert rung.height % 2 == 0
        assert rung.width <= width
        assert rung.height <= height
        assert -(-rung.width // 16) * -(-rung.height // 16) <= 8_704
        assert 10 <= rung.frame_rate <= Fraction(601, 10)
        # Each keyframe is a frame of every rung.
        assert (rung.frame_rate / made.frame_rate).denominator == 1


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (probe(duration_ms=299), "media.too-short"),
        (probe(duration_ms=180_001), "media.too-long"),
        (probe(video(width=63, height=640)), "media.too-small"),
        (probe(video(width=7680, height=4320)), "media.too-large-picture"),
        (probe(stream_count=17), "media.too-many-streams"),
        (Probe(container="mov", duration_ms=9, stream_count=1, video=None, audio=None), "media.no-video"),
    ],
)
def test_what_is_outside_the_limits_is_refused_with_its_own_code(facts: Probe, code: str) -> None:
    with pytest.raises(ReelmError) as refusal:
        check(facts, SourceLimits())
    assert refusal.value.code == code


def test_three_hours_are_refused_in_words_that_say_so() -> None:
    with pytest.raises(ReelmError, match=r"lasts 3 h 0 min; clips may last up to 3 min 0 s\. Trim it"):
        check(probe(duration_ms=3 * 3_600_000), SourceLimits())


@pytest.mark.parametrize(
    ("duration_ms", "limits", "says"),
    [
        (180_060, SourceLimits(), "lasts 3 min 0.1 s; clips may last up to 3 min 0 s."),
        (180_004, SourceLimits(), "lasts 3 min 0.004 s; clips may last up to 3 min 0 s."),
        (240_000, SourceLimits(), "lasts 4 min 0 s; clips may last up to 3 min 0 s."),
        (59_960, SourceLimits(max_duration_ms=59_950), "lasts 59.96 s; clips may last up to 59.95 s."),
        (
            3_600_500,
            SourceLimits(max_duration_ms=3_600_000),
            "1 h 0 min 0.5 s; clips may last up to 1 h 0 min 0 s.",
        ),
        (299, SourceLimits(), "lasts 0.299 s; clips need at least 0.3 s."),
        (100, SourceLimits(), "lasts 0.1 s; clips need at least 0.3 s."),
        (2_999, SourceLimits(min_duration_ms=3_000), "lasts 2.999 s; clips need at least 3 s."),
    ],
)
def test_a_length_beside_its_limit_reads_differently(
    duration_ms: int, limits: SourceLimits, says: str
) -> None:
    with pytest.raises(ReelmError) as refusal:
        check(probe(duration_ms=duration_ms), limits)
    assert says in refusal.value.detail


@given(st.integers(180_001, 20_000_000))
def test_no_length_over_the_limit_reads_like_the_limit(duration_ms: int) -> None:
    with pytest.raises(ReelmError) as refusal:
        check(probe(duration_ms=duration_ms), SourceLimits())
    found, limit = re.findall(r"((?:\d+ h )?(?:\d+ min ?)?(?:[\d.]+ s)?)[.;]", refusal.value.detail)[:2]
    assert found.strip() != limit.strip()


def test_the_limits_themselves_are_accepted() -> None:
    for facts in (probe(duration_ms=300), probe(duration_ms=180_000), probe(video(width=4096, height=4096))):
        check(facts, SourceLimits())


def test_a_limit_that_cannot_hold_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="4 GiB"):
        SourceLimits(max_source_bytes=4 * 1024**3)
