"""The key hierarchy: root, epoch key, user key, data key.

::

    root key        a file; docs/explanation/keys.md says who should hold copies
      └ epoch key   random, wrapped under a key derived from the root           table epoch_keys
          └ user key    random, one per owner, wrapped under an epoch key       table user_keys
              └ data key    random, one per object, wrapped by the vault        fragment headers

Destroying one user key makes everything under it unreadable, wherever copies of the ciphertext are.
"""

import hmac
from collections import OrderedDict

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from reelm.base import AccountId, Clock, Entropy, KeyedDigest, SealedBytes, Secret, Tx
from reelm.realm import store
from reelm.realm.errors import KeyDestroyed, KeyExists, KeyMissing, RootKeyMismatch, SealBroken
from reelm.realm.root import KEY_BYTES, RootKey
from reelm.realm.seal import RealmKey, UserKey, unwrap_key, wrap_key

_CACHED_USER_KEYS = 1024


class Keys:
    """Every key of the realm. Safe to share between tasks; several processes may use the same records."""

    def __init__(self, root: RootKey, *, clock: Clock, entropy: Entropy) -> None:
        self._root = root
        self._clock = clock
        self._entropy = entropy
        self._epoch_wrapper = AESGCM(root.derive("reelm/realm/epoch-keys/1").reveal())
        # Owner -> the row's wrapped bytes and what they hold. Only ever consulted with a row just read, so a
        # key destroyed by another process is not served from here.
        self._opened: OrderedDict[AccountId, tuple[SealedBytes, UserKey]] = OrderedDict()

    async def begin(self, tx: Tx) -> None:
        """Make the first epoch key if there is none, and check that the root fits the records; repeatable.

        Raises:
            RootKeyMismatch: these records were made with another root key.
        """
        if await store.newest_epoch(tx) is None:
            await self._add_epoch(tx, 1)
        newest = await store.newest_epoch(tx)
        assert newest is not None  # noqa: S101 - our own invariant: one was just added
        try:
            self._open_epoch(newest)
        except SealBroken:
            raise RootKeyMismatch(
                "The root key does not open the keys in these records. Nothing was changed. "
                "Start the realm with the root key file that belongs to this data."
            ) from None

    @staticmethod
    async def has_begun(tx: Tx) -> bool:
        """Whether a realm was ever opened on these records; if so, they need their root key."""
        return await store.newest_epoch(tx) is not None

    async def create_user_key(self, tx: Tx, owner: AccountId) -> UserKey:
        """A new key for an owner; it exists once ``tx`` is durable.

        Raises:
            KeyExists: the owner has one.
            KeyDestroyed: the owner had one; an owner never gets a second.
        """
        if await store.is_destroyed(tx, owner):
            raise _destroyed()
        newest = await store.newest_epoch(tx)
        if newest is None:
            raise KeyMissing(
                "The realm has no epoch key yet. Nothing was saved. Start the realm once, then try again."
            )
        key = Secret(self._entropy.draw(KEY_BYTES))
        wrapped = wrap_key(
            self._open_epoch(newest), key, data=_user_data(owner, newest.epoch), entropy=self._entropy
        )
        row = store.UserKeyRow(newest.epoch, SealedBytes(wrapped), newest)
        if not await store.add_user_key(tx, owner, row, at=self._clock.now()):
            raise KeyExists("This owner already has a key. It was left as it is.")
        return UserKey(key, epoch=row.epoch, entropy=self._entropy)

    async def user_key(self, tx: Tx, owner: AccountId) -> UserKey:
        """The owner's key. One indexed read each time, so that a destroyed key is never served.

        Raises:
            KeyDestroyed: it was destroyed, here or in another process.
            KeyMissing: the owner never had one.
        """
        row = await store.find_user_key(tx, owner)
        if row is None:
            self._opened.pop(owner, None)
            raise await self._absent(tx, owner)
        known = self._opened.get(owner)
        if known is not None and known[0] == row.wrapped:
            self._opened.move_to_end(owner)
            return known[1]
        key = UserKey(self._open_user_key(owner, row), epoch=row.epoch, entropy=self._entropy)
        self._opened[owner] = (row.wrapped, key)
        if len(self._opened) > _CACHED_USER_KEYS:
            self._opened.popitem(last=False)
        return key

    async def destroy_user_key(self, tx: Tx, owner: AccountId) -> None:
        """Make everything under the owner's key unreadable for good, once ``tx`` is durable; safe to repeat.

        Raises:
            KeyMissing: the owner never had one.
        """
        row = await store.find_user_key(tx, owner)
        self._opened.pop(owner, None)
        if row is not None:
            await store.destroy_user_key(tx, owner, row.wrapped, at=self._clock.now())
        elif not await store.is_destroyed(tx, owner):
            raise _missing()

    def realm_key(self, purpose: str) -> RealmKey:
        """The realm's own sealing key for one purpose; the same for the life of the root."""
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

    async def _add_epoch(self, tx: Tx, epoch: int) -> None:
        key = Secret(self._entropy.draw(KEY_BYTES))
        wrapped = wrap_key(self._epoch_wrapper, key, data=_epoch_data(epoch), entropy=self._entropy)
        await store.add_epoch(tx, store.EpochRow(epoch, SealedBytes(wrapped)), at=self._clock.now())

    def _open_epoch(self, row: store.EpochRow) -> AESGCM:
        return AESGCM(unwrap_key(self._epoch_wrapper, row.wrapped, data=_epoch_data(row.epoch)).reveal())

    def _open_user_key(self, owner: AccountId, row: store.UserKeyRow) -> Secret:
        wrapper = self._open_epoch(row.wrapping)
        return unwrap_key(wrapper, row.wrapped, data=_user_data(owner, row.wrapping.epoch))

    async def _absent(self, tx: Tx, owner: AccountId) -> KeyDestroyed | KeyMissing:
        return _destroyed() if await store.is_destroyed(tx, owner) else _missing()


def _epoch_data(epoch: int) -> bytes:
    return b"reelm/epoch-key/1\0" + str(epoch).encode()


def _user_data(owner: AccountId, epoch: int) -> bytes:
    """Bind a wrapped key to its owner and its epoch, so that swapped rows do not open."""
    return b"reelm/user-key/1\0" + f"{owner}\0{epoch}".encode()


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
