"""Take in a creator's file in pieces, over as many connections as it takes.

``created → bytes, each durable before its offset is told → whole → looked at → an upload, or refused``. The
row says how far it came; a crash anywhere loses nothing before that offset, and what follows is done by the
next request, or by ``tidy``. The file is looked at once; what came of it can be asked for until it expires.
"""

from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from reelm.base import AccountId, Invalid, TooLarge, Unsupported, UploadId
from reelm.media import (
    Arrival,
    Body,
    Upload,
    UploadBusy,
    UploadLock,
    UploadMissing,
    UploadRefused,
    refusal_of,
)
from reelm.workflows.realm import OpenRealm
from reelm.workflows.upload.receive import METADATA_PURPOSE, discard


@dataclass(frozen=True, slots=True)
class Arrived:
    """An arrival and how far it has come; ``upload`` is what became of it, unless it was refused."""

    arrival: Arrival
    upload: Upload | None


async def metadata_of(arrival: Arrival, *, realm: OpenRealm) -> str:
    """Return what its sender said about the file."""
    if arrival.metadata_sealed is None:
        return ""
    async with realm.database.read() as tx:
        key = await realm.identity.keys.user_key(tx, AccountId(arrival.owner))
    return key.open(arrival.metadata_sealed, purpose=METADATA_PURPOSE).decode()


async def append(
    upload_id: UploadId, body: Body, stream: AsyncIterable[bytes], *, owner: AccountId, realm: OpenRealm
) -> Arrival:
    """Add to an arrival; when that was the last byte, look at the file.

    Raises:
        UploadMissing: it expired, was discarded, belongs to someone else, or its file is lost.
        UploadBusy: another connection is sending it.
        OffsetMismatch, BeyondLength, ChecksumMismatch, Interrupted, SpoolFull: see ``reelm.media``.
        Invalid, TooLarge, Unsupported: it is whole and none that can be published; the message says why.
    """
    arrival = await _find(upload_id, owner, realm)
    if refusal := refusal_of(arrival):
        raise refusal
    if arrival.is_settled:
        realm.media.arrivals.check(arrival, body)
        return arrival
    async with _holding(upload_id, owner, realm) as (hold, arrival):

        async def record(offset_bytes: int) -> None:
            async with realm.database.write() as tx:
                await realm.media.arrivals.advance(tx, upload_id, offset_bytes)

        offset_bytes = await realm.media.arrivals.append(arrival, body, stream, lock=hold, record=record)
        if offset_bytes == arrival.length_bytes:
            await _settle(arrival, realm)
    return await _find(upload_id, owner, realm)


async def offset_of(upload_id: UploadId, *, owner: AccountId, realm: OpenRealm) -> Arrival:
    """Return an arrival once no other connection writes it: one that is silent is ended for this.

    Raises:
        UploadMissing, UploadBusy: as for ``append``.
    """
    arrival = await _find(upload_id, owner, realm)
    if arrival.is_complete:
        return arrival
    async with _holding(upload_id, owner, realm) as (_, held):
        return held


async def follow(upload_id: UploadId, *, owner: AccountId, realm: OpenRealm) -> Arrived:
    """Return how far an arrival has come and what became of it, without disturbing whoever sends it.

    Raises:
        UploadMissing: as for ``append``.
    """
    arrival = await _find(upload_id, owner, realm)
    if arrival.is_complete and not arrival.is_settled:
        arrival = await settle(arrival, realm=realm)
    if not arrival.is_settled or arrival.refusal:
        return Arrived(arrival, None)
    async with realm.database.read() as tx:
        return Arrived(arrival, await realm.media.uploads.find(tx, upload_id, owner=owner))


async def settle(arrival: Arrival, *, realm: OpenRealm) -> Arrival:
    """Look at a file that is whole, if a crash came before that. Left alone while somebody else looks."""
    owner = AccountId(arrival.owner)
    try:
        async with _holding(arrival.id, owner, realm) as (_, held):
            await _settle(held, realm)
    except UploadBusy:
        return arrival
    except (Invalid, TooLarge, Unsupported):
        pass  # recorded, and told to whoever asks
    return await _find(arrival.id, owner, realm)


async def delete_upload(upload_id: UploadId, *, owner: AccountId, realm: OpenRealm) -> None:
    """Forget an arrival, or the upload that it became.

    Raises:
        UploadMissing, UploadBusy: as for ``append``.
        UploadPosted: it is a clip already; the clip can be removed instead.
    """
    arrival = await _find(upload_id, owner, realm)
    if arrival.is_settled and not arrival.refusal:
        await discard(upload_id, owner=owner, realm=realm)
        return
    if arrival.is_settled:
        await _forget(upload_id, realm)
        return
    async with _holding(upload_id, owner, realm):
        await _forget(upload_id, realm)
        realm.media.spool.discard(upload_id)


async def _find(upload_id: UploadId, owner: AccountId, realm: OpenRealm) -> Arrival:
    async with realm.database.read() as tx:
        return await realm.media.arrivals.find(tx, upload_id, owner=owner)


@asynccontextmanager
async def _holding(
    upload_id: UploadId, owner: AccountId, realm: OpenRealm
) -> AsyncIterator[tuple[UploadLock, Arrival]]:
    """Lock an arrival for writing; yields it as read again, since others may have written."""
    arrival = await _find(upload_id, owner, realm)
    try:
        hold = await realm.media.arrivals.take(arrival)
    except UploadMissing:  # a row without a file would send its owner in circles
        async with realm.database.write() as tx:
            await realm.media.arrivals.forget_lost(tx, upload_id)
        raise
    try:
        yield hold, await _find(upload_id, owner, realm)
    finally:
        await realm.media.arrivals.release(hold)


async def _settle(arrival: Arrival, realm: OpenRealm) -> None:
    """Look at a file that is whole; only while holding it, so that it is done once.

    A crash before the row leaves a file that is looked at again. A crash after a refusal leaves a file that
    the next start sweeps away.
    """
    if arrival.is_settled:
        return
    spooled = await realm.media.arrivals.complete(arrival)
    try:
        probe = await realm.media.probe(spooled.path)
    except (Invalid, TooLarge, Unsupported) as refused:
        async with realm.database.write() as tx:
            await realm.media.arrivals.settle(tx, arrival.id, refused)
            owner, now = AccountId(arrival.owner), realm.clock.now()
            await realm.events.append(tx, UploadRefused(arrival.id, owner, refused.code, now))
        realm.media.spool.discard(arrival.id)
        raise
    async with realm.database.write() as tx:
        await realm.media.arrivals.settle(tx, arrival.id, None)
        await realm.media.uploads.record(tx, spooled, upload=arrival.id, owner=arrival.owner, probe=probe)


async def _forget(upload_id: UploadId, realm: OpenRealm) -> None:
    async with realm.database.write() as tx:
        await realm.media.arrivals.remove(tx, upload_id)
