"""Know the renditions of clips and where their segments are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select, update

from reelm.base import AccountId, ClipId, Clock, ObjectId, RenditionId, SealedBytes, Tx
from reelm.delivery.model import Rendition
from reelm.delivery.store.tables import renditions, segments
from reelm.media import Piece


@dataclass(frozen=True)
class SegmentPlace:
    """The place of a segment's bytes."""

    object_id: ObjectId
    offset: int
    length: int


class Renditions:
    """The renditions that players may have."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def announce(self, tx: Tx, rendition: Rendition, key_sealed: SealedBytes) -> None:
        """Let players find a rendition whose bytes are stored. Safe to repeat."""
        known = await tx.execute(select(renditions.c.id).where(renditions.c.id == rendition.id))
        if known.first() is not None:
            return
        await tx.execute(
            renditions.insert().values(
                id=rendition.id,
                clip_id=rendition.clip_id,
                owner=rendition.owner,
                name=rendition.name,
                codecs=rendition.codecs,
                width=rendition.width,
                height=rendition.height,
                peak_bits_per_second=rendition.peak_bits_per_second,
                average_bits_per_second=rendition.average_bits_per_second,
                frame_rate=rendition.frame_rate,
                object_id=rendition.object_id,
                key_sealed=key_sealed,
            )
        )
        await tx.execute(
            segments.insert(),
            [
                {
                    "name": piece.name,
                    "rendition_id": rendition.id,
                    "sequence": sequence,
                    "start_byte": piece.offset,
                    "length_bytes": piece.length,
                    "iv": piece.iv,
                    "duration_ms": piece.duration_ms,
                }
                for sequence, piece in enumerate(rendition.pieces)
            ],
        )

    async def of_clip(self, tx: Tx, clip_id: ClipId) -> tuple[Rendition, ...]:
        """Return the clip's renditions that players may begin with, without their pieces."""
        wanted = _live().where(renditions.c.clip_id == clip_id, renditions.c.retired_at.is_(None))
        rows = await tx.execute(wanted)
        return tuple(_rendition(row, ()) for row in rows)

    async def find(self, tx: Tx, clip_id: ClipId, rendition_id: RenditionId) -> Rendition | None:
        """Return a rendition of a clip, with its pieces; None when it is not of this clip, or withdrawn."""
        row = (
            await tx.execute(_live().where(renditions.c.id == rendition_id, renditions.c.clip_id == clip_id))
        ).first()
        if row is None:
            return None
        pieces = await tx.execute(
            select(segments).where(segments.c.rendition_id == rendition_id).order_by(segments.c.sequence)
        )
        return _rendition(row, tuple(_piece(piece) for piece in pieces))

    async def key_of(
        self, tx: Tx, clip_id: ClipId, rendition_id: RenditionId
    ) -> tuple[AccountId, SealedBytes] | None:
        """Return whose key opens the key of a rendition that is not withdrawn, and that key, sealed."""
        row = (
            await tx.execute(
                select(renditions.c.owner, renditions.c.key_sealed).where(
                    renditions.c.id == rendition_id,
                    renditions.c.clip_id == clip_id,
                    renditions.c.withdrawn_at.is_(None),
                )
            )
        ).first()
        return None if row is None else (AccountId(row.owner), row.key_sealed)

    async def retire(self, tx: Tx, clip_id: ClipId, name: str) -> None:
        """Announce a rendition no longer, because better ones took its place. Safe to repeat.

        Players that are in the middle of it go on, until ``withdraw_retired`` says otherwise.
        """
        mark = update(renditions).where(renditions.c.clip_id == clip_id, renditions.c.name == name)
        await tx.execute(mark.where(renditions.c.retired_at.is_(None)).values(retired_at=self._clock.now()))

    async def withdraw_retired(self, tx: Tx, *, before: datetime) -> tuple[str, ...]:
        """Withdraw what was retired before a moment; return the segment names that caches must forget."""
        wanted = (renditions.c.retired_at <= before, renditions.c.withdrawn_at.is_(None))
        names = await tx.execute(
            select(segments.c.name)
            .join(renditions, segments.c.rendition_id == renditions.c.id)
            .where(*wanted)
        )
        found = tuple(row.name for row in names)
        await tx.execute(update(renditions).where(*wanted).values(withdrawn_at=self._clock.now()))
        return found


async def place(tx: Tx, name: str) -> SegmentPlace | None:
    """Return where the bytes of a segment are; None when no rendition that players can have has it."""
    row = (
        await tx.execute(
            select(renditions.c.object_id, segments.c.start_byte, segments.c.length_bytes)
            .join(segments, segments.c.rendition_id == renditions.c.id)
            .where(segments.c.name == name, renditions.c.withdrawn_at.is_(None))
        )
    ).first()
    return None if row is None else SegmentPlace(ObjectId(row.object_id), row.start_byte, row.length_bytes)


def _live() -> Select[Any]:
    return select(renditions).where(renditions.c.withdrawn_at.is_(None))


def _rendition(row: Row[Any], pieces: tuple[Piece, ...]) -> Rendition:
    return Rendition(
        id=RenditionId(row.id),
        clip_id=ClipId(row.clip_id),
        owner=AccountId(row.owner),
        name=row.name,
        codecs=row.codecs,
        width=row.width,
        height=row.height,
        peak_bits_per_second=row.peak_bits_per_second,
        average_bits_per_second=row.average_bits_per_second,
        frame_rate=row.frame_rate,
        object_id=ObjectId(row.object_id),
        pieces=pieces,
    )


def _piece(row: Row[Any]) -> Piece:
    return Piece(row.name, row.start_byte, row.length_bytes, bytes(row.iv), row.duration_ms)
