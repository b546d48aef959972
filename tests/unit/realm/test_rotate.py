"""Rotation: survivors keep what they have, the erased stay erased, and no crash or race loses a key."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import update

from reelm.base import AccountId, SealedBytes
from reelm.realm import KeyConfig, KeyDestroyed
from reelm.realm import store as records
from reelm.realm.errors import KeyMissing, RotationRuns, SealBroken
from reelm.realm.rotate import is_due
from support.machine.determinism import ManualClock
from support.realm.keyed import (
    ANA,
    BO,
    CLEO,
    NOTE,
    Cut,
    Realm,
    after_the_first_batch,
    after_the_row,
    epochs,
    opens,
    rotation_of,
    sealed_for,
)


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


@pytest.mark.on_database("postgresql")
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


async def before_the_row(realm: Realm) -> None:
    async with realm.database.write() as tx:
        await rotation_of(realm).begin(tx)
        raise Cut


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
