"""Data classes: every column says what it holds, once.

From that one declaration come sealing on write, export, erasure, the gateway's allow-list and the public data
inventory. A ``protected`` or ``secret`` column only takes ``SealedBytes`` or ``KeyedDigest``, so plaintext
cannot be written by mistake: the type checker refuses it first and the column refuses it again at run time.
"""

from enum import StrEnum
from typing import Any

from sqlalchemy import Column, Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator, TypeEngine


class DataClass(StrEnum):
    """A kind of data; docs/reference/data-classes.md says what each may do."""

    PUBLIC = "public"
    INTEROP = "interop"
    PROTECTED = "protected"
    SECRET = "secret"  # noqa: S105 - the name of a class, not a password
    OPERATIONAL = "operational"


class SealedBytes(bytes):
    """Ciphertext made by ``reelm.realm``: safe to write anywhere, readable only with its key."""

    __slots__ = ()


class KeyedDigest(bytes):
    """A keyed hash made by ``reelm.realm``: equal values compare equal, and nothing else can be learned."""

    __slots__ = ()


class _Only(TypeDecorator[Any]):
    impl = LargeBinary
    cache_ok = True
    accepted: type[bytes]

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        del dialect
        if value is not None and not isinstance(value, self.accepted):
            raise TypeError(f"this column takes {self.accepted.__name__}, not {type(value).__name__}")
        return None if value is None else bytes(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> bytes | None:
        del dialect
        return None if value is None else self.accepted(value)


class Sealed(_Only):
    """A column of ciphertext."""

    cache_ok = True
    accepted = SealedBytes


class Keyed(_Only):
    """A column of keyed hashes, for looking up what must not be stored."""

    cache_ok = True
    accepted = KeyedDigest


def column(
    name: str,
    kind: TypeEngine[Any] | type[TypeEngine[Any]],
    *rest: Any,
    klass: DataClass,
    **options: Any,
) -> Column[Any]:
    """Return a column with its data class; columns made otherwise fail the shape test."""
    return Column(name, kind, *rest, info={"class": klass}, **options)
