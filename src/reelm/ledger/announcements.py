"""State what is true until it changes: once in the ledger, and again only when it is different.

A crash between saying and remembering the index asks for the index again; nothing is said twice.
"""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from reelm.base import Tx, after_commit, canonical_json
from reelm.ledger import store
from reelm.ledger.errors import LogBusy
from reelm.ledger.leaf import write_leaf
from reelm.ledger.log import Log, LogEnvironment
from reelm.ledger.outbox import Draft, Outbox
from reelm.ledger.store import Announced


async def say(
    tx: Tx,
    kind: str,
    public: Mapping[str, object],
    *,
    realm: str,
    at: datetime,
    counted_as: str | None = None,
) -> Announced:
    """Make what is true from now on part of a transaction, unless the newest leaf of the kind says it."""
    digest = _digest(public)
    last = await store.find_announced(tx, kind)
    if last is not None and last.digest == digest:
        return last
    version = last.version + 1 if last else 1
    counted = {} if counted_as is None else {counted_as: version}
    leaf = write_leaf(kind, {**public, **counted}, realm=realm, at=at)
    (number,) = await Outbox.hand_over(tx, [Draft(leaf)])
    said = Announced(kind, digest, version, number, None)
    await store.set_announced(tx, said)
    return said


class Announcements:
    """The newest announcement of each kind."""

    def __init__(self, environment: LogEnvironment, outbox: Outbox) -> None:
        self._environment = environment
        self._outbox = outbox

    async def announce(
        self, kind: str, public: Mapping[str, object], *, counted_as: str | None = None
    ) -> int:
        """Put into the ledger what is true from now on, unless the newest leaf of the kind says just that.

        It is sequenced here when no other process does, so that a realm can start.

        Args:
            kind: as for ``Ledger.append``.
            public: as for ``Ledger.append``.
            counted_as: a field that gets the number of changes so far.

        Returns:
            The index of the leaf that says it.

        Raises:
            KindUnknown, LeafRefused, LeafTooLarge, NotInLedger, LogBroken: as for ``Ledger.append``.
        """
        said = await self._say(kind, public, counted_as)
        if said.leaf_index is not None:
            return said.leaf_index
        await self._sequence()
        index = await self._outbox.index_of(said.number)
        async with self._environment.database.write() as tx:
            await store.set_announced_index(tx, kind, said.number, index)
        return index

    async def has_said(self, kind: str, public: Mapping[str, object] | None = None) -> bool:
        """Return whether the newest announcement of a kind says just this, or whether there is any."""
        async with self._environment.database.read() as tx:
            last = await store.find_announced(tx, kind)
        return last is not None and (public is None or last.digest == _digest(public))

    async def _say(self, kind: str, public: Mapping[str, object], counted_as: str | None) -> Announced:
        async with self._environment.database.read() as tx:
            last = await store.find_announced(tx, kind)
        if last is not None and last.digest == _digest(public):
            return last
        realm, at = self._environment.realm, self._environment.clock.now()
        async with self._environment.database.write() as tx:
            after_commit(tx, self._outbox.wake_sequencer)
            return await say(tx, kind, public, realm=realm, at=at, counted_as=counted_as)

    async def _sequence(self) -> None:
        """Do it here when nobody else does: at the first start the sequencer may not run yet."""
        try:
            with self._environment.disk.claim():
                log = await Log.open(self._environment)
                while await log.sequence():
                    pass
        except LogBusy:
            return


def _digest(public: Mapping[str, object]) -> bytes:
    return sha256(canonical_json(public)).digest()
