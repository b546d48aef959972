"""Canonical JSON (RFC 8785): one way to write a value, so that it can be hashed and signed.

Only what has one spelling is accepted: no floats, whole numbers that every reader keeps exact, and names of
plain letters, whose order by code point is the RFC's order.
"""

import re
from collections.abc import Mapping

import msgspec

_LARGEST = (1 << 53) - 1
_NAME = re.compile("[a-zA-Z0-9_.-]+")


def canonical_json(value: object) -> bytes:
    """Return the canonical bytes of maps, lists, texts, whole numbers, truth values and None.

    Raises:
        ValueError: something else is in it, a number is too large, or a text is not Unicode.
    """
    _check(value)
    return canonical_bytes(value)


def canonical_bytes(value: object) -> bytes:
    """Return the canonical bytes of a value that is known to be one of those.

    Raises:
        ValueError: a text in it is not Unicode.
    """
    return msgspec.json.encode(value, order="sorted")


def _check(value: object) -> None:
    match value:
        case None | bool() | str():
            return
        case int():
            if abs(value) > _LARGEST:
                raise ValueError("a number over 2**53 - 1")
        case Mapping():
            for name, inner in value.items():
                if not isinstance(name, str) or not _NAME.fullmatch(name):
                    raise ValueError("a name that is not of plain letters, digits, '_', '.' and '-'")
                _check(inner)
        case list() | tuple():
            for inner in value:
                _check(inner)
        case _:
            raise ValueError(f"a {type(value).__name__}, which has no canonical form here")
