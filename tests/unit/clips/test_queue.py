"""The queue is fair to accounts, and says only what it knows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelm.clips.queue import Line, round_of, seconds_left

# Who posts; None stands for one clip being served.
EVENTS = st.lists(st.none() | st.integers(0, 5), max_size=120)


class Queue:
    """What the database does with the rules: clips in order of round, then of arrival."""

    def __init__(self) -> None:
        self.waiting: list[tuple[int, int, int]] = []
        self.served: list[int] = []
        self._arrivals = 0

    def post(self, account: int) -> None:
        current = min((turn for turn, *_ in self.waiting), default=None)
        own = max((turn for turn, _, who in self.waiting if who == account), default=None)
        self._arrivals += 1
        self.waiting.append((round_of(current, own), self._arrivals, account))

    def serve(self) -> None:
        if self.waiting:
            first = min(self.waiting)
            self.waiting.remove(first)
            self.served.append(first[2])


def after(events: list[int | None]) -> Queue:
    queue = Queue()
    for who in events:
        queue.serve() if who is None else queue.post(who)
    return queue


@given(EVENTS)
def test_an_account_without_a_clip_in_line_waits_for_at_most_one_of_each_other(
    events: list[int | None],
) -> None:
    queue = after(events)
    queue.post(6)
    served = len(queue.served)
    while 6 not in queue.served[served:]:
        queue.serve()
    before = queue.served[served:-1]
    assert len(before) == len(set(before))


@given(EVENTS, st.integers(1, 40))
def test_whoever_has_clips_in_line_is_served_as_often_as_anybody_else(
    events: list[int | None], count: int
) -> None:
    queue = after(events)
    for who in (7, 8):
        for _ in range(60):
            queue.post(who)
    served = len(queue.served)
    for _ in range(count):
        queue.serve()
    told = queue.served[served:]
    assert abs(told.count(7) - told.count(8)) <= 1


@given(EVENTS)
def test_clips_of_one_account_keep_their_order(events: list[int | None]) -> None:
    queue = after(events)
    for who in range(6):
        own = sorted(clip for clip in queue.waiting if clip[2] == who)
        assert [arrival for _, arrival, _ in own] == sorted(arrival for _, arrival, _ in own)


def test_how_long_it_takes_is_not_guessed() -> None:
    line = Line(ahead=3, ahead_ms=30_000, own_ms=10_000)
    assert seconds_left(line, (1.0, 1.0), places=2) is None
    assert seconds_left(line, (1.0, 1.0, 1.0), places=0) is None


@pytest.mark.parametrize(("places", "seconds"), [(1, 20), (2, 13)])
def test_how_long_it_takes_follows_from_what_it_took_lately(places: int, seconds: int) -> None:
    line = Line(ahead=3, ahead_ms=30_000, own_ms=10_000)
    assert seconds_left(line, (0.4, 0.5, 9.0), places=places) == seconds
