"""Who may work on an object's fragments: one process at a time, with a row that outlives it.

::

    claim      a ``moves`` row names the fragment, the place and the name, before the first byte goes there
    hold       the row is renewed while work goes on; whoever finds it taken away stops before it finishes
    settle     one commit: the place becomes the fragment's, its old place a former one, and the row goes
    give back  one commit: what may lie at the place becomes a former copy that is owed a deletion, and the
               row goes

There is one row per object at most, so the rules of placement are decided against what is, not against what
others are about to do. A crash leaves the row. Once nobody renewed it for ``lease_seconds`` the next claim
gives it back and takes its own. A process that was only asleep finds its turn gone: it stops, or, when its
last byte had left already, sees to it that what it wrote is either the fragment or owed a deletion again.
"""

from dataclasses import dataclass
from datetime import timedelta

from reelm.base import ObjectId, Tx, read_id
from reelm.vault import store as records
from reelm.vault.errors import Superseded
from reelm.vault.keys import fragment_name
from reelm.vault.model import Config, ObjectState, ProviderId
from reelm.vault.outside import Outside
from reelm.vault.scene import Scene, destination
from reelm.vault.store import FormerFragment, FragmentRecord, Move, ObjectRecord, Tally

_TURN_BYTES = 3


def lease_seconds(config: Config) -> float:
    """How long a silent process keeps its claim: far longer than any store may stay silent."""
    return max(300.0, 10 * config.stall_seconds)


@dataclass
class Errand:
    """A claim on one fragment: what is known of it, and the place where work may be done."""

    record: ObjectRecord
    piece: FragmentRecord
    move: Move
    renewed_seconds: float

    @property
    def is_in_place(self) -> bool:
        return self.move.provider == self.piece.provider


class Leases:
    """Claims, kept in the records."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._lease_seconds = lease_seconds(outside.config)

    async def claim_move(
        self, object_id: ObjectId, index: int, scene: Scene, *, may_stay: bool
    ) -> Errand | None:
        """A claim to write a fragment where it is if it ``may_stay``, or else at a new place.

        None when somebody else is at work on the object, or it is gone.

        Raises:
            RenewalNeeded: only the history rule is in the way.
            TooFewPlaces: there is no place.
        """
        async with self._outside.database.write() as tx:
            record = await self._free(tx, object_id)
            if record is None:
                return None
            now = await scene.again(tx)
            piece = record.fragments[index]
            if may_stay and now.is_open(piece.provider):
                return await self._take(tx, record, piece, provider=piece.provider, name=piece.name)
            order = sorted(self._outside.stores, key=lambda _: self._outside.entropy.draw(8))
            former = await records.former_of(tx, object_id)
            place = destination(record, piece, former, scene=now, order=order)
            name = self._name(record, index, place.provider)
            return await self._take(tx, record, piece, provider=place.provider, name=name)

    async def claim_removal(self, former: FormerFragment) -> Errand | None:
        """A claim to delete a former copy; None as for a move, or when nothing is owed any more."""
        async with self._outside.database.write() as tx:
            record = await self._free(tx, former.object_id)
            if record is None or former not in await records.former_of(tx, former.object_id):
                return None
            piece = record.fragments[former.index]
            return await self._take(tx, record, piece, provider=former.provider, name=former.name)

    async def hold(self, errand: Errand) -> None:
        """Keep the claim alive.

        Raises:
            Superseded: it was taken away, or the object is being deleted.
        """
        now = self._outside.clock.monotonic_seconds()
        if now - errand.renewed_seconds < self._lease_seconds / 4:
            return
        async with self._outside.database.write() as tx:
            is_ours = await records.renew_move(tx, errand.move, at=self._outside.clock.now())
        if not is_ours:
            raise _superseded()
        errand.renewed_seconds = now

    async def settle_move(self, errand: Errand, *, is_checked: bool, tally: Tally) -> None:
        """Make the place the fragment's; ``tally`` is what that counts for when its old provider is left.

        Raises:
            Superseded: the claim was taken away, or the object is being deleted; nothing was changed.
        """
        now, move, piece = self._outside.clock.now(), errand.move, errand.piece
        async with self._outside.database.write() as tx:
            record = await records.find_held(tx, move.object_id)
            is_wanted = record is not None and record.state is ObjectState.STORED
            if not is_wanted or not await records.remove_move(tx, move):
                raise _superseded()
            await records.place_fragment(tx, move, checked_at=now if is_checked else None)
            await records.remove_former(tx, move.object_id, move.index, move.provider)
            if not errand.is_in_place:
                await records.add_former(
                    tx, move.object_id, move.index, provider=piece.provider, name=piece.name, at=now
                )
                await records.add_to_tally(tx, piece.provider, tally)

    async def settle_removal(self, errand: Errand) -> None:
        """Say that the former copy is gone."""
        move = errand.move
        async with self._outside.database.write() as tx:
            if await records.remove_move(tx, move):
                await records.mark_gone(tx, move.object_id, move.index, move.provider)
                await records.add_to_tally(tx, move.provider, Tally(copies_deleted=1))

    async def give_back(self, errand: Errand) -> bool:
        """End a claim that came to nothing; False when the object is gone and nobody knows of a copy."""
        move, now = errand.move, self._outside.clock.now()
        async with self._outside.database.write() as tx:
            record = await records.find_held(tx, move.object_id)
            if record is None:
                return False
            if await records.release(tx, move, record.fragments, at=now):
                return True
            # Taken away while this process slept, and its last byte may have come after that.
            others = [(other.index, other.provider) for other in await records.moves_of(tx, move.object_id)]
            homes = [(piece.index, piece.provider) for piece in record.fragments]
            if (move.index, move.provider) not in others + homes:
                await records.add_former(
                    tx, move.object_id, move.index, provider=move.provider, name=move.name, at=now
                )
        return True

    async def give_back_abandoned(self, limit: int) -> None:
        """End claims that nobody renews any more, at most ``limit`` of them."""
        before = self._outside.clock.now() - timedelta(seconds=self._lease_seconds)
        async with self._outside.database.read() as tx:
            found = await records.moves_before(tx, before, limit=limit)
        for object_id in found:
            async with self._outside.database.write() as tx:
                record = await records.find_held(tx, object_id)
                if record is not None:
                    await is_free(tx, record, self._outside)

    async def _free(self, tx: Tx, object_id: ObjectId) -> ObjectRecord | None:
        """The object when it is stored and nobody works on it."""
        record = await records.find_held(tx, object_id)
        if record is None or record.state is not ObjectState.STORED:
            return None
        return record if await is_free(tx, record, self._outside) else None

    async def _take(
        self, tx: Tx, record: ObjectRecord, piece: FragmentRecord, *, provider: ProviderId, name: str
    ) -> Errand:
        clock = self._outside.clock
        turn = int.from_bytes(self._outside.entropy.draw(_TURN_BYTES), "big")
        move = Move(record.object_id, piece.index, provider, name, turn, clock.now())
        await records.add_move(tx, move)
        return Errand(record, piece, move, clock.monotonic_seconds())

    def _name(self, record: ObjectRecord, index: int, provider: ProviderId) -> str:
        return fragment_name(
            self._outside.keys.name,
            provider,
            object_id=read_id(record.object_id),
            generation=record.generation,
            index=index,
        )


async def is_free(tx: Tx, record: ObjectRecord, outside: Outside) -> bool:
    """Whether nobody is at work on the object; claims that were abandoned are given back here."""
    now = outside.clock.now()
    abandoned_before = now - timedelta(seconds=lease_seconds(outside.config))
    for move in await records.moves_of(tx, record.object_id):
        if move.renewed_at > abandoned_before:
            return False
        await records.release(tx, move, record.fragments, at=now)
    return True


def _superseded() -> Superseded:
    return Superseded(
        "Another process took this fragment over, or its object is being deleted. Nothing is lost."
    )
