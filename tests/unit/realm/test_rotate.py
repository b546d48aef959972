"""Rotation: survivors keep what they have, the erased stay erased, and no crash or race loses a key."""

import asyncio
import contextlib
import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import update

from determinism import ManualClock
from keyed import ANA, BO, Realm, opened
from reelm.base import AccountId, Database, SealedBytes
from reelm.realm import (
    EpochFiles,
    EpochKeyMissing,
    KeyConfig,
    KeyDestroyed,
    KeyMissing,
    RingBroken,
    RootKey,
    RootKeyMismatch,
    RotationRuns,
    SealBroken,
)
from reelm.realm import store as records
from reelm.realm.ring import Ring
from reelm.realm.rotate import Rotation, is_due

CLEO = AccountId("0" * 25 + "c")
NOTE = b"a private note"


@pytest.fixture
async def realm(database: Database, tmp_path: Path) -> AsyncIterator[Realm]:
    async with opened(database, tmp_path) as realm:
        yield realm


@pytest.fixture
async def sqlite_realm(tmp_path: Path) -> AsyncIterator[Realm]:
    database = Database.open(f"sqlite:///{tmp_path / 'records.db'}")
    async with opened(database, tmp_path) as realm:
        yield realm
    await realm.database.close()


async def sealed_for(realm: Realm, *owners: AccountId) -> dict[AccountId, bytes]:
    return {owner: (await realm.create(owner)).seal(NOTE, purpose="test") for owner in owners}


async def opens(realm: Realm, owner: AccountId, sealed: dict[AccountId, bytes]) -> bool:
    """Whether a process that just started opens it."""
    key = await realm.read(owner, realm.another_process())
    return key.open(sealed[owner], purpose="test") == NOTE


async def epochs(realm: Realm) -> list[tuple[int, bool]]:
    """(epoch, whether it is open) of every record."""
    async with realm.database.read() as tx:
        return [(row.epoch, row.closed_at is None) for row in await records.epochs(tx)]


async def test_a_rotation_changes_the_epoch_key_and_nothing_that_anyone_sees(realm: Realm) -> None:
    sealed = await sealed_for(realm, ANA, BO)
    assert await realm.keys.rotate(realm.database) == 2
    assert await epochs(realm) == [(1, False), (2, True)]
    assert realm.files.present() == (2,)
    for owner in (ANA, BO):
        assert await opens(realm, owner, sealed)
    assert (await realm.read(ANA)).epoch == 1, "named in fragment headers for ever"
    assert (await realm.create(CLEO)).epoch == 2


async def test_a_realm_without_people_rotates_too(realm: Realm) -> None:
    assert await realm.keys.rotate(realm.database) == 2
    assert await realm.keys.rotate(realm.database) == 3
    await realm.begin()


async def test_progress_is_told_and_every_batch_is_done(realm: Realm) -> None:
    realm.config = KeyConfig(batch_keys=2)
    owners = [AccountId(f"{number:026d}") for number in range(7)]
    sealed = await sealed_for(realm, *owners)
    told: list[int] = []
    await realm.another_process().rotate(realm.database, told.append)
    assert told == [2, 4, 6, 7]
    for owner in owners:
        assert await opens(realm, owner, sealed)


async def test_a_key_destroyed_elsewhere_is_not_served_after_a_rotation_either(realm: Realm) -> None:
    await realm.create(ANA)
    await realm.read(ANA)
    other = realm.another_process()
    await other.rotate(realm.database)
    await realm.read(ANA)
    await realm.destroy(ANA, other)
    with pytest.raises(KeyDestroyed):
        await realm.read(ANA)
    await other.rotate(realm.database)
    with pytest.raises(KeyDestroyed):
        await realm.read(ANA)


async def test_a_reader_whose_snapshot_is_older_than_the_rotation_still_reads(realm: Realm) -> None:
    await realm.create(ANA)
    keys = realm.another_process()
    await realm.begin(keys)
    async with realm.database.read() as tx:
        await keys.status(tx)
        await realm.keys.rotate(realm.database)
        await keys.user_key(tx, ANA)
    await realm.read(ANA, keys)


# Who may do what in the middle of it.


async def in_the_middle(realm: Realm, act: Callable[[], Awaitable[object]]) -> None:
    """Rotate, and let others act after the new epoch has begun."""
    rotation = rotation_of(realm)
    async with realm.database.write() as tx:
        await rotation.begin(tx)
    await act()
    await rotation.finish(realm.database, lambda _: None)


def rotation_of(realm: Realm) -> Rotation:
    return realm.another_process()._rotation


async def test_who_joins_meanwhile_has_a_key_afterwards(realm: Realm) -> None:
    sealed = await sealed_for(realm, ANA)

    async def join() -> None:
        sealed.update(await sealed_for(realm, BO))

    await in_the_middle(realm, join)
    for owner in (ANA, BO):
        assert await opens(realm, owner, sealed)


async def test_who_is_erased_meanwhile_stays_erased(realm: Realm) -> None:
    sealed = await sealed_for(realm, ANA, BO)
    await in_the_middle(realm, lambda: realm.destroy(ANA))
    with pytest.raises(KeyDestroyed):
        await realm.read(ANA)
    assert await opens(realm, BO, sealed)


async def test_who_is_erased_between_preparing_and_writing_a_batch_stays_erased(realm: Realm) -> None:
    await sealed_for(realm, ANA, BO)
    rotation = rotation_of(realm)
    async with realm.database.write() as tx:
        epoch = await rotation.begin(tx)
    batch = await rotation._prepare(realm.database, epoch, "")
    await realm.destroy(ANA)
    async with realm.database.write() as tx:
        await records.put_wrapped(tx, batch)
    with pytest.raises(KeyDestroyed):
        await realm.read(ANA, realm.another_process())
    await realm.read(BO, realm.another_process())


async def test_an_old_batch_does_not_undo_a_later_rotation(realm: Realm) -> None:
    sealed = await sealed_for(realm, ANA)
    rotation = rotation_of(realm)
    async with realm.database.write() as tx:
        epoch = await rotation.begin(tx)
    stale = await rotation._prepare(realm.database, epoch, "")
    await realm.keys.rotate(realm.database)
    async with realm.database.write() as tx:
        await records.put_wrapped(tx, stale)
    assert await opens(realm, ANA, sealed)


async def test_joining_erasing_and_rotating_at_once_lose_nothing(realm: Realm) -> None:
    """Three processes' worth of work on the same records."""
    stay = [AccountId(f"{number:026d}") for number in range(0, 40, 2)]
    leave = [AccountId(f"{number:026d}") for number in range(1, 40, 2)]
    sealed: dict[AccountId, bytes] = {}

    async def join() -> None:
        for owner in stay:
            sealed.update(await sealed_for(realm, owner))

    async def leave_again() -> None:
        other = realm.another_process()
        for owner in leave:
            async with realm.database.write() as tx:
                await other.create_user_key(tx, owner)
            await realm.destroy(owner, other)

    async def rotate() -> None:
        other = realm.another_process()
        for _ in range(4):
            await other.rotate(realm.database)

    await asyncio.gather(join(), leave_again(), rotate())
    for owner in stay:
        assert await opens(realm, owner, sealed)
    for owner in leave:
        with pytest.raises(KeyDestroyed):
            await realm.read(owner)
    async with realm.database.read() as tx:
        assert (await realm.keys.status(tx)).is_rotating is False


@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_an_epoch_is_not_closed_while_someone_wraps_a_key_in_it(realm: Realm) -> None:
    sealed: dict[AccountId, bytes] = {}
    rotation = rotation_of(realm)
    async with realm.database.write() as slow:
        key = await realm.keys.create_user_key(slow, ANA)
        sealed[ANA] = key.seal(NOTE, purpose="test")
        async with realm.database.write() as tx:
            await rotation.begin(tx)
        finishing = asyncio.ensure_future(rotation.finish(realm.database, lambda _: None))
        done, _ = await asyncio.wait([finishing], timeout=0.3)
        assert not done
    await finishing
    assert await epochs(realm) == [(1, False), (2, True)]
    assert await opens(realm, ANA, sealed)


async def test_one_process_rotates_at_a_time(realm: Realm) -> None:
    with realm.files.alone():
        with pytest.raises(RotationRuns, match="Nothing was changed"):
            await realm.keys.rotate(realm.database)
        realm.clock.advance(8 * 86_400)
        assert await realm.keys.rotate_if_due(realm.database) is False
    assert await realm.keys.rotate_if_due(realm.database) is True


# Crashes. Each case is a place where the process ended; what runs next is what always runs.


class Cut(Exception):
    """The process ended here."""


async def begin_cut_off(realm: Realm) -> None:
    async with realm.database.write() as tx:
        await realm.another_process().begin(tx)
        raise Cut


async def before_the_row(realm: Realm) -> None:
    async with realm.database.write() as tx:
        await rotation_of(realm).begin(tx)
        raise Cut


async def after_the_row(realm: Realm) -> None:
    async with realm.database.write() as tx:
        await rotation_of(realm).begin(tx)


async def after_the_first_batch(realm: Realm) -> None:
    await after_the_row(realm)

    def cut(_: int) -> None:
        raise Cut

    await rotation_of(realm)._move(realm.database, 2, cut)


async def after_the_last_batch(realm: Realm) -> None:
    await after_the_row(realm)
    await rotation_of(realm)._move(realm.database, 2, lambda _: None)


async def after_closing(realm: Realm) -> None:
    await after_the_row(realm)
    await rotation_of(realm)._move_all(realm.database, 2, lambda _: None)


async def in_the_ring(realm: Realm) -> None:
    await after_closing(realm)
    (realm.files.folder / "ring.part").write_bytes(b"half a ring")


async def after_the_ring(realm: Realm) -> None:
    await after_closing(realm)
    rotation = rotation_of(realm)
    kept = realm.files.path(1).read_bytes()
    await rotation._destroy_closed(realm.database)
    realm.files.path(1).write_bytes(kept)
    realm.files.path(1).chmod(0o600)


async def after_overwriting_the_old_key(realm: Realm) -> None:
    await after_the_ring(realm)
    realm.files.path(1).write_bytes(bytes(60))


CRASHES = [
    before_the_row,
    after_the_row,
    after_the_first_batch,
    after_the_last_batch,
    after_closing,
    in_the_ring,
    after_the_ring,
    after_overwriting_the_old_key,
]


@pytest.mark.parametrize("crash", CRASHES, ids=lambda crash: crash.__name__)
async def test_a_crash_leaves_everything_readable_and_the_next_run_finishes(
    realm: Realm, crash: Callable[[Realm], Awaitable[None]]
) -> None:
    realm.config = KeyConfig(batch_keys=1)
    sealed = await sealed_for(realm, ANA, BO)
    with contextlib.suppress(Cut):
        await crash(realm)
    await realm.begin()
    for owner in (ANA, BO):
        assert await opens(realm, owner, sealed)
    sealed.update(await sealed_for(realm, CLEO))
    await realm.destroy(BO)

    was_cut_off = crash is not before_the_row
    assert await realm.another_process().rotate_if_due(realm.database) is was_cut_off
    if not was_cut_off:
        await realm.another_process().rotate(realm.database)
    assert await epochs(realm) == [(1, False), (2, True)]
    assert sorted(path.name for path in realm.files.folder.iterdir()) == ["2.key", "lock", "ring"]
    await realm.begin()
    for owner in (ANA, CLEO):
        assert await opens(realm, owner, sealed)
    with pytest.raises(KeyDestroyed):
        await realm.read(BO)


async def test_a_rotation_that_was_cut_off_is_finished_before_the_next(realm: Realm) -> None:
    sealed = await sealed_for(realm, ANA)
    await after_the_row(realm)
    assert await realm.another_process().rotate(realm.database) == 3
    assert realm.files.present() == (3,)
    assert await opens(realm, ANA, sealed)


async def test_a_changed_record_stops_the_rotation_and_names_its_owner(realm: Realm) -> None:
    sealed = await sealed_for(realm, ANA, BO)
    async with realm.database.write() as tx:
        its = update(records.user_keys).where(records.user_keys.c.owner == ANA)
        await tx.execute(its.values(wrapped=SealedBytes(b"x" * 60)))
    with pytest.raises(SealBroken, match="cannot be rotated") as refused:
        await realm.keys.rotate(realm.database)
    assert refused.value.facts == {"owner": ANA}
    assert await opens(realm, BO, sealed)
    await realm.destroy(ANA)
    await realm.keys.rotate(realm.database)
    assert await opens(realm, BO, sealed)


# Old copies of the records.


async def copy_of_records(realm: Realm, name: str) -> Path:
    """What a backup takes."""
    target = realm.folder / name
    with sqlite3.connect(realm.folder / "records.db") as source, sqlite3.connect(target) as copy:
        source.backup(copy)
    source.close()
    copy.close()
    return target


async def restore(realm: Realm, copy: Path) -> None:
    await realm.database.close()
    for file in realm.folder.glob("records.db*"):
        file.unlink()
    shutil.copy(copy, realm.folder / "records.db")
    realm.database = Database.open(f"sqlite:///{realm.folder / 'records.db'}")


def attack(realm: Realm, *, copies: list[Path], sealed: bytes) -> bool:
    """Whether root, keys folder and every copy of the records together open what was sealed for someone.

    Every 60 bytes that could be a wrapped key are tried under every epoch key that can be opened.
    """
    root = RootKey.open(realm.folder / "root.key")
    wrapper = AESGCM(root.derive("reelm/realm/epoch-keys/1").reveal())
    wrapped = set(everything_of_60_bytes(realm, copies))
    epoch_keys = [
        key
        for raw in wrapped
        for epoch in range(1, 9)
        if (key := tried(wrapper, raw, f"epoch-key/1\0{epoch}"))
    ]
    assert epoch_keys, "an attack that opens nothing at all proves nothing"
    for key in epoch_keys:
        for raw in wrapped:
            for epoch in range(1, 9):
                user = tried(AESGCM(key), raw, f"user-key/1\0{ANA}\0{epoch}")
                if user is not None:
                    return True
    return False


def everything_of_60_bytes(realm: Realm, copies: list[Path]) -> list[bytes]:
    found = [path.read_bytes() for path in realm.files.folder.iterdir() if path.stat().st_size == 60]
    for copy in copies:
        connection = sqlite3.connect(copy)
        for query in ("SELECT mark FROM epoch_keys", "SELECT wrapped FROM user_keys"):
            found += [row[0] for row in connection.execute(query)]
        connection.close()
    ring = Ring(realm.files, realm.keys.realm_key("ring"))
    if ring.epoch():
        found += [wrapped for batch in ring.read() for _, _, wrapped in batch]
    return found


def tried(cipher: AESGCM, raw: bytes, data: str) -> bytes | None:
    try:
        return cipher.decrypt(raw[:12], raw[12:], f"reelm/{data}".encode())
    except InvalidTag:
        return None


async def test_who_was_erased_does_not_come_back_with_an_old_copy_of_the_records(
    sqlite_realm: Realm,
) -> None:
    realm = sqlite_realm
    sealed = await sealed_for(realm, ANA, BO)
    old = await copy_of_records(realm, "old.db")
    assert attack(realm, copies=[old], sealed=sealed[ANA]), "before the rotation it can be done"
    await realm.destroy(ANA)
    await realm.keys.rotate(realm.database)
    new = await copy_of_records(realm, "new.db")
    assert not attack(realm, copies=[old, new], sealed=sealed[ANA])

    await restore(realm, old)
    await realm.begin()
    with pytest.raises(KeyDestroyed):
        await realm.read(ANA, realm.another_process())
    with pytest.raises(KeyDestroyed):
        await realm.create(ANA)
    assert await opens(realm, BO, sealed)
    assert await epochs(realm) == [(1, False), (2, True)]
    assert not attack(
        realm, copies=[old, new, await copy_of_records(realm, "restored.db")], sealed=sealed[ANA]
    )
    await realm.keys.rotate(realm.database)
    assert await opens(realm, BO, sealed)


async def test_a_copy_that_is_several_rotations_old_is_brought_up_to_date(sqlite_realm: Realm) -> None:
    realm = sqlite_realm
    sealed = await sealed_for(realm, BO)
    old = await copy_of_records(realm, "old.db")
    for _ in range(3):
        await realm.keys.rotate(realm.database)
    await restore(realm, old)
    await realm.begin()
    assert await opens(realm, BO, sealed)
    assert await realm.keys.rotate(realm.database) == 5
    assert await opens(realm, BO, sealed)


async def test_a_copy_from_the_middle_of_a_rotation_is_brought_up_to_date(sqlite_realm: Realm) -> None:
    realm = sqlite_realm
    realm.config = KeyConfig(batch_keys=1)
    sealed = await sealed_for(realm, ANA, BO)
    with pytest.raises(Cut):
        await after_the_first_batch(realm)
    old = await copy_of_records(realm, "old.db")
    await realm.destroy(BO)
    await realm.keys.rotate(realm.database)
    await restore(realm, old)
    await realm.begin()
    assert await opens(realm, ANA, sealed)
    with pytest.raises(KeyDestroyed):
        await realm.read(BO)


async def test_bringing_up_to_date_can_be_cut_off_and_repeated(sqlite_realm: Realm) -> None:
    realm = sqlite_realm
    sealed = await sealed_for(realm, ANA, BO)
    old = await copy_of_records(realm, "old.db")
    await realm.destroy(ANA)
    await realm.keys.rotate(realm.database)
    await restore(realm, old)
    with pytest.raises(Cut):
        await begin_cut_off(realm)
    for _ in range(2):
        await realm.begin()
        assert await opens(realm, BO, sealed)
        with pytest.raises(KeyDestroyed):
            await realm.read(ANA)


@pytest.mark.parametrize("at", [0, 5, 20, -1])
async def test_a_damaged_ring_changes_nothing(sqlite_realm: Realm, at: int) -> None:
    realm = sqlite_realm
    sealed = await sealed_for(realm, BO)
    old = await copy_of_records(realm, "old.db")
    await realm.keys.rotate(realm.database)
    good = realm.files.ring.read_bytes()
    await restore(realm, old)
    bad = bytearray(good)
    bad[at] ^= 1
    for damaged in (bytes(bad), good[:-1], good[: len(good) // 2]):
        realm.files.ring.write_bytes(damaged)
        with pytest.raises((RingBroken, EpochKeyMissing)):
            await realm.begin()
    realm.files.ring.write_bytes(good)
    await realm.begin()
    assert await opens(realm, BO, sealed)


async def test_records_of_another_realm_are_refused_before_anything_in_them_is_changed(
    sqlite_realm: Realm, tmp_path: Path
) -> None:
    """Their epoch is older than our ring; without the mark their people would count as erased."""
    ours = sqlite_realm
    await ours.keys.rotate(ours.database)
    (tmp_path / "theirs").mkdir()
    database = Database.open(f"sqlite:///{tmp_path / 'theirs.db'}")
    async with opened(database, tmp_path / "theirs") as theirs:
        other_root = RootKey.create(tmp_path / "other.key", ours.entropy)
        keys = ours.keys_on(ours.files, other_root)
        sealed = await sealed_for(theirs, ANA)
        with pytest.raises(RootKeyMismatch):
            await theirs.begin(keys)
        assert await opens(theirs, ANA, sealed)
    await database.close()


async def test_a_machine_without_the_new_epoch_key_says_what_to_copy(realm: Realm) -> None:
    sealed = await sealed_for(realm, ANA)
    await realm.keys.rotate(realm.database)
    away = realm.files.path(2).rename(realm.folder / "2.key")
    with pytest.raises(EpochKeyMissing, match="Copy the keys/epochs folder") as refused:
        await realm.begin()
    assert refused.value.facts == {"epoch": 2}
    with pytest.raises(EpochKeyMissing):
        await realm.read(ANA, realm.another_process())
    away.rename(realm.files.path(2))
    await realm.begin()
    assert await opens(realm, ANA, sealed)


async def test_a_machine_that_made_another_key_for_the_same_epoch_does_not_use_it(realm: Realm) -> None:
    """Two folders, one set of records: who comes second is refused before it wraps anything."""
    sealed = await sealed_for(realm, ANA)
    shutil.copytree(realm.files.folder, realm.folder / "elsewhere")
    away = realm.keys_on(EpochFiles(realm.folder / "elsewhere"))
    await after_the_row(realm)
    away._rotation._epochs.make(2)
    with pytest.raises(EpochKeyMissing, match="another one"):
        await realm.begin(away)
    with pytest.raises(EpochKeyMissing):
        await away.rotate(realm.database)
    assert await opens(realm, ANA, sealed)


# Realms of an older version kept the epoch key in the records.


async def make_old(realm: Realm) -> None:
    async with realm.database.write() as tx:
        wrapped = SealedBytes(realm.files.path(1).read_bytes())
        await tx.execute(update(records.epoch_keys).values(mark=wrapped))
    realm.files.path(1).unlink()


async def test_an_epoch_key_in_the_records_becomes_a_file(sqlite_realm: Realm) -> None:
    realm = sqlite_realm
    sealed = await sealed_for(realm, ANA)
    await make_old(realm)
    async with realm.database.read() as tx:
        (row,) = await records.epochs(tx)
    with pytest.raises(Cut):
        await begin_cut_off(realm)
    for _ in range(2):
        await realm.begin()
        assert await opens(realm, ANA, sealed)
        assert realm.files.path(1).read_bytes() == row.mark
    await realm.database.close()
    with sqlite3.connect(realm.folder / "records.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    assert bytes(row.mark) not in (realm.folder / "records.db").read_bytes()


async def test_a_copy_of_old_records_does_not_bring_its_epoch_key_back(sqlite_realm: Realm) -> None:
    realm = sqlite_realm
    sealed = await sealed_for(realm, ANA, BO)
    await make_old(realm)
    old = await copy_of_records(realm, "old.db")
    await realm.begin()
    await realm.destroy(ANA)
    await realm.keys.rotate(realm.database)
    await restore(realm, old)
    await realm.begin()
    assert realm.files.present() == (2,)
    assert await opens(realm, BO, sealed)
    with pytest.raises(KeyDestroyed):
        await realm.read(ANA)


async def test_old_records_of_another_root_are_refused(realm: Realm) -> None:
    await make_old(realm)
    stranger = RootKey.create(realm.folder / "other.key", realm.entropy)
    keys = realm.keys_on(realm.files, stranger)
    with pytest.raises(RootKeyMismatch):
        await realm.begin(keys)
    assert realm.files.present() == ()


# When.


async def test_a_rotation_is_due_once_the_epoch_is_a_week_old(realm: Realm) -> None:
    realm.clock.advance(7 * 86_400 - 1)
    assert await realm.keys.rotate_if_due(realm.database) is False
    realm.clock.advance(1)
    assert await realm.keys.rotate_if_due(realm.database) is True
    assert await realm.keys.rotate_if_due(realm.database) is False
    assert await epochs(realm) == [(1, False), (2, True)]


def test_due_is_a_rule_of_two_moments_and_a_length() -> None:
    begun, day = ManualClock().now(), timedelta(days=1)
    assert not is_due(begun, begun + day - timedelta(seconds=1), day)
    assert is_due(begun, begun + day, day)
    assert not is_due(begun, begun - 9 * day, day), "a clock that jumped back"


async def test_the_status_says_what_is_wrapped_where(realm: Realm) -> None:
    await sealed_for(realm, ANA, BO)
    await after_the_row(realm)
    await sealed_for(realm, CLEO)
    async with realm.database.read() as tx:
        status = await realm.keys.status(tx)
    assert (status.epoch, status.counts, status.is_rotating) == (2, {1: 2, 2: 1}, True)


async def test_without_an_epoch_there_is_no_status(realm: Realm) -> None:
    async with realm.database.write() as tx:
        await tx.execute(records.epoch_keys.delete())
        with pytest.raises(KeyMissing, match="Start the realm once"):
            await realm.keys.status(tx)
