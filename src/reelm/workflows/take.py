"""Take: a member of staff takes people's protected data away as a file, for a court or for those people.

Reading it is another action, and is not enough. The leaf is on the public record and everybody in the file is
shown it before a single row is opened. The file carries the mark of this export.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from reelm.base import AccountId
from reelm.workflows.look import access_to_email
from reelm.workflows.realm import OpenRealm


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that leaves the realm's protection, which export it is, and the leaf that says so."""

    file: bytes
    export_id: str
    leaf_index: int


async def take_emails(
    subjects: Sequence[AccountId],
    *,
    purpose: str,
    ticket: str | None,
    approval_id: str | None = None,
    by: AccountId,
    realm: OpenRealm,
) -> Taken:
    """The e-mail addresses of these people, one a line, for a member of staff with a purpose and an approval.

    Raises:
        StaffOnly, AccessRefused: not for this person, or not for this reason.
        AccountMissing, KeyDestroyed: one of them is gone; nothing was taken, which the record cannot say.
        NotRecorded: it is not on the public record yet, so nothing was taken.
    """
    asked = access_to_email("access.export", purpose=purpose, ticket=ticket, realm=realm)
    export = await realm.access.export(realm.database, by, asked, subjects=subjects, approval_id=approval_id)
    async with realm.database.read() as tx:
        emails = [(await realm.accounts.account(tx, subject)).email for subject in subjects]
    rows = realm.access.exports.marked(export.id, emails)
    return Taken("".join(f"{row}\r\n" for row in ["email", *rows]).encode(), export.id, export.leaf_index)
