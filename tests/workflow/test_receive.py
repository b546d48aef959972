"""Uploads: taken whole or not at all, discarded on request, forgotten after a day."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from reelm.base import ReelmError, UploadId, metadata, mint
from reelm.clips import ClipState
from reelm.media import UploadMissing
from reelm.media.errors import NotAVideo, Truncated
from reelm.workflows.operate import sweep, tidy
from reelm.workflows.upload import UploadPosted, discard, receive
from support.machine.determinism import ManualClock
from support.media import footage
from support.realm.realms import Stage, blocks, look, staged

pytestmark = pytest.mark.slow

DAY_SECONDS = 24 * 3600


async def upload_count(stage: Stage) -> int:
    async with stage.realm.database.read() as tx:
        found = await tx.scalar(select(func.count()).select_from(metadata.tables["uploads"]))
        return int(found or 0)


async def check_nothing_is_left(stage: Stage) -> None:
    assert await upload_count(stage) == 0
    assert (await look(stage)).spooled == ()


async def test_an_upload_is_described_and_waits_in_a_private_spool(stage: Stage) -> None:
    ann = await stage.person("ann")
    source = footage.clip(seconds=0.6)
    sent = await stage.upload(ann, source)
    assert sent.probe.duration_ms == pytest.approx(600, abs=60)
    assert sent.size_bytes == source.stat().st_size
    assert (await look(stage)).spooled == (f"{sent.id}.source",)
    spool = stage.data / "spool"
    assert spool.stat().st_mode & 0o777 == 0o700
    assert (spool / f"{sent.id}.source").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "source",
    [footage.empty, footage.text, footage.noise, footage.playlist, footage.audio_only, footage.no_frames],
    ids=lambda source: source.__name__,
)
async def test_what_cannot_be_published_leaves_nothing(stage: Stage, source: Callable[[], Path]) -> None:
    ann = await stage.person("ann")
    with pytest.raises(ReelmError) as refused:
        await stage.upload(ann, source())
    assert refused.value.code.startswith("media.")
    assert not refused.value.is_retryable
    await check_nothing_is_left(stage)


async def test_a_body_shorter_than_announced_leaves_nothing(stage: Stage) -> None:
    ann = await stage.person("ann")
    with pytest.raises(Truncated):
        await receive(blocks(b"half of it"), declared_bytes=20, owner=ann, realm=stage.realm)
    await check_nothing_is_left(stage)


async def test_a_sender_who_goes_away_leaves_nothing(stage: Stage) -> None:
    ann = await stage.person("ann")
    arrived = asyncio.Event()

    async def stalling() -> AsyncIterator[bytes]:
        yield b"the first block"
        arrived.set()
        await asyncio.sleep(60)

    sending = asyncio.create_task(receive(stalling(), declared_bytes=None, owner=ann, realm=stage.realm))
    await arrived.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    await check_nothing_is_left(stage)


async def test_a_discarded_upload_is_gone_and_discarding_is_only_for_its_owner(stage: Stage) -> None:
    ann, ben = await stage.person("ann"), await stage.person("ben")
    sent = await stage.upload(ann, footage.clip(seconds=0.6))
    with pytest.raises(UploadMissing):
        await discard(sent.id, owner=ben, realm=stage.realm)
    assert await upload_count(stage) == 1
    await discard(sent.id, owner=ann, realm=stage.realm)
    await check_nothing_is_left(stage)
    with pytest.raises(UploadMissing):
        await stage.post_upload(ann, sent.id)


async def test_a_posted_upload_is_not_discarded(stage: Stage) -> None:
    ann = await stage.person("ann")
    sent = await stage.upload(ann, footage.clip(seconds=0.6))
    made = await stage.post_upload(ann, sent.id)
    with pytest.raises(UploadPosted):
        await discard(sent.id, owner=ann, realm=stage.realm)
    await stage.publish()
    assert (await stage.see(made.id)).state is ClipState.VISIBLE


async def test_only_the_sender_posts_an_upload(stage: Stage) -> None:
    ann, ben = await stage.person("ann"), await stage.person("ben")
    sent = await stage.upload(ann, footage.clip(seconds=0.6))
    with pytest.raises(UploadMissing):
        await stage.post_upload(ben, sent.id)


async def test_an_upload_nobody_posted_is_forgotten_after_a_day(timed: Stage, clock: ManualClock) -> None:
    ann = await timed.person("ann")
    await timed.upload(ann, footage.clip(seconds=0.6))
    clock.advance(DAY_SECONDS - 1)
    await tidy(realm=timed.realm)
    assert await upload_count(timed) == 1
    clock.advance(1)
    await tidy(realm=timed.realm)
    await check_nothing_is_left(timed)


async def test_an_upload_that_waits_to_be_published_outlives_its_day(
    timed: Stage, clock: ManualClock
) -> None:
    ann = await timed.person("ann")
    made = await timed.post(ann, footage.clip(seconds=0.6))
    clock.advance(DAY_SECONDS * 3)
    await tidy(realm=timed.realm)
    await timed.publish()
    assert (await timed.see(made.id)).state is ClipState.VISIBLE
    await tidy(realm=timed.realm)
    await check_nothing_is_left(timed)


async def test_sweep_deletes_files_that_no_row_names_and_keeps_the_others(stage: Stage) -> None:
    ann = await stage.person("ann")
    sent = await stage.upload(ann, footage.clip(seconds=0.6))
    stage.realm.media.spool.workspace(sent.id)
    lost = UploadId(mint(stage.realm.clock, stage.realm.entropy))
    spool = stage.data / "spool"
    (spool / f"{lost}.part").write_bytes(b"cut off while it arrived")
    (spool / f"{lost}.source").write_bytes(b"cut off before its row")
    stage.realm.media.spool.workspace(lost)
    await sweep(realm=stage.realm)
    assert (await look(stage)).spooled == (f"{sent.id}.source", f"{sent.id}.work")
    await sweep(realm=stage.realm)
    assert (await look(stage)).spooled == (f"{sent.id}.source", f"{sent.id}.work")


async def test_what_a_wrong_file_is_told_does_not_depend_on_its_name(stage: Stage) -> None:
    ann = await stage.person("ann")
    with pytest.raises(NotAVideo) as refused:
        await stage.upload(ann, footage.text())
    assert "/" not in refused.value.detail
    assert refused.value.facts == {}


async def test_an_upload_survives_a_restart(data: Path) -> None:
    async with staged(data) as stage:
        ann = await stage.person("ann")
        sent = await stage.upload(ann, footage.clip(seconds=0.6))
    async with staged(data) as stage:
        await sweep(realm=stage.realm)
        made = await stage.post_upload(ann, sent.id)
        await stage.publish()
        assert (await stage.see(made.id)).state is ClipState.VISIBLE
