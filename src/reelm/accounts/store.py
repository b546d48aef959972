"""Keep the rows of accounts and sessions. None names a person without a key: what could is sealed."""

from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import ForeignKey, Integer, String, Table, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from reelm.base import (
    ID_LENGTH,
    AccountId,
    DataClass,
    Keyed,
    KeyedDigest,
    Moment,
    Sealed,
    SealedBytes,
    SessionId,
    Tx,
    column,
    metadata,
)

accounts = Table(
    "accounts",
    metadata,
    column("id", String(ID_LENGTH), klass=DataClass.INTEROP, primary_key=True),
    column("email_digest", Keyed, klass=DataClass.PROTECTED, nullable=False, unique=True),
    column("email_sealed", Sealed, klass=DataClass.PROTECTED, nullable=False),
    column("password_sealed", Sealed, klass=DataClass.SECRET, nullable=False),
    column("created_at", Moment, klass=DataClass.OPERATIONAL, nullable=False),
    # Wrong passwords since the last sign-in.
    column("wrong_sign_ins", Integer, klass=DataClass.OPERATIONAL, nullable=False, server_default="0"),
)

sessions = Table(
    "sessions",
    metadata,
    column("id", String(ID_LENGTH), klass=DataClass.OPERATIONAL, primary_key=True),
    column("token_digest", Keyed, klass=DataClass.SECRET, nullable=False, unique=True),
    column(
        "account_id",
        String(ID_LENGTH),
        ForeignKey("accounts.id", ondelete="CASCADE"),
        klass=DataClass.OPERATIONAL,
        nullable=False,
        index=True,
    ),
    column("created_at", Moment, klass=DataClass.OPERATIONAL, nullable=False),
    column("expires_at", Moment, klass=DataClass.OPERATIONAL, nullable=False),
    # Written at most once a day, so that it says no more about a person than that.
    column("last_seen_at", Moment, klass=DataClass.OPERATIONAL, nullable=False),
)


@dataclass(frozen=True, slots=True)
class AccountRow:
    id: AccountId
    email_digest: KeyedDigest
    email_sealed: SealedBytes
    password_sealed: SealedBytes
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SessionRow:
    id: SessionId
    token_digest: KeyedDigest
    account_id: AccountId
    created_at: datetime
    expires_at: datetime


async def is_email_taken(tx: Tx, email_digest: KeyedDigest) -> bool:
    query = select(accounts.c.id).where(accounts.c.email_digest == email_digest)
    return (await tx.execute(query)).one_or_none() is not None


async def add_account(tx: Tx, row: AccountRow) -> bool:
    """Add an account; return whether it was added: an e-mail address has one account."""
    try:
        async with tx.begin_nested():
            await tx.execute(
                insert(accounts).values(
                    id=row.id,
                    email_digest=row.email_digest,
                    email_sealed=row.email_sealed,
                    password_sealed=row.password_sealed,
                    created_at=row.created_at,
                )
            )
    except IntegrityError:
        return False
    return True


async def find_account(tx: Tx, account_id: AccountId) -> AccountRow | None:
    kept = [accounts.c[each.name] for each in fields(AccountRow)]
    row = (await tx.execute(select(*kept).where(accounts.c.id == account_id))).one_or_none()
    return None if row is None else AccountRow(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it


async def hold_account(tx: Tx, account_id: AccountId) -> None:
    """Lock the account until ``tx`` ends. SQLite has one writer anyhow."""
    row = select(accounts.c.id).where(accounts.c.id == account_id)
    await tx.execute(row.with_for_update(key_share=True))  # rows that refer to it may still be written


async def find_password(tx: Tx, email_digest: KeyedDigest) -> tuple[AccountId, SealedBytes] | None:
    query = select(accounts.c.id, accounts.c.password_sealed).where(accounts.c.email_digest == email_digest)
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else (AccountId(row.id), row.password_sealed)


async def add_wrong_sign_ins(tx: Tx, account_id: AccountId, count: int) -> None:
    counted = accounts.c.wrong_sign_ins + count
    await tx.execute(update(accounts).where(accounts.c.id == account_id).values(wrong_sign_ins=counted))


async def take_wrong_sign_ins(tx: Tx, account_id: AccountId) -> int | None:
    """Return how many wrong sign-ins were added, and begin at none; None without such an account."""
    found: int | None = await tx.scalar(select(accounts.c.wrong_sign_ins).where(accounts.c.id == account_id))
    if found:
        await tx.execute(update(accounts).where(accounts.c.id == account_id).values(wrong_sign_ins=0))
    return found


async def add_session(tx: Tx, row: SessionRow) -> None:
    await tx.execute(
        insert(sessions).values(
            id=row.id,
            token_digest=row.token_digest,
            account_id=row.account_id,
            created_at=row.created_at,
            expires_at=row.expires_at,
            last_seen_at=row.created_at,
        )
    )


async def find_session(tx: Tx, token_digest: KeyedDigest, *, at: datetime) -> AccountId | None:
    query = select(sessions.c.account_id).where(
        sessions.c.token_digest == token_digest, sessions.c.expires_at > at
    )
    return (await tx.execute(query)).scalar_one_or_none()


async def extend_session(
    tx: Tx, token_digest: KeyedDigest, *, at: datetime, seen_before: datetime, expires_at: datetime
) -> bool:
    """Extend a live session that was last seen before ``seen_before``; return whether there was one."""
    result = await tx.execute(
        update(sessions)
        .where(
            sessions.c.token_digest == token_digest,
            sessions.c.expires_at > at,
            sessions.c.last_seen_at <= seen_before,
        )
        .values(last_seen_at=at, expires_at=expires_at)
    )
    return result.rowcount > 0


async def drop_session(tx: Tx, token_digest: KeyedDigest) -> None:
    await tx.execute(delete(sessions).where(sessions.c.token_digest == token_digest))


async def drop_expired_sessions(tx: Tx, account_id: AccountId, *, at: datetime) -> None:
    await tx.execute(delete(sessions).where(sessions.c.account_id == account_id, sessions.c.expires_at <= at))
