"""Define the types of public fields of a leaf: each has its pattern, its limits and its data class.

Each type turns into the JSON schema of docs/spec/ledger-kinds.json, so that whoever reads the log refuses the
same leaves as we do.
"""

from typing import Annotated, ClassVar, TypeAlias

from msgspec import Meta, Struct

from reelm.base import ID_PATTERN, DataClass

_LARGEST = (1 << 53) - 1


def _whole(pattern: str) -> str:
    """Nothing before or after; in Python a ``$`` alone would let a newline through at the end."""
    return rf"^{pattern}$(?!\n)"


def _classed(klass: DataClass) -> dict[str, DataClass]:
    return {"class": klass}


_PUBLIC, _INTEROP = _classed(DataClass.PUBLIC), _classed(DataClass.INTEROP)
_OPERATIONAL = _classed(DataClass.OPERATIONAL)

AnyId: TypeAlias = Annotated[
    str, Meta(pattern=_whole(ID_PATTERN.strip("^$")), description="an opaque id", extra=_INTEROP)
]
Name: TypeAlias = Annotated[
    str,
    Meta(
        pattern=_whole("[a-z0-9]([a-z0-9._/-]{0,62}[a-z0-9])?"),
        description="a declared name, 1 to 64 characters",
        extra=_PUBLIC,
    ),
]
Handle: TypeAlias = Annotated[
    str,
    Meta(
        pattern=_whole("[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?"),
        description="a staff member's pseudonymous handle",
        extra=_OPERATIONAL,
    ),
]
Digest: TypeAlias = Annotated[
    str, Meta(pattern=_whole("[0-9a-f]{64}"), description="a SHA-256 in hexadecimal", extra=_PUBLIC)
]
Commit: TypeAlias = Annotated[
    str,
    Meta(
        pattern=_whole("([0-9a-f]{40}|[0-9a-f]{64})"),
        description="a commit of the sources, in hexadecimal",
        extra=_PUBLIC,
    ),
]
Version: TypeAlias = Annotated[
    str, Meta(pattern=_whole("[0-9A-Za-z][0-9A-Za-z.+-]{0,63}"), description="a version", extra=_PUBLIC)
]
VerifierKey: TypeAlias = Annotated[
    str,
    Meta(
        pattern=_whole(r"[^\s+]{1,255}\+[0-9a-f]{8}\+[0-9A-Za-z+/=]{4,2048}"),
        max_length=2400,
        description="a verifier key (signed-note)",
        extra=_PUBLIC,
    ),
]
Country: TypeAlias = Annotated[
    str,
    Meta(pattern=_whole("[A-Z]{2}"), description="an ISO 3166-1 country, ZZ when undeclared", extra=_PUBLIC),
]
Date: TypeAlias = Annotated[
    str,
    Meta(
        pattern=_whole("[0-9]{4}-[0-9]{2}-[0-9]{2}"), description="a date, YYYY-MM-DD in UTC", extra=_PUBLIC
    ),
]
Time: TypeAlias = Annotated[
    str,
    Meta(
        pattern=_whole(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z"),
        description="a moment in UTC, as the leaf's own",
        extra=_PUBLIC,
    ),
]
Count: TypeAlias = Annotated[
    int, Meta(ge=0, le=_LARGEST, description="a number of things, bytes or milliseconds", extra=_PUBLIC)
]
Permille: TypeAlias = Annotated[int, Meta(ge=0, le=1000, description="a share in thousandths", extra=_PUBLIC)]
Millionths: TypeAlias = Annotated[
    int, Meta(ge=-_LARGEST, le=_LARGEST, description="a figure in millionths", extra=_PUBLIC)
]
Index: TypeAlias = Annotated[
    int, Meta(ge=0, le=_LARGEST, description="the index of another leaf of this log", extra=_PUBLIC)
]
Yes: TypeAlias = Annotated[bool, Meta(description="true or false", extra=_PUBLIC)]
Line: TypeAlias = Annotated[
    str,
    Meta(
        pattern=_whole(r"[^\x00-\x1f\x7f]+"),
        max_length=200,
        description="one line, 1 to 200 characters",
        extra=_PUBLIC,
    ),
]
Text: TypeAlias = Annotated[
    str,
    Meta(
        pattern=_whole(r"[^\x00-\x09\x0b-\x1f\x7f]*"),
        max_length=2000,
        description="up to 2,000 characters",
        extra=_PUBLIC,
    ),
]
Address: TypeAlias = Annotated[
    str,
    Meta(
        pattern=_whole(r"https://[^\s@]{1,500}"),
        description="an https address without credentials",
        extra=_PUBLIC,
    ),
]
Names: TypeAlias = Annotated[list[Name], Meta(max_length=100, description="declared names", extra=_PUBLIC)]
Countries: TypeAlias = Annotated[list[Country], Meta(max_length=60, description="countries", extra=_PUBLIC)]
Words: TypeAlias = Annotated[
    list[Annotated[str, Meta(pattern=_whole("[A-Z][A-Z0-9_]{0,99}"))]],
    Meta(max_length=70, description="words of the DSA transparency database", extra=_PUBLIC),
]
Word: TypeAlias = Annotated[
    str,
    Meta(
        pattern=_whole("[A-Z][A-Z0-9_]{0,99}"),
        description="a word of the DSA transparency database",
        extra=_PUBLIC,
    ),
]


class LeafKind(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The public fields of one kind of leaf. What has no value is absent, never null."""

    kind: ClassVar[str] = ""
