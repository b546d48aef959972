"""Write a session as an opaque token, and read it back.

::

    version     1 byte    1
    flags       1 byte    tab, + 4 with a last author, + 8 with a span
    seed        8 bytes
    served      4 bytes   how many clips were served, big-endian
    author      5 bytes   mark of the last clip's author, when flagged
    span       48 bytes   newest and oldest place, when flagged; a place is microseconds since 1970 and an id
    marks     5 bytes each, at most 400, all different

Written in base64url without padding: at most 2,756 characters. It is not signed, since a forged one spoils
nothing but its bearer's own feed. It tells what its bearer was shown, so it belongs in no log.
"""

import base64
import binascii
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from reelm.base import ClipId, Invalid, read_id, write_id
from reelm.clips import ClipPlace
from reelm.feed.model import MARK_BYTES, MARKS_MAX, SEED_BYTES, FeedSession, ShownSpan, Tab

_VERSION = 1
_TABS = tuple(Tab)
_HAS_AUTHOR = 4
_HAS_SPAN = 8
_TAB_BITS = 3
_COUNT_BYTES = 4
_COUNT_MAX = 2 ** (8 * _COUNT_BYTES) - 1
_ID_BYTES = 16
_TIME_BYTES = 8
_RAW_MAX = 2 + SEED_BYTES + _COUNT_BYTES + MARK_BYTES + 2 * (_TIME_BYTES + _ID_BYTES) + MARKS_MAX * MARK_BYTES
_TEXT_MAX = (_RAW_MAX * 4 + 2) // 3
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class BadCursor(Invalid):
    code = "feed.bad-cursor"
    title = "Not a place in this feed"
    field = "cursor"


def write_cursor(session: FeedSession) -> str:
    flags = _TABS.index(session.tab)
    flags |= _HAS_AUTHOR if session.last_author is not None else 0
    flags |= _HAS_SPAN if session.span is not None else 0
    raw = b"".join(
        (
            bytes((_VERSION, flags)),
            session.seed,
            min(session.served_count, _COUNT_MAX).to_bytes(_COUNT_BYTES),
            session.last_author or b"",
            b"".join(map(_write_place, session.span or ())),
            *session.marks,
        )
    )
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def read_cursor(text: str, *, tab: Tab) -> FeedSession:
    """Return the session that a cursor of this tab carries.

    Raises:
        BadCursor: it is none of ours, or of another tab.
    """
    try:
        session = _read(_decode(text))
    except (ValueError, OverflowError, binascii.Error):
        raise _bad_cursor() from None
    # Reading back what would be written leaves one spelling of each session.
    if session.tab is not tab or write_cursor(session) != text:
        raise _bad_cursor()
    return session


def _decode(text: str) -> bytes:
    if len(text) > _TEXT_MAX:
        raise ValueError("too long")
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars="-_", validate=True)


def _read(raw: bytes) -> FeedSession:
    taken = 0

    def take(count: int) -> bytes:
        nonlocal taken
        taken += count
        if taken > len(raw):
            raise ValueError("too short")
        return raw[taken - count : taken]

    version, flags = take(2)
    if version != _VERSION or flags & _TAB_BITS >= len(_TABS):
        raise ValueError("another version")
    seed = take(SEED_BYTES)
    served_count = int.from_bytes(take(_COUNT_BYTES))
    last_author = take(MARK_BYTES) if flags & _HAS_AUTHOR else None
    span = ShownSpan(_read_place(take), _read_place(take)) if flags & _HAS_SPAN else None
    rest = raw[taken:]
    marks = tuple(rest[at : at + MARK_BYTES] for at in range(0, len(rest), MARK_BYTES))
    if len(rest) % MARK_BYTES or len(marks) > MARKS_MAX or len(set(marks)) < len(marks):
        raise ValueError("marks")
    if span is not None and span.newest < span.oldest:
        raise ValueError("span")
    return FeedSession(_TABS[flags & _TAB_BITS], seed, served_count, last_author, span, marks)


def _write_place(place: ClipPlace) -> bytes:
    return ((place.published_at - _EPOCH) // _MICROSECOND).to_bytes(_TIME_BYTES) + read_id(place.clip_id)


def _read_place(take: Callable[[int], bytes]) -> ClipPlace:
    published_at = _EPOCH + int.from_bytes(take(_TIME_BYTES)) * _MICROSECOND
    return ClipPlace(published_at, ClipId(write_id(take(_ID_BYTES))))


def _bad_cursor() -> BadCursor:
    return BadCursor("This place in the feed does not exist. Nothing is lost: start the feed again.")
