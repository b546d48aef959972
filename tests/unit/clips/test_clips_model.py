from datetime import UTC, datetime, timedelta

from reelm.base import AccountId, ClipId
from reelm.clips.model import Candidate, longest_viewed_ms, most_popular, popularity

NOW = datetime(2026, 1, 25, 12, tzinfo=UTC)


def candidate(name: str, *, hours: float = 1, views: int = 0, likes: int = 0, comments: int = 0) -> Candidate:
    return Candidate(ClipId(name), AccountId("ana"), NOW - timedelta(hours=hours), likes, comments, views)


def test_what_people_liked_is_more_popular_than_what_they_only_watched() -> None:
    watched, liked = candidate("watched", views=10), candidate("liked", views=6, likes=4)
    assert popularity(liked, now=NOW) > popularity(watched, now=NOW)


def test_popularity_fades() -> None:
    assert popularity(candidate("a", hours=1, likes=5), now=NOW) > popularity(
        candidate("b", hours=30, likes=5), now=NOW
    )


def test_a_clip_from_the_future_of_a_wrong_clock_counts_as_new() -> None:
    assert popularity(candidate("a", hours=-9), now=NOW) == popularity(candidate("b", hours=0), now=NOW)


def test_the_most_popular_come_first_and_the_newer_wins_a_tie() -> None:
    old, hit, low, high = (
        candidate("old", hours=50),
        candidate("hit", hours=50, likes=1_000),
        candidate("low"),
        candidate("zed"),
    )
    assert most_popular([old, low, hit, high], 3, now=NOW) == (hit, high, low)


def test_a_view_is_three_seconds_or_the_whole_of_a_shorter_clip() -> None:
    assert longest_viewed_ms(3_000) is None
    assert longest_viewed_ms(2_999) == 2_999
    assert longest_viewed_ms(0) == 0
