"""Leaves: how an act is written down, and what its private part leaves of itself in public.

The bytes are those of docs/spec/ledger.md.
"""

import hmac
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from reelm.base import Secret, canonical_bytes, canonical_json, names_someone
from reelm.ledger.errors import KindUnknown, LeafRefused, LeafTells, LeafTooLarge
from reelm.ledger.fields import LeafKind
from reelm.ledger.kinds import KINDS
from reelm.ledger.model import MAX_LEAF_BYTES

COMMITMENT_BYTES = 32
_LABEL = b"reelm/ledger/private/1\0"
_PATTERNS = {
    "private": re.compile("[0-9a-f]{64}"),
    "realm": re.compile("[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?"),
    "time": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII),
}
_MEMBERS = {"kind", "public", "realm", "time", "v"}


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf that was read: every rule of the specification holds."""

    kind: str
    public: LeafKind
    realm: str
    time: str
    private: bytes | None


def write_leaf(
    kind: str, public: Mapping[str, object], *, realm: str, at: datetime, private: bytes | None = None
) -> bytes:
    """Write the bytes of a leaf.

    Args:
        kind: one of ``KINDS``.
        public: its fields; what has no value is left out.
        realm: the realm's id.
        at: when, aware.
        private: the commitment to a private body.

    Raises:
        KindUnknown: there is no such kind.
        LeafRefused: an unknown, missing or malformed field.
        LeafTells: a field that holds somebody's e-mail or network address.
        LeafTooLarge: over 16,384 bytes.
    """
    fields = _checked(kind, public)
    for text in _texts(public):
        if names_someone(text):
            raise LeafTells(
                f"A public field of {kind} holds an e-mail or network address. Nothing was recorded. "
                "Put what is about a person into the private part.",
                kind=kind,
            )
    stamp = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    members: dict[str, object] = {"kind": kind, "public": fields, "realm": realm, "time": stamp, "v": 1}
    if private is not None:
        members["private"] = private.hex()
    leaf = canonical_bytes(members)
    if len(leaf) > MAX_LEAF_BYTES:
        raise LeafTooLarge(
            f"The leaf has {len(leaf)} bytes, and the limit is {MAX_LEAF_BYTES}. Nothing was recorded. "
            "Shorten its texts.",
            size_bytes=len(leaf),
            limit_bytes=MAX_LEAF_BYTES,
        )
    return leaf


def read_leaf(data: bytes) -> Leaf:
    """Read a leaf from its bytes.

    Raises:
        KindUnknown, LeafRefused, LeafTooLarge: a rule of the specification does not hold.
    """
    if len(data) > MAX_LEAF_BYTES:
        raise LeafTooLarge("This is too long for a leaf. It counts for nothing.", size_bytes=len(data))
    try:
        members = msgspec.json.decode(data)
        is_canonical = isinstance(members, dict) and canonical_json(members) == data
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise _no_leaf("it is not JSON in canonical form") from None
    if not is_canonical or members.keys() - {"private"} != _MEMBERS or members["v"] != 1:
        raise _no_leaf("it does not have the members of a leaf in canonical form")
    for name, pattern in _PATTERNS.items():
        value = members.get(name, "0" * 64 if name == "private" else None)
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise _no_leaf(f"its {name} is malformed")
    if not isinstance(members["kind"], str) or not isinstance(members["public"], dict):
        raise _no_leaf("kind or public is of another type")
    private = bytes.fromhex(members["private"]) if "private" in members else None
    public = _checked(members["kind"], members["public"])
    return Leaf(members["kind"], public, members["realm"], members["time"], private)


def commitment(kind: str, body: bytes, key: Secret) -> bytes:
    """Commit to a private body: the result says nothing to whoever does not have the key."""
    return hmac.digest(key.reveal(), _LABEL + kind.encode() + b"\0" + body, "sha256")


def write_body(body: Mapping[str, object]) -> bytes:
    """Write the bytes that are committed to.

    Raises:
        LeafRefused: not a JSON object with a canonical form.
        LeafTooLarge: over the limit of a leaf.
    """
    try:
        data = canonical_json(body)
    except ValueError as error:
        raise LeafRefused(
            f"The private part holds {error}. Nothing was recorded. Use texts, whole numbers, lists and maps."
        ) from error
    if len(data) > MAX_LEAF_BYTES:
        raise LeafTooLarge(
            f"The private part has {len(data)} bytes, and the limit is {MAX_LEAF_BYTES}. "
            "Nothing was recorded. Keep only what must be provable.",
            size_bytes=len(data),
            limit_bytes=MAX_LEAF_BYTES,
        )
    return data


def _checked(kind: str, public: Mapping[str, object]) -> LeafKind:
    shape = KINDS.get(kind)
    if shape is None:
        raise KindUnknown(
            f'There is no kind of leaf "{kind[:60]}". Nothing was recorded. '
            "docs/reference/ledger-kinds.md lists the kinds.",
        )
    try:
        return msgspec.convert(public, shape)
    except msgspec.ValidationError as error:
        raise LeafRefused(
            f"These are not the public fields of {kind}: {error}. Nothing was recorded. "
            "docs/reference/ledger-kinds.md lists them.",
            kind=kind,
        ) from error


def _texts(public: Mapping[str, object]) -> Iterator[str]:
    for value in public.values():
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            yield from (each for each in value if isinstance(each, str))


def _no_leaf(why: str) -> LeafRefused:
    return LeafRefused(f"This is no leaf: {why}. It counts for nothing. Check where it came from.")
