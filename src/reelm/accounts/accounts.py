"""Accounts and sessions: the one noun of this package."""

import asyncio
import base64
from contextlib import suppress
from dataclasses import dataclass, field

from reelm.accounts import store
from reelm.accounts.errors import AccountMissing, EmailTaken, HashingBusy, TooManyAttempts
from reelm.accounts.hash_lane import LaneUser
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
from reelm.base import (
    AccountId,
    BackgroundTasks,
    Clock,
    Database,
    Entropy,
    KeyedDigest,
    Network,
    NetworkLimit,
    RateLimit,
    SessionId,
    Tx,
    account_key,
    mint,
    secret_key,
)
from reelm.realm import Keys

_GATHERING_SECONDS = 1.0
_EMAIL = "accounts.email"
_PASSWORD = "accounts.password"  # noqa: S105 - the name of a purpose
_TOKEN = "accounts.session"  # noqa: S105 - the name of a purpose


@dataclass(frozen=True, slots=True)
class SignInConfig:
    """The cost of hashing a password, and limits on attempts to sign in and up, per process.

    Nobody is counted by an e-mail address alone: its owner could then be locked out from anywhere. It is
    counted together with the network it is tried from, and while it is guessed at from many of them, each of
    those that did not sign in with it before has fewer tries.
    """

    hash_cost: HashCost = field(default_factory=HashCost)
    # One person mistypes a few times; one household or office shares a network.
    sign_ins_per_email: int = 10
    sign_ins_per_email_under_attack: int = 3
    sign_ins_per_network: int = 60
    sign_in_refill_seconds: float = 600
    # This many wrong passwords for one address, wherever they come from, are an attack.
    wrong_per_email: int = 50
    wrong_refill_seconds: float = 3600
    sign_ups_per_network: int = 30
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
        self._passwords = Passwords(settings.hash_cost, clock=clock, entropy=entropy)
        self._password_key = keys.realm_key(_PASSWORD)
        self._noting = BackgroundTasks("accounts")
        self._unwritten: dict[AccountId, int] = {}  # wrong passwords of the last second
        self._closing = asyncio.Event()
        refill_seconds = settings.sign_in_refill_seconds
        self._by_email = self._limit(settings.sign_ins_per_email, refill_seconds)
        self._by_attacked_email = self._limit(settings.sign_ins_per_email_under_attack, refill_seconds)
        self._wrong = self._limit(settings.wrong_per_email, settings.wrong_refill_seconds)
        self._by_network = self._network_limit(settings.sign_ins_per_network, refill_seconds)
        self._joining = self._network_limit(settings.sign_ups_per_network, settings.sign_up_refill_seconds)

    async def close(self) -> None:
        """Let what is being noted end; call it before the database is closed."""
        self._closing.set()
        await self._noting.close()
        self._passwords.close()

    def allow_sign_in(self, email: str, network: Network, *, is_known: bool = False) -> None:
        """Count one attempt to sign in, right or wrong; call it before ``credential``.

        Raises:
            TooManyAttempts: come back after ``retry_after_seconds``.
            HashingBusy: too many are being hashed; nothing was counted.
        """
        if not is_known:
            self._passwords.lane.check(LaneUser(network))
        self._by_network.take(network)
        self._tries_of(email).take(secret_key(self._email_digest(email), network))

    def forgive_sign_in(self, email: str, network: Network) -> None:
        """Undo ``allow_sign_in`` for an attempt that came to nothing."""
        self._by_network.give_back(network)
        self._tries_of(email).give_back(secret_key(self._email_digest(email), network))

    def note_right(self, email: str, network: Network) -> None:
        """Let whoever just signed in mistype as often as before."""
        self._by_email.forget(secret_key(self._email_digest(email), network))
        self._by_attacked_email.forget(secret_key(self._email_digest(email), network))

    def note_wrong(self, email: str, credential: Credential | None, database: Database) -> None:
        """Count a wrong password, and have its account's owner told at the next sign-in.

        Written beside the answer, which so takes as long with an account as without one, and together with
        those of the same second, so that a rush of them is one write. A crash before that loses their count.
        """
        self._wrong.count(secret_key(self._email_digest(email)))
        if credential is None:
            return
        if not self._unwritten:
            self._noting.start(self._write_wrong(database))
        self._unwritten[credential.account_id] = self._unwritten.get(credential.account_id, 0) + 1

    async def take_wrong(self, tx: Tx, account_id: AccountId) -> int:
        """Return how many wrong passwords were tried since this was last asked."""
        written = await store.take_wrong_sign_ins(tx, account_id) or 0
        unwritten = self._unwritten.get(account_id, 0)
        if unwritten:
            self._unwritten[account_id] = 0
        return written + unwritten

    async def hash_password(
        self, password: str, *, email: str | None = None, network: Network | None = None
    ) -> PasswordHash:
        """Check a new password against the rules and hash it: about 0.1 s, so call it outside transactions.

        Args:
            password: as typed.
            email: of the same person, which it must not be.
            network: where somebody signs up, which is counted; None for what the realm itself does.

        Raises:
            TooManyAttempts: come back after ``retry_after_seconds``.
            WeakPassword: too short, too long, too common, or the e-mail address itself.
            HashingBusy: too many are being hashed; nothing was done, and this was not counted.
        """
        if network is not None:
            self._joining.take(network)
        check_password(password, email=email)
        try:
            return await self._passwords.hash(password, None if network is None else LaneUser(network))
        except HashingBusy:
            if network is not None:
                self._joining.give_back(network)
            raise

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

    async def verify(
        self,
        credential: Credential | None,
        password: str,
        *,
        network: Network | None = None,
        is_known: bool = False,
    ) -> bool:
        """Return whether the password is right. Without an account it is wrong, and takes as long to say so.

        Takes about 0.1 s and needs no transaction: call it outside.

        Raises:
            SealBroken: the stored hash was damaged.
            HashingBusy: too many are being hashed; nothing was done.
        """
        known_as = account_key(credential.account_id) if is_known and credential else None
        user = None if network is None else LaneUser(network, known_as)
        hashed = None if credential is None else self._open_password(credential)
        # A password that could never have been set is hashed in a harmless form: its size must not cost us.
        tried = password if is_password_length(password) else ""
        return await self._passwords.is_correct(tried, hashed, user)

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

    def _network_limit(self, burst: int, refill_seconds: float) -> NetworkLimit:
        return NetworkLimit(
            burst=burst, refill_seconds=refill_seconds, clock=self._clock, error=TooManyAttempts
        )

    async def _write_wrong(self, database: Database) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_GATHERING_SECONDS):
                await self._closing.wait()
        counts, self._unwritten = self._unwritten, {}
        async with database.write() as tx:
            for account_id, count in sorted(counts.items()):  # two processes never wait for each other
                await store.add_wrong_sign_ins(tx, account_id, count)

    def _tries_of(self, email: str) -> RateLimit:
        is_attacked = self._wrong.wait_seconds(secret_key(self._email_digest(email))) > 0
        return self._by_attacked_email if is_attacked else self._by_email

    def _open_password(self, credential: Credential) -> PasswordHash:
        purpose = _bound(credential.account_id)
        return PasswordHash(self._password_key.open(credential.password_sealed, purpose=purpose).decode())

    def _email_digest(self, email: str) -> KeyedDigest:
        return self._keys.digest(_EMAIL, email_identity(email))

    def _token_digest(self, token: SessionToken) -> KeyedDigest:
        return self._keys.digest(_TOKEN, token.reveal().encode())


def _bound(account_id: AccountId) -> str:
    """Return a purpose that names the account, so that one account's password does not open as another's."""
    return f"{_PASSWORD}/{account_id}"


def _taken() -> EmailTaken:
    return EmailTaken(
        "There is already an account with this e-mail address. Nothing was saved. "
        "Sign in, or use another address."
    )
