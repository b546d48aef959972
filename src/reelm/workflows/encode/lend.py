"""Lend encodings to encoders elsewhere: they read the source, and send encrypted pieces back.

What it gets is one source and one key for each rung that it makes of it, chosen for this lease; it learns
neither whose clip it is nor any other key. What it sends lies beside the source until ``make`` has looked at
it. Each of these raises ``LeaseOver`` for a lease that has ended or is another encoder's.
"""

from dataclasses import dataclass

import msgspec

from reelm.base import AccountId, Secret
from reelm.media import EncoderId, LeaseId, Sent, UploadMissing, Wanted
from reelm.workflows.encode.make import purpose_of
from reelm.workflows.realm import OpenRealm

KEY_BYTES = 16


@dataclass(frozen=True, slots=True)
class Lent:
    """The work that an encoder is given: the lease, what to make, of how many bytes, and each rung's key."""

    lease: LeaseId
    wanted: Wanted
    source_bytes: int
    keys: dict[str, Secret]
    lease_seconds: int


async def recognise(token: str, *, realm: OpenRealm) -> EncoderId:
    """Return the encoder with this token; raises ``EncoderUnknown``."""
    async with realm.database.read() as tx:
        encoder, is_due = await realm.media.kept.encoders.recognise(tx, token)
    if is_due:
        async with realm.database.write() as tx:
            await realm.media.kept.encoders.mark_seen(tx, encoder)
    return encoder


async def lend(encoder: EncoderId, *, realm: OpenRealm) -> Lent | None:
    """Lend the encoding whose turn it is; return None when there is none."""
    async with realm.database.read() as tx:
        if not await realm.media.lending.has_work(tx):
            return None
    async with realm.database.write() as tx:
        taken = await realm.media.lending.take(tx, encoder)
        if taken is None or taken.lease is None:
            return None
        keys = {name: Secret(realm.entropy.draw(KEY_BYTES)) for name in taken.wanted.rungs}
        owner_key = await realm.identity.keys.user_key(tx, AccountId(taken.owner))
        plain = msgspec.json.encode({name: key.reveal() for name, key in keys.items()})
        await realm.media.lending.keep_keys(tx, taken, owner_key.seal(plain, purpose=purpose_of(taken)))
        try:
            source_bytes = realm.media.spool.source(taken.upload_id).stat().st_size
        except UploadMissing:  # taken back meanwhile; the row goes with it
            return None
    return Lent(taken.lease, taken.wanted, source_bytes, keys, realm.media.lending.terms.lease_seconds)


async def read_source(
    lease: LeaseId, start: int, length: int, *, encoder: EncoderId, realm: OpenRealm
) -> bytes:
    """Read some bytes of the lease's source; raises ``UploadMissing`` when it was taken back."""
    async with realm.database.read() as tx:
        held = await realm.media.lending.held(tx, lease, encoder)
    return await realm.media.lending.read_source(held, start, length)


async def renew(lease: LeaseId, ratio: float, *, encoder: EncoderId, realm: OpenRealm) -> None:
    """Renew the lease of an encoder that is still at work, and this far."""
    async with realm.database.write() as tx:
        await realm.media.lending.renew(tx, await realm.media.lending.held(tx, lease, encoder), ratio)


async def take_in(
    lease: LeaseId, rung: str, start: int, block: bytes, *, encoder: EncoderId, realm: OpenRealm
) -> None:
    """Keep a block of ciphertext. Safe to repeat.

    Raises:
        NotWanted, OffsetMismatch, BeyondLength, SpoolFull: see ``Lending.write``.
    """
    async with realm.database.read() as tx:
        held = await realm.media.lending.held(tx, lease, encoder)
    await realm.media.lending.write(held, rung, start, block)


async def deliver(
    lease: LeaseId, delivery: dict[str, tuple[Sent, ...]], *, encoder: EncoderId, realm: OpenRealm
) -> None:
    """Take note that the encoder is done; raises ``NotWanted`` when it made something else."""
    async with realm.database.write() as tx:
        await realm.media.lending.deliver(tx, await realm.media.lending.held(tx, lease, encoder), delivery)


async def give_back(lease: LeaseId, *, encoder: EncoderId, realm: OpenRealm) -> None:
    """Take back what the encoder cannot do."""
    async with realm.database.write() as tx:
        await realm.media.lending.give_back(tx, await realm.media.lending.held(tx, lease, encoder))
