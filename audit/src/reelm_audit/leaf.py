"""Leaves of a realm's ledger, read as strictly as docs/spec/ledger.md, "Leaf", demands."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any, NoReturn

from reelm_audit.errors import Malformed, Unusable
from reelm_audit.schema import Record

LEAF_MAX_BYTES = 16_384
_REALM = re.compile(r"[a-z0-9-]{1,32}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
_MEMBERS = frozenset({"kind", "public", "realm", "time", "v"})
_WITH_PRIVATE = _MEMBERS | {"private"}


@dataclass(frozen=True, slots=True)
class Leaf:
    """What the realm says that it did."""

    index: int
    kind: str
    realm: str
    time: str
    public: Mapping[str, Any]
    private: str | None

    @property
    def moment(self) -> datetime:
        """When it was made, by the realm's clock."""
        return datetime.fromisoformat(self.time)


def _refuse(number: str) -> NoReturn:
    raise ValueError(f"{number} is not an integer")


_decode = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse).decode
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def canonical(value: Any) -> bytes:
    """The canonical form (RFC 8785) of a value whose numbers are integers and whose names are ASCII."""
    return _encode(value).encode()


class Reader:
    """Reads leaves of the kinds that it knows."""

    def __init__(self, schemas: Mapping[str, Mapping[str, Any]]) -> None:
        self._records = {kind: Record(schema) for kind, schema in schemas.items()}

    def read(self, raw: bytes, index: int) -> Leaf:
        """Raises ``Malformed``, saying what is wrong and not what the leaf says."""
        value = self.check(raw)
        public, private = value["public"], value.get("private")
        return Leaf(index, value["kind"], value["realm"], value["time"], public, private)

    def check(self, raw: bytes) -> dict[str, Any]:
        """The members of a leaf. Raises ``Malformed``."""
        if len(raw) > LEAF_MAX_BYTES:
            raise Malformed(f"it has more than {LEAF_MAX_BYTES} bytes")
        try:
            text = raw.decode()
            value = _decode(text)
        except (ValueError, RecursionError):
            raise Malformed("it is not JSON with integers only") from None
        if _encode(value) != text:
            raise Malformed("it is not in canonical form (RFC 8785)")
        self._check_members(value)
        members: dict[str, Any] = value
        return members

    def _check_members(self, value: Any) -> None:
        if not isinstance(value, dict) or value.keys() not in (_MEMBERS, _WITH_PRIVATE):
            raise Malformed("its members are not those of a leaf")
        kind, realm, time, private = value["kind"], value["realm"], value["time"], value.get("private")
        if type(value["v"]) is not int or value["v"] != 1:
            raise Malformed("it is of another version")
        if not (isinstance(realm, str) and _REALM.fullmatch(realm)):
            raise Malformed("its realm is no realm's id")
        if not (isinstance(time, str) and _is_moment(time)):
            raise Malformed("its time is not a moment in UTC with milliseconds")
        if "private" in value and not (isinstance(private, str) and _DIGEST.fullmatch(private)):
            raise Malformed("its commitment is not 64 hexadecimal digits")
        record = self._records.get(kind) if isinstance(kind, str) else None
        if record is None:
            raise Malformed("its kind is not a published one")
        if fault := record.fault(value["public"]):
            raise Malformed(f"{kind}: {fault}")


def _is_moment(text: str) -> bool:
    if not _TIME.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def reader(kinds: Path | None = None) -> Reader:
    """A reader of the published kinds.

    Args:
        kinds: a file of schemas to use in place of those that came with this version.

    Raises:
        Unusable: the file cannot be used.
    """
    try:
        text = (kinds or resources.files(__package__).joinpath("kinds.json")).read_text(encoding="utf-8")
        return Reader(json.loads(text))
    except (OSError, ValueError, KeyError, AttributeError, Malformed) as fault:
        raise Unusable(f"The kinds of leaves cannot be read from {kinds}: {fault}") from None
