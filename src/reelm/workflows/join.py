"""Make an account, its key and a public profile, all or nothing."""

from reelm.accounts import Account, AccountJoined, PasswordHash
from reelm.base import Tx
from reelm.workflows.realm import OpenRealm


async def join(
    tx: Tx, *, email: str, password: PasswordHash, handle: str, display_name: str | None, realm: OpenRealm
) -> Account:
    """Create an account and its profile.

    Raises:
        EmailTaken: the address has an account.
        HandleTaken: the handle belongs to someone else.
        BadHandle: the handle does not follow the rules.
    """
    account = await realm.accounts.sign_up(tx, email, password)
    await realm.events.append(tx, AccountJoined(account.id, account.created_at))
    await realm.people.create_profile(tx, account.id, handle=handle, display_name=display_name or handle)
    return account
