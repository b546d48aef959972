"""The key hierarchy: root, epoch key, user key, data key.

::

    root key        a file; docs/explanation/keys.md says who should hold copies
      └ epoch key   random, wrapped under a key derived from the root           a file per epoch
          └ user key    random, one per owner, wrapped under an epoch key       table user_keys
              └ data key    random, one per object, wrapped by the vault        fragment headers

Destroying one user key makes everything under it unreadable, wherever copies of the ciphertext are. Once the
epoch key that wrapped it is destroyed too, that includes copies of the database.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from reelm.base import AccountId, Clock, Database, Entropy, KeyedDigest, LruCache, SealedBytes, Secret, Tx
from reelm.realm import store
from reelm.realm.epochs import EpochFiles, Epochs, owner_data
from reelm.realm.errors import KeyDestroyed, KeyExists, KeyMissing, RotationRuns
from reelm.realm.ring import Ring
from reelm.realm.root import KEY_BYTES, RootKey
from reelm.realm.rotate import KeyConfig, Report, Rotation, adopt, is_due
from reelm.realm.seal import WRAPPED_BYTES, RealmKey, UserKey, unwrap_key, wrap_key

_CACHED_USER_KEYS = 1024


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """The state of the keys of a realm.

    Attributes:
        epoch: the one that wraps new keys.
        begun_at: since when.
        counts: epoch -> how many user keys it wraps.
        is_rotating: whether keys are still to be re-wrapped, or an old epoch's key to be destroyed.
    """

    epoch: int
    begun_at: datetime
    counts: dict[int, int]
    is_rotating: bool


class Keys:
    """Every key of the realm. Safe to share between tasks; several processes may use the same records."""

    def __init__(
        self,
        root: RootKey,
        files: EpochFiles,
        *,
        clock: Clock,
        entropy: Entropy,
        config: KeyConfig | None = None,
    ) -> None:
        self._root = root
        self._clock = clock
        self._entropy = entropy
        config = config or KeyConfig()
        self._epoch_length = timedelta(seconds=config.epoch_seconds)
        self._epochs = Epochs(root, files, entropy=entropy)
        self._ring = Ring(files, self.realm_key("ring"))
        self._rotation = Rotation(self._epochs, self._ring, clock=clock, entropy=entropy, config=config)
        # Owner -> the row's wrapped bytes and what they hold. Only ever consulted with a row just read, so a
        # key destroyed by another process is not served from here.
        self._opened = LruCache[AccountId, tuple[SealedBytes, UserKey]](_CACHED_USER_KEYS)

    async def begin(self, tx: Tx) -> None:
        """Make what is missing, and check that root, epoch keys and records fit each other; repeatable.

        Records that are older than the last rotation are brought up to it: owners erased since are erased
        again. Epoch keys that an older version kept in the database become files.

        Raises:
            RootKeyMismatch: these records were made with another root key.
            EpochKeyMissing: the key of an epoch in use is not on this machine.
            RingBroken: the database is older than the last rotation, and the ring is damaged.
        """
        if not await store.epochs(tx):
            await store.add_epoch(tx, 1, self._epochs.make(1), at=self._clock.now())
        rotated = self._ring.epoch()
        for row in await store.epochs(tx):
            await self._check_root(tx, row, is_outdated=row.epoch < rotated)
        if any(row.epoch < rotated for row in await self._open_rows(tx)):
            await adopt(tx, self._ring, self._epochs, at=self._clock.now())
        for row in await self._open_rows(tx):
            self._epochs.check(row.epoch, row.mark)

    @staticmethod
    async def has_begun(tx: Tx) -> bool:
        """Return whether a realm was ever opened on this database; if so, it needs its root key."""
        return bool(await store.epochs(tx))

    async def rotate(self, database: Database, report: Report | None = None) -> int:
        """Begin a new epoch and end the one before.

        Safe to repeat after a crash at any line, and while the realm runs. When it returns, no copy of
        records, root and keys folder made from now on, together with any copy of records made before,
        opens what was sealed for an owner erased before it was called.

        Args:
            database: a write of its own for each batch of keys.
            report: called with how many keys were re-wrapped so far.

        Returns:
            The epoch that wraps every user key now.

        Raises:
            RotationRuns: another process is at it.
            SealBroken: the record of a user key was changed; its facts name the owner.
        """
        with self._epochs.files.alone():
            return await self._rotate(database, report or _unheard)

    async def rotate_if_due(self, database: Database) -> bool:
        """Rotate when the epoch is old enough, and finish what a crash had cut off; whether it did either.

        Cheap when there is nothing to do, and silent when another process is at it.
        """
        if not await self._has_work(database):
            return False
        try:
            with self._epochs.files.alone():
                await self._rotation.finish(database, _unheard)
                if await self._has_work(database):  # still, and nobody else can have rotated since
                    await self._rotate(database, _unheard)
        except RotationRuns:
            return False
        return True

    async def _rotate(self, database: Database, report: Report) -> int:
        await self._rotation.finish(database, report)
        async with database.write() as tx:
            epoch = await self._rotation.begin(tx)
        await self._rotation.finish(database, report)
        return epoch

    async def _has_work(self, database: Database) -> bool:
        async with database.read() as tx:
            rows = await store.epochs(tx)
        is_old = is_due(rows[-1].created_at, self._clock.now(), self._epoch_length)
        return self._is_rotating(rows) or is_old

    async def status(self, tx: Tx) -> KeyStatus:
        """Return the epoch, its age, and what is wrapped where.

        Raises:
            KeyMissing: there is no epoch yet.
        """
        rows = await store.epochs(tx)
        if not rows:
            raise _no_epoch()
        return KeyStatus(
            epoch=rows[-1].epoch,
            begun_at=rows[-1].created_at,
            counts=await store.count_by_epoch(tx),
            is_rotating=self._is_rotating(rows),
        )

    def _is_rotating(self, rows: Sequence[store.EpochRow]) -> bool:
        present = self._epochs.files.present()
        return any(row.closed_at is None or row.epoch in present for row in rows[:-1])

    async def create_user_key(self, tx: Tx, owner: AccountId) -> UserKey:
        """Create a key for an owner; it exists once ``tx`` is durable.

        Raises:
            KeyExists: the owner has one.
            KeyDestroyed: the owner had one; an owner never gets a second.
        """
        if await store.is_destroyed(tx, owner):
            raise _destroyed()
        epoch = await store.hold_newest_epoch(tx)
        if epoch is None:
            raise _no_epoch()
        key = Secret(self._entropy.draw(KEY_BYTES))
        wrapped = wrap_key(
            self._epochs.cipher(epoch), key, data=owner_data(owner, epoch), entropy=self._entropy
        )
        row = store.UserKeyRow(epoch, SealedBytes(wrapped), epoch)
        if not await store.add_user_key(tx, owner, row, at=self._clock.now()):
            raise KeyExists("This owner already has a key. It was left as it is.")
        return UserKey(key, epoch=row.epoch, entropy=self._entropy)

    async def user_key(self, tx: Tx, owner: AccountId) -> UserKey:
        """Return the owner's key, read each time, so that a destroyed key is never served.

        Raises:
            KeyDestroyed: it was destroyed, here or in another process.
            KeyMissing: the owner never had one.
        """
        row = await store.find_user_key(tx, owner)
        if row is None:
            self._opened.pop(owner)
            raise await self._absent(tx, owner)
        known = self._opened.get(owner)
        if known is not None and known[0] == row.wrapped:
            return known[1]
        key = UserKey(self._open_user_key(owner, row), epoch=row.epoch, entropy=self._entropy)
        self._opened.put(owner, (row.wrapped, key))
        return key

    async def destroy_user_key(self, tx: Tx, owner: AccountId) -> None:
        """Make everything under the owner's key unreadable for good, once ``tx`` is durable; safe to repeat.

        Raises:
            KeyMissing: the owner never had one.
        """
        row = await store.find_user_key(tx, owner)
        self._opened.pop(owner)
        if row is not None:
            await store.destroy_user_key(tx, owner, at=self._clock.now())
        elif not await store.is_destroyed(tx, owner):
            raise _missing()

    def realm_key(self, purpose: str) -> RealmKey:
        """Return the realm's own sealing key for one purpose; the same for the life of the root."""
        return RealmKey(self._root.derive("reelm/realm/seal/1", purpose), epoch=0, entropy=self._entropy)

    def secret(self, purpose: str) -> Secret:
        """32 secret bytes for one purpose, for a package with a use of its own (the vault's names)."""
        return self._root.derive("reelm/realm/secret/1", purpose)

    def digest(self, purpose: str, value: bytes) -> KeyedDigest:
        """HMAC-SHA-256 of a value under a key of its own per purpose: looks up what must not be stored."""
        key = self._root.derive("reelm/realm/digest/1", purpose)
        return KeyedDigest(hmac.digest(key.reveal(), value, "sha256"))

    def __repr__(self) -> str:
        return "Keys(hidden)"

    async def _check_root(self, tx: Tx, row: store.EpochRow, *, is_outdated: bool) -> None:
        if len(row.mark) != WRAPPED_BYTES:
            self._epochs.check_root(row.epoch, row.mark)
            return
        # An older version kept the key itself here. A crash before ``tx`` is durable repeats this.
        mark = self._epochs.mark(row.epoch, row.mark)
        # In a copy of records that is older than a rotation, the key does not come back.
        if not is_outdated and row.closed_at is None:
            self._epochs.files.add(row.epoch, row.mark)
        await store.replace_epoch_key(tx, row, mark)

    @staticmethod
    async def _open_rows(tx: Tx) -> list[store.EpochRow]:
        return [row for row in await store.epochs(tx) if row.closed_at is None]

    def _open_user_key(self, owner: AccountId, row: store.UserKeyRow) -> Secret:
        epoch = row.wrapped_in_epoch
        return unwrap_key(self._epochs.cipher(epoch), row.wrapped, data=owner_data(owner, epoch))

    async def _absent(self, tx: Tx, owner: AccountId) -> KeyDestroyed | KeyMissing:
        return _destroyed() if await store.is_destroyed(tx, owner) else _missing()


def _unheard(_: int) -> None:
    """A report that nobody waits for."""


def _no_epoch() -> KeyMissing:
    return KeyMissing(
        "The realm has no epoch key yet. Nothing was saved. Start the realm once, then try again."
    )


def _destroyed() -> KeyDestroyed:
    return KeyDestroyed(
        "The key of this owner was destroyed, so what it sealed can no longer be read by anyone. "
        "There is nothing to do."
    )


def _missing() -> KeyMissing:
    return KeyMissing(
        "This owner has no key, and none was ever destroyed. Nothing was changed. "
        "Restore the key records from a backup of this realm."
    )
