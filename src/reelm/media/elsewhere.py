"""Encoding on another machine: what is offered, who may have it and for how long. Pure rules.

::

    OPEN ──take──▶ LEASED ──deliver──▶ DELIVERED        what came is looked at by the realm itself
     ▲  ▲            │ │                   │
     │  └─give back──┘ └─ lease over ─┐    │ refused
     │                                ▼    │
     └──────────────────────────── (free) ◀┘ ──reclaim──▶ HERE

An encoder is not trusted: it holds one source and the keys of that source's renditions, for the time of its
lease, and can write nothing but files of a limited size beside that source.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

import msgspec

from reelm.base import SealedBytes, UploadId
from reelm.media.cut import WHOLE, Cut
from reelm.media.model import Plan, Probe, Rung, plan

EncoderId = NewType("EncoderId", str)
EncodingId = NewType("EncodingId", str)
LeaseId = NewType("LeaseId", str)

_ENCRYPTION_BYTES = 16
_SOUND_BITS_PER_SECOND = 200_000
_FIRST_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Terms:
    """The limits under which encodings are lent.

    Attributes:
        lease_seconds: a lease ends after such a silence, and the encoding is free again.
        most_tries: what was lent so often without success is not lent again.
        base_seconds: no lease is renewed beyond this and ``seconds_per_second`` of the source.
    """

    lease_seconds: int = 30
    most_tries: int = 3
    base_seconds: float = 300.0
    seconds_per_second: float = 60.0


class Stand(StrEnum):
    """The state of an encoding; see the picture above."""

    OPEN = "open"
    LEASED = "leased"
    DELIVERED = "delivered"
    HERE = "here"


class Wanted(msgspec.Struct, frozen=True):
    """An order to encode: a source as it was probed, rungs of its plan, and the part that is taken of it."""

    probe: Probe
    rungs: tuple[str, ...]
    cut: Cut = WHOLE

    @property
    def plan(self) -> Plan:
        return plan(self.probe, self.cut)

    @property
    def chosen(self) -> tuple[Rung, ...]:
        return tuple(rung for rung in self.plan.every_rung if rung.name in self.rungs)


class Sent(msgspec.Struct, frozen=True):
    """One piece of what an encoder sent, as it says: bytes of ciphertext and the IV."""

    length: int
    iv: bytes


@dataclass(frozen=True, slots=True)
class Encoding:
    """One encoding that may be done elsewhere.

    Attributes:
        turn: what goes first; lower is earlier.
        queue_round: likewise, within a turn.
        lease: of whoever has it; each lending has a new one.
        ratio: how far its encoder says it is.
        tries: how often it was lent.
        keys_sealed: the keys of this lending, under the owner's key.
        delivery: pieces by rung, as its encoder said when it was done.
    """

    id: EncodingId
    upload_id: UploadId
    owner: str
    turn: int
    queue_round: int
    wanted: Wanted
    stand: Stand = Stand.OPEN
    encoder: EncoderId | None = None
    lease: LeaseId | None = None
    leased_at: datetime | None = None
    lease_until: datetime | None = None
    ratio: float = 0.0
    tries: int = 0
    keys_sealed: SealedBytes | None = None
    delivery: dict[str, tuple[Sent, ...]] | None = None

    @property
    def is_leased(self) -> bool:
        return self.stand is Stand.LEASED

    @property
    def is_delivered(self) -> bool:
        return self.stand is Stand.DELIVERED


@dataclass(frozen=True, slots=True)
class Borrower:
    """An encoder, and the lease it speaks of."""

    encoder: EncoderId
    lease: LeaseId


def is_free(encoding: Encoding, now: datetime) -> bool:
    """Return whether nobody is at work on it."""
    if encoding.stand is Stand.LEASED:
        return encoding.lease_until is None or encoding.lease_until <= now
    return encoding.stand is Stand.OPEN


def may_be_lent(encoding: Encoding, now: datetime, terms: Terms) -> bool:
    return is_free(encoding, now) and encoding.tries < terms.most_tries


def is_held(encoding: Encoding, by: Borrower, now: datetime) -> bool:
    """Return whether this encoder may still do something with it."""
    is_its = (encoding.encoder, encoding.lease) == (by.encoder, by.lease)
    return is_its and encoding.stand is Stand.LEASED and not is_free(encoding, now)


def lent(encoding: Encoding, by: Borrower, now: datetime, terms: Terms) -> Encoding:
    """Return the same in an encoder's hands; nothing of an earlier lending stays."""
    return replace(
        opened(encoding),
        stand=Stand.LEASED,
        encoder=by.encoder,
        lease=by.lease,
        leased_at=now,
        lease_until=now + timedelta(seconds=terms.lease_seconds),
        tries=encoding.tries + 1,
    )


def renewed(encoding: Encoding, ratio: float, now: datetime, terms: Terms) -> Encoding:
    """Return the same for another while, but not without end: who never delivers loses it."""
    begun = encoding.leased_at or now
    source_seconds = encoding.wanted.probe.duration_ms / 1000
    end = begun + timedelta(seconds=terms.base_seconds + terms.seconds_per_second * source_seconds)
    until = min(now + timedelta(seconds=terms.lease_seconds), end)
    return replace(encoding, lease_until=until, ratio=min(max(ratio, encoding.ratio), 0.99))


def opened(encoding: Encoding) -> Encoding:
    """Return the same in nobody's hands; how often it was lent is not forgotten."""
    return replace(
        encoding,
        stand=Stand.OPEN,
        encoder=None,
        lease=None,
        leased_at=None,
        lease_until=None,
        ratio=0.0,
        keys_sealed=None,
        delivery=None,
    )


def most_bytes(wanted: Wanted, name: str) -> int:
    """Return the most bytes of a rung that are taken in: what its encoding may have, and the padding."""
    planned = wanted.plan
    (rung,) = (each for each in wanted.chosen if each.name == name)
    bits = float(planned.duration_seconds) * (rung.max_bits_per_second * 2 + _SOUND_BITS_PER_SECOND)
    return int(bits / 8) + _FIRST_BYTES + _ENCRYPTION_BYTES * (len(planned.keyframes) + 1)
