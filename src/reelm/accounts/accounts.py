"""Accounts and sessions: the one noun of this package."""

import base64
import ipaddress
from dataclasses import dataclass, field

from reelm.accounts import store
from reelm.accounts.errors import AccountMissing, EmailTaken, TooManyAttempts
from reelm.accounts.model import (
    TOKEN_BYTES,
    Account,
    Credential,
    PasswordHash,
    SessionToken,
    check_password,
    clean_email,
    email_identity,
    is_password_length,
    session_end,
    touch_before,
)
from reelm.accounts.passwords import HashCost, Passwords
from reelm.base import AccountId, Clock, Entropy, KeyedDigest, RateLimit, SessionId, Tx, mint
from reelm.realm import Keys

_EMAIL = "accounts.email"
_PASSWORD = "accounts.password"  # noqa: S105 - the name of a purpose
_TOKEN = "accounts.session"  # noqa: S105 - the name of a purpose
_ADDRESS = "accounts.address"


@dataclass(frozen=True, slots=True)
class SignInConfig:
    """The cost of hashing a password, and limits on attempts to sign in and up, per process."""

    hash_cost: HashCost = field(default_factory=HashCost)
    # One person mistypes a few times; one household or office shares an address. The address is counted
    # first, so that somebody guessing from one place cannot lock the owner of an e-mail address out.
    sign_ins_per_email: int = 10
    sign_ins_per_address: int = 60
    sign_in_refill_seconds: float = 600
    sign_ups_per_address: int = 30
    sign_up_refill_seconds: float = 3600


class Accounts:
    """Accounts, passwords and sessions. Safe to share between tasks; limits are counted per process."""

    def __init__(
        self, keys: Keys, *, clock: Clock, entropy: Entropy, config: SignInConfig | None = None
    ) -> None:
        settings = config or SignInConfig()
        self._keys = keys
        self._clock = clock
        self._entropy = entropy
        self._passwords = Passwords(settings.hash_cost, entropy=entropy)
        self._password_key = keys.realm_key(_PASSWORD)
        self._by_email = self._limit(settings.sign_ins_per_email, settings.sign_in_refill_seconds)
        self._by_address = self._limit(settings.sign_ins_per_address, settings.sign_in_refill_seconds)
        self._joining = self._limit(settings.sign_ups_per_address, settings.sign_up_refill_seconds)

    def allow_sign_up(self, address: str) -> None:
        """Count one attempt to sign up from a network address; call it before anything costly.

        Raises:
            TooManyAttempts: come back after ``retry_after_seconds``.
        """
        self._joining.take(self._address_digest(address))

    def allow_sign_in(self, email: str, address: str) -> None:
        """Count one attempt to sign in, right or wrong; call it before ``credential``.

        Raises:
            TooManyAttempts: come back after ``retry_after_seconds``.
        """
        self._by_address.take(self._address_digest(address))
        self._by_email.take(self._email_digest(email))

    async def hash_password(self, password: str, *, email: str | None = None) -> PasswordHash:
        """Check a new password against the rules and hash it: about 0.1 s, so call it outside transactions.

        Raises:
            WeakPassword: too short, too long, too common, or the e-mail address itself.
        """
        check_password(password, email=email)
        return await self._passwords.hash(password)

    async def sign_up(self, tx: Tx, email: str, password: PasswordHash) -> Account:
        """Create an account with a key of its own; both exist once ``tx`` is durable.

        Raises:
            BadEmail: not an e-mail address.
            EmailTaken: it has an account.
        """
        kept = clean_email(email)
        digest = self._email_digest(kept)
        if await store.is_email_taken(tx, digest):
            raise _taken()
        account_id = AccountId(mint(self._clock, self._entropy))
        key = await self._keys.create_user_key(tx, account_id)
        row = store.AccountRow(
            id=account_id,
            email_digest=digest,
            email_sealed=key.seal(kept.encode(), purpose=_EMAIL),
            password_sealed=self._password_key.seal(password.reveal().encode(), purpose=_bound(account_id)),
            created_at=self._clock.now(),
        )
        # Somebody else may have taken the address since we looked; the caller's unit of work then takes the
        # key back.
        if not await store.add_account(tx, row):
            raise _taken()
        return Account(account_id, kept, row.created_at)

    async def credential(self, tx: Tx, email: str) -> Credential | None:
        """Return the credential to check a password against, or None; pass either on to ``verify``."""
        found = await store.find_password(tx, self._email_digest(email))
        return None if found is None else Credential(*found)

    async def verify(self, credential: Credential | None, password: str) -> bool:
        """Return whether the password is right. Without an account it is wrong, and takes as long to say so.

        Takes about 0.1 s and needs no transaction: call it outside.

        Raises:
            SealBroken: the stored hash was damaged.
        """
        hashed = None if credential is None else self._open_password(credential)
        # A password that could never have been set is hashed in a harmless form: its size must not cost us.
        tried = password if is_password_length(password) else ""
        return await self._passwords.is_correct(tried, hashed)

    async def open_session(self, tx: Tx, account_id: AccountId) -> SessionToken:
        """Open a session of 30 days; the database holds only a keyed digest of its token."""
        now = self._clock.now()
        await store.drop_expired_sessions(tx, account_id, at=now)
        token = SessionToken(base64.urlsafe_b64encode(self._entropy.draw(TOKEN_BYTES)).rstrip(b"=").decode())
        row = store.SessionRow(
            id=SessionId(mint(self._clock, self._entropy)),
            token_digest=self._token_digest(token),
            account_id=account_id,
            created_at=now,
            expires_at=session_end(now),
        )
        await store.add_session(tx, row)
        return token

    async def session(self, tx: Tx, token: SessionToken) -> AccountId | None:
        """Return whose session it is, or None without a live one. One indexed read, no write."""
        if not token.is_well_formed:
            return None
        return await store.find_session(tx, self._token_digest(token), at=self._clock.now())

    async def touch(self, tx: Tx, token: SessionToken) -> bool:
        """Let a live session last 30 days from now; writes at most once a day and says whether it did.

        Needs a transaction that may write, so call it where a page starts rather than on each request.
        """
        if not token.is_well_formed:
            return False
        now = self._clock.now()
        return await store.extend_session(
            tx,
            self._token_digest(token),
            at=now,
            seen_before=touch_before(now),
            expires_at=session_end(now),
        )

    async def close_session(self, tx: Tx, token: SessionToken) -> None:
        """End a session; safe to repeat."""
        if token.is_well_formed:
            await store.drop_session(tx, self._token_digest(token))

    async def account(self, tx: Tx, account_id: AccountId) -> Account:
        """Return the account with its e-mail address opened.

        Raises:
            AccountMissing: there is none with this id.
            KeyDestroyed: it was erased.
        """
        row = await store.find_account(tx, account_id)
        if row is None:
            raise AccountMissing("There is no such account; it may have been deleted.", account_id=account_id)
        key = await self._keys.user_key(tx, account_id)
        return Account(row.id, key.open(row.email_sealed, purpose=_EMAIL).decode(), row.created_at)

    async def hold(self, tx: Tx, account_id: AccountId) -> None:
        """Let one decision at a time be made about what an account may have, until ``tx`` ends."""
        await store.hold_account(tx, account_id)

    def _limit(self, burst: int, refill_seconds: float) -> RateLimit:
        return RateLimit(burst=burst, refill_seconds=refill_seconds, clock=self._clock, error=TooManyAttempts)

    def _open_password(self, credential: Credential) -> PasswordHash:
        purpose = _bound(credential.account_id)
        return PasswordHash(self._password_key.open(credential.password_sealed, purpose=purpose).decode())

    def _email_digest(self, email: str) -> KeyedDigest:
        return self._keys.digest(_EMAIL, email_identity(email))

    def _token_digest(self, token: SessionToken) -> KeyedDigest:
        return self._keys.digest(_TOKEN, token.reveal().encode())

    def _address_digest(self, address: str) -> KeyedDigest:
        return self._keys.digest(_ADDRESS, _network(address).encode("utf-8", "surrogatepass"))


def _bound(account_id: AccountId) -> str:
    """Return a purpose that names the account, so that one account's password does not open as another's."""
    return f"{_PASSWORD}/{account_id}"


def _network(address: str) -> str:
    """Return the network that an address counts as: an IPv6 customer has a whole /64."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def _taken() -> EmailTaken:
    return EmailTaken(
        "There is already an account with this e-mail address. Nothing was saved. "
        "Sign in, or use another address."
    )
