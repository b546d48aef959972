"""The ledger's records: the head that may be signed, leaves that wait, and sealed private bodies."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from sqlalchemy import (
    BigInteger,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)

from reelm.base import (
    ID_LENGTH,
    AccountId,
    DataClass,
    Moment,
    Sealed,
    SealedBytes,
    Tx,
    column,
    metadata,
)
from reelm.ledger.merkle import EMPTY_ROOT
from reelm.ledger.model import LogHead

_ONLY = 1

# One row. Whoever changes it must know what is in it: that is what makes a second sequencer harmless.
ledger_head = Table(
    "ledger_head",
    metadata,
    column("id", Integer, klass=DataClass.OPERATIONAL, primary_key=True, autoincrement=False),
    column("origin", String(255), klass=DataClass.PUBLIC, nullable=False),
    column("size", BigInteger, klass=DataClass.PUBLIC, nullable=False),
    column("root", LargeBinary, klass=DataClass.PUBLIC, nullable=False),
    column("turn", BigInteger, klass=DataClass.OPERATIONAL, nullable=False),
)

# Leaves in the order in which they will be sequenced. A sequenced one keeps its index here for a while, for
# whoever waits for it, and no bytes.
ledger_waiting = Table(
    "ledger_waiting",
    metadata,
    column(
        "id",
        BigInteger().with_variant(Integer, "sqlite"),
        klass=DataClass.OPERATIONAL,
        primary_key=True,
        autoincrement=True,
    ),
    column("leaf", LargeBinary, klass=DataClass.PUBLIC, nullable=False),
    column("leaf_index", BigInteger, klass=DataClass.PUBLIC, nullable=True),
    Index("ix_ledger_waiting_leaf_index_id", "leaf_index", "id"),
    sqlite_autoincrement=True,
)

ledger_bodies = Table(
    "ledger_bodies",
    metadata,
    # What the leaf says of the body.
    column("commitment", LargeBinary, klass=DataClass.PUBLIC, primary_key=True),
    column("owner", String(ID_LENGTH), klass=DataClass.OPERATIONAL, nullable=True, index=True),
    column("kind", String(64), klass=DataClass.OPERATIONAL, nullable=False),
    # The key of the commitment and the body, under the owner's key or the realm's.
    column("sealed", Sealed, klass=DataClass.PROTECTED, nullable=False),
    column("created_at", Moment, klass=DataClass.OPERATIONAL, nullable=False),
)

# What is said again only when it changes, by the kind of its leaf.
ledger_announced = Table(
    "ledger_announced",
    metadata,
    column("kind", String(64), klass=DataClass.PUBLIC, primary_key=True),
    # Of what was said, without the version.
    column("digest", LargeBinary, klass=DataClass.PUBLIC, nullable=False),
    column("version", BigInteger, klass=DataClass.PUBLIC, nullable=False),
    column("number", BigInteger, klass=DataClass.OPERATIONAL, nullable=False),
    column("leaf_index", BigInteger, klass=DataClass.PUBLIC, nullable=True),
)


@dataclass(frozen=True, slots=True)
class Announced:
    """The newest announcement of a kind; its index is known once it is in the ledger."""

    kind: str
    digest: bytes
    version: int
    number: int
    leaf_index: int | None


@dataclass(frozen=True, slots=True)
class BodyRow:
    commitment: bytes
    owner: AccountId | None
    kind: str
    sealed: SealedBytes
    created_at: datetime


async def take_over(tx: Tx, origin: str) -> LogHead:
    """Give the caller a turn of its own, after which no other may sign; return the head."""
    taken = update(ledger_head).values(turn=ledger_head.c.turn + 1).returning(*ledger_head.c)
    row = (await tx.execute(taken)).one_or_none()
    if row is None:
        await tx.execute(insert(ledger_head).values(id=_ONLY, origin=origin, size=0, root=EMPTY_ROOT, turn=1))
        return LogHead(origin, 0, EMPTY_ROOT, 1)
    return LogHead(row.origin, row.size, row.root, row.turn)


async def find_head(tx: Tx) -> LogHead | None:
    row = (await tx.execute(select(ledger_head))).one_or_none()
    return None if row is None else LogHead(row.origin, row.size, row.root, row.turn)


async def advance(tx: Tx, old: LogHead, new: LogHead) -> bool:
    """Replace the head; False when it is not the old one any more, and then nothing was changed."""
    moved = (
        update(ledger_head)
        .where(ledger_head.c.turn == old.turn, ledger_head.c.size == old.size, ledger_head.c.root == old.root)
        .values(size=new.size, root=new.root)
    )
    return (await tx.execute(moved)).rowcount == 1


async def begin(tx: Tx, origin: str) -> str:
    """Give the log its name, unless it has one; the name."""
    head = await find_head(tx)
    if head is not None:
        return head.origin
    await tx.execute(insert(ledger_head).values(id=_ONLY, origin=origin, size=0, root=EMPTY_ROOT, turn=0))
    return origin


async def add_waiting(tx: Tx, leaves: Sequence[bytes]) -> list[int]:
    """Add leaves; return their ids, in the order in which they will be sequenced."""
    rows = [{"leaf": leaf} for leaf in leaves]
    if not rows:
        return []
    if tx.dialect.name == "sqlite":
        # One writer at a time: its ids follow each other. Asking for each costs more than all the rest.
        await tx.execute(insert(ledger_waiting), rows)
        last = (await tx.execute(select(func.max(ledger_waiting.c.id)))).scalar_one()
        return list(range(last - len(rows) + 1, last + 1))
    added = insert(ledger_waiting).returning(ledger_waiting.c.id, sort_by_parameter_order=True)
    return list((await tx.execute(added, rows)).scalars())


async def waiting(tx: Tx, limit: int) -> list[tuple[int, bytes]]:
    """Return the id and the bytes of leaves that were not sequenced yet, oldest first."""
    query = (
        select(ledger_waiting.c.id, ledger_waiting.c.leaf)
        .where(ledger_waiting.c.leaf_index.is_(None))
        .order_by(ledger_waiting.c.id)
        .limit(limit)
    )
    return [(row.id, row.leaf) for row in await tx.execute(query)]


async def count_waiting(tx: Tx) -> int:
    query = select(func.count()).where(ledger_waiting.c.leaf_index.is_(None))
    return int((await tx.execute(query)).scalar_one())


async def settle(tx: Tx, ids: Sequence[int], first_index: int) -> None:
    """Say that these are sequenced, in this order, from an index on; ``ids`` ascend."""
    for start, end in _runs(ids):
        shift = first_index + start - ids[start]
        await tx.execute(
            update(ledger_waiting)
            .where(ledger_waiting.c.id.between(ids[start], ids[end - 1]))
            .values(leaf_index=ledger_waiting.c.id + shift, leaf=b"")
        )


async def indices(tx: Tx, first_id: int, last_id: int, *, size: int) -> dict[int, int]:
    """Return the indices, by id, of those between two ids that are among the first ``size`` leaves."""
    query = select(ledger_waiting.c.id, ledger_waiting.c.leaf_index).where(
        ledger_waiting.c.id.between(first_id, last_id), ledger_waiting.c.leaf_index < size
    )
    return {row.id: row.leaf_index for row in await tx.execute(query)}


async def forget_settled(tx: Tx, below_index: int) -> None:
    await tx.execute(delete(ledger_waiting).where(ledger_waiting.c.leaf_index < below_index))


async def add_bodies(tx: Tx, rows: Sequence[BodyRow]) -> None:
    if rows:
        await tx.execute(
            insert(ledger_bodies),
            [
                {
                    "commitment": row.commitment,
                    "owner": row.owner,
                    "kind": row.kind,
                    "sealed": row.sealed,
                    "created_at": row.created_at,
                }
                for row in rows
            ],
        )


async def find_body(tx: Tx, commitment: bytes) -> BodyRow | None:
    query = select(ledger_bodies).where(ledger_bodies.c.commitment == commitment)
    row = (await tx.execute(query)).one_or_none()
    if row is None:
        return None
    owner = None if row.owner is None else AccountId(row.owner)
    return BodyRow(row.commitment, owner, row.kind, row.sealed, row.created_at)


async def remove_bodies(tx: Tx, owner: AccountId) -> None:
    await tx.execute(delete(ledger_bodies).where(ledger_bodies.c.owner == owner))


async def find_announced(tx: Tx, kind: str) -> Announced | None:
    query = select(ledger_announced).where(ledger_announced.c.kind == kind)
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else Announced(*row)


async def set_announced(tx: Tx, said: Announced) -> None:
    await tx.execute(delete(ledger_announced).where(ledger_announced.c.kind == said.kind))
    await tx.execute(
        insert(ledger_announced).values(
            kind=said.kind,
            digest=said.digest,
            version=said.version,
            number=said.number,
            leaf_index=said.leaf_index,
        )
    )


async def set_announced_index(tx: Tx, kind: str, number: int, index: int) -> None:
    await tx.execute(
        update(ledger_announced)
        .where(ledger_announced.c.kind == kind, ledger_announced.c.number == number)
        .values(leaf_index=index)
    )


def _runs(ids: Sequence[int]) -> list[tuple[int, int]]:
    """Where ids follow each other without a gap, as positions from and to."""
    breaks = [at for at, (one, next_) in enumerate(pairwise(ids), start=1) if next_ != one + 1]
    edges = [0, *breaks, len(ids)]
    return list(pairwise(edges)) if ids else []
