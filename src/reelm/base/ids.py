"""Ids: 128 bits, time-ordered, written as 26 characters.

The layout is ULID's: 48 bits of milliseconds since 1970, then 80 random bits, in Crockford's base 32, here in
lower case. Ids therefore sort by creation time to the millisecond, and can be minted anywhere without asking.

Source: github.com/ulid/spec.
"""

import re
from base64 import b32hexencode
from typing import NewType

from reelm.base.errors import Invalid
from reelm.base.ports import Clock, Entropy

AccountId = NewType("AccountId", str)
ClipId = NewType("ClipId", str)
CommentId = NewType("CommentId", str)
ObjectId = NewType("ObjectId", str)
RenditionId = NewType("RenditionId", str)
SessionId = NewType("SessionId", str)
UploadId = NewType("UploadId", str)

ID_LENGTH = 26
ID_PATTERN = "^[0-7][0-9a-hjkmnp-tv-z]{25}$"
_PATTERN = re.compile(ID_PATTERN)
_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
# The library knows base 32 with the digits 0-9A-V: "base32hex" of RFC 4648, and what ``int`` reads.
_HEX_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUV"
_FROM_HEX = bytes.maketrans(_HEX_DIGITS.encode(), _DIGITS.encode())
_TO_HEX = str.maketrans(_DIGITS, _HEX_DIGITS)


class BadId(Invalid):
    code = "base.bad-id"
    title = "Not an id"


def mint(clock: Clock, entropy: Entropy) -> str:
    """Make a new id; wrap it in its type: ``ClipId(mint(clock, entropy))``."""
    milliseconds = int(clock.now().timestamp() * 1000)
    return write_id(milliseconds.to_bytes(6, "big") + entropy.draw(10))


def write_id(raw: bytes) -> str:
    """Write 16 bytes as the 26 characters of an id."""
    # Two zero bits in front make 130, which are 26 digits; 30 behind make whole bytes.
    aligned = (int.from_bytes(raw, "big") << 30).to_bytes(20, "big")
    return b32hexencode(aligned)[:ID_LENGTH].translate(_FROM_HEX).decode()


def read_id(text: str) -> bytes:
    """Read the 16 bytes of an id.

    Raises:
        BadId: not 26 lower-case Crockford digits below 2**128.
    """
    if not _PATTERN.fullmatch(text):
        raise BadId("An id is 26 lower-case letters and digits. Check the address and try again.")
    return int(text.translate(_TO_HEX), 32).to_bytes(16, "big")
