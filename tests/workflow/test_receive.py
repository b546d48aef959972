"""Uploads: taken whole or not at all, discarded on request, forgotten after a day."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from reelm.base import AccountId, ReelmError, UploadId, metadata, mint
from reelm.clips import ClipState
from reelm.media import Media, MediaConfig, SpoolFull, Upload, UploadMissing
from reelm.media.append import FlushPolicy
from reelm.media.errors import NotAVideo, QuotaReached, Truncated
from reelm.vault import StoresAway
from reelm.workflows.operate import sweep, tidy
from reelm.workflows.operate.tidy import LONGEST_PUT_SECONDS
from reelm.workflows.upload import UploadPosted, create_upload, discard, receive
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


async def waiting_to_send(
    stage: Stage, owner: AccountId, declared_bytes: int | None
) -> "asyncio.Task[Upload]":
    """Begin an upload that says nothing after its first bytes, and return once those are there."""
    has_begun = asyncio.Event()

    async def silent() -> AsyncIterator[bytes]:
        yield b"the first bytes"
        has_begun.set()
        await asyncio.sleep(60)

    sending = asyncio.create_task(
        receive(silent(), declared_bytes=declared_bytes, owner=owner, realm=stage.realm)
    )
    done, _ = await asyncio.wait(
        [sending, asyncio.create_task(has_begun.wait())], return_when=asyncio.FIRST_COMPLETED
    )
    if sending in done:
        sending.result()
    return sending


@pytest.mark.parametrize("declared_bytes", [2 * 10**9, None])
async def test_what_an_account_sends_whole_at_once_shares_its_places_and_its_bytes(
    stage: Stage, declared_bytes: int | None
) -> None:
    ann, sending = await stage.person("ann"), []
    refusals = set()
    for _ in range(25):
        try:
            sending.append(await waiting_to_send(stage, ann, declared_bytes))
        except ReelmError as error:
            refusals.add(error.code)
    assert len(sending) == (4 if declared_bytes else 20)
    assert refusals == {"media.quota-reached" if declared_bytes else "media.too-many-open"}
    for each in sending:
        each.cancel()
    await asyncio.gather(*sending, return_exceptions=True)
    await check_nothing_is_left(stage)
    assert await stage.upload(ann, footage.clip(seconds=0.6)), "all places are free again"


async def test_a_size_that_nobody_announced_is_admitted_bit_by_bit(data: Path) -> None:
    (data / "settings.toml").write_text("[uploads]\nquota_bytes = 3_000_000\n")
    async with staged(data) as stage:
        ann, taken = await stage.person("ann"), 0

        async def endless() -> AsyncIterator[bytes]:
            nonlocal taken
            while True:
                taken += 100_000
                yield b"x" * 100_000

        with pytest.raises(QuotaReached):
            await receive(endless(), declared_bytes=None, owner=ann, realm=stage.realm)
        assert 500_000 < taken <= 3_000_000
        await check_nothing_is_left(stage)


async def test_a_file_of_no_announced_size_never_goes_into_the_reserve(stage: Stage) -> None:
    """The reserve is set a little below what is free, as if the disk had been filled up to there."""
    ann = await stage.person("ann")
    free_bytes = (await asyncio.to_thread(shutil.disk_usage, stage.data)).free
    config = MediaConfig(spool=stage.data / "spool", reserve_bytes=free_bytes - 64_000_000)
    media = Media(config, clock=stage.realm.clock, entropy=stage.realm.entropy)
    realm, taken = replace(stage.realm, media=media), 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1_000_000
            yield b"x" * 1_000_000

    with pytest.raises(SpoolFull, match="Nothing was kept"):
        await receive(endless(), declared_bytes=None, owner=ann, realm=realm)
    assert taken < 80_000_000
    await check_nothing_is_left(stage)


async def test_what_is_promised_to_one_upload_is_not_given_to_one_of_no_announced_size(stage: Stage) -> None:
    ann, ben = await stage.person("ann"), await stage.person("ben")
    free_bytes = (await asyncio.to_thread(shutil.disk_usage, stage.data)).free
    config = MediaConfig(spool=stage.data / "spool", reserve_bytes=free_bytes - 64_000_000)
    media = Media(config, clock=stage.realm.clock, entropy=stage.realm.entropy)
    realm = replace(stage.realm, media=media)
    await create_upload(60_000_000, metadata="", owner=ben, realm=realm)
    with pytest.raises(SpoolFull):
        await receive(blocks(b"x" * 6_000_000), declared_bytes=None, owner=ann, realm=realm)


async def test_tidy_leaves_a_file_alone_that_is_being_looked_at(stage: Stage) -> None:
    ann = await stage.person("ann")
    sending = asyncio.create_task(stage.upload(ann, footage.clip(seconds=0.6)))
    while not sending.done():
        await tidy(realm=stage.realm)
    assert (await look(stage)).spooled == (f"{sending.result().id}.source",)
    assert await upload_count(stage) == 1


async def test_a_sender_who_falls_silent_gives_the_place_and_the_bytes_back(stage: Stage) -> None:
    ann = await stage.person("ann")
    config = MediaConfig(spool=stage.data / "spool", flush_policy=FlushPolicy(idle_seconds=0.1))
    media = Media(config, clock=stage.realm.clock, entropy=stage.realm.entropy)
    slow = Stage(replace(stage.realm, media=media), stage.data)
    sending = await waiting_to_send(slow, ann, None)
    with pytest.raises(Truncated, match="Nothing was kept"):
        await sending
    await check_nothing_is_left(stage)


@pytest.mark.parametrize("declared_bytes", [1_000, None])
async def test_with_too_few_stores_a_file_is_refused_before_it_is_sent(
    stage: Stage, declared_bytes: int | None
) -> None:
    ann = await stage.person("ann")
    for number in (1, 2):
        shutil.rmtree(stage.data / "stores" / str(number))
        if number == 1:
            assert await stage.upload(ann, footage.clip(seconds=0.6)), "one may be away"

    read: list[bytes] = []

    async def watched() -> AsyncIterator[bytes]:
        read.append(b"x")
        yield read[0]

    with pytest.raises(StoresAway, match="2 of the realm's 5 stores"):
        await receive(watched(), declared_bytes=declared_bytes, owner=ann, realm=stage.realm)
    with pytest.raises(StoresAway):
        await create_upload(1_000, metadata="", owner=ann, realm=stage.realm)
    assert read == []


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


async def test_a_file_that_no_row_names_does_not_wait_for_a_restart(timed: Stage, clock: ManualClock) -> None:
    """A process that is killed while its successor starts leaves one that no start has seen."""
    lost, new = (UploadId(mint(timed.realm.clock, timed.realm.entropy)) for _ in range(2))
    spool = timed.data / "spool"
    spool.mkdir(exist_ok=True)
    for upload, written_seconds in ((lost, clock.now().timestamp()), (new, clock.now().timestamp() + 60)):
        path = spool / f"{upload}.source"
        path.write_bytes(b"cut off before its row")
        os.utime(path, (written_seconds, written_seconds))
    clock.advance(LONGEST_PUT_SECONDS + 30)
    await tidy(realm=timed.realm)
    assert (await look(timed)).spooled == (f"{new}.source",)


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
