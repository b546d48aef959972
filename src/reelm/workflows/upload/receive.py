"""Take in a file that a creator sends whole, if there is room; one that is refused leaves nothing behind."""

from collections.abc import AsyncIterable, AsyncIterator, Sequence
from dataclasses import replace

from reelm.base import AccountId, Conflict, UploadId, mint, run_to_end
from reelm.media import Arrival, Upload, UploadLock
from reelm.vault import StoreHealth, StoresAway, StoresFull
from reelm.workflows.realm import OpenRealm

# Beside the clip itself, whose renditions seldom take up more than its source.
_RESERVE_BYTES = 64 * 1024**2
# What is admitted of a file whose size nobody announced, at first and at most at a time.
FIRST_SHARE_BYTES = 512 * 1024
LARGEST_SHARE_BYTES = 64 * 1024**2
METADATA_PURPOSE = "media.metadata"


async def receive(
    stream: AsyncIterable[bytes], *, declared_bytes: int | None, owner: AccountId, realm: OpenRealm
) -> Upload:
    """Take in a source file and keep it for a day, ready to be published.

    It is admitted and paced as a file in pieces is, and takes up one of its owner's places meanwhile. A size
    that is not announced is admitted bit by bit, while it comes. Durable when it returns: the file and its
    row are fsynced. A crash before that leaves an arrival that nobody knows, which expires.

    Raises:
        Invalid, TooLarge, Unsupported: the file is none that can be published; the message says why.
        QuotaReached, TooManyOpen: the owner has too much waiting.
        SpoolFull, StoresFull, StoresAway: the realm could not take it in.
    """
    begun_bytes = FIRST_SHARE_BYTES if declared_bytes is None else declared_bytes
    arrival = await create_upload(begun_bytes, metadata="", owner=owner, realm=realm)
    try:
        # Held to the end: ``tidy`` looks at files that are whole and that nobody holds.
        lock = await realm.media.arrivals.take(arrival)
        try:
            size_bytes = await _take_in(stream, arrival, declared_bytes, lock=lock, realm=realm)
            return await _accept(arrival, size_bytes, realm)
        finally:
            await realm.media.arrivals.release(lock)
    except BaseException:
        await run_to_end(forget_arrival(arrival.id, realm=realm))
        raise


async def create_upload(length_bytes: int, *, metadata: str, owner: AccountId, realm: OpenRealm) -> Arrival:
    """Admit a file of this length and return the arrival that it begins with; nothing is left of a refusal.

    Raises:
        Empty, TooManyBytes, QuotaReached, TooManyOpen, SpoolFull, StoresFull, StoresAway: it could never be
            taken in whole.
    """
    await require_capacity(length_bytes, realm=realm)
    upload_id = UploadId(mint(realm.clock, realm.entropy))
    await realm.media.spool.prepare(upload_id, length_bytes)
    try:
        async with realm.database.write() as tx:
            await realm.accounts.hold(tx, owner)
            key = await realm.identity.keys.user_key(tx, owner)
            sealed = key.seal(metadata.encode(), purpose=METADATA_PURPOSE) if metadata else None
            return await realm.media.arrivals.create(
                tx, upload_id, owner=owner, length_bytes=length_bytes, metadata=sealed
            )
    except BaseException:
        realm.media.spool.discard(upload_id)
        raise


async def forget_arrival(upload_id: UploadId, *, realm: OpenRealm) -> None:
    """Remove an arrival and its file. Safe to repeat."""
    try:
        async with realm.database.write() as tx:
            await realm.media.arrivals.remove(tx, upload_id)
    finally:
        realm.media.spool.discard(upload_id)


async def _take_in(
    stream: AsyncIterable[bytes],
    arrival: Arrival,
    declared_bytes: int | None,
    *,
    lock: UploadLock,
    realm: OpenRealm,
) -> int:
    """Write the whole stream into an arrival's file, and return its size."""
    if declared_bytes is None:
        stream = _admitted(stream, arrival, realm)
        arrival = replace(arrival, length_bytes=realm.media.limits.max_source_bytes)

    async def record(offset_bytes: int) -> None:
        async with realm.database.write() as tx:
            await realm.media.arrivals.advance(tx, arrival.id, offset_bytes)

    return await realm.media.arrivals.take_whole(
        arrival, stream, declared_bytes=declared_bytes, lock=lock, record=record
    )


async def _admitted(stream: AsyncIterable[bytes], arrival: Arrival, realm: OpenRealm) -> AsyncIterator[bytes]:
    """Yield the stream's blocks, each once there is room for it: its share is doubled while it comes."""
    arrived_bytes, share_bytes = 0, arrival.length_bytes
    async for block in stream:
        arrived_bytes += len(block)
        realm.media.spool.check_size(arrived_bytes)
        while arrived_bytes > share_bytes:
            more_bytes = min(share_bytes, LARGEST_SHARE_BYTES)
            async with realm.database.write() as tx:
                await realm.accounts.hold(tx, AccountId(arrival.owner))
                await realm.media.arrivals.extend(tx, arrival, share_bytes, more_bytes)
            share_bytes += more_bytes
        yield block


async def _accept(arrival: Arrival, size_bytes: int, realm: OpenRealm) -> Upload:
    """Look at a file that is whole; from its row on it is an upload, and no arrival any more."""
    spooled = await realm.media.arrivals.complete(replace(arrival, length_bytes=size_bytes))
    probe = await realm.media.probe(spooled.path)
    async with realm.database.write() as tx:
        await realm.media.arrivals.remove(tx, arrival.id)
        return await realm.media.uploads.record(
            tx, spooled, upload=arrival.id, owner=arrival.owner, probe=probe
        )


async def discard(upload_id: UploadId, *, owner: AccountId, realm: OpenRealm) -> None:
    """Forget an upload that was not posted. Safe to repeat.

    Raises:
        UploadMissing: there is none of this owner.
        UploadPosted: it is a clip already; the clip can be removed instead.
    """
    async with realm.database.write() as tx:
        await realm.media.uploads.find(tx, upload_id, owner=owner)
        if await realm.clips.is_posted(tx, upload_id):
            raise UploadPosted("This upload was posted. Nothing was discarded. Remove the clip instead.")
        await realm.media.uploads.remove(tx, upload_id)
        await realm.media.arrivals.remove(tx, upload_id)
    realm.media.spool.discard(upload_id)


async def require_capacity(length_bytes: int, *, realm: OpenRealm) -> None:
    """Let somebody send a file, unless its clip could not be stored; before the first byte of it.

    A store that does not say how much room it has, as buckets do, counts as having some. One that does not
    answer counts as away, by what is known of it: nobody waits for it.

    Raises:
        StoresAway: too few stores answer.
        StoresFull: too few stores have room.
    """
    health, k = await realm.vault.health(), realm.vault.config.k
    away = [each for each in health if not each.is_reachable]
    if len(health) - len(away) <= k:
        raise StoresAway(
            f"{len(away)} of the realm's {len(health)} stores do not answer, so a clip could not be stored "
            "safely. Nothing was kept. Try again in a few minutes."
        )
    full = full_stores(health, length_bytes // k)
    if len(health) - len({each.provider for each in (*full, *away)}) <= k:
        raise StoresFull(
            f"{len(full)} of the realm's {len(health)} stores have no room for another clip. Nothing was "
            "kept. Try again later; the operator has to add space first."
        )


def full_stores(health: Sequence[StoreHealth], fragment_bytes: int) -> list[StoreHealth]:
    """Return the stores that say they have no room for another fragment of this size."""
    wanted_bytes = fragment_bytes + _RESERVE_BYTES
    return [each for each in health if each.free_bytes is not None and each.free_bytes < wanted_bytes]


class UploadPosted(Conflict):
    code = "workflows.upload-posted"
    title = "The upload is a clip already"
