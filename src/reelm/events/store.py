"""The tables of the log in the realm's database: facts that wait for the relay, and cursors of consumers."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, Integer, LargeBinary, String, Table, delete, func, insert, select, update

from reelm.base import ID_LENGTH, AccountId, DataClass, Moment, Sealed, Tx, column, metadata
from reelm.events.model import Entry

# Facts in the order in which they were stated. Committed with the change that they are about.
events_outbox = Table(
    "events_outbox",
    metadata,
    column(
        "id",
        BigInteger().with_variant(Integer, "sqlite"),
        klass=DataClass.OPERATIONAL,
        primary_key=True,
        autoincrement=True,
    ),
    # Not the number above: that is given again when a database is restored from a backup.
    column("source", String(ID_LENGTH), klass=DataClass.OPERATIONAL, nullable=False),
    column("kind", String(64), klass=DataClass.OPERATIONAL, nullable=False),
    column("at", Moment, klass=DataClass.OPERATIONAL, nullable=False),
    column("owner", String(ID_LENGTH), klass=DataClass.OPERATIONAL, nullable=True),
    column("body", LargeBinary, klass=DataClass.INTEROP, nullable=False),
    column("sealed", Sealed, klass=DataClass.PROTECTED, nullable=True),
    sqlite_autoincrement=True,
)

event_cursors = Table(
    "event_cursors",
    metadata,
    column("consumer", String(64), klass=DataClass.OPERATIONAL, primary_key=True),
    column("sequence", BigInteger, klass=DataClass.OPERATIONAL, nullable=False),
)


@dataclass(frozen=True, slots=True)
class WaitingRow:
    id: int
    entry: Entry


async def add_waiting(tx: Tx, entries: Sequence[Entry]) -> None:
    rows = [
        {
            "source": entry.source,
            "kind": entry.kind,
            "at": entry.at,
            "owner": entry.owner,
            "body": entry.body,
            "sealed": entry.sealed,
        }
        for entry in entries
    ]
    if len(rows) == 1:
        await tx.execute(insert(events_outbox).values(rows[0]))
    elif rows:
        await tx.execute(insert(events_outbox), rows)


async def waiting(tx: Tx, limit: int) -> list[WaitingRow]:
    """Return the facts that wait, in the order in which they were stated.

    On PostgreSQL a lower number may become visible after a higher one. It was not committed when the higher
    one was read, so nothing that was read can be its effect: each snapshot in the order of its numbers is an
    order in which causes precede effects.
    """
    wanted = select(events_outbox).order_by(events_outbox.c.id).limit(limit)
    return [
        WaitingRow(
            row.id,
            Entry(
                row.kind,
                row.at,
                row.body,
                row.source,
                None if row.owner is None else AccountId(row.owner),
                row.sealed,
            ),
        )
        for row in await tx.execute(wanted)
    ]


async def forget(tx: Tx, ids: Sequence[int]) -> None:
    await tx.execute(delete(events_outbox).where(events_outbox.c.id.in_(ids)))


async def count_waiting(tx: Tx) -> int:
    return await tx.scalar(select(func.count()).select_from(events_outbox)) or 0


async def find_cursor(tx: Tx, consumer: str) -> int:
    wanted = select(event_cursors.c.sequence).where(event_cursors.c.consumer == consumer)
    return await tx.scalar(wanted) or 0


async def move_cursor(tx: Tx, consumer: str, after: int, to: int) -> bool:
    """Move a cursor from ``after`` to ``to``; change nothing and return False when it is elsewhere."""
    moved = (
        update(event_cursors)
        .where(event_cursors.c.consumer == consumer, event_cursors.c.sequence == after)
        .values(sequence=to)
    )
    if (await tx.execute(moved)).rowcount == 1:
        return True
    known = select(event_cursors.c.consumer).where(event_cursors.c.consumer == consumer)
    if after or await tx.scalar(known) is not None:
        return False
    await tx.execute(insert(event_cursors).values(consumer=consumer, sequence=to))
    return True
