"""Encodings on their way to other machines and back: rows, and files beside the source."""

import asyncio
import os
import shutil
from dataclasses import replace
from pathlib import Path

from reelm.base import Clock, Entropy, SealedBytes, Tx, UploadId, mint
from reelm.media import store
from reelm.media.elsewhere import (
    Borrower,
    EncoderId,
    Encoding,
    EncodingId,
    LeaseId,
    Sent,
    Stand,
    Terms,
    Wanted,
    is_free,
    is_held,
    lent,
    may_be_lent,
    most_bytes,
    opened,
    renewed,
)
from reelm.media.errors import BeyondLength, LeaseOver, NotWanted, OffsetMismatch
from reelm.media.spool import Spool, or_full


class Lending:
    """Knows rows and files; the keys in between are its caller's business."""

    def __init__(self, spool: Spool, terms: Terms, *, clock: Clock, entropy: Entropy) -> None:
        self._spool = spool
        self._clock = clock
        self._entropy = entropy
        self.terms = terms

    async def offer(
        self, tx: Tx, upload: UploadId, wanted: Wanted, *, owner: str, turn: int, queue_round: int
    ) -> Encoding:
        """Let encoders elsewhere take it; return it, or the earlier offer if that wants the same.

        What a crash left in this realm's own hands is open again.
        """
        found = await store.encoding_of(tx, upload, turn)
        if found and found.wanted == wanted:
            if found.stand is Stand.HERE:
                await store.change(tx, found, opened(found))
            return found
        if found:
            await store.remove_encodings(tx, upload)
        made = Encoding(
            id=EncodingId(mint(self._clock, self._entropy)),
            upload_id=upload,
            owner=owner,
            turn=turn,
            queue_round=queue_round,
            wanted=wanted,
        )
        await store.add_encoding(tx, made)
        return made

    async def find(self, tx: Tx, upload: UploadId, turn: int) -> Encoding | None:
        return await store.encoding_of(tx, upload, turn)

    async def has_work(self, tx: Tx) -> bool:
        """Return whether ``take`` would find something."""
        now = self._clock.now()
        return any(may_be_lent(each, now, self.terms) for each in await store.lendable(tx))

    async def take(self, tx: Tx, encoder: EncoderId) -> Encoding | None:
        """Lend the encoding whose turn it is; None when there is none."""
        now = self._clock.now()
        for each in await store.lendable(tx):
            if not may_be_lent(each, now, self.terms):
                continue
            lease = LeaseId(mint(self._clock, self._entropy))
            taken = lent(each, Borrower(encoder, lease), now, self.terms)
            if await store.change(tx, each, taken):
                return taken
        return None

    async def keep_keys(self, tx: Tx, taken: Encoding, keys: SealedBytes) -> None:
        """Keep the keys that were lent with it, sealed."""
        await store.change(tx, taken, replace(taken, keys_sealed=keys))

    async def held(self, tx: Tx, lease: LeaseId, encoder: EncoderId) -> Encoding:
        """Return the encoding of a lease that has not ended.

        Raises:
            LeaseOver: it has, or was never this encoder's; the answer does not tell which.
        """
        found = await store.encoding_leased(tx, lease)
        if found is None or not is_held(found, Borrower(encoder, lease), self._clock.now()):
            raise _over()
        return found

    async def renew(self, tx: Tx, held: Encoding, ratio: float) -> None:
        """Prolong the lease of an encoder that is still at work, and note how far it is."""
        await self._change(tx, held, renewed(held, ratio, self._clock.now(), self.terms))

    async def deliver(self, tx: Tx, held: Encoding, delivery: dict[str, tuple[Sent, ...]]) -> None:
        """Record that its encoder is done, and what it says it sent, which is looked at later.

        Raises:
            NotWanted: other rungs than were asked for.
        """
        if set(delivery) != set(held.wanted.rungs):
            raise _not_wanted()
        await self._change(tx, held, replace(held, stand=Stand.DELIVERED, delivery=delivery))

    async def give_back(self, tx: Tx, held: Encoding) -> None:
        """Open it again for others, because its encoder cannot do it, and remove what was sent."""
        await self._change(tx, held, opened(held))
        self._wipe(held)

    async def refuse(self, tx: Tx, delivered: Encoding) -> None:
        """Open it again, because what came is no good; it may be lent again, but not for ever."""
        await store.change(tx, delivered, opened(delivered))
        self._wipe(delivered)

    async def reclaim(self, tx: Tx, upload: UploadId, turn: int) -> bool:
        """Take it back unless somebody is at work on it; return whether this realm may encode it now."""
        found = await store.encoding_of(tx, upload, turn)
        if found is None or not is_free(found, self._clock.now()):
            return False
        return await store.change(tx, found, replace(opened(found), stand=Stand.HERE))

    def is_hopeless(self, encoding: Encoding) -> bool:
        """Return whether nobody elsewhere will do it any more."""
        now = self._clock.now()
        return is_free(encoding, now) and not may_be_lent(encoding, now, self.terms)

    async def forget(self, tx: Tx, upload: UploadId) -> None:
        """Forget all encodings of an upload. Safe to repeat."""
        await store.remove_encodings(tx, upload)

    async def read_source(self, held: Encoding, start: int, length: int) -> bytes:
        """Return some bytes of the source."""

        def read() -> bytes:
            with self._spool.source(held.upload_id).open("rb") as file:
                file.seek(start)
                return file.read(length)

        return await asyncio.to_thread(read)

    async def write(self, held: Encoding, name: str, start: int, block: bytes) -> None:
        """Append to what an encoder sends of one rung; a repeat of the last block is fine.

        Raises:
            NotWanted: this rung was not asked for.
            OffsetMismatch: something between is missing.
            BeyondLength: more than the rung can need.
            SpoolFull: the disk has no room.
        """
        if name not in held.wanted.rungs:
            raise _not_wanted()
        limit_bytes = most_bytes(held.wanted, name)
        if start + len(block) > limit_bytes:
            raise BeyondLength(
                f"A rendition of this clip has at most {limit_bytes} bytes. The rest was not kept. Give the "
                "lease back.",
                length_bytes=limit_bytes,
            )
        await or_full(_append, self.delivered(held, name), start, block)

    def delivered(self, encoding: Encoding, name: str) -> Path:
        """Return the path of an encoder's rung; each lease has a folder of its own."""
        return self._folder(encoding) / f"{name}.sealed"

    def _folder(self, encoding: Encoding) -> Path:
        return self._spool.workspace(encoding.upload_id) / f"lease-{encoding.lease}"

    def _wipe(self, encoding: Encoding) -> None:
        shutil.rmtree(self._folder(encoding), ignore_errors=True)

    async def _change(self, tx: Tx, was: Encoding, becomes: Encoding) -> None:
        if not await store.change(tx, was, becomes):
            raise _over()


def _append(path: Path, start: int, block: bytes) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        stands = os.fstat(descriptor).st_size
        if start > stands:
            raise OffsetMismatch(
                f"The rendition stands at byte {stands}, not at {start}. Nothing was kept. Go on from there.",
                offset_bytes=stands,
            )
        os.ftruncate(descriptor, start)
        view = memoryview(block)
        while view:
            written = os.pwrite(descriptor, view, start)
            start, view = start + written, view[written:]
    finally:
        os.close(descriptor)


def _over() -> LeaseOver:
    return LeaseOver(
        "There is no such lease, or it has ended. Nothing was kept. Stop, wipe what belongs to it, and ask "
        "for other work."
    )


def _not_wanted() -> NotWanted:
    return NotWanted("Other renditions were asked for. Nothing was kept. Send those of the lease.")
