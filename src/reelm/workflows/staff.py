"""Let a member of staff read or export protected data of people, after everybody can know that they do.

Reading is one action and exporting another, for a court or for those people. The leaf is on the ledger and
everybody in the file is shown it before a single row is opened. The file carries the mark of this export.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from reelm.access import StaffRead
from reelm.base import AccountId, DataClass
from reelm.ledger import LeafMissing, Pruned
from reelm.realm import policy
from reelm.workflows.realm import OpenRealm


@dataclass(frozen=True, slots=True)
class EmailRead:
    """An address that was read, and the index of the leaf that says so."""

    email: str
    leaf_index: int


@dataclass(frozen=True, slots=True)
class ProvenRead:
    """An access as its subject is shown it; ``receipt`` proves it to anyone, in the tlog-proof format."""

    read: StaffRead
    receipt: str | None


async def reads_shown(subject: AccountId, *, realm: OpenRealm) -> Sequence[ProvenRead]:
    """Return the accesses of staff to somebody's data, newest first, with proof where the ledger has it."""
    async with realm.database.read() as tx:
        reads = await realm.access.reads_of(tx, subject)
    return [ProvenRead(read, await _receipt(read, realm)) for read in reads]


async def _receipt(read: StaffRead, realm: OpenRealm) -> str | None:
    if read.leaf_index is None:
        return None
    try:
        return (await realm.ledger.receipt(read.leaf_index)).encode().decode()
    except (LeafMissing, Pruned):
        return None


async def read_email(
    subject: AccountId,
    *,
    purpose: str,
    ticket: str | None,
    approval_id: str | None = None,
    by: AccountId,
    realm: OpenRealm,
) -> EmailRead:
    """Return the e-mail address of somebody, for a member of staff with a purpose.

    Raises:
        StaffOnly, AccessRefused: not for this person, or not for this reason.
        AccountMissing, KeyDestroyed: there is nobody to see.
        NotInLedger: it is not on the ledger yet, so nothing was seen.
    """
    asked = access_to_email("access.read", purpose=purpose, ticket=ticket, realm=realm)
    index = await realm.access.read(realm.database, by, asked, subject=subject, approval_id=approval_id)
    async with realm.database.read() as tx:
        account = await realm.accounts.account(tx, subject)
    return EmailRead(account.email, index)


def access_to_email(action: str, *, purpose: str, ticket: str | None, realm: OpenRealm) -> policy.Access:
    """Return what is asked, and approved, of people's e-mail addresses."""
    data = policy.Data("email", DataClass.PROTECTED, realm.identity.manifest.realm.id)
    return policy.Access(action, data, purpose, ticket)


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A file that leaves the realm's protection, which export it is, and the leaf that says so."""

    file: bytes
    export_id: str
    leaf_index: int


async def export_email_list(
    subjects: Sequence[AccountId],
    *,
    purpose: str,
    ticket: str | None,
    approval_id: str | None = None,
    by: AccountId,
    realm: OpenRealm,
) -> ExportFile:
    """Export the e-mail addresses of these people, one a line, by a purpose and an approval.

    Raises:
        StaffOnly, AccessRefused: not for this person, or not for this reason.
        AccountMissing, KeyDestroyed: one of them is gone; nothing was taken, which the ledger cannot say.
        NotInLedger: it is not on the ledger yet, so nothing was taken.
    """
    asked = access_to_email("access.export", purpose=purpose, ticket=ticket, realm=realm)
    export = await realm.access.export(realm.database, by, asked, subjects=subjects, approval_id=approval_id)
    async with realm.database.read() as tx:
        emails = [(await realm.accounts.account(tx, subject)).email for subject in subjects]
    rows = realm.access.exports.watermark(export.id).in_order(emails)
    file = "".join(f"{row}\r\n" for row in ["email", *rows]).encode()
    return ExportFile(file, export.id, export.leaf_index)
