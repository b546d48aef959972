"""A clip of which its creator took only a part, from posting to the screen."""

import pytest

from reelm.clips import ClipState
from reelm.media import Cut
from reelm.media.errors import BadCut
from reelm.workflows.watch import poster, unseal
from support.media import footage
from support.media.playlists import screen
from support.realm.realms import Stage, look, viewer

pytestmark = pytest.mark.slow


async def test_a_trimmed_and_muted_clip_is_only_what_was_kept(stage: Stage) -> None:
    ann = await stage.person("ann")
    sent = await stage.upload(ann, footage.clip(seconds=1.5))
    made = await stage.post_upload(ann, sent.id, cut=Cut(start_ms=500, end_ms=1_100, is_muted=True))
    assert made.duration_ms == 600
    await stage.publish()
    (only,) = await screen(viewer(stage), made.id)
    assert only.seconds == pytest.approx(0.6, abs=0.01)
    assert only.sound_count == 0
    async with stage.realm.database.read() as tx:
        assert (
            await unseal(await poster(tx, made.id, viewer=None, realm=stage.realm), realm=stage.realm)
        ).startswith(b"\xff\xd8")
    (await look(stage)).check()


async def test_a_part_that_the_file_does_not_have_leaves_the_upload_waiting(stage: Stage) -> None:
    ann = await stage.person("ann")
    sent = await stage.upload(ann, footage.clip(seconds=0.6))
    for cut in (Cut(end_ms=5_000), Cut(start_ms=9_000), Cut(start_ms=86_400_000)):
        with pytest.raises(BadCut):
            await stage.post_upload(ann, sent.id, cut=cut)
    async with stage.realm.database.read() as tx:
        assert await stage.realm.clips.publishing.due(tx, 10) == ()
    await stage.post_upload(ann, sent.id)
    await stage.publish()
    assert (await look(stage)).spooled == ()


async def test_a_repeated_post_keeps_the_cut_that_was_asked_for_first(stage: Stage) -> None:
    ann = await stage.person("ann")
    sent = await stage.upload(ann, footage.clip(seconds=1.5))
    made = await stage.post_upload(ann, sent.id, cut=Cut(end_ms=500))
    assert await stage.post_upload(ann, sent.id, cut=Cut(end_ms=900)) == made
    await stage.publish()
    (only,) = await screen(viewer(stage), made.id)
    assert only.seconds == pytest.approx(0.5, abs=0.01)


async def test_a_retry_is_cut_like_the_first_attempt(stage: Stage) -> None:
    ann = await stage.person("ann")
    sent = await stage.upload(ann, footage.clip(seconds=1.5))
    made = await stage.post_upload(ann, sent.id, cut=Cut(start_ms=1_000))
    async with stage.realm.database.write() as tx:
        await stage.realm.clips.publishing.fail(
            tx, made.id, code="media.took-too-long", detail="The machine was busy."
        )
        await stage.realm.clips.publishing.retry(tx, made.id, ann)
    await stage.publish()
    (only,) = await screen(viewer(stage), made.id)
    assert only.seconds == pytest.approx(0.5, abs=0.01)
    assert (await stage.see(made.id)).state is ClipState.VISIBLE
