"""Make rungs of a clip here or on an encoder elsewhere, wherever there is a free place first.

What is made elsewhere is offered as a row (``lend`` says how it is taken), and this side goes on waiting for
a place of its own; so a lost encoder costs no more than its lease, and without encoders nothing is offered.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from reelm.base import AccountId, Secret, UploadId, cancel_all, telemetry
from reelm.media import BadDelivery, EncoderStopped, Encoding, EncryptedRendition, Plan, Rung, Wanted
from reelm.workflows.gates import Priority
from reelm.workflows.realm import OpenRealm

LOOK_EVERY_SECONDS = 0.5
_log = telemetry.logger(__name__)


@dataclass(frozen=True, slots=True)
class Work:
    """Rungs to make of one upload, into a folder of their own."""

    upload_id: UploadId
    owner: AccountId
    priority: Priority
    queue_round: int
    plan: Plan
    rungs: tuple[Rung, ...]
    folder: Path


@dataclass(frozen=True, slots=True)
class Made:
    """Encrypted renditions, and how long encoding took here; None when it was done elsewhere."""

    renditions: tuple[EncryptedRendition, ...]
    seconds: float | None


async def make(work: Work, *, progress: Callable[[float], None], realm: OpenRealm) -> Made:
    """Encode and encrypt the rungs, wherever there is a place first. Safe to repeat.

    Raises:
        Unreadable, TookTooLong, EncoderStopped, SpoolFull: see ``reelm.media``.
    """
    if work.plan.sound is not None:  # somebody else's clip is in it, so it does not leave this machine
        async with realm.gates.analyse.hold(work.priority, work.queue_round):
            return await _here(work, progress, realm)
    if not await _offer(work, realm):
        async with realm.gates.encode.hold(work.priority, work.queue_round):
            return await _here(work, progress, realm)
    sides = {
        asyncio.create_task(_once_it_is_our_turn(work, progress, realm)),
        asyncio.create_task(_once_it_is_delivered(work, progress, realm)),
    }
    try:
        done, _ = await asyncio.wait(sides, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result()
    finally:
        await cancel_all(sides)


async def keys_of(encoding: Encoding, *, realm: OpenRealm) -> dict[str, Secret]:
    """Return the keys that were lent with an encoding, by rung."""
    if encoding.keys_sealed is None:
        return {}
    async with realm.database.read() as tx:
        owner_key = await realm.identity.keys.user_key(tx, AccountId(encoding.owner))
    opened = owner_key.open(encoding.keys_sealed, purpose=purpose_of(encoding))
    return {name: Secret(key) for name, key in msgspec.json.decode(opened, type=dict[str, bytes]).items()}


def purpose_of(encoding: Encoding) -> str:
    return f"media/encoding/{encoding.lease}"


async def _offer(work: Work, realm: OpenRealm) -> bool:
    """Offer the work to encoders elsewhere; return whether there is any, or has to be."""
    wanted = Wanted(work.plan.probe, tuple(rung.name for rung in work.rungs), work.plan.cut)
    async with realm.database.write() as tx:
        if realm.gates.encode.places and not await realm.media.kept.encoders.any(tx):
            return False
        await realm.media.lending.offer(
            tx, work.upload_id, wanted, owner=work.owner, turn=work.priority, queue_round=work.queue_round
        )
    return True


async def _once_it_is_our_turn(work: Work, progress: Callable[[float], None], realm: OpenRealm) -> Made:
    while True:
        async with realm.gates.encode.hold(work.priority, work.queue_round):
            async with realm.database.write() as tx:
                is_ours = await realm.media.lending.reclaim(tx, work.upload_id, work.priority)
            if is_ours:
                return await _here(work, progress, realm)
        await asyncio.sleep(LOOK_EVERY_SECONDS)  # an encoder elsewhere has it


async def _once_it_is_delivered(work: Work, progress: Callable[[float], None], realm: OpenRealm) -> Made:
    while True:
        await asyncio.sleep(LOOK_EVERY_SECONDS)
        async with realm.database.read() as tx:
            found = await realm.media.lending.find(tx, work.upload_id, work.priority)
        if found is None:
            raise EncoderStopped(
                "What was offered to encoders elsewhere is gone. The upload is kept. Try again."
            )
        if found.is_leased:
            progress(found.ratio)
        if found.is_delivered and (renditions := await _verified(found, work, realm)):
            return Made(renditions, None)
        if not realm.gates.encode.places and realm.media.lending.is_hopeless(found):
            raise EncoderStopped(
                "No encoder elsewhere could prepare the video, and this machine does not. The upload is "
                "kept. Try again."
            )


async def _verified(delivered: Encoding, work: Work, realm: OpenRealm) -> tuple[EncryptedRendition, ...]:
    """Return what was delivered; nothing when it is no good."""
    try:
        return await realm.media.verify(delivered, await keys_of(delivered, realm=realm), into=work.folder)
    except BadDelivery as bad:
        _log.warning("make.bad-delivery", encoder=delivered.encoder, exc_info=bad)
        async with realm.database.write() as tx:
            await realm.media.lending.refuse(tx, delivered)
        return ()


async def _here(work: Work, progress: Callable[[float], None], realm: OpenRealm) -> Made:
    begun = realm.clock.monotonic_seconds()
    progress(0.0)
    source = realm.media.spool.source(work.upload_id)
    encoded = await realm.media.encode(source, work.plan, work.rungs, into=work.folder, progress=progress)
    renditions = [await realm.media.package(each, into=work.folder) for each in encoded]
    return Made(tuple(renditions), realm.clock.monotonic_seconds() - begun)
