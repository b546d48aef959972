"""Lease an object's fragments to one process at a time, with a row that outlives it.

::

    acquire    a ``moves`` row names the fragment, the place and the name, before the first byte goes there
    renew      the row is renewed while work goes on; whoever finds it taken away stops before it finishes
    complete   one commit: the place becomes the fragment's, its old place a former one, and the row goes
    release    one commit: what may lie at the place becomes a former copy that is owed a deletion, and the
               row goes

There is one row per object at most, so the rules of placement are decided against what is, not against what
others are about to do. A crash leaves the row. Once nobody renewed it for ``lease_seconds`` the next process
releases it and takes its own. A process that was only asleep finds its lease gone: it stops, or, when its
last byte had left already, sees to it that what it wrote is either the fragment or owed a deletion again.
"""

from dataclasses import dataclass
from datetime import timedelta

from reelm.base import ObjectId, Tx, read_id
from reelm.vault import store as db
from reelm.vault.destination import choose_destination
from reelm.vault.environment import VaultEnvironment
from reelm.vault.errors import Superseded
from reelm.vault.keys import fragment_name
from reelm.vault.model import ObjectState, ProviderId, VaultConfig
from reelm.vault.snapshot import ProviderSnapshot
from reelm.vault.store import FormerFragment, FragmentRecord, Move, ObjectRecord, Tally

_TURN_BYTES = 3


def lease_seconds(config: VaultConfig) -> float:
    """Return how long a silent process keeps its lease: far longer than any store may stay silent."""
    return max(300.0, 10 * config.stall_seconds)


@dataclass
class FragmentLease:
    """A lease on one fragment: what is known of it, and the place where work may be done."""

    record: ObjectRecord
    piece: FragmentRecord
    move: Move
    renewed_seconds: float

    @property
    def is_in_place(self) -> bool:
        """Return whether the work is done where the fragment lies."""
        return self.move.provider == self.piece.provider


class Leases:
    """Leases, kept in the database."""

    def __init__(self, environment: VaultEnvironment) -> None:
        self._environment = environment
        self._lease_seconds = lease_seconds(environment.config)

    async def acquire_move(
        self, object_id: ObjectId, index: int, snapshot: ProviderSnapshot, *, may_stay: bool
    ) -> FragmentLease | None:
        """Return a lease to write a fragment where it is if it ``may_stay``, or else at a new place.

        Returns None when somebody else is at work on the object, or it is gone.

        Raises:
            RenewalNeeded: only the history rule is in the way.
            TooFewPlaces: there is no place.
        """
        async with self._environment.database.write() as tx:
            record = await self._free(tx, object_id)
            if record is None:
                return None
            now = await snapshot.refreshed(tx)
            piece = record.fragments[index]
            if may_stay and now.is_open(piece.provider):
                return await self._take(tx, record, piece, provider=piece.provider, name=piece.name)
            order = sorted(self._environment.stores, key=lambda _: self._environment.entropy.draw(8))
            former = await db.former_of(tx, object_id)
            place = choose_destination(record, piece, former, snapshot=now, order=order)
            name = self._name(record, index, place.provider)
            return await self._take(tx, record, piece, provider=place.provider, name=name)

    async def acquire_removal(self, former: FormerFragment) -> FragmentLease | None:
        """Return a lease to delete a former copy; None as for a move, or when nothing is owed any more."""
        async with self._environment.database.write() as tx:
            record = await self._free(tx, former.object_id)
            if record is None or former not in await db.former_of(tx, former.object_id):
                return None
            piece = record.fragments[former.index]
            return await self._take(tx, record, piece, provider=former.provider, name=former.name)

    async def renew(self, lease: FragmentLease) -> None:
        """Keep a lease alive.

        Raises:
            Superseded: it was taken away, or the object is being deleted.
        """
        now = self._environment.clock.monotonic_seconds()
        if now - lease.renewed_seconds < self._lease_seconds / 4:
            return
        async with self._environment.database.write() as tx:
            is_ours = await db.renew_move(tx, lease.move, at=self._environment.clock.now())
        if not is_ours:
            raise _superseded()
        lease.renewed_seconds = now

    async def complete_move(self, lease: FragmentLease, *, is_checked: bool, tally: Tally) -> None:
        """Make the place the fragment's; ``tally`` is what that counts for when its old provider is left.

        Raises:
            Superseded: the lease was taken away, or the object is being deleted; nothing was changed.
        """
        now, move, piece = self._environment.clock.now(), lease.move, lease.piece
        async with self._environment.database.write() as tx:
            record = await db.find_locked(tx, move.object_id)
            is_wanted = record is not None and record.state is ObjectState.STORED
            if not is_wanted or not await db.remove_move(tx, move):
                raise _superseded()
            await db.place_fragment(tx, move, checked_at=now if is_checked else None)
            await db.remove_former(tx, move.object_id, move.index, move.provider)
            if not lease.is_in_place:
                await db.add_former(
                    tx, move.object_id, move.index, provider=piece.provider, name=piece.name, at=now
                )
                await db.add_to_tally(tx, piece.provider, tally)

    async def complete_removal(self, lease: FragmentLease) -> None:
        """Say that the former copy is gone."""
        move = lease.move
        async with self._environment.database.write() as tx:
            if await db.remove_move(tx, move):
                await db.mark_gone(tx, move.object_id, move.index, move.provider)
                await db.add_to_tally(tx, move.provider, Tally(copies_deleted=1))

    async def release(self, lease: FragmentLease) -> bool:
        """End a lease whose work came to nothing.

        Returns:
            False when the object is gone, and nobody knows of a copy.
        """
        move, now = lease.move, self._environment.clock.now()
        async with self._environment.database.write() as tx:
            record = await db.find_locked(tx, move.object_id)
            if record is None:
                return False
            if await db.release(tx, move, record.fragments, at=now):
                return True
            # Taken away while this process slept, and its last byte may have come after that.
            others = [(other.index, other.provider) for other in await db.moves_of(tx, move.object_id)]
            homes = [(piece.index, piece.provider) for piece in record.fragments]
            if (move.index, move.provider) not in others + homes:
                await db.add_former(
                    tx, move.object_id, move.index, provider=move.provider, name=move.name, at=now
                )
        return True

    async def release_expired(self, limit: int) -> None:
        """End leases that nobody renews any more, at most ``limit`` of them."""
        before = self._environment.clock.now() - timedelta(seconds=self._lease_seconds)
        async with self._environment.database.read() as tx:
            found = await db.moves_before(tx, before, limit=limit)
        for object_id in found:
            async with self._environment.database.write() as tx:
                record = await db.find_locked(tx, object_id)
                if record is not None:
                    await is_free(tx, record, self._environment)

    async def _free(self, tx: Tx, object_id: ObjectId) -> ObjectRecord | None:
        """Return the object when it is stored and nobody works on it."""
        record = await db.find_locked(tx, object_id)
        if record is None or record.state is not ObjectState.STORED:
            return None
        return record if await is_free(tx, record, self._environment) else None

    async def _take(
        self, tx: Tx, record: ObjectRecord, piece: FragmentRecord, *, provider: ProviderId, name: str
    ) -> FragmentLease:
        clock = self._environment.clock
        turn = int.from_bytes(self._environment.entropy.draw(_TURN_BYTES), "big")
        move = Move(record.object_id, piece.index, provider, name, turn, clock.now())
        await db.add_move(tx, move)
        return FragmentLease(record, piece, move, clock.monotonic_seconds())

    def _name(self, record: ObjectRecord, index: int, provider: ProviderId) -> str:
        return fragment_name(
            self._environment.keys.name,
            provider,
            object_id=read_id(record.object_id),
            generation=record.generation,
            index=index,
        )


async def is_free(tx: Tx, record: ObjectRecord, environment: VaultEnvironment) -> bool:
    """Return whether nobody is at work on the object, once expired leases on it are released."""
    now = environment.clock.now()
    abandoned_before = now - timedelta(seconds=lease_seconds(environment.config))
    for move in await db.moves_of(tx, record.object_id):
        if move.renewed_at > abandoned_before:
            return False
        await db.release(tx, move, record.fragments, at=now)
    return True


def _superseded() -> Superseded:
    return Superseded(
        "Another process took this fragment over, or its object is being deleted. Nothing is lost."
    )
