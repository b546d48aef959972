"""Who encodes a clip: this machine or another, whoever has a place first, and never both."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from reelm.clips import ClipState
from reelm.media import EncoderId, Sent
from reelm.workflows.encode import Lent, deliver, lend, recognise, renew, take_in
from reelm.workflows.gates import Priority
from support.machine.determinism import ManualClock
from support.media import footage
from support.media.playlists import screen
from support.realm.realms import Stage, look, viewer

pytestmark = pytest.mark.slow


async def enrolled(stage: Stage) -> EncoderId:
    async with stage.realm.database.write() as tx:
        token = await stage.realm.media.kept.encoders.add(tx, "attic")
    return await recognise(token, realm=stage.realm)


@asynccontextmanager
async def busy(stage: Stage) -> AsyncIterator[None]:
    """All places of this machine are taken."""
    holds = [
        stage.realm.gates.encode.hold(Priority.FIRST_RUNG) for _ in range(stage.realm.gates.encode.places)
    ]
    for hold in holds:
        await hold.__aenter__()
    try:
        yield
    finally:
        for hold in holds:
            await hold.__aexit__(None, None, None)


async def lent_by(stage: Stage, encoder: EncoderId) -> Lent:
    for _ in range(200):
        if found := await lend(encoder, realm=stage.realm):
            return found
        await asyncio.sleep(0.05)
    raise AssertionError("nothing was lent")


async def test_a_realm_without_encoders_elsewhere_offers_nothing(stage: Stage) -> None:
    ann = await stage.person("ann")
    made = await stage.clip(ann, footage.clip(seconds=0.5, video=footage.FINE))
    assert made.state is ClipState.VISIBLE
    async with stage.realm.database.read() as tx:
        assert not await stage.realm.media.lending.has_work(tx)


async def test_what_a_lost_encoder_had_is_encoded_here_once_its_lease_is_over(
    timed: Stage, clock: ManualClock
) -> None:
    encoder, ann = await enrolled(timed), await timed.person("ann")
    made = await timed.post(ann, footage.clip(seconds=0.5, video=footage.FINE))
    async with busy(timed):
        telling = asyncio.create_task(timed.publish())
        found = await lent_by(timed, encoder)
        await renew(found.lease, 0.5, encoder=encoder, realm=timed.realm)
    await asyncio.sleep(2)
    assert (await timed.progress(made.id, ann)).ratio == 0.5
    clock.advance(31)
    await asyncio.wait_for(telling, 60)
    assert len(await screen(viewer(timed), made.id)) == 1
    world = await look(timed)
    world.check()
    assert world.spooled == ()


async def test_rubbish_from_elsewhere_is_encoded_here(stage: Stage) -> None:
    encoder, ann = await enrolled(stage), await stage.person("ann")
    made = await stage.post(ann, footage.clip(seconds=0.5, video=footage.FINE))
    async with busy(stage):
        telling = asyncio.create_task(stage.publish())
        found = await lent_by(stage, encoder)
        (rung,) = found.keys
        await take_in(found.lease, rung, 0, bytes(32), encoder=encoder, realm=stage.realm)
        claimed: dict[str, tuple[Sent, ...]] = {rung: (Sent(16, bytes(16)), Sent(16, bytes(15) + b"1"))}
        await deliver(found.lease, claimed, encoder=encoder, realm=stage.realm)
    await asyncio.wait_for(telling, 60)
    assert len(await screen(viewer(stage), made.id)) == 1
    (await look(stage)).check()


async def test_an_encoder_learns_the_source_and_its_own_keys_and_nothing_else(stage: Stage) -> None:
    encoder, ann = await enrolled(stage), await stage.person("ann")
    sources = [
        footage.clip(seconds=0.5, video=footage.FINE),
        footage.clip(seconds=0.6, video=footage.FINE),
    ]
    clips = [await stage.post(ann, source, "a caption") for source in sources]
    async with busy(stage):
        telling = asyncio.create_task(stage.publish())
        found = await lent_by(stage, encoder)
        assert found.source_bytes in {source.stat().st_size for source in sources}
        said = repr(found)
        for secret in (ann, "a caption", *(clip.id for clip in clips)):
            assert secret not in said
        async with stage.realm.database.read() as tx:
            held = await stage.realm.media.lending.held(tx, found.lease, encoder)
        assert held.keys_sealed is not None
        assert all(bytes(held.keys_sealed).find(key.reveal()) < 0 for key in found.keys.values())
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
