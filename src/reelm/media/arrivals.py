"""Take in uploads that come in pieces: announced, appended to under a lock, settled when they are whole."""

import asyncio
from collections.abc import AsyncIterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from reelm.base import Clock, ReelmError, SealedBytes, Tx, UploadId
from reelm.media import errors
from reelm.media.append import ByteRange, Checksum, FlushPolicy, Record, append, beyond
from reelm.media.errors import (
    BeyondLength,
    Interrupted,
    OffsetMismatch,
    QuotaReached,
    SpoolFull,
    TooManyOpen,
    Truncated,
    Unreadable,
    UploadBusy,
)
from reelm.media.part import PartFile
from reelm.media.probe import empty
from reelm.media.spool import Spool, Spooled, full
from reelm.media.store import Arrival, ReceivedUploads, Refusal, arriving
from reelm.media.upload_lock import UploadLock

_LOOK_AGAIN_SECONDS = 0.05
_KINDS = {
    kind.code: kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, ReelmError)
}


@dataclass(frozen=True, slots=True)
class Allowance:
    """Limits on one account's uploads in the spool, received or announced."""

    max_bytes: int = 8 * 1024**3
    max_open: int = 20


@dataclass(frozen=True, slots=True)
class Body:
    """The bytes that a request says it brings; ``size_bytes`` is None when it does not say."""

    start_bytes: int
    size_bytes: int | None = None
    checksum: Checksum | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """The lifetime of arrivals, the limits on their number, and the way they are written."""

    ttl_seconds: int
    allowance: Allowance = field(default_factory=Allowance)
    flush_policy: FlushPolicy = field(default_factory=FlushPolicy)


class Arrivals:
    """Knows files and rows; whoever calls it keeps both in step."""

    def __init__(self, spool: Spool, uploads: ReceivedUploads, rules: Rules, *, clock: Clock) -> None:
        self._spool = spool
        self._uploads = uploads
        self._rules = rules
        self._clock = clock
        self._locks: dict[UploadId, UploadLock] = {}

    async def create(
        self, tx: Tx, upload: UploadId, *, owner: str, length_bytes: int, metadata: SealedBytes | None
    ) -> Arrival:
        """Add and return the row of a prepared file; the caller lets an owner create one at a time.

        Raises:
            QuotaReached, TooManyOpen: the owner has too much waiting.
            SpoolFull: the disk has no room for it and all that is still to come of others.
        """
        now = self._clock.now()
        await self._allow_another(tx, owner, now)
        await self._require_room(tx, owner, length_bytes)
        made = Arrival(
            id=upload,
            owner=owner,
            length_bytes=length_bytes,
            offset_bytes=0,
            metadata_sealed=metadata,
            is_settled=False,
            refusal=None,
            created_at=now,
            expires_at=self._expiry(),
        )
        await arriving.add_arrival(tx, made)
        return made

    async def extend(self, tx: Tx, arrival: Arrival, length_bytes: int, more_bytes: int) -> None:
        """Let an arrival of ``length_bytes`` be longer; the caller lets an owner do so one at a time.

        Raises:
            QuotaReached: the owner has too much waiting.
            SpoolFull: the disk has no room for it and all that is still to come of others.
            UploadMissing: it was discarded.
        """
        await self._require_room(tx, arrival.owner, more_bytes)
        await arriving.lengthen(tx, arrival.id, length_bytes + more_bytes)

    async def find(self, tx: Tx, upload: UploadId, *, owner: str) -> Arrival:
        """Return an owner's arrival; raises ``UploadMissing``."""
        return await arriving.arrival(tx, upload, owner=owner, now=self._clock.now())

    async def take(self, arrival: Arrival) -> UploadLock:
        """Return the right to write an arrival, until ``release``. A connection that is quiet loses it.

        Raises:
            UploadBusy: another connection is sending it right now.
            UploadMissing: its file is gone, or lacks bytes that were durable.
        """
        waited_seconds = 0.0
        while (file := self._open(arrival)) is None:
            if waited_seconds > self._rules.flush_policy.lock_wait_seconds:
                raise UploadBusy(
                    "Another connection is sending this file right now. Nothing was changed. Wait until it "
                    "has ended, or end it, and ask for the offset again."
                )
            self._revoke_quiet(arrival.id)
            waited_seconds += _LOOK_AGAIN_SECONDS
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        lock = self._locks[arrival.id] = UploadLock(arrival.id, file)
        return lock

    async def release(self, lock: UploadLock) -> None:
        """Let others write."""
        self._locks.pop(lock.upload)
        lock.file.close()

    def check(self, arrival: Arrival, body: Body) -> None:
        """Refuse a request before its first byte.

        Raises:
            OffsetMismatch: its bytes do not begin where the arrival ends.
            BeyondLength: they are more than are missing.
        """
        if body.start_bytes != arrival.offset_bytes:
            raise OffsetMismatch(
                f"The upload stands at byte {arrival.offset_bytes}, not at {body.start_bytes}. Nothing of "
                "this request was kept. Go on from there.",
                offset_bytes=arrival.offset_bytes,
            )
        if body.start_bytes + (body.size_bytes or 0) > arrival.length_bytes:
            raise beyond(arrival.length_bytes)

    async def append(
        self, arrival: Arrival, body: Body, stream: AsyncIterable[bytes], *, lock: UploadLock, record: Record
    ) -> int:
        """Add bytes to an arrival; return its new offset. See ``check`` and ``reelm.media.append.append``."""
        self.check(arrival, body)
        byte_range = ByteRange(body.start_bytes, arrival.length_bytes, body.checksum)
        return await append(
            stream,
            byte_range,
            lock=lock,
            record=record,
            make_room=self._spool.make_room,
            flush_policy=self._rules.flush_policy,
        )

    async def take_whole(
        self,
        arrival: Arrival,
        stream: AsyncIterable[bytes],
        *,
        declared_bytes: int | None,
        lock: UploadLock,
        record: Record,
    ) -> int:
        """Write a file that comes whole into a new arrival, by the rules of ``append``; return its size.

        Raises:
            Empty, Truncated: it has no bytes, or not those that were announced; the caller forgets it.
        """
        try:
            size_bytes = await self.append(arrival, Body(0), stream, lock=lock, record=record)
        except BeyondLength:
            raise _not_whole("More bytes came than were announced.") from None
        except Interrupted:
            raise _not_whole("The connection broke, or was silent or slow for too long.") from None
        except SpoolFull:
            raise full() from None
        if size_bytes == 0:
            raise empty()
        if declared_bytes is not None and size_bytes != declared_bytes:
            raise _not_whole(f"{size_bytes} of {declared_bytes} bytes arrived.")
        return size_bytes

    async def advance(self, tx: Tx, upload: UploadId, offset_bytes: int) -> None:
        """Record how many bytes are durable; raises ``UploadMissing`` when it was discarded."""
        await arriving.advance(tx, upload, offset_bytes, expires_at=self._expiry())

    async def complete(self, arrival: Arrival) -> Spooled:
        """Give the file of an arrival that is whole its final name, and return it. Safe to repeat."""
        return Spooled(await asyncio.to_thread(self._spool.complete, arrival.id), arrival.length_bytes)

    async def settle(self, tx: Tx, upload: UploadId, refused: ReelmError | None) -> None:
        """Record that it was looked at, and any refusal; raises ``UploadMissing`` when it was discarded."""
        refusal = Refusal(refused.code, refused.detail, refused.facts) if refused else None
        await arriving.settle(tx, upload, refusal, expires_at=self._expiry())

    async def remove(self, tx: Tx, upload: UploadId) -> None:
        """Forget an arrival; its file goes with ``Spool.discard``. Safe to repeat."""
        await arriving.remove_arrival(tx, upload)

    async def forget_lost(self, tx: Tx, upload: UploadId) -> None:
        """Forget an arrival whose file is gone, unless it was looked at before."""
        await arriving.remove_unsettled(tx, upload)

    async def unsettled(self, tx: Tx) -> tuple[Arrival, ...]:
        """Return every arrival that has a file in the spool."""
        return await arriving.unsettled(tx)

    async def expired(self, tx: Tx) -> tuple[Arrival, ...]:
        """Return the arrivals whose time is over."""
        return await arriving.expired_arrivals(tx, self._clock.now())

    async def _require_room(self, tx: Tx, owner: str, more_bytes: int) -> None:
        await self.allow(tx, owner, more_bytes)
        still_to_come_bytes = await arriving.missing_bytes(tx)
        if await asyncio.to_thread(self._spool.free_bytes) < still_to_come_bytes + more_bytes:
            raise full()

    async def allow(self, tx: Tx, owner: str, more_bytes: int) -> None:
        """Let an owner send this much more.

        Raises:
            QuotaReached: that would be too much at a time.
        """
        max_bytes = self._rules.allowance.max_bytes
        received = [each for each in await self._uploads.of(tx, owner) if self._spool.has_source(each.id)]
        waiting_bytes = sum(each.size_bytes for each in received)
        waiting_bytes += sum(each.length_bytes for each in await arriving.unsettled_of(tx, owner))
        if waiting_bytes + more_bytes > max_bytes:
            raise QuotaReached(
                f"Your uploads that wait to be posted or published take up {waiting_bytes} of {max_bytes} "
                f"bytes, so {more_bytes} more have no room. Nothing was kept. Post or discard some first.",
                waiting_bytes=waiting_bytes,
                max_bytes=max_bytes,
            )

    async def _allow_another(self, tx: Tx, owner: str, now: datetime) -> None:
        unfinished = await arriving.unsettled_of(tx, owner)
        if len(unfinished) < self._rules.allowance.max_open:
            return
        first = min(each.expires_at for each in unfinished)
        raise TooManyOpen(
            f"{len(unfinished)} uploads of yours are not finished, and more are not begun. Nothing was kept. "
            "Finish or discard one of them first.",
            retry_after_seconds=max(1, int((first - now).total_seconds())),
        )

    def _open(self, arrival: Arrival) -> PartFile | None:
        """Not in a thread: cancelled there, nobody would close the file, and it would stay locked."""
        try:
            file = self._spool.open_part(arrival.id)
        except FileNotFoundError:
            raise arriving.missing() from None
        if file is not None and file.size_bytes < arrival.offset_bytes:
            file.close()
            raise arriving.missing()
        return file

    def _revoke_quiet(self, upload: UploadId) -> None:
        lock = self._locks.get(upload)
        if lock and lock.is_quiet(self._rules.flush_policy.quiet_seconds):
            lock.revoke()

    def _expiry(self) -> datetime:
        return self._clock.now() + timedelta(seconds=self._rules.ttl_seconds)


def _not_whole(what: str) -> Truncated:
    return Truncated(f"{what} Nothing was kept. Send the file again.")


def refusal_of(arrival: Arrival) -> ReelmError | None:
    """Return why an arrival was refused, as it was said the first time; None when it was not."""
    if arrival.refusal is None:
        return None
    kind = _KINDS.get(arrival.refusal.code, Unreadable)
    return kind(arrival.refusal.detail, field=None, **arrival.refusal.facts)
