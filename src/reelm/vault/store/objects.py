"""Find and change objects, and where their fragments lie."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, delete, insert, or_, select, update

from reelm.base import DataClass, ObjectId, Tx
from reelm.vault.errors import ObjectMissing
from reelm.vault.format import FragmentShape
from reelm.vault.model import FragmentState, ObjectState, ProviderId, PutReceipt, Suite
from reelm.vault.placement import Residency
from reelm.vault.store.tables import former_fragments, fragments, moves, objects


@dataclass(frozen=True, slots=True)
class FragmentRecord:
    """The place of one fragment, and the root it must have (empty while the object is an intent)."""

    index: int
    provider: ProviderId
    name: str
    root: bytes
    state: FragmentState


@dataclass(frozen=True, slots=True)
class ObjectRecord:
    """One object as the database knows it; lengths and root are 0 and empty while it is an intent."""

    object_id: ObjectId
    generation: int
    reference: str | None
    shape: FragmentShape
    length_bytes: int
    object_root: bytes
    data_class: DataClass
    key_epoch: int
    state: ObjectState
    created_at: datetime
    fragments: tuple[FragmentRecord, ...]
    owner: str | None = None
    residency: Residency = None

    @property
    def locations(self) -> tuple[tuple[ProviderId, str], ...]:
        """Return where its fragments lie, whatever state they are in."""
        return tuple((piece.provider, piece.name) for piece in self.fragments)

    @property
    def is_being_written(self) -> bool:
        """Return whether a fragment may still come to exist: its writer lives, or ended without a word."""
        return any(fragment.state is FragmentState.INTENDED for fragment in self.fragments)

    def closed(self) -> "ObjectRecord":
        """Return the same object once nobody can write it any more."""
        pieces = (
            replace(piece, state=FragmentState.MISSING) if piece.state is FragmentState.INTENDED else piece
            for piece in self.fragments
        )
        return replace(self, fragments=tuple(pieces))

    def receipt(self) -> PutReceipt:
        """Return the proof for the object's caller."""
        stored = [fragment for fragment in self.fragments if fragment.state is FragmentState.STORED]
        return PutReceipt(
            object_id=self.object_id,
            reference=self.reference or "",
            suite=self.shape.suite,
            length_bytes=self.length_bytes,
            object_root=self.object_root,
            fragments_stored=len(stored),
            n=self.shape.n,
        )


async def find(tx: Tx, object_id: ObjectId) -> ObjectRecord | None:
    """Return an object in whatever state; None when there is none."""
    return await _find(tx, objects.c.object_id == object_id)


async def find_reference(tx: Tx, reference: str) -> ObjectRecord | None:
    """Return the object that has a reference, stored or not; None when there is none."""
    return await _find(tx, objects.c.reference == reference)


async def add_intent(tx: Tx, record: ObjectRecord) -> None:
    """Record the object and all its fragments before the first byte is written."""
    await tx.execute(
        insert(objects).values(
            object_id=record.object_id,
            generation=record.generation,
            reference=record.reference,
            suite=int(record.shape.suite),
            k=record.shape.k,
            n=record.shape.n,
            chunk_log2=record.shape.chunk_log2,
            data_class=record.data_class.value,
            key_epoch=record.key_epoch,
            state=ObjectState.INTENT.value,
            owner=record.owner,
            residency=write_residency(record.residency),
            created_at=record.created_at,
        )
    )
    rows = [
        {
            "object_id": record.object_id,
            "fragment_index": fragment.index,
            "provider_id": fragment.provider,
            "name": fragment.name,
            "state": FragmentState.INTENDED.value,
        }
        for fragment in record.fragments
    ]
    await tx.execute(insert(fragments), rows)


async def mark_stored(tx: Tx, record: ObjectRecord) -> bool:
    """Make an intent readable; return False when it is no longer an intent because someone cleaned it up."""
    changed = await tx.execute(
        update(objects)
        .where(objects.c.object_id == record.object_id, objects.c.state == ObjectState.INTENT.value)
        .values(
            length_bytes=record.length_bytes,
            padded_bytes=record.shape.padded_bytes,
            object_root=record.object_root,
            state=ObjectState.STORED.value,
        )
    )
    if changed.rowcount != 1:
        return False
    await tx.execute(
        update(fragments)
        .where(
            fragments.c.object_id == record.object_id, fragments.c.fragment_index == bindparam("which_index")
        )
        .values(fragment_root=bindparam("its_root"), state=bindparam("its_state")),
        [
            {"which_index": piece.index, "its_root": piece.root, "its_state": piece.state.value}
            for piece in record.fragments
        ],
    )
    return True


async def mark_ended(tx: Tx, object_id: ObjectId, pieces: Iterable[FragmentRecord]) -> frozenset[int]:
    """Record how writes ended that outlived their put, and return the indices that the object still wants.

    Those are all of them, unless the object was deleted meanwhile or a fragment was moved away. What repair
    did in the meantime stays.
    """
    for piece in pieces:
        await tx.execute(
            update(fragments)
            .where(
                fragments.c.object_id == object_id,
                fragments.c.fragment_index == piece.index,
                fragments.c.name == piece.name,
                fragments.c.state == FragmentState.INTENDED.value,
            )
            .values(state=piece.state.value)
        )
    found = await find(tx, object_id)
    if found is None or found.state is not ObjectState.STORED:
        return frozenset()
    names = {piece.name for piece in found.fragments}
    return frozenset(piece.index for piece in pieces if piece.name in names)


async def take_over(tx: Tx, old: ObjectId, new: ObjectId, *, reference: str | None) -> None:
    """Let a stored object take another's place and its reference; the other is deleted next.

    Raises:
        ObjectMissing: the other is not stored any more; nothing may be kept of this transaction.
    """
    record = await find(tx, old)
    if record is None or record.state is not ObjectState.STORED:
        raise ObjectMissing("The object was deleted while it was stored anew. Nothing was kept.")
    await mark_deleting(tx, old)
    await tx.execute(update(objects).where(objects.c.object_id == new).values(reference=reference))


async def mark_deleting(tx: Tx, object_id: ObjectId) -> None:
    """Make an object unreadable and give its reference back."""
    await tx.execute(
        update(objects)
        .where(objects.c.object_id == object_id)
        .values(state=ObjectState.DELETING.value, reference=None)
    )


async def abandon(tx: Tx, object_id: ObjectId) -> bool:
    """Make an object unreadable; return False when it is stored: someone may have a receipt for it."""
    await tx.execute(
        update(objects)
        .where(objects.c.object_id == object_id, objects.c.state != ObjectState.STORED.value)
        .values(state=ObjectState.DELETING.value, reference=None)
    )
    state = await tx.scalar(select(objects.c.state).where(objects.c.object_id == object_id))
    return state != ObjectState.STORED.value


async def mark_deleting_of(tx: Tx, owner: str) -> tuple[ObjectId, ...]:
    """Make all objects of an owner unreadable, and return those that were not so before."""
    rows = await tx.scalars(
        update(objects)
        .where(objects.c.owner == owner, objects.c.state != ObjectState.DELETING.value)
        .values(state=ObjectState.DELETING.value, reference=None)
        .returning(objects.c.object_id)
    )
    return tuple(ObjectId(row) for row in rows)


async def forget(tx: Tx, object_id: ObjectId) -> None:
    """Drop the rows of an object whose fragments are gone."""
    for table in (moves, former_fragments, fragments):
        await tx.execute(delete(table).where(table.c.object_id == object_id))
    await tx.execute(delete(objects).where(objects.c.object_id == object_id))


async def unfinished(tx: Tx, *, intents_before: datetime, limit: int) -> tuple[ObjectId, ...]:
    """Return objects whose deletion did not finish, and intents that nobody completed."""
    abandoned = (objects.c.state == ObjectState.INTENT.value) & (objects.c.created_at < intents_before)
    rows = await tx.scalars(
        select(objects.c.object_id)
        .where(or_(objects.c.state == ObjectState.DELETING.value, abandoned))
        .order_by(objects.c.object_id)
        .limit(limit)
    )
    return tuple(ObjectId(row) for row in rows)


def write_residency(residency: Residency) -> str | None:
    """Return a residency as it is stored."""
    return None if residency is None else ",".join(sorted(residency))


def read_residency(text: str | None) -> Residency:
    """Return the residency that is stored."""
    return None if text is None else frozenset(filter(None, text.split(",")))


_whole = select(
    objects,
    fragments.c.fragment_index,
    fragments.c.provider_id,
    fragments.c.name,
    fragments.c.fragment_root,
    fragments.c.state.label("fragment_state"),
).join(fragments)


async def _find(tx: Tx, which: ColumnElement[bool]) -> ObjectRecord | None:
    rows = (await tx.execute(_whole.where(which).order_by(fragments.c.fragment_index))).all()
    if not rows:
        return None
    row = rows[0]
    return ObjectRecord(
        object_id=ObjectId(row.object_id),
        generation=row.generation,
        reference=row.reference,
        shape=FragmentShape(Suite(row.suite), row.k, row.n, row.chunk_log2, row.padded_bytes or 0),
        length_bytes=row.length_bytes or 0,
        object_root=row.object_root or b"",
        data_class=DataClass(row.data_class),
        key_epoch=row.key_epoch,
        state=ObjectState(row.state),
        created_at=row.created_at,
        owner=row.owner,
        residency=read_residency(row.residency),
        fragments=tuple(
            FragmentRecord(
                index=piece.fragment_index,
                provider=ProviderId(piece.provider_id),
                name=piece.name,
                root=piece.fragment_root or b"",
                state=FragmentState(piece.fragment_state),
            )
            for piece in rows
        ),
    )
