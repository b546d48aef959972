"""Old copies of the records, old realms, other machines: the erased stay erased, and nobody else is lost."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import update

from reelm.base import Database, SealedBytes
from reelm.realm import EpochFiles, KeyConfig, KeyDestroyed, RootKey
from reelm.realm import store as records
from reelm.realm.errors import EpochKeyMissing, RingBroken, RootKeyMismatch
from reelm.realm.ring import Ring
from support.realm.keyed import (
    ANA,
    BO,
    Cut,
    Realm,
    after_the_first_batch,
    after_the_row,
    begin_cut_off,
    epochs,
    opened,
    opens,
    rotation_of,
    sealed_for,
)


async def copy_of_records(realm: Realm, name: str) -> Path:
    """What a backup takes."""
    target = realm.folder / name
    with sqlite3.connect(realm.folder / "records.sqlite") as source, sqlite3.connect(target) as copy:
        source.backup(copy)
    source.close()
    copy.close()
    return target


async def restore(realm: Realm, copy: Path) -> None:
    await realm.database.close()
    for file in realm.folder.glob("records.sqlite*"):
        file.unlink()
    shutil.copy(copy, realm.folder / "records.sqlite")
    realm.database = Database.open(f"sqlite:///{realm.folder / 'records.sqlite'}")


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


async def test_no_ring_is_written_while_another_machine_moves_keys_to_the_next_epoch(realm: Realm) -> None:
    """It would lack those not moved yet, and they would count as erased at the next start."""
    sealed = await sealed_for(realm, ANA)
    kept = realm.files.path(1).read_bytes()
    await realm.keys.rotate(realm.database)
    realm.files.add(1, SealedBytes(kept))
    before = realm.files.ring.read_bytes()
    await after_the_row(realm)
    await rotation_of(realm)._destroy_closed(realm.database)
    assert (realm.files.present(), realm.files.ring.read_bytes()) == ((1, 2, 3), before)
    assert await realm.another_process().rotate_if_due(realm.database) is True
    assert realm.files.present() == (3,)
    await realm.begin()
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
    with sqlite3.connect(realm.folder / "records.sqlite") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    assert bytes(row.mark) not in (realm.folder / "records.sqlite").read_bytes()


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
