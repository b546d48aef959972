"""Make an account with its key and a public profile, and sign people in."""

from dataclasses import dataclass

from reelm.accounts import (
    Account,
    AccountJoined,
    HashingBusy,
    PasswordHash,
    SessionToken,
    WrongCredentials,
)
from reelm.base import AccountId, Network, Tx
from reelm.workflows.realm import OpenRealm


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that has just begun; ``wrong_count`` passwords were tried in vain since the one before."""

    account_id: AccountId
    token: SessionToken
    wrong_count: int


async def join(
    tx: Tx, *, email: str, password: PasswordHash, handle: str, display_name: str | None, realm: OpenRealm
) -> Account:
    """Create an account and its profile, all or nothing.

    Raises:
        EmailTaken: the address has an account.
        HandleTaken: the handle belongs to someone else.
        BadHandle: the handle does not follow the rules.
    """
    account = await realm.accounts.sign_up(tx, email, password)
    await realm.events.append(tx, AccountJoined(account.id, account.created_at))
    await realm.people.create_profile(tx, account.id, handle=handle, display_name=display_name or handle)
    return account


async def sign_in(
    email: str,
    password: str,
    *,
    network: Network,
    former: SessionToken | None,
    is_known: bool,
    realm: OpenRealm,
) -> SignedIn:
    """Open a session, and end the one that the same browser had.

    A wrong address and a wrong password take the same time. What was wrong is told to the owner of the
    address, who can always try: others only ever use up the tries of their own network. Where many guess at
    once, a browser that is known to have signed in with this address has places that they have not.

    Raises:
        TooManyAttempts: come back after ``retry_after_seconds``.
        HashingBusy: too many are signing in; the attempt was not counted.
        WrongCredentials: which of the two is wrong is not said.
    """
    realm.accounts.allow_sign_in(email, network, is_known=is_known)
    async with realm.database.read() as tx:
        credential = await realm.accounts.credential(tx, email)
    try:
        is_right = await realm.accounts.verify(credential, password, network=network, is_known=is_known)
    except HashingBusy:
        realm.accounts.forgive_sign_in(email, network)
        raise
    if not is_right or credential is None:
        realm.accounts.note_wrong(email, credential, realm.database)
        raise WrongCredentials(
            "The e-mail address or the password is wrong. Nobody was signed in. Try again."
        )
    realm.accounts.note_right(email, network)
    async with realm.database.write() as tx:
        if former is not None:
            await realm.accounts.close_session(tx, former)
        token = await realm.accounts.open_session(tx, credential.account_id)
        wrong_count = await realm.accounts.take_wrong(tx, credential.account_id)
    return SignedIn(credential.account_id, token, wrong_count)
