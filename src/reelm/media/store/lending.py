"""Encodings that encoders elsewhere may take."""

from typing import Any

import msgspec
from sqlalchemy import Row, delete, insert, select, update

from reelm.base import Tx, UploadId
from reelm.media.elsewhere import Encoding, LeaseId, Sent, Stand, Wanted
from reelm.media.store.tables import encodings

_CANDIDATES = 64
_BEFORE_LENDING = (Stand.OPEN.value, Stand.LEASED.value)


async def add_encoding(tx: Tx, made: Encoding) -> None:
    fixed = {
        "id": made.id,
        "upload_id": made.upload_id,
        "owner": made.owner,
        "turn": made.turn,
        "queue_round": made.queue_round,
        "wanted": msgspec.json.encode(made.wanted).decode(),
    }
    await tx.execute(insert(encodings).values({**fixed, **_changing(made)}))


async def encoding_of(tx: Tx, upload: UploadId, turn: int) -> Encoding | None:
    query = select(encodings).where(encodings.c.upload_id == upload, encodings.c.turn == turn)
    row = (await tx.execute(query)).first()
    return None if row is None else _encoding(row)


async def encoding_leased(tx: Tx, lease: LeaseId) -> Encoding | None:
    row = (await tx.execute(select(encodings).where(encodings.c.lease == lease))).first()
    return None if row is None else _encoding(row)


async def lendable(tx: Tx) -> tuple[Encoding, ...]:
    """Return the encodings that may be free, the one that goes first at the front."""
    query = select(encodings).where(encodings.c.stand.in_(_BEFORE_LENDING))
    ordered = query.order_by(encodings.c.turn, encodings.c.queue_round, encodings.c.id).limit(_CANDIDATES)
    return tuple(_encoding(row) for row in await tx.execute(ordered))


async def change(tx: Tx, was: Encoding, becomes: Encoding) -> bool:
    """Change it if it is still as the caller has seen it; return whether it was."""
    same_lease = encodings.c.lease.is_(None) if was.lease is None else encodings.c.lease == was.lease
    query = update(encodings).where(
        encodings.c.id == was.id, encodings.c.stand == was.stand.value, same_lease
    )
    return (await tx.execute(query.values(**_changing(becomes)))).rowcount == 1


async def remove_encodings(tx: Tx, upload: UploadId) -> None:
    """Forget what was to be made of an upload. Safe to repeat."""
    await tx.execute(delete(encodings).where(encodings.c.upload_id == upload))


def _changing(encoding: Encoding) -> dict[str, Any]:
    said = encoding.delivery
    return {
        "stand": encoding.stand.value,
        "encoder": encoding.encoder,
        "lease": encoding.lease,
        "leased_at": encoding.leased_at,
        "lease_until": encoding.lease_until,
        "ratio": encoding.ratio,
        "tries": encoding.tries,
        "keys_sealed": encoding.keys_sealed,
        "delivery": None if said is None else msgspec.json.encode(said).decode(),
    }


def _encoding(row: Row[Any]) -> Encoding:
    said = row.delivery
    return Encoding(
        id=row.id,
        upload_id=UploadId(row.upload_id),
        owner=row.owner,
        turn=row.turn,
        queue_round=row.queue_round,
        wanted=msgspec.json.decode(row.wanted, type=Wanted),
        stand=Stand(row.stand),
        encoder=row.encoder,
        lease=row.lease,
        leased_at=row.leased_at,
        lease_until=row.lease_until,
        ratio=row.ratio,
        tries=row.tries,
        keys_sealed=row.keys_sealed,
        delivery=None if said is None else msgspec.json.decode(said, type=dict[str, tuple[Sent, ...]]),
    )
