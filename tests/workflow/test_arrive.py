"""Uploads in pieces: never lost between two connections, looked at once, gone when their time is over."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from reelm.base import AccountId, UploadId, metadata
from reelm.clips import ClipState
from reelm.media import Arrival, Body, Interrupted, SpoolFull, UploadBusy, UploadMissing
from reelm.media.errors import NotAVideo, OffsetMismatch, QuotaReached, TooManyOpen
from reelm.workflows.operate import sweep, tidy
from reelm.workflows.upload import append, create_upload, delete_upload, discard, follow, offset_of, receive
from support.machine.determinism import ManualClock
from support.machine.postgres import PostgresPrograms, throwaway_postgres
from support.media import footage
from support.realm.realms import Stage, blocks, look, staged

pytestmark = pytest.mark.slow

DAY_SECONDS = 24 * 3600


def video() -> bytes:
    return footage.clip(seconds=0.6).read_bytes()


async def begin(stage: Stage, owner: AccountId, length_bytes: int) -> Arrival:
    return await create_upload(length_bytes, metadata="", owner=owner, realm=stage.realm)


async def send(stage: Stage, arrival: Arrival, offset: int, data: bytes) -> Arrival:
    owner = AccountId(arrival.owner)
    return await append(arrival.id, Body(offset), blocks(data), owner=owner, realm=stage.realm)


async def whole_but_not_looked_at(stage: Stage, owner: AccountId, data: bytes) -> UploadId:
    """As a crash right after the last durable byte leaves it."""
    made = await begin(stage, owner, len(data))
    (stage.data / "spool" / f"{made.id}.part").write_bytes(data)
    async with stage.realm.database.write() as tx:
        await stage.realm.media.arrivals.advance(tx, made.id, len(data))
    return made.id


async def arrival_count(stage: Stage) -> int:
    async with stage.realm.database.read() as tx:
        found = await tx.scalar(select(func.count()).select_from(metadata.tables["arrivals"]))
        return int(found or 0)


async def test_pieces_become_a_clip_like_any_other(stage: Stage) -> None:
    ann, data = await stage.person("ann"), video()
    made = await begin(stage, ann, len(data))
    assert (await send(stage, made, 0, data[:1000])).offset_bytes == 1000
    await send(stage, made, 1000, data[1000:])
    found = await follow(made.id, owner=ann, realm=stage.realm)
    assert found.upload is not None
    assert found.upload.size_bytes == len(data)
    clip = await stage.post_upload(ann, made.id)
    await stage.publish()
    assert (await stage.see(clip.id)).state is ClipState.VISIBLE


async def test_what_was_acknowledged_survives_a_restart_of_the_realm(data: Path) -> None:
    source = video()
    async with staged(data) as stage:
        ann = await stage.person("ann")
        made = await begin(stage, ann, len(source))
        await send(stage, made, 0, source[:2000])
        part = data / "spool" / f"{made.id}.part"
        part.write_bytes(part.read_bytes() + b"never recorded")
    async with staged(data) as stage:
        await sweep(realm=stage.realm)
        assert (await offset_of(made.id, owner=ann, realm=stage.realm)).offset_bytes == 2000
        await send(stage, made, 2000, source[2000:])
        assert stage.realm.media.spool.source(made.id).read_bytes() == source


@pytest.mark.parametrize("is_renamed", [False, True])
async def test_a_file_whose_look_a_crash_prevented_is_looked_at_by_whoever_asks(
    stage: Stage, *, is_renamed: bool
) -> None:
    ann = await stage.person("ann")
    upload_id = await whole_but_not_looked_at(stage, ann, video())
    if is_renamed:
        async with stage.realm.database.read() as tx:
            arrival = await stage.realm.media.arrivals.find(tx, upload_id, owner=ann)
        await stage.realm.media.arrivals.complete(arrival)
    await sweep(realm=stage.realm)
    first, second = await asyncio.gather(*(follow(upload_id, owner=ann, realm=stage.realm) for _ in range(2)))
    assert first.upload == second.upload
    assert first.upload is not None


async def test_or_by_tidy_when_nobody_asks(stage: Stage) -> None:
    ann = await stage.person("ann")
    good = await whole_but_not_looked_at(stage, ann, video())
    bad = await whole_but_not_looked_at(stage, ann, b"no video at all")
    await tidy(realm=stage.realm)
    await stage.post_upload(ann, good)
    found = await follow(bad, owner=ann, realm=stage.realm)
    assert found.arrival.refusal is not None
    assert found.arrival.refusal.code == NotAVideo.code
    assert (await look(stage)).spooled == (f"{good}.source",)


async def test_a_silent_connection_gives_way_to_a_new_one(stage: Stage) -> None:
    ann, data = await stage.person("ann"), video()
    made = await begin(stage, ann, len(data))
    arrived = asyncio.Event()

    async def lost() -> AsyncIterator[bytes]:
        yield data[:1000]
        arrived.set()
        await asyncio.sleep(60)

    dead = asyncio.create_task(append(made.id, Body(0), lost(), owner=ann, realm=stage.realm))
    await arrived.wait()
    assert (await offset_of(made.id, owner=ann, realm=stage.realm)).offset_bytes == 1000
    with pytest.raises(Interrupted):
        await dead
    await send(stage, made, 1000, data[1000:])
    assert stage.realm.media.spool.source(made.id).read_bytes() == data


async def test_two_clients_that_race_never_mix_their_bytes(stage: Stage) -> None:
    ann, data = await stage.person("ann"), video()
    made = await begin(stage, ann, len(data))
    first = await stage.realm.media.arrivals.take(made)  # sends all the time, so it is never silent
    for _ in range(2):
        with pytest.raises(UploadBusy):
            await send(stage, made, 0, bytes(len(data)))
    await stage.realm.media.arrivals.release(first)
    await send(stage, made, 0, data)
    with pytest.raises(OffsetMismatch):
        await send(stage, made, 0, bytes(len(data)))
    assert stage.realm.media.spool.source(made.id).read_bytes() == data


async def test_an_account_may_not_announce_more_than_its_share(stage: Stage) -> None:
    ann, ben = await stage.person("ann"), await stage.person("ben")
    large = 2 * 1024**3
    await discard_room(stage)
    made = [await begin(stage, ann, large) for _ in range(4)]
    with pytest.raises(QuotaReached) as refused:
        await begin(stage, ann, 1)
    assert refused.value.facts == {"waiting_bytes": 4 * large, "max_bytes": 4 * large}
    with pytest.raises(QuotaReached):
        await receive(blocks(video()), declared_bytes=None, owner=ann, realm=stage.realm)
    await begin(stage, ben, 1)
    await delete_upload(made[0].id, owner=ann, realm=stage.realm)
    await begin(stage, ann, 1)
    assert len((await look(stage)).spooled) == 5


@pytest.mark.postgres
async def test_uploads_that_are_announced_at_once_share_what_an_account_may_have(
    data: Path, postgres_programs: PostgresPrograms
) -> None:
    """PostgreSQL lets several decide at a time."""
    with throwaway_postgres(postgres_programs) as url:
        limits = "[uploads]\nquota_bytes = 1000000\nmax_open = 3\n"
        await asyncio.to_thread((data / "settings.toml").write_text, f'database_url = "{url}"\n{limits}')
        async with staged(data) as stage:
            ann, ben = await stage.person("ann"), await stage.person("ben")
            large = await asyncio.gather(
                *(begin(stage, ann, 600_000) for _ in range(4)), return_exceptions=True
            )
            assert sum(isinstance(each, Arrival) for each in large) == 1
            assert sum(isinstance(each, QuotaReached) for each in large) == 3
            many = await asyncio.gather(*(begin(stage, ben, 10) for _ in range(6)), return_exceptions=True)
            assert sum(isinstance(each, Arrival) for each in many) == 3
            assert sum(isinstance(each, TooManyOpen) for each in many) == 3
            assert len((await look(stage)).spooled) == 4


async def discard_room(stage: Stage) -> None:
    """Skip where the disk itself is smaller than the share."""
    free = await asyncio.to_thread(shutil.disk_usage, stage.data)
    if free.free < 10 * 1024**3:
        pytest.skip("the disk has less than 10 GiB free")


async def test_what_was_published_no_longer_counts(stage: Stage) -> None:
    ann, data = await stage.person("ann"), video()
    made = await begin(stage, ann, len(data))
    await send(stage, made, 0, data)
    await stage.post_upload(ann, made.id)
    share = 8 * 1024**3
    with pytest.raises(QuotaReached):
        async with stage.realm.database.read() as tx:
            await stage.realm.media.arrivals.allow(tx, ann, share)
    await stage.publish()
    async with stage.realm.database.read() as tx:
        await stage.realm.media.arrivals.allow(tx, ann, share)


async def test_an_account_may_not_begin_without_end(stage: Stage) -> None:
    ann = await stage.person("ann")
    for _ in range(20):
        await begin(stage, ann, 10)
    with pytest.raises(TooManyOpen) as refused:
        await begin(stage, ann, 10)
    assert 0 < refused.value.retry_after_seconds <= DAY_SECONDS
    assert len((await look(stage)).spooled) == 20


async def test_a_file_that_is_lost_is_said_to_be_lost_once_and_for_all(stage: Stage) -> None:
    ann = await stage.person("ann")
    gone, cut = await begin(stage, ann, 10), await begin(stage, ann, 10)
    for arrival in (gone, cut):
        await send(stage, arrival, 0, b"01234")
    spool = stage.data / "spool"
    (spool / f"{gone.id}.part").unlink()
    (spool / f"{cut.id}.part").write_bytes(b"0123")
    for arrival in (gone, cut):
        for _ in range(2):
            with pytest.raises(UploadMissing):
                await offset_of(arrival.id, owner=ann, realm=stage.realm)
    assert await arrival_count(stage) == 0


async def test_a_discarded_upload_takes_its_arrival_with_it(stage: Stage) -> None:
    ann, data = await stage.person("ann"), video()
    made = await begin(stage, ann, len(data))
    await send(stage, made, 0, data)
    await discard(made.id, owner=ann, realm=stage.realm)
    assert await arrival_count(stage) == 0
    assert (await look(stage)).spooled == ()


async def test_an_expired_arrival_leaves_nothing_and_a_clip_stays(timed: Stage, clock: ManualClock) -> None:
    ann, data = await timed.person("ann"), video()
    finished, waiting = await begin(timed, ann, len(data)), await begin(timed, ann, 10)
    await send(timed, finished, 0, data)
    await send(timed, waiting, 0, b"01234")
    clip = await timed.post_upload(ann, finished.id)
    clock.advance(DAY_SECONDS)
    await tidy(realm=timed.realm)
    assert await arrival_count(timed) == 0
    assert (await look(timed)).spooled == (f"{finished.id}.source",)
    await timed.publish()
    assert (await timed.see(clip.id)).state is ClipState.VISIBLE


async def test_a_disk_without_room_for_all_that_is_announced_says_so_at_once(stage: Stage) -> None:
    ann = await stage.person("ann")
    usage = await asyncio.to_thread(shutil.disk_usage, stage.data)
    made = await begin(stage, ann, 10)
    async with stage.realm.database.write() as tx:
        row = metadata.tables["arrivals"]
        await tx.execute(
            row.update().where(row.c.id == made.id).values(length_bytes=usage.total, owner="other")
        )
    with pytest.raises(SpoolFull):
        await begin(stage, ann, 10)
    assert len((await look(stage)).spooled) == 1
