"""Base64 of RFC 4648, section 4, read strictly: one text for one value."""

import base64
import binascii

from reelm_audit.errors import Malformed


def encode(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def decode(text: str, *, what: str, length_bytes: int | None = None) -> bytes:
    """The bytes; raises ``Malformed`` for anything that ``encode`` would not have written."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise Malformed(f"{what} is not base64.") from None
    if encode(raw) != text or (length_bytes is not None and len(raw) != length_bytes):
        raise Malformed(f"{what} is not base64 of the right length.")
    return raw
