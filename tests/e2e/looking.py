"""A member of staff who looks at somebody's data, in the realm that is running."""

from e2e.person import Person
from reelm.app import open_realm, settings
from reelm.base import AccountId
from reelm.realm.policy import Member
from reelm.workflows import look_at_email
from running import Running


async def give_role(realm: Running, helper: Person, pseudonym: str) -> None:
    async with open_realm(settings.load(realm.data)) as at, at.database.write() as tx:
        member = Member(pseudonym, "support", at.manifest.realm.id, "Example B.V.", "NL")
        profile = await at.accounts.credential(tx, helper.email)
        assert profile is not None
        await at.staff.grant(tx, profile.account_id, member, by=None)


async def look_at(realm: Running, person: Person, *, by: Person) -> int:
    """See somebody's e-mail address; the index of the leaf that says so."""
    async with open_realm(settings.load(realm.data)) as at:
        async with at.database.read() as tx:
            subject, looker = [await at.accounts.credential(tx, each.email) for each in (person, by)]
        assert subject is not None
        assert looker is not None
        seen = await look_at_email(
            AccountId(subject.account_id),
            purpose="support-request",
            ticket="t-1",
            by=AccountId(looker.account_id),
            at=at,
        )
        return seen.leaf_index
