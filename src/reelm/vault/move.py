"""Move fragments after their put, and delete former copies; nothing else does either.

::

    place    acquire · look: already there, whole? · else write, copied or rebuilt · read back · complete
    remove   acquire · look: is the fragment whole at its own place? · delete the former copy · complete

A write becomes visible with its head, after the rebuilt root was compared with the database, and counts only
once it was read back. After a crash at any point the lease's row names what may lie there (see ``lease``):

| crash | leaves | and then |
|---|---|---|
| after acquiring | nothing at the place, or less than a fragment | the lease is released |
| after the write | a whole copy that nobody reads | the next lease finds it whole, or it is deleted as owed |
| after completing | the fragment at its new place, a former copy | ``remove`` deletes the former copy |
| after a deletion | a former copy on record that is gone already | ``remove`` deletes nothing and says so |
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, replace

from reelm.base import ObjectId, ReelmError
from reelm.vault import store as db
from reelm.vault.codec import Block
from reelm.vault.environment import VaultEnvironment
from reelm.vault.errors import FragmentMissing, FragmentRefused, VaultError
from reelm.vault.format import HEAD_BYTES
from reelm.vault.get import Retrieval
from reelm.vault.inspector import FragmentInspector
from reelm.vault.lease import FragmentLease, Leases
from reelm.vault.rebuild import Rebuild
from reelm.vault.snapshot import ProviderSnapshot
from reelm.vault.store import FormerFragment, Tally

_Ends = Callable[[], Awaitable[tuple[bytes, bytes]]]


@dataclass(frozen=True, slots=True)
class Placed:
    """The way in which a fragment got to its place; ``bytes_written`` is 0 when it was there already."""

    is_moved: bool
    is_rebuilt: bool
    bytes_written: int


class Mover:
    """Moves fragments and deletes copies; safe in several processes at once."""

    def __init__(self, environment: VaultEnvironment, leases: Leases) -> None:
        self._environment = environment
        self._leases = leases

    async def place(
        self, object_id: ObjectId, index: int, snapshot: ProviderSnapshot, *, may_stay: bool
    ) -> Placed | None:
        """Make a fragment lie whole at its place if it ``may_stay`` there, or else at a new one.

        Returns None when somebody else is at work on the object, or it is gone.

        Raises:
            RenewalNeeded, TooFewPlaces: there is no place for it; nothing was changed.
            NotEnoughFragments: it can neither be copied nor rebuilt now.
            StoreFailed, FragmentRefused, FragmentMissing: the place did not take it, or did not keep it.
            ObjectBroken: what was rebuilt is not what was lost.
        """
        lease = await self._leases.acquire_move(object_id, index, snapshot, may_stay=may_stay)
        if lease is None:
            return None
        async with self._released_on_failure(lease):
            is_there = await self._is_there(lease)
            found = Placed(is_moved=not lease.is_in_place, is_rebuilt=False, bytes_written=0)
            placed = found if is_there else await self._fill(lease, snapshot)
            tally = Tally(moved=1, rebuilt=int(placed.is_rebuilt), bytes_moved=placed.bytes_written)
            await self._leases.complete_move(lease, is_checked=is_there, tally=tally)
        return placed

    async def remove(self, former: FormerFragment, snapshot: ProviderSnapshot) -> bool:
        """Delete a former copy if its fragment is whole where it belongs; return False when nobody may now.

        Raises:
            VaultError: a store does not work; the copy stays owed.
        """
        lease = await self._leases.acquire_removal(former)
        if lease is None:
            return False
        async with self._released_on_failure(lease):
            if not await self._is_safe(lease, snapshot):
                await self._leases.release(lease)
                return False
            await self._delete(lease)
            await self._leases.complete_removal(lease)
        return True

    async def _is_there(self, lease: FragmentLease) -> bool:
        """Return whether the place has the whole fragment already: every byte of it is read and proven.

        One that cannot be read counts as lost: a disk may have lost the sector, and a write gets a new one.
        """
        store = self._environment.stores[lease.move.provider]
        try:
            await self._inspector(lease).check(store, lease.move.name)
        except VaultError:
            return False
        return True

    async def _is_safe(self, lease: FragmentLease, snapshot: ProviderSnapshot) -> bool:
        """Return whether the fragment lies at its own place, so that a former copy is not needed any more."""
        piece = lease.piece
        if not snapshot.may_ask(piece.provider):
            return False
        try:
            await self._inspector(lease).open(self._environment.stores[piece.provider], piece.name)
        except (FragmentMissing, FragmentRefused):
            async with self._environment.database.write() as tx:
                await db.mark_missing(tx, lease.record.object_id, piece)
            return False
        return True

    async def _fill(self, lease: FragmentLease, snapshot: ProviderSnapshot) -> Placed:
        """Copy from the old place, block by proven block; rebuild when that does not work."""
        written = lease.record.shape.fragment_bytes
        if not lease.is_in_place and snapshot.may_ask(lease.piece.provider):
            with suppress(VaultError):
                await self._copy(lease)
                return Placed(is_moved=True, is_rebuilt=False, bytes_written=written)
        await self._rebuild(lease, snapshot)
        return Placed(is_moved=not lease.is_in_place, is_rebuilt=True, bytes_written=written)

    async def _copy(self, lease: FragmentLease) -> None:
        piece, inspector = lease.piece, self._inspector(lease)
        store = self._environment.stores[piece.provider]
        fragment = await inspector.open(store, piece.name)

        async def ends() -> tuple[bytes, bytes]:
            return fragment.trailer.pack(), fragment.header.pack()

        await self._write(lease, inspector.stream(store, piece.name, fragment), ends)

    async def _rebuild(self, lease: FragmentLease, snapshot: ProviderSnapshot) -> None:
        record, piece = lease.record, lease.piece
        codec = self._environment.codec(record.shape.k, record.shape.n)
        others = tuple(other for other in record.fragments if other.index != piece.index)
        stores = {
            provider: store
            for provider, store in self._environment.stores.items()
            if not snapshot.is_hostile(provider)
        }
        retrieval = Retrieval(replace(record, fragments=others), replace(self._environment, stores=stores))
        rebuild = Rebuild(retrieval, piece, codec=codec)
        await self._write(lease, rebuild.blocks(self._inspector(lease).windows()), rebuild.ends)

    async def _write(
        self, lease: FragmentLease, blocks: AsyncGenerator[list[Block], None], ends: _Ends
    ) -> None:
        """Write a fragment, the head last, and read it back.

        Raises:
            VaultError: the source, the place or the lease failed; what may lie there is in the database.
        """
        move = lease.move
        store, timeout = self._environment.stores[move.provider], self._environment.store_timeout
        async with timeout(move.provider):
            writer = await store.create(move.name, head_bytes=HEAD_BYTES)
        try:
            async with aclosing(blocks) as portions:
                async for portion in portions:
                    await self._leases.renew(lease)
                    async with timeout(move.provider):
                        await writer.write(portion)
            trailer, head = await ends()
            await self._leases.renew(lease)
            async with timeout(move.provider):
                await writer.write([trailer])
                await writer.finish(head)
        finally:
            await writer.abort()
        await self._inspector(lease).open(store, move.name)

    async def _delete(self, lease: FragmentLease) -> None:
        provider = lease.move.provider
        async with self._environment.store_timeout(provider):
            await self._environment.stores[provider].delete(lease.move.name)

    @asynccontextmanager
    async def _released_on_failure(self, lease: FragmentLease) -> AsyncIterator[None]:
        """Release the lease when the work fails; without the database the row stays and does it later."""
        try:
            yield
        except BaseException:
            with suppress(ReelmError):
                if not await self._leases.release(lease):
                    await self._delete(lease)
            raise

    def _inspector(self, lease: FragmentLease) -> FragmentInspector:
        return FragmentInspector(self._environment, lease.record, lease.piece)
