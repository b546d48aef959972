"""Keep the rows of staff: roles, approvals, emergencies, reads and exports.

Names of staff are nowhere here: a handle is a pseudonym, and the account behind it is an opaque id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Integer, String, Table, insert, select, update
from sqlalchemy.exc import IntegrityError

from reelm.base import ID_LENGTH, AccountId, DataClass, Moment, Tx, column, metadata

_NAME = String(64)
_HANDLE = String(32)

staff = Table(
    "staff",
    metadata,
    column("handle", _HANDLE, klass=DataClass.OPERATIONAL, primary_key=True),
    column(
        "account_id",
        String(ID_LENGTH),
        ForeignKey("accounts.id", ondelete="CASCADE"),
        klass=DataClass.OPERATIONAL,
        nullable=False,
        unique=True,
    ),
    column("role", _NAME, klass=DataClass.OPERATIONAL, nullable=False),
    column("employer", String(200), klass=DataClass.OPERATIONAL, nullable=False),
    column("country", String(2), klass=DataClass.OPERATIONAL, nullable=False),
    column("granted_at", Moment, klass=DataClass.OPERATIONAL, nullable=False),
    column("revoked_at", Moment, klass=DataClass.OPERATIONAL, nullable=True),
)

approvals = Table(
    "approvals",
    metadata,
    column("id", String(ID_LENGTH), klass=DataClass.OPERATIONAL, primary_key=True),
    column("approver", _HANDLE, klass=DataClass.OPERATIONAL, nullable=False),
    # Of the request and of whom it is about: another request has another one.
    column("binding", String(64), klass=DataClass.OPERATIONAL, nullable=False),
    column("expires_at", Moment, klass=DataClass.OPERATIONAL, nullable=False),
    column("used_at", Moment, klass=DataClass.OPERATIONAL, nullable=True),
)

emergencies = Table(
    "emergencies",
    metadata,
    column("id", String(ID_LENGTH), klass=DataClass.OPERATIONAL, primary_key=True),
    column("handle", _HANDLE, klass=DataClass.OPERATIONAL, nullable=False),
    column("purpose", _NAME, klass=DataClass.OPERATIONAL, nullable=False),
    column("expires_at", Moment, klass=DataClass.OPERATIONAL, nullable=False),
    # Set when its leaf is on the ledger; nothing is opened before.
    column("leaf_index", Integer, klass=DataClass.OPERATIONAL, nullable=True),
    column("reviewed_at", Moment, klass=DataClass.OPERATIONAL, nullable=True),
)

reads = Table(
    "looks",
    metadata,
    column("id", String(ID_LENGTH), klass=DataClass.OPERATIONAL, primary_key=True),
    column(
        "subject",
        String(ID_LENGTH),
        ForeignKey("accounts.id", ondelete="CASCADE"),
        klass=DataClass.OPERATIONAL,
        nullable=False,
        index=True,
    ),
    column("looked_at", Moment, klass=DataClass.OPERATIONAL, nullable=False),
    column("action", _NAME, klass=DataClass.OPERATIONAL, nullable=False),
    column("handle", _HANDLE, klass=DataClass.OPERATIONAL, nullable=False),
    column("role", _NAME, klass=DataClass.OPERATIONAL, nullable=False),
    column("purpose", _NAME, klass=DataClass.OPERATIONAL, nullable=False),
    column("data", _NAME, klass=DataClass.OPERATIONAL, nullable=False),
    column("leaf_number", Integer, klass=DataClass.OPERATIONAL, nullable=False, index=True),
    column("leaf_index", Integer, klass=DataClass.OPERATIONAL, nullable=True),
)

# Files of protected data that staff exported. What marks one follows from its id and a secret of the realm.
exports = Table(
    "exports",
    metadata,
    column("id", String(ID_LENGTH), klass=DataClass.OPERATIONAL, primary_key=True),
    column("taken_at", Moment, klass=DataClass.OPERATIONAL, nullable=False),
    column("handle", _HANDLE, klass=DataClass.OPERATIONAL, nullable=False),
    column("purpose", _NAME, klass=DataClass.OPERATIONAL, nullable=False),
    column("data", _NAME, klass=DataClass.OPERATIONAL, nullable=False),
    column("leaf_number", Integer, klass=DataClass.OPERATIONAL, nullable=False, index=True),
    column("leaf_index", Integer, klass=DataClass.OPERATIONAL, nullable=True),
)


@dataclass(frozen=True, slots=True)
class StaffRow:
    handle: str
    account_id: AccountId
    role: str
    employer: str
    country: str
    granted_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class StaffReadRow:
    """One access to a subject's data; ``leaf_index`` is None until its index on the ledger is known."""

    id: str
    subject: AccountId
    looked_at: datetime
    action: str
    handle: str
    role: str
    purpose: str
    data: str
    leaf_number: int
    leaf_index: int | None


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One exported file; ``leaf_index`` as for a read."""

    id: str
    taken_at: datetime
    handle: str
    purpose: str
    data: str
    leaf_number: int
    leaf_index: int | None


async def find_by_account(tx: Tx, account_id: AccountId) -> StaffRow | None:
    return await _find(tx, staff.c.account_id == account_id)


async def find_by_handle(tx: Tx, handle: str) -> StaffRow | None:
    return await _find(tx, staff.c.handle == handle)


async def all_staff(tx: Tx) -> Sequence[StaffRow]:
    """Return all rows by handle, revoked ones too."""
    rows = await tx.execute(select(staff).order_by(staff.c.handle))
    return [StaffRow(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name for it


async def put(tx: Tx, row: StaffRow) -> bool:
    """Give a role; return whether it was given: an account has one at a time, and keeps its handle."""
    values = {name: getattr(row, name) for name in StaffRow.__slots__}
    again = (
        update(staff)
        .where(
            staff.c.handle == row.handle,
            staff.c.account_id == row.account_id,
            staff.c.revoked_at.is_not(None),
        )
        .values(values)
    )
    if (await tx.execute(again)).rowcount:
        return True
    try:
        async with tx.begin_nested():
            await tx.execute(insert(staff).values(values))
    except IntegrityError:
        return False
    return True


async def revoke(tx: Tx, handle: str, *, at: datetime) -> bool:
    """Revoke a role; return whether there was one."""
    statement = update(staff).where(staff.c.handle == handle, staff.c.revoked_at.is_(None))
    return (await tx.execute(statement.values(revoked_at=at))).rowcount > 0


async def add_approval(
    tx: Tx, approval_id: str, approver: str, binding: str, *, expires_at: datetime
) -> None:
    await tx.execute(
        insert(approvals).values(id=approval_id, approver=approver, binding=binding, expires_at=expires_at)
    )


async def find_approver(tx: Tx, approval_id: str, binding: str, *, at: datetime) -> StaffRow | None:
    """Return who approved exactly this, if it still holds and was not used."""
    query = select(approvals.c.approver).where(
        approvals.c.id == approval_id,
        approvals.c.binding == binding,
        approvals.c.expires_at > at,
        approvals.c.used_at.is_(None),
    )
    approver = (await tx.execute(query)).scalar_one_or_none()
    return None if approver is None else await find_by_handle(tx, approver)


async def use_approval(tx: Tx, approval_id: str, *, at: datetime) -> bool:
    """Use an approval; return whether this transaction does: of several that try, one."""
    statement = update(approvals).where(approvals.c.id == approval_id, approvals.c.used_at.is_(None))
    return (await tx.execute(statement.values(used_at=at))).rowcount > 0


async def add_emergency(
    tx: Tx, emergency_id: str, handle: str, purpose: str, *, expires_at: datetime
) -> None:
    await tx.execute(
        insert(emergencies).values(id=emergency_id, handle=handle, purpose=purpose, expires_at=expires_at)
    )


async def open_emergency(tx: Tx, emergency_id: str, *, leaf_index: int) -> None:
    await tx.execute(
        update(emergencies).where(emergencies.c.id == emergency_id).values(leaf_index=leaf_index)
    )


async def find_emergency(tx: Tx, handle: str, purpose: str, *, at: datetime) -> int | None:
    """Return the leaf of this person's emergency for this purpose, if it has not ended."""
    query = select(emergencies.c.leaf_index).where(
        emergencies.c.handle == handle,
        emergencies.c.purpose == purpose,
        emergencies.c.expires_at > at,
        emergencies.c.leaf_index.is_not(None),
    )
    return (await tx.execute(query.order_by(emergencies.c.expires_at.desc()).limit(1))).scalar_one_or_none()


async def review_emergency(tx: Tx, leaf_index: int, *, at: datetime) -> str | None:
    """Mark an emergency reviewed; return whose it was, unless it was reviewed before."""
    its = (emergencies.c.leaf_index == leaf_index) & emergencies.c.reviewed_at.is_(None)
    handle = (await tx.execute(select(emergencies.c.handle).where(its))).scalar_one_or_none()
    await tx.execute(update(emergencies).where(its).values(reviewed_at=at))
    return handle


async def add_reads(tx: Tx, rows: Sequence[StaffReadRow]) -> None:
    await tx.execute(
        insert(reads), [{name: getattr(row, name) for name in StaffReadRow.__slots__} for row in rows]
    )


async def add_export(tx: Tx, row: ExportRow) -> None:
    await tx.execute(insert(exports).values({name: getattr(row, name) for name in ExportRow.__slots__}))


async def set_leaf_index(tx: Tx, leaf_number: int, leaf_index: int) -> None:
    """Say where a leaf is in the ledger, wherever it is referred to by its number."""
    for table in (reads, exports):
        its = update(table).where(table.c.leaf_number == leaf_number)
        await tx.execute(its.values(leaf_index=leaf_index))


async def all_exports(tx: Tx) -> Sequence[ExportRow]:
    """Return the rows, newest first."""
    rows = await tx.execute(select(exports).order_by(exports.c.taken_at.desc(), exports.c.id.desc()))
    return [ExportRow(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name for it


async def reads_of(tx: Tx, subject: AccountId, *, limit: int) -> Sequence[StaffReadRow]:
    """Return the rows, newest first."""
    query = select(reads).where(reads.c.subject == subject)
    rows = await tx.execute(query.order_by(reads.c.looked_at.desc(), reads.c.id.desc()).limit(limit))
    return [StaffReadRow(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name for it


async def _find(tx: Tx, which: ColumnElement[bool]) -> StaffRow | None:
    row = (await tx.execute(select(staff).where(which))).one_or_none()
    return None if row is None else StaffRow(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
