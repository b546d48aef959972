"""The key hierarchy on real records: who can open what, and that nothing of a key ever shows."""

import copy
import io
import logging
import pickle
import sqlite3
import traceback

import pytest
import structlog
from sqlalchemy import text, update

from reelm.base import AccountId, Entropy, Secret, telemetry
from reelm.realm import EpochFiles, KeyDestroyed, Keys, RootKey
from reelm.realm import store as records
from reelm.realm.errors import KeyExists, KeyMissing, RootKeyMismatch, SealBroken
from reelm.realm.seal import UserKey
from support.machine.determinism import SeededEntropy
from support.realm.keyed import ANA, BO, Realm


async def test_a_user_key_opens_what_it_sealed_in_every_process_and_after_a_restart(realm: Realm) -> None:
    sealed = (await realm.create(ANA)).seal(b"a private note", purpose="test.note")
    for keys in (realm.keys, realm.another_process()):
        assert (await realm.read(ANA, keys)).open(sealed, purpose="test.note") == b"a private note"


async def test_beginning_again_changes_nothing(realm: Realm) -> None:
    await realm.create(ANA)
    async with realm.database.write() as tx:
        await realm.another_process().begin(tx)
        assert await tx.scalar(text("SELECT count(*) FROM epoch_keys")) == 1
    await realm.read(ANA, realm.another_process())


async def test_another_root_is_refused_at_the_start(realm: Realm) -> None:
    stranger = RootKey.create(realm.folder / "other.key", SeededEntropy(99))
    async with realm.database.write() as tx:
        with pytest.raises(RootKeyMismatch, match="Nothing was changed"):
            await Keys(
                stranger, EpochFiles(realm.folder / "epochs"), clock=realm.clock, entropy=realm.entropy
            ).begin(tx)


async def test_one_persons_key_does_not_open_anothers(realm: Realm) -> None:
    ana, bo = await realm.create(ANA), await realm.create(BO)
    sealed, wrapped = ana.seal(b"x", purpose="test"), ana.wrap(Secret(b"d" * 32))
    with pytest.raises(SealBroken):
        bo.open(sealed, purpose="test")
    with pytest.raises(SealBroken):
        bo.unwrap(wrapped)


async def test_an_owner_has_one_key(realm: Realm) -> None:
    await realm.create(ANA)
    with pytest.raises(KeyExists):
        await realm.create(ANA)


async def test_an_owner_without_a_key_is_not_an_owner_whose_key_was_destroyed(realm: Realm) -> None:
    with pytest.raises(KeyMissing):
        await realm.read(ANA)
    with pytest.raises(KeyMissing):
        await realm.destroy(ANA)
    await realm.create(ANA)
    await realm.destroy(ANA)
    with pytest.raises(KeyDestroyed):
        await realm.read(ANA)


async def test_an_owner_whose_key_was_destroyed_never_gets_another(realm: Realm) -> None:
    await realm.create(ANA)
    await realm.destroy(ANA)
    with pytest.raises(KeyDestroyed):
        await realm.create(ANA)


async def test_destroying_twice_is_harmless(realm: Realm) -> None:
    await realm.create(ANA)
    await realm.destroy(ANA)
    await realm.destroy(ANA)


async def test_a_key_destroyed_by_another_process_is_not_served_from_memory(realm: Realm) -> None:
    await realm.create(ANA)
    await realm.read(ANA)
    await realm.destroy(ANA, realm.another_process())
    with pytest.raises(KeyDestroyed):
        await realm.read(ANA)


async def test_a_destruction_that_is_undone_leaves_the_key(realm: Realm) -> None:
    await realm.create(ANA)
    with pytest.raises(RuntimeError):
        await realm.fail_after(realm.keys.destroy_user_key)
    await realm.read(ANA)


async def test_a_creation_that_is_undone_leaves_no_key(realm: Realm) -> None:
    with pytest.raises(RuntimeError):
        await realm.fail_after(realm.keys.create_user_key)
    with pytest.raises(KeyMissing):
        await realm.read(ANA)


@pytest.mark.slow
async def test_the_memory_of_opened_keys_is_bounded_and_changes_no_answer(realm: Realm) -> None:
    owners = [AccountId(f"{number:026d}") for number in range(1030)]
    sealed = []
    async with realm.database.write() as tx:
        sealed = [
            (await realm.keys.create_user_key(tx, one)).seal(one.encode(), purpose="test") for one in owners
        ]
    async with realm.database.read() as tx:
        for _ in range(2):
            for one, its in zip(owners, sealed, strict=True):
                assert (await realm.keys.user_key(tx, one)).open(its, purpose="test") == one.encode()
    assert len(realm.keys._opened) == 1024


async def test_swapped_key_rows_do_not_open(realm: Realm) -> None:
    await realm.create(ANA)
    await realm.create(BO)
    async with realm.database.write() as tx:
        theirs = await records.find_user_key(tx, BO)
        assert theirs is not None
        mine = records.user_keys.c.owner == ANA
        await tx.execute(update(records.user_keys).where(mine).values(wrapped=theirs.wrapped))
    with pytest.raises(SealBroken):
        await realm.read(ANA, realm.another_process())


async def test_no_key_is_in_the_records_and_a_destroyed_one_leaves_not_even_its_ciphertext(
    sqlite_realm: Realm,
) -> None:
    realm = sqlite_realm
    await realm.create(ANA)
    await realm.create(BO)
    async with realm.database.read() as tx:
        row = await records.find_user_key(tx, ANA)
    assert row is not None
    await realm.destroy(ANA)
    await realm.database.close()
    with sqlite3.connect(realm.folder / "records.sqlite") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    stored = b"".join(file.read_bytes() for file in realm.folder.glob("records.sqlite*"))
    assert bytes(row.wrapped) not in stored
    assert not any(key in stored for key in realm.entropy.keys)


async def test_purposes_are_separate(realm: Realm) -> None:
    keys = realm.keys
    assert keys.digest("a", b"x") == realm.another_process().digest("a", b"x")
    assert keys.digest("a", b"x") != keys.digest("b", b"x")
    assert keys.digest("a", b"x") != keys.digest("a", b"y")
    assert len({keys.secret("a"), keys.secret("b"), keys.secret("a ")}) == 3
    assert keys.secret("a").reveal() != keys.digest("a", b"")
    sealed = keys.realm_key("a").seal(b"x", purpose="p")
    assert keys.realm_key("a").open(sealed, purpose="p") == b"x"
    with pytest.raises(SealBroken):
        keys.realm_key("b").open(sealed, purpose="p")


def strangers_key(entropy: Entropy) -> UserKey:
    return UserKey(Secret(SeededEntropy(3).draw(32)), epoch=1, entropy=entropy)


def shows(said: str, secrets: list[bytes]) -> bool:
    return any(
        shape in said for raw in secrets for shape in (raw.hex(), raw.hex().upper(), repr(raw), str([*raw]))
    )


async def test_no_key_is_in_a_repr_a_pickle_or_a_copy(realm: Realm) -> None:
    user = await realm.create(ANA)
    things = (realm.root, realm.keys, user, realm.keys.realm_key("a"), realm.keys.secret("a"))
    for thing in things:
        assert "hidden" in repr(thing)
        assert not shows(
            f"{thing} {thing!r} {[thing]}", [*realm.entropy.keys, realm.keys.secret("a").reveal()]
        )
        with pytest.raises(TypeError):
            pickle.dumps(thing)
    for key in (realm.root, user):
        with pytest.raises(TypeError, match="never pickled"):
            copy.deepcopy(key)


async def test_no_key_is_in_a_traceback_not_even_with_local_variables(realm: Realm) -> None:
    user = await realm.create(ANA)
    sealed, wrapped = user.seal(b"note", purpose="test"), user.wrap(Secret(b"d" * 32))
    stranger = strangers_key(realm.entropy)

    async def create_without_randomness() -> None:
        realm.entropy.is_dry = True
        try:
            await realm.create(BO)
        finally:
            realm.entropy.is_dry = False

    async def destroyed() -> None:
        await realm.destroy(ANA)
        await realm.read(ANA)

    async def opened() -> None:
        stranger.open(sealed, purpose="test")

    async def unwrapped() -> None:
        stranger.unwrap(wrapped)

    for operation in (opened, unwrapped, create_without_randomness, destroyed):
        error: Exception | None = None
        try:
            await operation()
        except Exception as caught:  # noqa: BLE001 - whichever error it is, its traceback is what is tested
            error = caught
        assert error is not None
        with_locals = "".join(
            traceback.TracebackException.from_exception(error, capture_locals=True).format()
        )
        assert "hidden" in with_locals
        assert not shows(with_locals, [*realm.entropy.keys, b"d" * 32])


async def test_no_key_is_in_a_log_line(realm: Realm) -> None:
    stream = io.StringIO()
    root_logger = logging.getLogger()
    handlers, level, configured = root_logger.handlers[:], root_logger.level, structlog.get_config()
    telemetry.configure_logs(clock=realm.clock, stream=stream, level="debug")
    try:
        user = await realm.create(ANA)
        log = telemetry.logger("test")
        log.info("x", a=user, b=realm.root, c=[realm.keys.secret("a")], d={"e": realm.keys.digest("a", b"")})
        try:
            strangers_key(realm.entropy).open(user.seal(b"note", purpose="test"), purpose="test")
        except SealBroken:
            log.exception("failed")
    finally:
        root_logger.handlers[:] = handlers
        root_logger.setLevel(level)
        structlog.configure(**configured)
    assert stream.getvalue().count("\n") >= 2
    assert not shows(stream.getvalue(), realm.entropy.keys)
