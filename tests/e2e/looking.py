"""A member of staff who looks at somebody's data, in the realm that is running."""

from dataclasses import dataclass

from e2e.person import Person
from reelm.app import open_realm, settings
from reelm.base import AccountId
from reelm.realm.policy import Member
from reelm.workflows import OpenRealm, look_at_email
from running import Running


@dataclass(frozen=True, slots=True)
class Helper:
    """Somebody whose role may look; ``pseudonym`` is who they are on the record."""

    realm: Running
    person: Person

    @property
    def pseudonym(self) -> str:
        return self.person.handle

    async def begin(self) -> None:
        """Be given the role."""
        async with open_realm(settings.load(self.realm.data)) as at:
            own = await _account(self.person, at)
            member = Member(self.pseudonym, "support", at.manifest.realm.id, "Example B.V.", "NL")
            async with at.database.write() as tx:
                await at.staff.grant(tx, own, member, by=None)

    async def look_at(self, person: Person) -> int:
        """See somebody's e-mail address; the index of the leaf that says so."""
        async with open_realm(settings.load(self.realm.data)) as at:
            subject, own = await _account(person, at), await _account(self.person, at)
            seen = await look_at_email(subject, purpose="support-request", ticket="t-1", by=own, at=at)
            return seen.leaf_index


async def _account(person: Person, at: OpenRealm) -> AccountId:
    async with at.database.read() as tx:
        credential = await at.accounts.credential(tx, person.email)
    assert credential is not None
    return credential.account_id
