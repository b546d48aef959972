"""Find and change small objects and the packs that hold them.

An entry lives from the transaction that makes its pack readable until its reference is taken away, at once
and for good. Its row stays as long as its bytes do: compaction copies what lives to another pack, the rows
follow, and what is left goes with the old pack.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, delete, insert, literal, or_, select, union_all, update
from sqlalchemy.exc import IntegrityError

from reelm.base import ObjectId, Tx
from reelm.vault.errors import Superseded
from reelm.vault.model import FragmentState, ObjectState, PutReceipt
from reelm.vault.store.objects import ObjectRecord, find, mark_deleting
from reelm.vault.store.tables import entries, objects, packs

_LIVES = entries.c.reference.is_not(None)


@dataclass(frozen=True, slots=True)
class EntryRecord:
    """One small object as the database knows it.

    ``root`` stays the same in whatever pack it lies. Without a ``reference`` it is garbage.
    """

    entry_id: ObjectId
    reference: str | None
    start_byte: int
    packed_bytes: int
    length_bytes: int
    root: bytes
    owner: str | None = None

    def receipt(self, pack: ObjectRecord) -> PutReceipt:
        """Return the proof for its caller, given the pack it lies in."""
        stored = [piece for piece in pack.fragments if piece.state is FragmentState.STORED]
        return PutReceipt(
            object_id=self.entry_id,
            reference=self.reference or "",
            suite=pack.shape.suite,
            length_bytes=self.length_bytes,
            object_root=self.root,
            fragments_stored=len(stored),
            n=pack.shape.n,
        )


@dataclass(frozen=True, slots=True)
class PackedEntry:
    """An entry and the pack it lies in."""

    entry: EntryRecord
    pack: ObjectRecord

    def receipt(self) -> PutReceipt:
        """Return the proof for the entry's caller."""
        return self.entry.receipt(self.pack)


async def find_entry(tx: Tx, entry_id: ObjectId) -> PackedEntry | None:
    """Return a living entry with its pack; None when there is none."""
    row = (await tx.execute(select(entries).where(entries.c.entry_id == entry_id, _LIVES))).first()
    if row is None:
        return None
    pack = await find(tx, ObjectId(row.pack_id))
    return None if pack is None else PackedEntry(_read(row), pack)


async def find_receipts(tx: Tx, references: Sequence[str]) -> dict[str, PutReceipt]:
    """Return the receipts of what is stored under these references, by reference."""
    return await _receipts(tx, await _holders(tx, references))


async def add_entries(tx: Tx, pack: ObjectRecord, records: Sequence[EntryRecord]) -> dict[str, PutReceipt]:
    """Record what a new pack holds, garbage included, and return the receipts of all by reference.

    Where someone was faster, the receipt is of what is stored there, and ours is garbage. Unfinished objects
    lose the reference, and whoever is writing one is superseded.

    Raises:
        Superseded: another process stores one of them at this very moment; ``tx`` can do nothing more.
    """
    held = await _holders(tx, [record.reference for record in records if record.reference is not None])
    known = await _receipts(tx, held)
    for row in held:
        if row.state == ObjectState.INTENT.value:
            await mark_deleting(tx, ObjectId(row.holder_id))
    ours = [replace(each, reference=None) if each.reference in known else each for each in records]
    try:
        await _insert(tx, pack.object_id, ours)
    except IntegrityError:
        raise Superseded("Someone else stores the same thing. This copy was dropped. Try again.") from None
    return known | {each.reference: each.receipt(pack) for each in ours if each.reference is not None}


async def _insert(tx: Tx, pack_id: ObjectId, records: Sequence[EntryRecord]) -> None:
    packed_bytes = sum(record.packed_bytes for record in records)
    await _add_pack(tx, pack_id, packed_bytes, live_bytes=_live_bytes(records))
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
        for record in sorted(records, key=lambda record: record.reference or "")
    ]
    await tx.execute(insert(entries), rows)


async def remove_entry(tx: Tx, entry_id: ObjectId) -> bool:
    """Make an entry garbage and its reference free; return whether it lived."""
    return bool(await _discard(tx, entries.c.entry_id == entry_id))


async def remove_entries_of(tx: Tx, owner: str) -> int:
    """Make all entries of an owner garbage; packs with any of them are due at once. Return how many lived."""
    theirs = entries.c.owner == owner
    await _lock(tx, theirs)
    count = await _discard(tx, theirs)
    holding = select(entries.c.pack_id).where(theirs)
    await tx.execute(update(packs).where(packs.c.pack_id.in_(holding)).values(is_due=True))
    return count


async def _lock(tx: Tx, which: ColumnElement[bool]) -> None:
    """Lock entries in the order of their ids, so that nobody waits for anybody else in a circle."""
    await tx.execute(select(entries.c.entry_id).where(which).order_by(entries.c.entry_id).with_for_update())


async def _discard(tx: Tx, which: ColumnElement[bool]) -> int:
    gone = await tx.execute(
        update(entries)
        .where(which, _LIVES)
        .values(reference=None)
        .returning(entries.c.pack_id, entries.c.packed_bytes)
    )
    garbage = Counter[str]()
    rows = gone.all()
    for row in rows:
        garbage[row.pack_id] += row.packed_bytes
    if rows:
        left = packs.c.live_bytes - bindparam("gone")
        await tx.execute(
            update(packs)
            .where(packs.c.pack_id == bindparam("which"))
            .values(live_bytes=left, is_due=or_(packs.c.is_due, left * 2 < packs.c.packed_bytes)),
            [{"which": pack_id, "gone": gone_bytes} for pack_id, gone_bytes in sorted(garbage.items())],
        )
    return len(rows)


async def due_packs(tx: Tx, *, after: str, limit: int) -> tuple[ObjectId, ...]:
    """Return packs to compact, in the order of their ids, from behind ``after`` on."""
    rows = await tx.scalars(
        select(packs.c.pack_id)
        .where(packs.c.is_due, packs.c.pack_id > after)
        .order_by(packs.c.pack_id)
        .limit(limit)
    )
    return tuple(ObjectId(row) for row in rows)


async def entries_of(tx: Tx, pack_id: ObjectId) -> tuple[EntryRecord, ...]:
    """Return the living entries of a pack, in the order in which they lie there."""
    rows = await tx.execute(
        select(entries).where(entries.c.pack_id == pack_id, _LIVES).order_by(entries.c.start_byte)
    )
    return tuple(_read(row) for row in rows)


async def move_entries(tx: Tx, records: Sequence[EntryRecord], *, old: ObjectId, new: ObjectId) -> int:
    """Record that entries lie in another pack now, retire the old one, and return how many of them live.

    One that was removed in the meantime stays so, but its bytes were copied: then the new pack is due too.
    """
    await _lock(tx, entries.c.pack_id == old)
    packed_bytes = sum(record.packed_bytes for record in records)
    await _add_pack(tx, new, packed_bytes, live_bytes=packed_bytes)
    await tx.execute(
        update(entries)
        .where(entries.c.entry_id == bindparam("which"), entries.c.pack_id == old)
        .values(pack_id=new, start_byte=bindparam("start")),
        [
            {"which": record.entry_id, "start": record.start_byte}
            for record in sorted(records, key=lambda record: record.entry_id)
        ],
    )
    living = await entries_of(tx, new)
    if len(living) < len(records):
        now = {"live_bytes": _live_bytes(living), "is_due": True}
        await tx.execute(update(packs).where(packs.c.pack_id == new).values(**now))
    await retire(tx, old)
    return len(living)


async def mark_pack_due(tx: Tx, object_id: ObjectId) -> bool:
    """Make a pack due, whatever lives in it; return False when the object is none."""
    due = await tx.execute(update(packs).where(packs.c.pack_id == object_id).values(is_due=True))
    return due.rowcount > 0


async def retire(tx: Tx, object_id: ObjectId) -> bool:
    """Mark an object for deletion; return False, with nothing done, for a pack in which something lives."""
    if await tx.scalar(select(entries.c.entry_id).where(entries.c.pack_id == object_id, _LIVES).limit(1)):
        return False
    await _lock(tx, entries.c.pack_id == object_id)
    await tx.execute(delete(entries).where(entries.c.pack_id == object_id))
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


def _is_due(live_bytes: int, packed_bytes: int) -> bool:
    return live_bytes * 2 < packed_bytes


def _live_bytes(records: Iterable[EntryRecord]) -> int:
    return sum(record.packed_bytes for record in records if record.reference is not None)


# Made once: a statement with many parameters is slow to put together.
_HOLDERS = union_all(
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


async def _holders(tx: Tx, references: Sequence[str]) -> Sequence[Row[Any]]:
    """Return the objects and entries that have one of these references, stored or not."""
    return (await tx.execute(_HOLDERS, {"references": references})).all()


async def _receipts(tx: Tx, held: Iterable[Row[Any]]) -> dict[str, PutReceipt]:
    found: dict[str, PutReceipt] = {}
    for row in held:
        if row.state == ObjectState.STORED.value:
            reader = ObjectId(row.holder_id)
            record = await find_entry(tx, reader) if row.is_small else await find(tx, reader)
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
