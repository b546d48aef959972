"""Small objects and the packs that hold them.

An entry is there from the transaction that makes its pack readable until its row is removed, at once. What
its bytes leave behind makes the pack due; compaction moves the rows of the living to another pack, and only
rows that still exist move.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, literal, or_, select, union_all, update
from sqlalchemy.exc import IntegrityError

from reelm.base import ObjectId, Tx
from reelm.vault.errors import Superseded
from reelm.vault.model import FragmentState, ObjectState, Receipt
from reelm.vault.store.objects import ObjectRecord, find, mark_deleting
from reelm.vault.store.tables import entries, objects, packs


@dataclass(frozen=True, slots=True)
class EntryRecord:
    """One small object as the records know it; ``root`` stays the same in whatever pack it lies."""

    entry_id: ObjectId
    reference: str
    start_byte: int
    packed_bytes: int
    length_bytes: int
    root: bytes
    owner: str | None = None

    def receipt(self, pack: ObjectRecord) -> Receipt:
        stored = [piece for piece in pack.fragments if piece.state is FragmentState.STORED]
        return Receipt(
            object_id=self.entry_id,
            reference=self.reference,
            suite=pack.shape.suite,
            length_bytes=self.length_bytes,
            object_root=self.root,
            fragments_stored=len(stored),
            n=pack.shape.n,
        )


@dataclass(frozen=True, slots=True)
class Packed:
    """An entry and the pack it lies in."""

    entry: EntryRecord
    pack: ObjectRecord

    def receipt(self) -> Receipt:
        return self.entry.receipt(self.pack)


async def find_entry(tx: Tx, entry_id: ObjectId) -> Packed | None:
    row = (await tx.execute(select(entries).where(entries.c.entry_id == entry_id))).first()
    if row is None:
        return None
    pack = await find(tx, ObjectId(row.pack_id))
    return None if pack is None else Packed(_read(row), pack)


async def find_receipt(tx: Tx, reference: str) -> Receipt | None:
    """Of what is stored under that reference, however small it is."""
    return (await find_receipts(tx, [reference])).get(reference)


async def find_receipts(tx: Tx, references: Sequence[str]) -> dict[str, Receipt]:
    """Of those references that something is stored under."""
    return await _receipts(tx, await _held(tx, references))


async def add_entries(
    tx: Tx, pack: ObjectRecord, records: Sequence[EntryRecord], *, packed_bytes: int
) -> dict[str, Receipt]:
    """Say what a pack holds; whatever else of ``packed_bytes`` it has is garbage from the start.

    The receipts of all, by reference: where someone was faster, of what is stored there. Unfinished objects
    lose the reference, and whoever is writing one is superseded.

    Raises:
        Superseded: another process stores one of them at this very moment; ``tx`` can do nothing more.
    """
    held = await _held(tx, [record.reference for record in records])
    known = await _receipts(tx, held)
    for row in held:
        if row.state == ObjectState.INTENT.value:
            await mark_deleting(tx, ObjectId(row.holder_id))
    fresh = [record for record in records if record.reference not in known]
    try:
        await _insert(tx, pack.object_id, fresh, packed_bytes=packed_bytes)
    except IntegrityError:
        raise Superseded("Someone else stores the same thing. This copy was dropped. Try again.") from None
    return known | {record.reference: record.receipt(pack) for record in fresh}


async def _insert(tx: Tx, pack_id: ObjectId, records: Sequence[EntryRecord], *, packed_bytes: int) -> None:
    await _add_pack(tx, pack_id, packed_bytes, live_bytes=sum(record.packed_bytes for record in records))
    rows = [
        {
            "entry_id": record.entry_id,
            "reference": record.reference,
            "pack_id": pack_id,
            "start_byte": record.start_byte,
            "packed_bytes": record.packed_bytes,
            "length_bytes": record.length_bytes,
            "entry_root": record.root,
            "owner": record.owner,
        }
        # By reference, so that two processes with the same ones never wait for each other in a circle.
        for record in sorted(records, key=lambda record: record.reference)
    ]
    if rows:
        await tx.execute(insert(entries), rows)


async def remove_entry(tx: Tx, entry_id: ObjectId) -> bool:
    """Make an entry unreadable, free its reference, and count its bytes as garbage; whether it was there."""
    gone = await tx.execute(
        delete(entries)
        .where(entries.c.entry_id == entry_id)
        .returning(entries.c.pack_id, entries.c.packed_bytes)
    )
    row = gone.first()
    if row is None:
        return False
    await _bury(tx, {row.pack_id: row.packed_bytes}, is_urgent=False)
    return True


async def remove_entries_of(tx: Tx, owner: str) -> int:
    """Make all entries of an owner unreadable; their packs are due at once. How many there were."""
    gone = await tx.execute(
        delete(entries).where(entries.c.owner == owner).returning(entries.c.pack_id, entries.c.packed_bytes)
    )
    rows = gone.all()
    garbage: dict[str, int] = {}
    for row in rows:
        garbage[row.pack_id] = garbage.get(row.pack_id, 0) + row.packed_bytes
    await _bury(tx, garbage, is_urgent=True)
    return len(rows)


async def due_packs(tx: Tx, *, after: str, limit: int) -> tuple[ObjectId, ...]:
    """Packs to compact, in the order of their ids, from behind ``after`` on."""
    rows = await tx.scalars(
        select(packs.c.pack_id)
        .where(packs.c.is_due, packs.c.pack_id > after)
        .order_by(packs.c.pack_id)
        .limit(limit)
    )
    return tuple(ObjectId(row) for row in rows)


async def entries_of(tx: Tx, pack_id: ObjectId) -> tuple[EntryRecord, ...]:
    """What lives in a pack, in the order in which it lies there."""
    rows = await tx.execute(
        select(entries).where(entries.c.pack_id == pack_id).order_by(entries.c.start_byte)
    )
    return tuple(_read(row) for row in rows)


async def move_entries(
    tx: Tx, records: Iterable[EntryRecord], *, old: ObjectId, new: ObjectId, packed_bytes: int
) -> int:
    """Say that entries lie in another pack now, and drop the old one's row. How many moved.

    One that was removed in the meantime stays removed, and is garbage in the new pack too.
    """
    await _add_pack(tx, new, packed_bytes, live_bytes=0)
    await tx.execute(
        update(entries)
        .where(entries.c.entry_id == bindparam("which"), entries.c.pack_id == old)
        .values(pack_id=new, start_byte=bindparam("start")),
        [{"which": record.entry_id, "start": record.start_byte} for record in records],
    )
    moved = await entries_of(tx, new)
    live_bytes = sum(record.packed_bytes for record in moved)
    await tx.execute(
        update(packs)
        .where(packs.c.pack_id == new)
        .values(live_bytes=live_bytes, is_due=_is_due(live_bytes, packed_bytes))
    )
    await retire(tx, old)
    return len(moved)


async def retire(tx: Tx, object_id: ObjectId) -> bool:
    """Mark an object for deletion, unless it is a pack in which something lives; whether that was done."""
    if await tx.scalar(select(entries.c.entry_id).where(entries.c.pack_id == object_id).limit(1)):
        return False
    await tx.execute(delete(packs).where(packs.c.pack_id == object_id))
    await mark_deleting(tx, object_id)
    return True


async def _add_pack(tx: Tx, pack_id: ObjectId, packed_bytes: int, *, live_bytes: int) -> None:
    await tx.execute(
        insert(packs).values(
            pack_id=pack_id,
            packed_bytes=packed_bytes,
            live_bytes=live_bytes,
            is_due=_is_due(live_bytes, packed_bytes),
        )
    )


async def _bury(tx: Tx, garbage: Mapping[str, int], *, is_urgent: bool) -> None:
    """Count bytes of packs as garbage, and call those due of which too little lives."""
    left = packs.c.live_bytes - bindparam("gone")
    due = literal(True) if is_urgent else or_(packs.c.is_due, left * 2 < packs.c.packed_bytes)
    rows = [{"which": pack_id, "gone": gone} for pack_id, gone in sorted(garbage.items())]
    if rows:
        await tx.execute(
            update(packs).where(packs.c.pack_id == bindparam("which")).values(live_bytes=left, is_due=due),
            rows,
        )


def _is_due(live_bytes: int, packed_bytes: int) -> bool:
    return live_bytes * 2 < packed_bytes


# Made once: a statement with many parameters is slow to put together.
_HELD = union_all(
    select(
        entries.c.reference,
        entries.c.entry_id.label("holder_id"),
        literal(ObjectState.STORED.value).label("state"),
        literal(True).label("is_small"),
    ).where(entries.c.reference.in_(bindparam("references", expanding=True))),
    select(objects.c.reference, objects.c.object_id, objects.c.state, literal(False)).where(
        objects.c.reference.in_(bindparam("references", expanding=True))
    ),
)


async def _held(tx: Tx, references: Sequence[str]) -> Sequence[Row[Any]]:
    """What has one of these references, stored or not."""
    return (await tx.execute(_HELD, {"references": references})).all()


async def _receipts(tx: Tx, held: Iterable[Row[Any]]) -> dict[str, Receipt]:
    found: dict[str, Receipt] = {}
    for row in held:
        if row.state == ObjectState.STORED.value:
            holder = ObjectId(row.holder_id)
            record = await find_entry(tx, holder) if row.is_small else await find(tx, holder)
            if record is not None:
                found[row.reference] = record.receipt()
    return found


def _read(row: Row[Any]) -> EntryRecord:
    return EntryRecord(
        entry_id=ObjectId(row.entry_id),
        reference=row.reference,
        start_byte=row.start_byte,
        packed_bytes=row.packed_bytes,
        length_bytes=row.length_bytes,
        root=row.entry_root,
        owner=row.owner,
    )
