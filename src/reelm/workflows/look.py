"""Look: a member of staff sees a person's protected data, after everybody can know that it was seen."""

from collections.abc import Sequence
from dataclasses import dataclass

from reelm.access import AccessRead
from reelm.base import AccountId, DataClass
from reelm.ledger import LeafMissing, Pruned
from reelm.realm import policy
from reelm.workflows.realm import OpenRealm


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen, and the index of the leaf that says so."""

    email: str
    leaf_index: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A look as its subject is shown it; ``receipt`` proves it to anyone, in the tlog-proof format."""

    look: AccessRead
    receipt: str | None


async def looks_shown(subject: AccountId, *, realm: OpenRealm) -> Sequence[Shown]:
    """Who of the staff saw what of somebody, newest first, with proof where the record has it."""
    async with realm.database.read() as tx:
        looks = await realm.access.reads_of(tx, subject)
    return [Shown(look, await _receipt(look, realm)) for look in looks]


async def _receipt(look: AccessRead, realm: OpenRealm) -> str | None:
    if look.leaf_index is None:
        return None
    try:
        return (await realm.ledger.receipt(look.leaf_index)).encode().decode()
    except (LeafMissing, Pruned):
        return None


async def look_at_email(
    subject: AccountId,
    *,
    purpose: str,
    ticket: str | None,
    approval_id: str | None = None,
    by: AccountId,
    realm: OpenRealm,
) -> Seen:
    """The e-mail address of somebody, for a member of staff with a purpose.

    Raises:
        StaffOnly, AccessRefused: not for this person, or not for this reason.
        AccountMissing, KeyDestroyed: there is nobody to see.
        NotRecorded: it is not on the public record yet, so nothing was seen.
    """
    asked = access_to_email("access.read", purpose=purpose, ticket=ticket, realm=realm)
    index = await realm.access.read(realm.database, by, asked, subject=subject, approval_id=approval_id)
    async with realm.database.read() as tx:
        account = await realm.accounts.account(tx, subject)
    return Seen(account.email, index)


def access_to_email(action: str, *, purpose: str, ticket: str | None, realm: OpenRealm) -> policy.Access:
    """What is asked, and approved, of people's e-mail addresses."""
    data = policy.Data("email", DataClass.PROTECTED, realm.identity.manifest.realm.id)
    return policy.Access(action, data, purpose, ticket)
