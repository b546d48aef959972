"""Encodings lent to machines elsewhere: one holder at a time, for as long as it is heard of."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from reelm.base import Database, SealedBytes, UploadId, mint
from reelm.media import EncoderId, Encoding, LeaseId, Media, MediaConfig, Probe, Sent, Wanted
from reelm.media.elsewhere import Stand, Terms
from reelm.media.errors import BeyondLength, LeaseOver, NotWanted, OffsetMismatch
from reelm.media.lending import Lending
from reelm.media.model import Video
from support.machine.determinism import ManualClock, SeededEntropy

FAST, SLOW = EncoderId("1" * 26), EncoderId("2" * 26)
OWNER = mint(ManualClock(), SeededEntropy(7))
VIDEO = Video(
    0, "hevc", 720, 1280, 0, 30.0, "yuv420p", 8, "sdr", "bt709", has_b_frames=False, is_interlaced=False
)
WANTED = Wanted(Probe("mov", 4_000, 1, VIDEO, None), ("480p",))
TERMS = Terms(lease_seconds=30, most_tries=2, base_seconds=100.0, seconds_per_second=0.0)
KEYS = SealedBytes(b"sealed")


@dataclass
class Desk:
    """Where encodings are lent, with a clock that is told the time."""

    lending: Lending
    database: Database
    clock: ManualClock
    spool: Path
    numbers: int = 0

    async def offer(self, *, turn: int = 1, queue_round: int = 0) -> Encoding:
        self.numbers += 1
        upload = UploadId(mint(self.clock, SeededEntropy(self.numbers)))
        (self.spool / f"{upload}.source").write_bytes(b"0123456789")
        return await self.offer_again(upload, turn=turn, queue_round=queue_round)

    async def offer_again(
        self, upload: UploadId, wanted: Wanted = WANTED, *, turn: int = 1, queue_round: int = 0
    ) -> Encoding:
        async with self.database.write() as tx:
            return await self.lending.offer(
                tx, upload, wanted, owner=OWNER, turn=turn, queue_round=queue_round
            )

    async def take(self, encoder: EncoderId = FAST) -> Encoding | None:
        async with self.database.write() as tx:
            return await self.lending.take(tx, encoder)

    async def taken(self, encoder: EncoderId = FAST) -> Encoding:
        found = await self.take(encoder)
        assert found is not None
        return found

    async def held(self, lease: LeaseId | None, encoder: EncoderId = FAST) -> Encoding:
        assert lease is not None
        async with self.database.read() as tx:
            return await self.lending.held(tx, lease, encoder)

    async def renew(self, lease: LeaseId | None, ratio: float = 0.0, encoder: EncoderId = FAST) -> None:
        held = await self.held(lease, encoder)
        async with self.database.write() as tx:
            await self.lending.renew(tx, held, ratio)

    async def deliver(self, lease: LeaseId | None, *rungs: str) -> None:
        held = await self.held(lease)
        async with self.database.write() as tx:
            await self.lending.deliver(tx, held, {rung: (Sent(16, bytes(16)),) for rung in rungs})

    async def reclaim(self, offered: Encoding) -> bool:
        async with self.database.write() as tx:
            return await self.lending.reclaim(tx, offered.upload_id, offered.turn)

    async def found(self, offered: Encoding) -> Encoding:
        async with self.database.read() as tx:
            found = await self.lending.find(tx, offered.upload_id, offered.turn)
        assert found is not None
        return found


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    clock = ManualClock()
    media = Media(MediaConfig(spool=tmp_path / "spool", terms=TERMS), clock=clock, entropy=SeededEntropy())
    media.spool.sweep(set(), set())
    return Desk(media.lending, database, clock, tmp_path / "spool")


async def test_one_encoder_has_it_until_it_falls_silent(desk: Desk) -> None:
    offered = await desk.offer()
    first = await desk.taken()
    assert (first.id, first.encoder, first.tries) == (offered.id, FAST, 1)
    assert await desk.take(SLOW) is None
    desk.clock.advance(29)
    await desk.renew(first.lease)
    desk.clock.advance(29)
    assert await desk.take(SLOW) is None
    desk.clock.advance(2)
    second = await desk.taken(SLOW)
    assert second.lease != first.lease
    with pytest.raises(LeaseOver):
        await desk.renew(first.lease)


async def test_a_lease_is_its_encoders_alone(desk: Desk) -> None:
    await desk.offer()
    taken = await desk.taken()
    for encoder, lease in ((SLOW, taken.lease), (FAST, LeaseId("3" * 26)), (FAST, LeaseId(taken.id))):
        with pytest.raises(LeaseOver):
            await desk.held(lease, encoder)
    assert (await desk.held(taken.lease)).id == taken.id


async def test_who_renews_for_ever_and_never_delivers_loses_it(desk: Desk) -> None:
    await desk.offer()
    taken = await desk.taken()
    for _ in range(4):
        desk.clock.advance(24)
        await desk.renew(taken.lease)
    desk.clock.advance(5)
    with pytest.raises(LeaseOver):
        await desk.renew(taken.lease)


async def test_what_nobody_could_do_is_lent_no_more_and_can_be_done_here(desk: Desk) -> None:
    offered = await desk.offer()
    for _ in range(TERMS.most_tries):
        assert await desk.take() is not None
        desk.clock.advance(31)
    assert await desk.take() is None
    assert desk.lending.is_hopeless(await desk.found(offered))
    assert await desk.reclaim(offered)


async def test_here_and_elsewhere_never_do_the_same(desk: Desk) -> None:
    offered = await desk.offer()
    taken = await desk.taken()
    assert not await desk.reclaim(offered)
    desk.clock.advance(31)
    assert await desk.reclaim(offered)
    assert await desk.take() is None
    with pytest.raises(LeaseOver):
        await desk.deliver(taken.lease, "480p")
    assert (await desk.found(offered)).stand is Stand.HERE


async def test_what_a_crash_left_in_our_own_hands_is_offered_again(desk: Desk) -> None:
    offered = await desk.offer()
    assert await desk.reclaim(offered)
    await desk.offer_again(offered.upload_id)
    assert (await desk.found(offered)).stand is Stand.OPEN
    taken = await desk.taken()
    await desk.offer_again(offered.upload_id)  # a worker that begins again finds its encoder still at it
    assert (await desk.held(taken.lease)).id == offered.id
    await desk.offer_again(offered.upload_id, replace_rungs("480p", "720p"))
    with pytest.raises(LeaseOver):
        await desk.held(taken.lease)


def replace_rungs(*rungs: str) -> Wanted:
    return Wanted(WANTED.probe, rungs)


async def test_first_renditions_go_first_and_then_the_round_decides(desk: Desk) -> None:
    later = await desk.offer(turn=1)
    second = await desk.offer(turn=0, queue_round=5)
    first = await desk.offer(turn=0, queue_round=4)
    assert [(await desk.taken()).id for _ in range(3)] == [first.id, second.id, later.id]


async def test_a_delivery_is_final_and_cannot_be_repeated(desk: Desk) -> None:
    offered = await desk.offer()
    taken = await desk.taken()
    with pytest.raises(NotWanted):
        await desk.deliver(taken.lease, "1080p")
    await desk.deliver(taken.lease, "480p")
    assert (await desk.found(offered)).stand is Stand.DELIVERED
    for again in (desk.deliver(taken.lease, "480p"), desk.renew(taken.lease)):
        with pytest.raises(LeaseOver):
            await again
    assert await desk.take() is None
    assert not await desk.reclaim(offered)


async def test_what_was_no_good_is_wiped_and_lent_again(desk: Desk) -> None:
    offered = await desk.offer()
    taken = await desk.taken()
    await desk.lending.write(taken, "480p", 0, b"rubbish")
    await desk.deliver(taken.lease, "480p")
    delivered = await desk.found(offered)
    async with desk.database.write() as tx:
        await desk.lending.refuse(tx, delivered)
    assert not desk.lending.delivered(delivered, "480p").exists()
    assert (await desk.taken(SLOW)).tries == 2


async def test_only_the_wanted_rungs_are_taken_in_up_to_what_they_can_need(desk: Desk) -> None:
    await desk.offer()
    taken = await desk.taken()
    await desk.lending.write(taken, "480p", 0, b"abc")
    await desk.lending.write(taken, "480p", 3, b"def")
    await desk.lending.write(taken, "480p", 3, b"DEF")  # a repeat of the last block
    assert desk.lending.delivered(taken, "480p").read_bytes() == b"abcDEF"
    with pytest.raises(OffsetMismatch):
        await desk.lending.write(taken, "480p", 7, b"x")
    with pytest.raises(NotWanted):
        await desk.lending.write(taken, "../../720p", 0, b"x")
    with pytest.raises(BeyondLength):
        await desk.lending.write(taken, "480p", 2**30, b"x")
    assert [path.name for path in desk.spool.rglob("*.sealed")] == ["480p.sealed"]


async def test_the_source_is_read_in_blocks(desk: Desk) -> None:
    await desk.offer()
    taken = await desk.taken()
    assert await desk.lending.read_source(taken, 8, 4) == b"89"
    assert await desk.lending.read_source(taken, 10, 4) == b""


async def test_keys_are_forgotten_with_their_lease(desk: Desk) -> None:
    offered = await desk.offer()
    taken = await desk.taken()
    async with desk.database.write() as tx:
        await desk.lending.keep_keys(tx, taken, KEYS)
    assert (await desk.found(offered)).keys_sealed == KEYS
    kept = await desk.held(taken.lease)
    async with desk.database.write() as tx:
        await desk.lending.give_back(tx, kept)
    assert (await desk.found(offered)).keys_sealed is None
