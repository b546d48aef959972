import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelm.base import ClipId, write_id
from reelm.clips import ClipPlace
from reelm.feed import BadCursor, Tab
from reelm.feed.cursor import read_cursor, write_cursor
from reelm.feed.model import MARK_BYTES, MARKS_MAX, SEED_BYTES, FeedSession, ShownSpan

ids = st.binary(min_size=16, max_size=16).map(lambda raw: ClipId(write_id(raw)))
moments = st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
marks = st.binary(min_size=MARK_BYTES, max_size=MARK_BYTES)
spans = st.tuples(moments, ids, moments, ids).map(
    lambda four: ShownSpan(*sorted((ClipPlace(four[0], four[1]), ClipPlace(four[2], four[3])), reverse=True))
)
sessions = st.builds(
    FeedSession,
    tab=st.sampled_from(Tab),
    seed=st.binary(min_size=SEED_BYTES, max_size=SEED_BYTES),
    served_count=st.integers(0, 2**32 - 1),
    last_author=st.none() | marks,
    span=st.none() | spans,
    marks=st.lists(marks, max_size=30, unique=True).map(tuple),
)


@given(sessions)
def test_a_session_comes_back_from_its_cursor(session: FeedSession) -> None:
    assert read_cursor(write_cursor(session), tab=session.tab) == session


@given(
    st.text(st.characters(exclude_categories=()), max_size=100)
    | st.binary(max_size=90).map(lambda raw: base64.urlsafe_b64encode(raw).rstrip(b"=").decode())
)
def test_any_other_text_is_refused_or_has_one_spelling(text: str) -> None:
    try:
        session = read_cursor(text, tab=Tab.FOR_YOU)
    except BadCursor as error:
        assert error.code == "feed.bad-cursor"  # noqa: PT017 - either outcome is right
    else:
        assert write_cursor(session) == text


@given(sessions, st.data())
def test_a_cursor_with_a_changed_character_never_breaks_anything(
    session: FeedSession, data: st.DataObject
) -> None:
    text = write_cursor(session)
    at = data.draw(st.integers(0, len(text) - 1))
    changed = text[:at] + data.draw(st.characters()) + text[at + 1 :]
    try:
        assert write_cursor(read_cursor(changed, tab=session.tab)) == changed
    except BadCursor:
        assert changed != text


def test_the_largest_cursor_is_as_long_as_documented() -> None:
    moment = datetime(2026, 1, 25, tzinfo=UTC)
    place = ClipPlace(moment, ClipId(write_id(b"\x01" * 16)))
    most = tuple(number.to_bytes(MARK_BYTES) for number in range(MARKS_MAX))
    session = FeedSession(
        Tab.LOCAL, b"s" * SEED_BYTES, 2**32 - 1, b"a" * MARK_BYTES, ShownSpan(place, place), most
    )
    text = write_cursor(session)
    assert len(text) == 2_756
    assert read_cursor(text, tab=Tab.LOCAL) == session
    too_many = FeedSession(Tab.LOCAL, b"s" * SEED_BYTES, marks=(*most, b"\xff" * MARK_BYTES))
    with pytest.raises(BadCursor):
        read_cursor(write_cursor(too_many), tab=Tab.LOCAL)


def test_a_megabyte_is_refused_at_once() -> None:
    with pytest.raises(BadCursor):
        read_cursor("A" * 1_000_000, tab=Tab.FOR_YOU)


def test_a_cursor_of_another_tab_is_refused() -> None:
    text = write_cursor(FeedSession(Tab.LOCAL, b"s" * SEED_BYTES))
    with pytest.raises(BadCursor):
        read_cursor(text, tab=Tab.FOR_YOU)


def test_impossible_sessions_are_refused() -> None:
    moment = datetime(2026, 1, 25, tzinfo=UTC)
    early, late = (ClipPlace(moment + timedelta(days=day), ClipId("0" * 26)) for day in (0, 1))
    seed = b"s" * SEED_BYTES
    for session in (
        FeedSession(Tab.LOCAL, seed, marks=(b"12345", b"12345")),
        FeedSession(Tab.LOCAL, seed, span=ShownSpan(early, late)),
    ):
        with pytest.raises(BadCursor):
            read_cursor(write_cursor(session), tab=Tab.LOCAL)
    for raw in (b"\x02\x00" + seed + bytes(4), b"\x01\x03" + seed + bytes(4), b"\x01\x10" + seed + bytes(4)):
        with pytest.raises(BadCursor):
            read_cursor(base64.urlsafe_b64encode(raw).rstrip(b"=").decode(), tab=Tab.FOR_YOU)
