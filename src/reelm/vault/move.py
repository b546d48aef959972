"""The one way in which a fragment gets to a place after its put, and the one way in which a copy goes.

::

    bring    claim · look: already there, whole? · else write, copied or rebuilt · read back · settle
    remove   claim · look: is the fragment whole at its own place? · delete the former copy · settle

A write becomes visible with its head, after the rebuilt root was compared with the records, and counts only
once it was read back. After a crash at any point the claim's row names what may lie there (see ``lease``):

| crash | leaves | and then |
|---|---|---|
| after the claim | nothing at the place, or less than a fragment | the claim is given back |
| after the write | a whole copy that nobody reads | the next claim finds it whole, or it is deleted as owed |
| after settling | the fragment at its new place, a former copy | ``remove`` deletes the former copy |
| after a deletion | a former copy on record that is gone already | ``remove`` deletes nothing and says so |
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, replace

from reelm.base import ObjectId, ReelmError
from reelm.vault import store as records
from reelm.vault.codec import Block
from reelm.vault.errors import FragmentMissing, FragmentRefused, VaultError
from reelm.vault.examine import Specimen
from reelm.vault.format import HEAD_BYTES
from reelm.vault.get import Retrieval
from reelm.vault.lease import Errand, Leases
from reelm.vault.outside import Outside
from reelm.vault.patience import patience
from reelm.vault.rebuild import Rebuild
from reelm.vault.scene import Scene
from reelm.vault.store import FormerFragment, Tally

_Ending = Callable[[], Awaitable[tuple[bytes, bytes]]]


@dataclass(frozen=True, slots=True)
class Brought:
    """How a fragment came to be where it is now; ``bytes_written`` is 0 when it was there already."""

    is_moved: bool
    is_rebuilt: bool
    bytes_written: int


class Mover:
    """Carries fragments; safe in several processes at once."""

    def __init__(self, outside: Outside, leases: Leases) -> None:
        self._outside = outside
        self._leases = leases

    async def bring(self, object_id: ObjectId, index: int, scene: Scene, *, may_stay: bool) -> Brought | None:
        """See that a fragment lies whole at its place if it ``may_stay`` there, or else at a new one.

        None when somebody else is at work on the object, or it is gone.

        Raises:
            RenewalNeeded, TooFewPlaces: there is no place for it; nothing was changed.
            NotEnoughFragments: it can neither be copied nor rebuilt now.
            StoreFailed, FragmentRefused, FragmentMissing: the place did not take it, or did not keep it.
            ObjectBroken: what was rebuilt is not what was lost.
        """
        errand = await self._leases.claim_move(object_id, index, scene, may_stay=may_stay)
        if errand is None:
            return None
        async with self._given_back(errand):
            is_there = await self._is_there(errand)
            found = Brought(is_moved=not errand.is_in_place, is_rebuilt=False, bytes_written=0)
            brought = found if is_there else await self._fill(errand, scene)
            tally = Tally(moved=1, rebuilt=int(brought.is_rebuilt), bytes_moved=brought.bytes_written)
            await self._leases.settle_move(errand, is_checked=is_there, tally=tally)
        return brought

    async def remove(self, former: FormerFragment, scene: Scene) -> bool:
        """Delete a former copy, if its fragment is whole where it belongs; False when nobody may now.

        Raises:
            VaultError: a store does not work; the copy stays owed.
        """
        errand = await self._leases.claim_removal(former)
        if errand is None:
            return False
        async with self._given_back(errand):
            if not await self._is_safe(errand, scene):
                await self._leases.give_back(errand)
                return False
            await self._delete(errand)
            await self._leases.settle_removal(errand)
        return True

    async def _is_there(self, errand: Errand) -> bool:
        """Whether the place has the whole fragment already: every byte of it is read and proven.

        One that cannot be read counts as lost: a disk may have lost the sector, and a write gets a new one.
        """
        store = self._outside.stores[errand.move.provider]
        try:
            await self._specimen(errand).check(store, errand.move.name)
        except VaultError:
            return False
        return True

    async def _is_safe(self, errand: Errand, scene: Scene) -> bool:
        """Whether the fragment lies at its own place, so that a former copy is not needed any more."""
        piece = errand.piece
        if not scene.may_ask(piece.provider):
            return False
        try:
            await self._specimen(errand).open(self._outside.stores[piece.provider], piece.name)
        except (FragmentMissing, FragmentRefused):
            async with self._outside.database.write() as tx:
                await records.mark_missing(tx, errand.record.object_id, piece)
            return False
        return True

    async def _fill(self, errand: Errand, scene: Scene) -> Brought:
        """Copy from the old place, block by proven block; rebuild when that does not work."""
        written = errand.record.shape.fragment_bytes
        if not errand.is_in_place and scene.may_ask(errand.piece.provider):
            with suppress(VaultError):
                await self._copy(errand)
                return Brought(is_moved=True, is_rebuilt=False, bytes_written=written)
        await self._rebuild(errand, scene)
        return Brought(is_moved=not errand.is_in_place, is_rebuilt=True, bytes_written=written)

    async def _copy(self, errand: Errand) -> None:
        piece, specimen = errand.piece, self._specimen(errand)
        store = self._outside.stores[piece.provider]
        fragment = await specimen.open(store, piece.name)

        async def ending() -> tuple[bytes, bytes]:
            return fragment.trailer.pack(), fragment.header.pack()

        await self._write(errand, specimen.stream(store, piece.name, fragment), ending)

    async def _rebuild(self, errand: Errand, scene: Scene) -> None:
        record, piece = errand.record, errand.piece
        codec = self._outside.codec(record.shape.k, record.shape.n)
        others = tuple(other for other in record.fragments if other.index != piece.index)
        stores = {at: store for at, store in self._outside.stores.items() if not scene.is_hostile(at)}
        retrieval = Retrieval(replace(record, fragments=others), replace(self._outside, stores=stores))
        rebuild = Rebuild(retrieval, piece, codec=codec)
        await self._write(errand, rebuild.blocks(self._specimen(errand).windows()), rebuild.ending)

    async def _write(
        self, errand: Errand, blocks: AsyncGenerator[list[Block], None], ending: _Ending
    ) -> None:
        """Write a fragment, the head last, and read it back.

        Raises:
            VaultError: the source, the place or the claim failed; what may lie there is in the records.
        """
        move = errand.move
        store, seconds = self._outside.stores[move.provider], self._outside.config.stall_seconds
        async with patience(move.provider, seconds=seconds):
            writer = await store.create(move.name, head_bytes=HEAD_BYTES)
        try:
            async with aclosing(blocks) as portions:
                async for portion in portions:
                    await self._leases.hold(errand)
                    async with patience(move.provider, seconds=seconds):
                        await writer.write(portion)
            trailer, head = await ending()
            await self._leases.hold(errand)
            async with patience(move.provider, seconds=seconds):
                await writer.write([trailer])
                await writer.finish(head)
        finally:
            await writer.abort()
        await self._specimen(errand).open(store, move.name)

    async def _delete(self, errand: Errand) -> None:
        provider = errand.move.provider
        async with patience(provider, seconds=self._outside.config.stall_seconds):
            await self._outside.stores[provider].delete(errand.move.name)

    @asynccontextmanager
    async def _given_back(self, errand: Errand) -> AsyncIterator[None]:
        """Give the claim back when the work fails; without records the row stays and does it later."""
        try:
            yield
        except BaseException:
            with suppress(ReelmError):
                if not await self._leases.give_back(errand):
                    await self._delete(errand)
            raise

    def _specimen(self, errand: Errand) -> Specimen:
        return Specimen(self._outside, errand.record, errand.piece)
