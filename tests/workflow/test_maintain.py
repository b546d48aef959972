"""What the worker does beside publishing: lost fragments come back, providers are left, epochs begin."""

from pathlib import Path

import pytest
from sqlalchemy import select

from reelm.base import AccountId, DataClass, metadata
from reelm.clips import ClipView
from reelm.vault import ObjectMissing, ProviderId
from reelm.vault import Stage as LeavingStage
from reelm.workflows.operate import locate, refresh_keys, repair, scrub, withdraw
from reelm.workflows.operate.maintain import renew
from reelm.workflows.watch import poster, unseal
from support.media import footage
from support.realm.realms import Stage, blocks, look
from support.vault.vaulting import sample

pytestmark = pytest.mark.slow


@pytest.fixture
async def clip(stage: Stage) -> tuple[ClipView, AccountId]:
    """A clip that is published in full, and who posted it."""
    owner = await stage.person("ana")
    return await stage.clip(owner, footage.clap()), owner


def fragment_files(stage: Stage, store: int) -> list[Path]:
    return sorted((stage.data / f"stores/{store}").glob("[0-9a-f][0-9a-f]/*"))


async def test_fragments_that_vanish_or_rot_are_found_and_brought_back(
    stage: Stage, clip: tuple[ClipView, AccountId]
) -> None:
    gone, rotten = fragment_files(stage, 1)[0], fragment_files(stage, 2)[0]
    before = {path: path.read_bytes() for path in (gone, rotten)}
    gone.unlink()
    rotten.write_bytes(before[rotten][:-40] + bytes(40))
    await scrub(realm=stage.realm)
    assert sum((await stage.realm.vault.upkeep.status()).queue.values()) >= 1
    await repair(realm=stage.realm)
    assert {path: path.read_bytes() for path in before} == before
    assert (await stage.realm.vault.upkeep.status()).queue == {}
    (await look(stage)).check()


async def test_a_provider_is_left_while_its_clips_play_on(
    stage: Stage, clip: tuple[ClipView, AccountId]
) -> None:
    view, owner = clip
    report = await withdraw(ProviderId("store-3"), realm=stage.realm)
    while not report.is_finished:
        report = await withdraw(ProviderId("store-3"), realm=stage.realm)
    assert fragment_files(stage, 3) == []
    async with stage.realm.database.read() as tx:
        assert await unseal(await poster(tx, view.id, viewer=owner, realm=stage.realm), realm=stage.realm)
    for _, fragments in await locate(view.id, realm=stage.realm):
        assert "store-3" not in {fragment.provider for fragment in fragments}
        assert len(fragments) == 5


async def test_a_drain_that_was_interrupted_is_gone_on_with(
    stage: Stage, clip: tuple[ClipView, AccountId]
) -> None:
    await stage.realm.vault.upkeep.drain.run(ProviderId("store-3"), limit=1)
    for _ in range(10):
        await repair(realm=stage.realm)
    left = {each.place.provider: each.stage for each in (await stage.realm.vault.upkeep.status()).providers}
    assert left[ProviderId("store-3")] is LeavingStage.WITHDRAWN


async def test_where_a_clip_lies_is_told_by_rendition(stage: Stage, clip: tuple[ClipView, AccountId]) -> None:
    view, _ = clip
    found = dict(await locate(view.id, realm=stage.realm))
    assert "poster" in found
    assert {len(fragments) for fragments in found.values()} == {5}
    with pytest.raises(ObjectMissing):
        await locate(type(view.id)("01k0000000000000000000000a"), realm=stage.realm)


async def test_a_poster_that_no_move_can_help_is_stored_anew_and_found_by_its_clip(
    stage: Stage, clip: tuple[ClipView, AccountId]
) -> None:
    view, owner = clip
    realm, picture = stage.realm, sample(100_000)
    async with realm.database.read() as tx:
        small = (await realm.delivery.pictures.poster(tx, view.id))[1]
        key = await realm.identity.keys.user_key(tx, owner)
    large = await realm.vault.put(blocks(picture), reference="large", klass=DataClass.PUBLIC, key=key)
    async with realm.database.write() as tx:
        await realm.delivery.pictures.rename(tx, small, large.object_id)
    await renew(large.object_id, realm=realm)
    async with realm.database.read() as tx:
        assert (await realm.delivery.pictures.poster(tx, view.id))[1] != large.object_id
        assert await unseal(await poster(tx, view.id, viewer=owner, realm=realm), realm=realm) == picture
    with pytest.raises(ObjectMissing):
        await realm.vault.read(large.object_id, key=key)


async def test_a_due_epoch_is_begun_and_everything_still_opens(
    stage: Stage, clip: tuple[ClipView, AccountId]
) -> None:
    view, owner = clip
    epochs = metadata.tables["epoch_keys"]
    await refresh_keys(realm=stage.realm)
    async with stage.realm.database.read() as tx:
        assert len((await tx.execute(select(epochs))).all()) == 1, "not due yet"
    await stage.realm.identity.keys.rotate(stage.realm.database)
    async with stage.realm.database.read() as tx:
        assert await unseal(await poster(tx, view.id, viewer=owner, realm=stage.realm), realm=stage.realm)
