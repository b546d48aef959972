"""Signing up, signing in and sessions, on real records."""

import asyncio
import pickle
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import event, func, select, text, update

from reelm.accounts import (
    Account,
    AccountMissing,
    Accounts,
    BadEmail,
    EmailTaken,
    HashCost,
    HashingBusy,
    PasswordHash,
    SessionToken,
    SignInConfig,
    TooManyAttempts,
    WeakPassword,
)
from reelm.accounts import store as records
from reelm.base import AccountId, Database, Network
from reelm.realm import EpochFiles, KeyDestroyed, Keys, RootKey
from reelm.realm.errors import SealBroken
from support.machine.determinism import ManualClock, SeededEntropy

CHEAP = SignInConfig(hash_cost=HashCost(memory_kib=64, passes=1, lanes=1))
PASSWORD = "four words are enough"
DAY = 24 * 3600


@dataclass
class Realm:
    database: Database
    keys: Keys
    accounts: Accounts
    clock: ManualClock
    folder: Path

    async def join(self, email: str = "Ana@Example.org", password: str = PASSWORD) -> Account:
        hashed = await self.accounts.hash_password(password)
        async with self.database.write() as tx:
            return await self.accounts.sign_up(tx, email, hashed)

    async def sign_in(self, account: Account) -> SessionToken:
        async with self.database.write() as tx:
            return await self.accounts.open_session(tx, account.id)

    async def viewer(self, token: SessionToken) -> AccountId | None:
        async with self.database.read() as tx:
            return await self.accounts.session(tx, token)

    async def is_password(self, email: str, password: str) -> bool:
        async with self.database.read() as tx:
            credential = await self.accounts.credential(tx, email)
        return await self.accounts.verify(credential, password)


@asynccontextmanager
async def opened(database: Database, folder: Path) -> AsyncIterator[Realm]:
    clock, entropy = ManualClock(), SeededEntropy(7)
    root = RootKey.create(folder / "root.key", entropy)
    keys = Keys(root, EpochFiles(folder / "epochs"), clock=clock, entropy=entropy)
    async with database.write() as tx:
        await keys.begin(tx)
    accounts = Accounts(keys, clock=clock, entropy=entropy, config=CHEAP)
    yield Realm(database, keys, accounts, clock, folder)


@pytest.fixture
async def realm(database: Database, tmp_path: Path) -> AsyncIterator[Realm]:
    async with opened(database, tmp_path) as realm:
        yield realm


@pytest.fixture
async def sqlite_realm(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Realm]:
    """A realm whose files a test can look into."""
    async with opened(sqlite_database, tmp_path) as realm:
        yield realm


async def test_who_signs_up_can_sign_in(realm: Realm) -> None:
    account = await realm.join()
    assert await realm.is_password("ana@example.org", PASSWORD)
    assert not await realm.is_password("ana@example.org", "four words are not enough")
    token = await realm.sign_in(account)
    assert await realm.viewer(token) == account.id


async def test_an_account_is_read_back_with_its_address_as_typed(realm: Realm) -> None:
    account = await realm.join("  Ana.Bello@Example.org ")
    async with realm.database.read() as tx:
        found = await realm.accounts.account(tx, account.id)
    assert (found.email, found.created_at) == ("Ana.Bello@Example.org", realm.clock.now())
    assert found == account


@pytest.mark.parametrize("again", ["ana@example.org", "ANA@EXAMPLE.ORG", " Ana@example.org\n"])
async def test_one_address_has_one_account_however_it_is_written(realm: Realm, again: str) -> None:
    await realm.join()
    with pytest.raises(EmailTaken):
        await realm.join(again)
    async with realm.database.read() as tx:
        assert await tx.scalar(select(func.count()).select_from(records.accounts)) == 1
        assert await tx.scalar(text("SELECT count(*) FROM user_keys")) == 1


async def test_composed_and_decomposed_letters_are_the_same_address_and_password(realm: Realm) -> None:
    await realm.join("jos\u00e9@example.org", "caf\u00e9 caf\u00e9 caf\u00e9")
    assert await realm.is_password("jose\u0301@example.org", "cafe\u0301 cafe\u0301 cafe\u0301")


async def test_an_address_that_is_none_saves_nothing(realm: Realm) -> None:
    with pytest.raises(BadEmail):
        await realm.join("ana at example.org")
    async with realm.database.read() as tx:
        assert await tx.scalar(text("SELECT count(*) FROM user_keys")) == 0


async def test_an_unknown_address_fails_like_a_wrong_password(realm: Realm) -> None:
    assert not await realm.is_password("nobody@example.org", PASSWORD)
    assert not await realm.is_password("not even an address \ud800", PASSWORD)
    assert not await realm.is_password("nobody@example.org", "")


async def test_an_unknown_address_costs_as_much_as_a_wrong_password(realm: Realm) -> None:
    costly = SignInConfig(hash_cost=HashCost(memory_kib=8192, passes=3, lanes=1))
    accounts = Accounts(realm.keys, clock=realm.clock, entropy=SeededEntropy(), config=costly)
    hashed = await accounts.hash_password(PASSWORD)
    async with realm.database.write() as tx:
        await accounts.sign_up(tx, "ana@example.org", hashed)
        credential = await accounts.credential(tx, "ana@example.org")

    async def fastest(check: object) -> float:
        times = []
        for _ in range(7):
            start = time.process_time()
            await accounts.verify(check, "wrong, but long enough")  # type: ignore[arg-type]  # both kinds below
            times.append(time.process_time() - start)
        return min(times)

    exists, absent = await fastest(credential), await fastest(None)
    assert 0.5 < exists / absent < 2


async def test_an_endless_password_is_wrong_and_cheap(realm: Realm) -> None:
    await realm.join()
    start = time.process_time()
    assert not await realm.is_password("ana@example.org", "x" * 50_000_000)
    assert time.process_time() - start < 1


async def test_a_password_record_moved_to_another_account_does_not_open(realm: Realm) -> None:
    ana, bo = await realm.join(), await realm.join("bo@example.org", "another four words")
    async with realm.database.write() as tx:
        row = await records.find_account(tx, bo.id)
        assert row is not None
        await tx.execute(
            update(records.accounts)
            .where(records.accounts.c.id == ana.id)
            .values(password_sealed=row.password_sealed)
        )
    with pytest.raises(SealBroken):
        await realm.is_password("ana@example.org", "another four words")


@pytest.mark.parametrize("password", ["short", "x" * 129, "password123", "aaaaaaaaaaaa", "1234567890"])
async def test_a_weak_password_is_refused_with_a_reason(realm: Realm, password: str) -> None:
    with pytest.raises(WeakPassword, match="Choose another"):
        await realm.accounts.hash_password(password)


async def test_the_address_is_no_password(realm: Realm) -> None:
    with pytest.raises(WeakPassword, match="e-mail address itself"):
        await realm.accounts.hash_password("ANA@example.org", email=" ana@example.org")


async def test_the_default_cost_is_the_recommended_one(realm: Realm) -> None:
    accounts = Accounts(realm.keys, clock=realm.clock, entropy=SeededEntropy())
    hashed = await accounts.hash_password(PASSWORD)
    assert hashed.reveal().startswith("$argon2id$v=19$m=65536,t=3,p=4$")


async def test_a_session_ends_after_thirty_days_of_absence(realm: Realm) -> None:
    token = await realm.sign_in(account := await realm.join())
    realm.clock.advance(30 * DAY - 1)
    assert await realm.viewer(token) == account.id
    realm.clock.advance(1)
    assert await realm.viewer(token) is None


async def test_a_touched_session_lasts_and_is_written_once_a_day(realm: Realm) -> None:
    token = await realm.sign_in(account := await realm.join())

    async def touch() -> bool:
        async with realm.database.write() as tx:
            return await realm.accounts.touch(tx, token)

    assert not await touch()
    realm.clock.advance(DAY)
    assert await touch()
    assert not await touch()
    realm.clock.advance(29 * DAY + DAY // 2)
    assert await realm.viewer(token) == account.id
    realm.clock.advance(DAY)
    assert await realm.viewer(token) is None
    assert not await touch()


async def test_a_closed_session_is_over_and_closing_again_is_harmless(realm: Realm) -> None:
    account = await realm.join()
    token, other = await realm.sign_in(account), await realm.sign_in(account)
    for _ in range(2):
        async with realm.database.write() as tx:
            await realm.accounts.close_session(tx, token)
    assert await realm.viewer(token) is None
    assert await realm.viewer(other) == account.id


@pytest.mark.parametrize("forged", ["", "x", "é" * 43, "A" * 43, "A" * 10_000, "' OR 1=1 --", "\ud800"])
async def test_a_forged_token_is_nobody(realm: Realm, forged: str) -> None:
    await realm.sign_in(await realm.join())
    token = SessionToken(forged)
    assert await realm.viewer(token) is None
    async with realm.database.write() as tx:
        await realm.accounts.close_session(tx, token)
        assert not await realm.accounts.touch(tx, token)


async def test_expired_sessions_are_cleared_away_at_the_next_sign_in(realm: Realm) -> None:
    account = await realm.join()
    await realm.sign_in(account)
    realm.clock.advance(31 * DAY)
    await realm.sign_in(account)
    async with realm.database.read() as tx:
        assert await tx.scalar(select(func.count()).select_from(records.sessions)) == 1


async def test_a_missing_account_is_said_to_be_missing(realm: Realm) -> None:
    async with realm.database.read() as tx:
        with pytest.raises(AccountMissing):
            await realm.accounts.account(tx, AccountId("0" * 26))


async def test_an_address_is_gone_with_its_key(realm: Realm) -> None:
    account = await realm.join()
    async with realm.database.write() as tx:
        await realm.keys.destroy_user_key(tx, account.id)
    async with realm.database.read() as tx:
        with pytest.raises(KeyDestroyed):
            await realm.accounts.account(tx, account.id)


async def test_the_files_hold_no_address_no_password_and_no_token(sqlite_realm: Realm) -> None:
    realm = sqlite_realm
    token = await realm.sign_in(await realm.join())
    await realm.database.close()
    stored = b"".join(file.read_bytes() for file in realm.folder.glob("records.sqlite*"))
    for secret in ("ana@example.org", "Ana@Example.org", PASSWORD, token.reveal(), "$argon2id$"):
        assert secret.encode() not in stored


async def test_nothing_personal_is_in_a_repr_or_a_pickle(realm: Realm) -> None:
    account = await realm.join()
    token = await realm.sign_in(account)
    hashed = await realm.accounts.hash_password(PASSWORD)
    for value, secret in ((account, account.email), (token, token.reveal()), (hashed, hashed.reveal())):
        assert secret not in f"{value} {value!r}"
    for hidden in (token, hashed, PasswordHash("x")):
        with pytest.raises(TypeError, match="never pickled"):
            pickle.dumps(hidden)


def net(address: str) -> Network:
    return Network.of(address)


async def test_guessing_from_one_place_at_one_address_is_slowed_down_there(realm: Realm) -> None:
    for _ in range(10):
        realm.accounts.allow_sign_in("ana@example.org", net("203.0.113.7"))
    with pytest.raises(TooManyAttempts) as refused:
        realm.accounts.allow_sign_in(" ANA@example.org", net("203.0.113.7"))
    assert refused.value.retry_after_seconds == 60
    assert "ana" not in str(refused.value).lower()
    realm.accounts.allow_sign_in("bo@example.org", net("203.0.113.7"))
    realm.clock.advance(60)
    realm.accounts.allow_sign_in("ana@example.org", net("203.0.113.7"))


async def test_nobody_elsewhere_can_lock_the_owner_of_an_address_out(realm: Realm) -> None:
    for attempt in range(1_000):
        guesser = net(f"10.{attempt // 250}.{attempt % 250}.1")
        realm.accounts.allow_sign_in("ana@example.org", guesser)
        realm.accounts.note_wrong("ana@example.org", None, realm.database)
    for _ in range(3):
        realm.accounts.allow_sign_in("ana@example.org", net("198.51.100.1"))


async def test_an_address_that_is_guessed_at_from_everywhere_allows_each_place_less(realm: Realm) -> None:
    for _ in range(50):
        realm.accounts.note_wrong("ana@example.org", None, realm.database)
    for _ in range(3):
        realm.accounts.allow_sign_in("ana@example.org", net("203.0.113.7"))
    with pytest.raises(TooManyAttempts):
        realm.accounts.allow_sign_in("ana@example.org", net("203.0.113.7"))
    realm.accounts.allow_sign_in("bo@example.org", net("203.0.113.7"))


async def test_who_signs_in_may_mistype_as_often_as_before(realm: Realm) -> None:
    for _ in range(5):
        for _ in range(9):
            realm.accounts.allow_sign_in("ana@example.org", net("203.0.113.7"))
        realm.accounts.note_right("ana@example.org", net("203.0.113.7"))


async def test_guessing_from_one_place_is_slowed_down_and_locks_nobody_else_out(realm: Realm) -> None:
    for attempt in range(60):
        realm.accounts.allow_sign_in(f"a{attempt}@example.org", net("2001:db8::1"))
    for attempt in range(20):
        with pytest.raises(TooManyAttempts):
            realm.accounts.allow_sign_in("ana@example.org", net(f"2001:db8::{attempt}"))
    realm.accounts.allow_sign_in("ana@example.org", net("2001:db8:0:1::1"))


async def test_signing_up_is_limited_per_place(realm: Realm) -> None:
    for _ in range(30):
        await realm.accounts.hash_password(PASSWORD, network=net("::ffff:203.0.113.9"))
    with pytest.raises(TooManyAttempts):
        await realm.accounts.hash_password(PASSWORD, network=net("203.0.113.9"))
    await realm.accounts.hash_password(PASSWORD, network=net("198.51.100.1"))


async def test_a_place_is_asked_for_before_anything_is_counted_or_read(realm: Realm) -> None:
    costly = SignInConfig(hash_cost=HashCost(memory_kib=8192, passes=40, lanes=1, max_waiting=1))
    accounts = Accounts(realm.keys, clock=realm.clock, entropy=SeededEntropy(), config=costly)
    running = asyncio.create_task(accounts.verify(None, "wrong words here", network=net("203.0.113.7")))
    await asyncio.sleep(0)
    for _ in range(20):
        with pytest.raises(HashingBusy):
            accounts.allow_sign_in("ana@example.org", net("198.51.100.1"))
    accounts.allow_sign_in("ana@example.org", net("198.51.100.1"), is_known=True)
    assert await running is False
    accounts.allow_sign_in("ana@example.org", net("198.51.100.1"))
    await accounts.close()


async def test_the_owner_is_told_once_how_many_wrong_passwords_were_tried(realm: Realm) -> None:
    account = await realm.join()
    async with realm.database.read() as tx:
        credential = await realm.accounts.credential(tx, "ana@example.org")
    for _ in range(7):
        realm.accounts.note_wrong("ana@example.org", credential, realm.database)
    await realm.accounts.close()
    async with realm.database.write() as tx:
        assert await realm.accounts.take_wrong(tx, account.id) == 7
        assert await realm.accounts.take_wrong(tx, account.id) == 0


@pytest.mark.on_database("sqlite")
async def test_a_rush_of_wrong_passwords_is_written_once_and_told_before_that(realm: Realm) -> None:
    account, other = await realm.join(), await realm.join("bo@example.org")
    async with realm.database.read() as tx:
        ana = await realm.accounts.credential(tx, "ana@example.org")
        bo = await realm.accounts.credential(tx, "bo@example.org")
    writes: list[object] = []
    event.listen(realm.database.engine.sync_engine, "commit", writes.append)
    for _ in range(40):
        realm.accounts.note_wrong("ana@example.org", ana, realm.database)
        realm.accounts.note_wrong("bo@example.org", bo, realm.database)
    await asyncio.sleep(0)
    async with realm.database.write() as tx:
        assert await realm.accounts.take_wrong(tx, account.id) == 40
    await realm.accounts.close()
    assert len(writes) == 2, "one of the owner, and one of everything else"
    async with realm.database.write() as tx:
        assert await realm.accounts.take_wrong(tx, account.id) == 0
        assert await realm.accounts.take_wrong(tx, other.id) == 40
