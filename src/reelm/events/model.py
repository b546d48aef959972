"""Facts, their kinds, and the form in which they are stored: pure rules.

A package declares a fact beside the code that states it::

    @fact("clip.liked", subjects=("clip_id", "account_id"), retention_days=90)
    @dataclass(frozen=True, slots=True)
    class ClipLiked(Fact):
        clip_id: ClipId
        account_id: AccountId
        at: datetime

Fields named in ``protected`` are sealed under the key of the account in the field ``owner``, and have a type
that allows ``Erased``: that is their value once this key is destroyed. A field that is added later needs a
default, with which older facts are read; any other change of fields needs a higher version.
"""

import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar, Protocol, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from reelm.base import AccountId, SealedBytes, canonical_json
from reelm.events.errors import FactBroken, FactUnknown

F = TypeVar("F", bound="Fact")


class Erased(Enum):
    """The value of a protected field whose key was destroyed."""

    ERASED = "erased"


ERASED = Erased.ERASED


@dataclass(frozen=True, slots=True)
class FactKind:
    """The declaration of a kind of fact.

    Attributes:
        name: as it is stored, such as ``clip.liked``; it never changes.
        version: of its fields.
        subjects: the fields with the ids that the fact is about.
        owner: the field with the account whose key seals the protected fields; None or an empty field:
            they are sealed under the realm's key.
        protected: the fields that are sealed.
        retention_days: after how many days the log forgets such a fact; None for never.
    """

    name: str
    version: int = 1
    subjects: tuple[str, ...] = ()
    owner: str | None = None
    protected: tuple[str, ...] = ()
    retention_days: int | None = None


class Fact:
    """The base of everything that happened: a frozen dataclass with a time ``at``, declared by ``@fact``."""

    __slots__ = ()
    fact_kind: ClassVar[FactKind]

    at: datetime


@dataclass(frozen=True, slots=True)
class UnknownFact:
    """A fact of a kind, or of a version, that this code does not know; without its protected fields."""

    name: str
    version: int
    subjects: tuple[str, ...]
    at: datetime
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """A fact as it is stored, with nothing protected in the clear.

    Attributes:
        kind: the name of its kind.
        at: when it happened.
        body: canonical JSON of version, subjects and unprotected fields.
        source: names the fact, so that the log takes it once; None for a signal, which is not repeated.
        owner: the account whose key seals ``sealed``; None for the realm's key.
        sealed: the protected fields.
    """

    kind: str
    at: datetime
    body: bytes
    source: str | None = None
    owner: AccountId | None = None
    sealed: SealedBytes | None = None


@dataclass(frozen=True, slots=True)
class NumberedEntry:
    """An entry with its number in the log."""

    sequence: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class Event:
    """A fact as a consumer gets it, with its number in the log."""

    sequence: int
    fact: Fact | UnknownFact


class _Declare(Protocol):
    def __call__(self, cls: type[F], /) -> type[F]: ...


_KINDS: dict[str, type[Fact]] = {}
_READERS: dict[type[Fact], tuple[msgspec.json.Decoder[Any], msgspec.json.Decoder[Any]]] = {}


def fact(
    name: str,
    *,
    version: int = 1,
    subjects: Sequence[str] = (),
    owner: str | None = None,
    protected: Sequence[str] = (),
    retention_days: int | None = None,
) -> _Declare:
    """Declare a kind of fact; the arguments are the attributes of ``FactKind``.

    Raises:
        ValueError: the name is taken, or a field is named that the class does not have.
    """

    def declare(cls: type[F], /) -> type[F]:
        known = {field.name for field in fields(cls)}  # type: ignore[arg-type] # a dataclass, or this raises
        named = {"at", *subjects, *protected, *([owner] if owner else [])}
        if not named <= known:
            raise ValueError(f"{cls.__name__} has no field {', '.join(sorted(named - known))}")
        if {"at", owner} & set(protected):
            raise ValueError("the time and the owner of a fact cannot be sealed")
        hints = get_type_hints(cls) if protected else {}
        for each in protected:
            _without_erased(cls, each, hints[each])
        taken = _KINDS.get(name)
        if taken is not None and (taken.__module__, taken.__qualname__) != (cls.__module__, cls.__qualname__):
            raise ValueError(f"two facts are named {name}")
        cls.fact_kind = FactKind(name, version, tuple(subjects), owner, tuple(protected), retention_days)
        _KINDS[name] = cls
        return cls

    return declare


def declared_kinds() -> tuple[FactKind, ...]:
    """Return every kind that the imported packages declare, by name."""
    return tuple(_KINDS[name].fact_kind for name in sorted(_KINDS))


def owner_of(stated: Fact) -> AccountId | None:
    """Return the account whose key seals the protected fields of a fact; None for the realm's key."""
    name = stated.fact_kind.owner
    return None if name is None else getattr(stated, name)


def write_fact(stated: Fact) -> tuple[bytes, bytes | None]:
    """Return the body of a fact, and its protected fields (to be sealed) when it has any.

    Raises:
        FactUnknown: its class was never declared.
        ValueError: a field has no canonical form.
    """
    kind = stated.fact_kind if type(stated).__dict__.get("fact_kind") else None
    if kind is None:
        raise FactUnknown(f"{type(stated).__name__} was not declared with @fact. Nothing was stated.")
    values = msgspec.to_builtins(stated)
    del values["at"]
    protected = {name: values.pop(name) for name in kind.protected}
    subjects = [values[name] for name in kind.subjects if values.get(name) is not None]
    body = canonical_json({"fields": values, "subjects": subjects, "version": kind.version})
    kept = {name: value for name, value in protected.items() if getattr(stated, name) is not ERASED}
    return body, canonical_json(kept) if kept else None


def read_fact(entry: Entry, protected: bytes | None) -> Fact | UnknownFact:
    """Return the fact of an entry.

    Args:
        entry: as it is stored.
        protected: its opened protected fields; None when nobody can open them any more.

    Raises:
        FactBroken: it is not what its kind says.
    """
    try:
        body = _BODY.decode(entry.body)
        cls = _KINDS.get(entry.kind)
        if cls is None or body.version > cls.fact_kind.version:
            plain = msgspec.json.decode(body.fields)
            return UnknownFact(entry.kind, body.version, body.subjects, entry.at, plain)
        open_fields, sealed_fields = _decoders(cls)
        values = msgspec.structs.asdict(open_fields.decode(body.fields))
        sealed = sealed_fields.decode(protected or b"{}")
    except msgspec.MsgspecError as error:
        raise FactBroken(
            f"A fact of the kind {entry.kind} is not what its kind says. Nothing was done with it. "
            "Was this realm run by a newer version? Then start that one."
        ) from error
    values |= {
        name: ERASED if value is msgspec.UNSET else value
        for name, value in msgspec.structs.asdict(sealed).items()
    }
    return cls(at=entry.at, **values)  # type: ignore[call-arg] # the fields of its dataclass


class _Body(msgspec.Struct):
    fields: msgspec.Raw
    subjects: tuple[str, ...]
    version: int


_BODY = msgspec.json.Decoder(_Body)


def _decoders(cls: type[Fact]) -> tuple[msgspec.json.Decoder[Any], msgspec.json.Decoder[Any]]:
    """Return the readers of a kind's open fields and of its protected ones, which may all be missing."""
    if cls in _READERS:
        return _READERS[cls]
    hints = get_type_hints(cls)
    open_fields: list[Any] = []
    sealed_fields: list[Any] = []
    for field in fields(cls):  # type: ignore[arg-type] # as in ``fact``
        if field.name in cls.fact_kind.protected:
            inner = _without_erased(cls, field.name, hints[field.name])
            sealed_fields.append((field.name, inner | msgspec.UnsetType, msgspec.UNSET))
        elif field.name != "at":
            open_fields.append((field.name, hints[field.name], *_default(field)))
    _READERS[cls] = (
        msgspec.json.Decoder(msgspec.defstruct(f"{cls.__name__}Open", open_fields, kw_only=True)),
        msgspec.json.Decoder(msgspec.defstruct(f"{cls.__name__}Sealed", sealed_fields, kw_only=True)),
    )
    return _READERS[cls]


def _default(field: Field[Any]) -> tuple[Any, ...]:
    if field.default is not MISSING:
        return (field.default,)
    if field.default_factory is not MISSING:
        return (msgspec.field(default_factory=field.default_factory),)
    return ()


def _without_erased(cls: type[Fact], name: str, hint: Any) -> Any:
    inner = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else ()
    if Erased not in inner:
        raise TypeError(f"{cls.__name__}.{name} is protected: its type must allow Erased")
    return Union[tuple(each for each in inner if each is not Erased)]  # noqa: UP007 - made at run time
