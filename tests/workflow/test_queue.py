"""Who waits for whom, told on a whole realm."""

import asyncio
import os

import pytest

from reelm.base import UploadId, mint
from reelm.clips import ClipState
from reelm.media import Upload
from reelm.media.spool import Spooled
from reelm.workflows.publish import publish_job
from support.media import footage
from support.realm.realms import Stage

pytestmark = pytest.mark.slow


async def again(stage: Stage, upload: Upload) -> UploadId:
    """The same file, sent once more by the same account, without looking at it again."""
    realm = stage.realm
    twin = UploadId(mint(realm.clock, realm.entropy))
    source = realm.media.spool.source(upload.id)
    path = source.with_name(f"{twin}.source")
    await asyncio.to_thread(os.link, source, path)
    async with realm.database.write() as tx:
        spooled = Spooled(path, upload.size_bytes)
        await realm.media.uploads.record(tx, spooled, upload=twin, owner=upload.owner, probe=upload.probe)
    return twin


async def test_one_who_posts_fifty_clips_holds_nobody_up(stage: Stage) -> None:
    greedy, ann, ben = [await stage.person(name) for name in ("greedy", "ann", "ben")]
    sent = await stage.upload(greedy, footage.clip(seconds=0.4))
    many = [await stage.post_upload(greedy, await again(stage, sent)) for _ in range(50)]
    others = [await stage.post(who, footage.clip(seconds=0.4)) for who in (ann, ben)]
    waiting = (await stage.progress(many[-1].id, greedy)).waiting
    assert waiting is not None
    assert waiting.ahead == 51

    for _ in range(3):
        async with stage.realm.database.read() as tx:
            (first,) = await stage.realm.clips.publishing.due(tx, 1)
        await stage.jobs.start(publish_job(first))

    assert [(await stage.see(each.id, None)).state for each in others] == [ClipState.VISIBLE] * 2
    assert (await stage.see(many[0].id)).state is ClipState.VISIBLE
