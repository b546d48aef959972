"""Store what the realm has declared: versions of the manifest, of the policies, and countersignatures.

All of it is public, and none of it is ever changed or removed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Row, String, Table, Text, insert, select
from sqlalchemy.exc import IntegrityError

from reelm.base import DataClass, Moment, Tx, column, metadata
from reelm.realm.version import Version

manifest_versions = Table(
    "manifest_versions",
    metadata,
    column("number", Integer, klass=DataClass.PUBLIC, primary_key=True, autoincrement=False),
    column("document", Text, klass=DataClass.PUBLIC, nullable=False),
    # One signature line each.
    column("signatures", Text, klass=DataClass.PUBLIC, nullable=False),
    column("recorded_at", Moment, klass=DataClass.PUBLIC, nullable=False),
)

countersignatures = Table(
    "countersignatures",
    metadata,
    column("provider", String(32), klass=DataClass.PUBLIC, primary_key=True),
    column("signed_on", String(10), klass=DataClass.PUBLIC, primary_key=True),
    column("signature", Text, klass=DataClass.PUBLIC, nullable=False),
)

policy_versions = Table(
    "policy_versions",
    metadata,
    column("number", Integer, klass=DataClass.PUBLIC, primary_key=True, autoincrement=False),
    column("document", Text, klass=DataClass.PUBLIC, nullable=False),
    column("recorded_at", Moment, klass=DataClass.PUBLIC, nullable=False),
)


@dataclass(frozen=True, slots=True)
class VersionRow:
    version: Version
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class CountersignatureRow:
    provider: str
    signed_on: str
    signature: str


async def manifests(tx: Tx) -> tuple[VersionRow, ...]:
    """Return every version of the manifest, oldest first."""
    query = select(manifest_versions).order_by(manifest_versions.c.number)
    return tuple(_version_row(row) for row in await tx.execute(query))


async def newest_manifest(tx: Tx) -> VersionRow | None:
    query = select(manifest_versions).order_by(manifest_versions.c.number.desc()).limit(1)
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else _version_row(row)


async def add_manifest(tx: Tx, row: VersionRow) -> bool:
    """Add a version; return False when somebody else put a version with this number there."""
    values = {
        "number": row.version.number,
        "document": row.version.document.decode(),
        "signatures": "\n".join(row.version.signatures),
        "recorded_at": row.recorded_at,
    }
    return await _add_once(tx, manifest_versions, values)


async def add_countersignature(tx: Tx, row: CountersignatureRow) -> bool:
    """Add a countersignature; return False when the provider said the same today."""
    values = {"provider": row.provider, "signed_on": row.signed_on, "signature": row.signature}
    return await _add_once(tx, countersignatures, values)


async def all_countersignatures(tx: Tx) -> tuple[CountersignatureRow, ...]:
    """Oldest first."""
    query = select(countersignatures).order_by(countersignatures.c.signed_on, countersignatures.c.provider)
    return tuple(CountersignatureRow(*row) for row in await tx.execute(query))


async def newest_policies(tx: Tx) -> tuple[int, bytes] | None:
    """Return the number and the document of the policy set in effect."""
    query = select(policy_versions.c.number, policy_versions.c.document).order_by(
        policy_versions.c.number.desc()
    )
    row = (await tx.execute(query.limit(1))).one_or_none()
    return None if row is None else (row.number, row.document.encode())


async def find_policies(tx: Tx, number: int) -> bytes | None:
    query = select(policy_versions.c.document).where(policy_versions.c.number == number)
    document = (await tx.execute(query)).scalar_one_or_none()
    return None if document is None else document.encode()


async def add_policies(tx: Tx, number: int, document: bytes, *, at: datetime) -> bool:
    """Add a policy set; return False when somebody else put a set with this number there."""
    values = {"number": number, "document": document.decode(), "recorded_at": at}
    return await _add_once(tx, policy_versions, values)


async def _add_once(tx: Tx, table: Table, values: Mapping[str, object]) -> bool:
    try:
        async with tx.begin_nested():
            await tx.execute(insert(table).values(values))
    except IntegrityError:
        return False
    return True


def _version_row(row: Row[Any]) -> VersionRow:
    signatures = tuple(filter(None, row.signatures.split("\n")))
    return VersionRow(Version(row.number, row.document.encode(), signatures), row.recorded_at)
