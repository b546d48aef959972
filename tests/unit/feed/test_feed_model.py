"""Whole sessions over lists of clips: no repeats, nothing left out, authors apart."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from reelm.base import AccountId, ClipId, write_id
from reelm.clips import Candidate, ClipPlace
from reelm.feed.cursor import read_cursor, write_cursor
from reelm.feed.model import (
    MARKS_MAX,
    PATTERN,
    FeedSession,
    Memory,
    Offer,
    ShownSpan,
    SlotSource,
    StreamReach,
    Tab,
    in_order,
    mix,
)
from reelm.feed.stream import BATCH, StreamHead, look

START = datetime(2026, 1, 25, 12, tzinfo=UTC)
LATER = START + timedelta(days=99)
SEED = b"01234567"

authors_of_clips = st.lists(st.sampled_from("abcdef"), max_size=60)
seeds = st.binary(min_size=8, max_size=8)


def stream_of(authors: Sequence[str]) -> tuple[Candidate, ...]:
    """Clips a minute apart, newest first."""
    rising = [
        Candidate(
            ClipId(write_id((number + 1).to_bytes(16))),
            AccountId(author),
            START + timedelta(minutes=number),
            number * 7 % 5,
            0,
            number * 11 % 17,
        )
        for number, author in enumerate(authors)
    ]
    return tuple(reversed(rising))


class Listed:
    """A stream that is a list; ``shown`` of its newest clips are its head."""

    def __init__(self, clips: Sequence[Candidate], head_count: int) -> None:
        self.clips = tuple(clips)
        self.head_count = head_count

    async def head(self) -> StreamHead:
        return StreamHead(self.clips[: self.head_count], is_whole=len(self.clips) < self.head_count)

    async def older(self, than: ClipPlace) -> Sequence[Candidate]:
        return [each for each in self.clips if each.place < than][:BATCH]

    async def newer(self, than: ClipPlace) -> Sequence[Candidate]:
        return [each for each in reversed(self.clips) if each.place > than][:BATCH]


async def next_page(
    stream: Listed, session: FeedSession, *, size: int
) -> tuple[tuple[Candidate, ...], FeedSession]:
    """A page of for-you as ``Feed`` makes it, and the session after a trip through its cursor."""
    memory = Memory(session)
    is_near = memory.room < size
    reach = await look(stream, memory, want=4 * size, is_near=is_near)
    popular = sorted(stream.clips, key=lambda each: each.like_count, reverse=True)[:50]
    quiet = sorted(stream.clips, key=lambda each: each.view_count)[:50]
    offer = Offer(tuple(reach.newest_first()), popular, stream.clips[1::3], quiet)
    if is_near:
        offer = Offer(tuple(memory.unseen(reach.nearest_first()))[:size])
    picks = mix(offer, memory, size=size)
    memory.melt(reach, settled_before=LATER)
    return picks, read_cursor(write_cursor(memory.session()), tab=session.tab)


async def whole_session(stream: Listed, seed: bytes, *, size: int) -> list[tuple[Candidate, ...]]:
    session = FeedSession(Tab.FOR_YOU, seed)
    found: list[tuple[Candidate, ...]] = []
    while True:
        picks, session = await next_page(stream, session, size=size)
        if not picks:
            return found
        found.append(picks)


@given(authors_of_clips, seeds, st.integers(1, 7), st.integers(1, 70))
async def test_a_session_shows_every_clip_once(
    authors: list[str], seed: bytes, size: int, head_count: int
) -> None:
    stream = Listed(stream_of(authors), head_count)
    found = await whole_session(stream, seed, size=size)
    shown = [each.clip_id for page in found for each in page]
    assert len(shown) == len(set(shown))
    assert set(shown) == {each.clip_id for each in stream.clips}
    assert all(len(page) == size for page in found[:-1])
    assert all(1 <= len(page) <= size for page in found)


async def test_a_session_shows_every_clip_once_when_there_are_more_than_it_can_mark() -> None:
    stream = Listed(stream_of("abcdefg" * 400), 300)
    session, shown, most_marks = FeedSession(Tab.FOR_YOU, SEED), [], 0
    while True:
        picks, session = await next_page(stream, session, size=20)
        if not picks:
            break
        shown += [each.clip_id for each in picks]
        most_marks = max(most_marks, len(session.marks))
    assert len(shown) == len(set(shown)) == 2_800
    assert most_marks <= MARKS_MAX
    assert session.marks == ()


async def test_a_session_that_fills_its_memory_goes_on_in_order_without_a_repeat() -> None:
    stream = Listed(stream_of("abc" * 1_000), 100)
    # As if 399 clips of the far end had been shown, because they were popular.
    memory = Memory(FeedSession(Tab.FOR_YOU, SEED))
    early = in_order(stream.clips[::-1], memory, size=MARKS_MAX - 1)
    session, shown = memory.session(), [each.clip_id for each in early]
    while True:
        picks, session = await next_page(stream, session, size=10)
        if not picks:
            break
        shown += [each.clip_id for each in picks]
        assert len(session.marks) <= MARKS_MAX
    assert len(shown) == len(set(shown)) == 3_000


@given(authors_of_clips, authors_of_clips, seeds, st.integers(1, 40))
async def test_clips_that_are_published_during_a_session_are_shown_once_too(
    before: list[str], after: list[str], seed: bytes, head_count: int
) -> None:
    clips = stream_of([*before, *after])
    session, shown = FeedSession(Tab.FOR_YOU, seed), []
    stream = Listed(clips[len(after) :], head_count)
    for _ in range(3):
        picks, session = await next_page(stream, session, size=5)
        shown += [each.clip_id for each in picks]
    stream = Listed(clips, head_count)
    while True:
        picks, session = await next_page(stream, session, size=5)
        if not picks:
            break
        shown += [each.clip_id for each in picks]
    assert sorted(shown) == sorted(each.clip_id for each in clips)


async def test_more_new_clips_than_the_head_holds_are_all_reached() -> None:
    clips = stream_of("abcd" * 100)
    session, shown = FeedSession(Tab.FOR_YOU, SEED), []
    picks, session = await next_page(Listed(clips[380:], 10), session, size=5)
    shown += [each.clip_id for each in picks]
    while True:
        picks, session = await next_page(Listed(clips, 10), session, size=5)
        if not picks:
            break
        shown += [each.clip_id for each in picks]
    assert sorted(shown) == sorted(each.clip_id for each in clips)


@given(authors_of_clips, seeds)
async def test_the_same_seed_makes_the_same_session(authors: list[str], seed: bytes) -> None:
    stream = Listed(stream_of(authors), 40)
    assert await whole_session(stream, seed, size=5) == await whole_session(stream, seed, size=5)


async def test_another_seed_makes_another_session() -> None:
    stream = Listed(stream_of("abcdef" * 10), 40)
    assert await whole_session(stream, b"another1", size=5) != await whole_session(stream, SEED, size=5)


@given(authors_of_clips, seeds)
async def test_one_author_follows_themselves_only_when_nobody_else_is_left(
    authors: list[str], seed: bytes
) -> None:
    stream = Listed(stream_of(authors), 100)
    shown = [each for page in await whole_session(stream, seed, size=5) for each in page]
    for at, (before, after) in enumerate(pairwise(shown)):
        if before.account_id == after.account_id:
            assert {each.account_id for each in shown[at + 1 :]} == {before.account_id}


def test_authors_are_kept_apart_across_pages() -> None:
    clips = stream_of("ab")
    for seed in range(20):
        memory = Memory(FeedSession(Tab.FOR_YOU, seed.to_bytes(8)))
        memory.add(stream_of("bbb")[0])
        assert mix(Offer(clips), memory, size=1)[0].account_id == "a"


def test_every_source_has_its_slot() -> None:
    clips = stream_of("abcdefghij")
    fresh, popular, followed, quiet = clips[:2], clips[2:5], clips[5:7], clips[7:]
    memory = Memory(FeedSession(Tab.FOR_YOU, SEED))
    picks = mix(Offer(fresh, popular, followed, quiet), memory, size=5)
    homes = {
        SlotSource.FRESH: fresh,
        SlotSource.POPULAR: popular,
        SlotSource.FOLLOWED: followed,
        SlotSource.QUIET: quiet,
    }
    assert all(pick in homes[slot] for slot, pick in zip(PATTERN, picks, strict=True))


def test_the_order_of_a_plain_tab_is_the_order_of_the_list() -> None:
    clips = stream_of("aaabbb")
    memory = Memory(FeedSession(Tab.LOCAL, SEED))
    assert in_order(clips, memory, size=4) == clips[:4]
    assert in_order(clips, memory, size=4) == clips[4:]


def test_what_was_published_a_moment_ago_stays_marked() -> None:
    clips = stream_of("abc")
    memory = Memory(FeedSession(Tab.LOCAL, SEED))
    in_order(clips, memory, size=3)
    reach = StreamReach((), (), clips)
    memory.melt(reach, settled_before=START)
    assert memory.session().span is None
    memory.melt(reach, settled_before=START + timedelta(minutes=2))
    assert memory.session().span == ShownSpan(clips[1].place, clips[2].place)
    assert len(memory.session().marks) == 1
    assert all(memory.has(each) for each in clips)
