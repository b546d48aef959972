"""Ids: 128 bits, time-ordered, written as 26 characters.

The layout is ULID's: 48 bits of milliseconds since 1970, then 80 random bits, in Crockford's base 32, here in
lower case. Ids therefore sort by creation time to the millisecond, and can be minted anywhere without asking.

Source: github.com/ulid/spec.
"""

from typing import NewType

from reelm.base.clock import Clock
from reelm.base.entropy import Entropy
from reelm.base.errors import Invalid

AccountId = NewType("AccountId", str)
ClipId = NewType("ClipId", str)
CommentId = NewType("CommentId", str)
ObjectId = NewType("ObjectId", str)
RenditionId = NewType("RenditionId", str)
SessionId = NewType("SessionId", str)
UploadId = NewType("UploadId", str)

ID_LENGTH = 26
ID_PATTERN = "^[0-7][0-9a-hjkmnp-tv-z]{25}$"
_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)}


class BadId(Invalid):
    code = "base.bad-id"
    title = "Not an id"


def mint(clock: Clock, entropy: Entropy) -> str:
    """A new id; wrap it in its type: ``ClipId(mint(clock, entropy))``."""
    milliseconds = int(clock.now().timestamp() * 1000)
    return write_id(milliseconds.to_bytes(6, "big") + entropy.draw(10))


def write_id(raw: bytes) -> str:
    """The 26 characters of 16 bytes."""
    number = int.from_bytes(raw, "big")
    return "".join(_DIGITS[(number >> shift) & 31] for shift in range(125, -1, -5))


def read_id(text: str) -> bytes:
    """The 16 bytes of an id.

    Raises:
        BadId: not 26 lower-case Crockford digits below 2**128.
    """
    if len(text) != ID_LENGTH or text[0] > "7" or any(digit not in _VALUES for digit in text):
        raise BadId("An id is 26 lower-case letters and digits. Check the address and try again.")
    number = 0
    for digit in text:
        number = number << 5 | _VALUES[digit]
    return number.to_bytes(16, "big")
