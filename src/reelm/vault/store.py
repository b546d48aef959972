"""All SQL of the vault: which objects exist, and where their fragments lie.

An object's row is written before its first byte (``intent``) and names every fragment that may come to exist,
so a crash leaves nothing that the records do not know. It becomes readable in one step (``stored``) and
unreadable in one step (``deleting``); the row goes away only after the fragments are gone.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    delete,
    insert,
    or_,
    select,
    update,
)

from reelm.base import DataClass, Moment, ObjectId, Tx, column, metadata
from reelm.vault.format import Shape
from reelm.vault.model import FragmentState, ObjectState, ProviderId, Receipt, Suite

REFERENCE_MAX = 200

_OPERATIONAL = DataClass.OPERATIONAL

objects = Table(
    "objects",
    metadata,
    column("object_id", String(26), primary_key=True, klass=_OPERATIONAL),
    column("generation", BigInteger, nullable=False, klass=_OPERATIONAL),
    # Empty once the object is being deleted, so that its reference can be used again at once.
    column("reference", String(REFERENCE_MAX), unique=True, nullable=True, klass=_OPERATIONAL),
    column("suite", SmallInteger, nullable=False, klass=_OPERATIONAL),
    column("k", SmallInteger, nullable=False, klass=_OPERATIONAL),
    column("n", SmallInteger, nullable=False, klass=_OPERATIONAL),
    column("chunk_log2", SmallInteger, nullable=False, klass=_OPERATIONAL),
    column("length_bytes", BigInteger, nullable=True, klass=_OPERATIONAL),
    column("padded_bytes", BigInteger, nullable=True, klass=_OPERATIONAL),
    column("object_root", LargeBinary, nullable=True, klass=_OPERATIONAL),
    column("data_class", String(16), nullable=False, klass=_OPERATIONAL),
    column("key_epoch", BigInteger, nullable=False, klass=_OPERATIONAL),
    column("state", String(16), nullable=False, index=True, klass=_OPERATIONAL),
    column("created_at", Moment, nullable=False, klass=_OPERATIONAL),
)

fragments = Table(
    "fragments",
    metadata,
    column("object_id", String(26), ForeignKey("objects.object_id"), primary_key=True, klass=_OPERATIONAL),
    column("fragment_index", Integer, primary_key=True, autoincrement=False, klass=_OPERATIONAL),
    column("provider_id", String(100), nullable=False, index=True, klass=_OPERATIONAL),
    column("name", String(64), nullable=False, klass=_OPERATIONAL),
    column("fragment_root", LargeBinary, nullable=True, klass=_OPERATIONAL),
    column("state", String(16), nullable=False, klass=_OPERATIONAL),
)


@dataclass(frozen=True, slots=True)
class FragmentRecord:
    """Where one fragment lies, and the root it must have (empty while the object is an intent)."""

    index: int
    provider: ProviderId
    name: str
    root: bytes
    state: FragmentState


@dataclass(frozen=True, slots=True)
class ObjectRecord:
    """One object as the records know it; lengths and root are 0 and empty while it is an intent."""

    object_id: ObjectId
    generation: int
    reference: str | None
    shape: Shape
    length_bytes: int
    object_root: bytes
    data_class: DataClass
    key_epoch: int
    state: ObjectState
    created_at: datetime
    fragments: tuple[FragmentRecord, ...]

    def receipt(self) -> Receipt:
        stored = [fragment for fragment in self.fragments if fragment.state is FragmentState.STORED]
        return Receipt(
            object_id=self.object_id,
            reference=self.reference or "",
            suite=self.shape.suite,
            length_bytes=self.length_bytes,
            object_root=self.object_root,
            fragments_stored=len(stored),
            n=self.shape.n,
        )


async def find(tx: Tx, object_id: ObjectId) -> ObjectRecord | None:
    return await _find(tx, objects.c.object_id == object_id)


async def find_reference(tx: Tx, reference: str) -> ObjectRecord | None:
    return await _find(tx, objects.c.reference == reference)


async def add_intent(tx: Tx, record: ObjectRecord) -> None:
    """Name the object and all its fragments before the first byte is written."""
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
    """Make an intent readable; False when it is no longer an intent because someone cleaned it up."""
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
    for fragment in record.fragments:
        await tx.execute(
            update(fragments)
            .where(fragments.c.object_id == record.object_id, fragments.c.fragment_index == fragment.index)
            .values(fragment_root=fragment.root, state=fragment.state.value)
        )
    return True


async def mark_deleting(tx: Tx, object_id: ObjectId) -> None:
    """Make an object unreadable and give its reference back."""
    await tx.execute(
        update(objects)
        .where(objects.c.object_id == object_id)
        .values(state=ObjectState.DELETING.value, reference=None)
    )


async def forget(tx: Tx, object_id: ObjectId) -> None:
    """Drop the rows of an object whose fragments are gone."""
    await tx.execute(delete(fragments).where(fragments.c.object_id == object_id))
    await tx.execute(delete(objects).where(objects.c.object_id == object_id))


async def unfinished(tx: Tx, *, intents_before: datetime, limit: int) -> tuple[ObjectId, ...]:
    """Objects whose deletion did not finish, and intents that nobody completed."""
    abandoned = (objects.c.state == ObjectState.INTENT.value) & (objects.c.created_at < intents_before)
    rows = await tx.scalars(
        select(objects.c.object_id)
        .where(or_(objects.c.state == ObjectState.DELETING.value, abandoned))
        .order_by(objects.c.object_id)
        .limit(limit)
    )
    return tuple(ObjectId(row) for row in rows)


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
        shape=Shape(Suite(row.suite), row.k, row.n, row.chunk_log2, row.padded_bytes or 0),
        length_bytes=row.length_bytes or 0,
        object_root=row.object_root or b"",
        data_class=DataClass(row.data_class),
        key_epoch=row.key_epoch,
        state=ObjectState(row.state),
        created_at=row.created_at,
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
