"""A member of staff who looks at somebody's data, in the realm that is running."""

from dataclasses import dataclass

from e2e.person import Person
from reelm.app import open_realm, settings
from reelm.base import AccountId
from reelm.realm.policy import Member
from reelm.workflows import OpenRealm
from reelm.workflows.staff import read_email
from support.machine.running import Running


@dataclass(frozen=True, slots=True)
class Helper:
    """Somebody whose role may look; ``pseudonym`` is who they are in the ledger."""

    realm: Running
    person: Person

    @property
    def pseudonym(self) -> str:
        return self.person.handle

    async def begin(self) -> None:
        """Be given the role."""
        async with open_realm(settings.load(self.realm.data)) as realm:
            own = await _account(self.person, realm)
            member = Member(self.pseudonym, "support", realm.identity.manifest.realm.id, "Example B.V.", "NL")
            async with realm.database.write() as tx:
                await realm.access.grant(tx, own, member, by=None)

    async def look_at(self, person: Person) -> int:
        """See somebody's e-mail address; the index of the leaf that says so."""
        async with open_realm(settings.load(self.realm.data)) as realm:
            subject, own = await _account(person, realm), await _account(self.person, realm)
            seen = await read_email(subject, purpose="support-request", ticket="t-1", by=own, realm=realm)
            return seen.leaf_index


async def _account(person: Person, realm: OpenRealm) -> AccountId:
    async with realm.database.read() as tx:
        credential = await realm.accounts.credential(tx, person.email)
    assert credential is not None
    return credential.account_id
