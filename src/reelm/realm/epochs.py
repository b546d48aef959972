"""Epoch keys: one file each, wrapped under the root, and gone for good once nothing is wrapped in them.

They are not in the database on purpose: a copy of old rows would bring back what was destroyed since. The
folder holds::

    N.key   the key of epoch N, 60 bytes, wrapped under a key derived from the root
    ring    what every owner who was left had when the last rotation ended; see ``reelm.realm.ring``
    lock    held by whoever rotates

Every machine of a realm needs the same folder.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from operator import itemgetter
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from reelm.base import AccountId, Entropy, SealedBytes, Secret
from reelm.realm import private
from reelm.realm.errors import (
    EpochKeyMissing,
    EpochKeyUnsafe,
    RootKeyMismatch,
    RotationRuns,
    SealBroken,
)
from reelm.realm.root import KEY_BYTES, RootKey
from reelm.realm.seal import WRAPPED_BYTES, RealmKey, unwrap_key, wrap_key

# The one in use and the one before: a reader whose snapshot is from before the end of a rotation needs it.
_REMEMBERED = 2
_KIND = private.EntryKind(
    name="epoch key",
    unsafe=EpochKeyUnsafe,
    size_bytes=WRAPPED_BYTES,
    advice="Put it back from a copy of the keys folder, or from another machine of this realm.",
)


class EpochFiles:
    """The folder of epoch keys. Holds wrapped bytes only; safe to use from several processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def ring(self) -> Path:
        return self.folder / "ring"

    def path(self, epoch: int) -> Path:
        return self.folder / f"{epoch}.key"

    def add(self, epoch: int, wrapped: SealedBytes) -> None:
        """Keep an epoch's key durably, unless there is one: the first of several that try wins.

        Raises:
            EpochKeyUnsafe: it cannot be written.
        """
        # A nonce names the draft: two processes never share one.
        draft = self.folder / f"{epoch}.{wrapped[:8].hex()}.part"
        try:
            self._make_folder()
            with private.written(self.path(epoch), draft=draft, replace=False) as put:
                put(wrapped)
        except FileExistsError:  # by who may have been killed before it was durable
            private.sync_directory(self.folder)
        except OSError as error:
            raise EpochKeyUnsafe(
                f"The key of epoch {epoch} could not be written to {self.folder} ({error.strerror}). "
                "Nothing was changed. Make room, or make the folder writable, and try again."
            ) from error

    def _make_folder(self) -> None:
        if not self.folder.is_dir():
            self.folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with suppress(FileExistsError):
                self.folder.mkdir(mode=0o700)
        private.sync_directory(self.folder.parent)

    def find(self, epoch: int) -> SealedBytes | None:
        """Return an epoch's wrapped key, or None when there is none or it was overwritten.

        Raises:
            EpochKeyUnsafe: not a regular file of 60 bytes that only its owner may read.
        """
        try:
            with private.opened(self.path(epoch), _KIND) as file:
                wrapped = os.read(file, WRAPPED_BYTES)
        except FileNotFoundError:
            return None
        return SealedBytes(wrapped) if any(wrapped) else None

    def present(self) -> tuple[int, ...]:
        """Return the epochs that have a file, oldest first."""
        names = (path.stem for path in self.folder.glob("*.key"))
        return tuple(sorted(int(name) for name in names if name.isdecimal()))

    def destroy(self, epoch: int) -> None:
        """Overwrite and remove an epoch's key and what crashes left of it; safe to repeat."""
        for draft in self.folder.glob(f"{epoch}.*.part"):
            private.destroy(draft)
        private.destroy(self.path(epoch))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let one process at a time rotate; the lock goes with its process.

        Raises:
            RotationRuns: another one does.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RotationRuns(
                    "Another process is rotating the keys of this realm. Nothing was changed. "
                    "Watch it with ./reelm keys status."
                ) from None
            yield


class Epochs:
    """Opens and makes epoch keys. Hands out ciphers only; remembers the last two it opened."""

    def __init__(self, root: RootKey, files: EpochFiles, *, entropy: Entropy) -> None:
        self.files = files
        self._entropy = entropy
        self._wrapper = AESGCM(root.derive("reelm/realm/epoch-keys/1").reveal())
        self._marker = RealmKey(root.derive("reelm/realm/seal/1", "epochs"), epoch=0, entropy=entropy)
        self._opened: dict[int, AESGCM] = {}

    def make(self, epoch: int) -> SealedBytes:
        """Make the key of an epoch, or take the one that a crash left; gives the mark of its record."""
        if self.files.find(epoch) is None:
            self.files.destroy(epoch)  # what a crash in the middle of destroying it left
            key = Secret(self._entropy.draw(KEY_BYTES))
            wrapped = wrap_key(self._wrapper, key, data=_epoch_data(epoch), entropy=self._entropy)
            self.files.add(epoch, SealedBytes(wrapped))
        return self.mark(epoch, self.files.find(epoch) or SealedBytes(b""))

    def mark(self, epoch: int, wrapped: SealedBytes) -> SealedBytes:
        """Says which root and which file an epoch belongs to, and nothing about its key.

        Raises:
            RootKeyMismatch: the wrapped key belongs to another root.
        """
        self._unwrap(epoch, wrapped)
        return self._marker.seal(_digest(wrapped), purpose=f"epoch/{epoch}")

    def check_root(self, epoch: int, mark: SealedBytes) -> bytes:
        """Return what the mark says about the file.

        Raises:
            RootKeyMismatch: the record belongs to another root.
        """
        try:
            return self._marker.open(mark, purpose=f"epoch/{epoch}")
        except SealBroken:
            raise _mismatch() from None

    def check(self, epoch: int, mark: SealedBytes) -> None:
        """Return when the epoch's key is here and is the one its record was made with.

        Raises:
            RootKeyMismatch: the record or the file belongs to another root.
            EpochKeyMissing: there is no file, or one that another machine did not agree on.
        """
        said = self.check_root(epoch, mark)
        self.cipher(epoch)
        if said != _digest(self.files.find(epoch) or b""):
            raise self._missing(epoch, "is another one than these records were made with")

    def cipher(self, epoch: int) -> AESGCM:
        """Return what wraps and opens user keys in an epoch.

        Raises:
            EpochKeyMissing: its file is not there.
            EpochKeyUnsafe: its file cannot be used.
            RootKeyMismatch: it was made under another root.
        """
        known = self._opened.get(epoch)
        if known is not None:
            return known
        wrapped = self.files.find(epoch)
        if wrapped is None:
            raise self._missing(epoch, "is not there")
        cipher = self._unwrap(epoch, wrapped)
        newest = sorted([*self._opened.items(), (epoch, cipher)], key=itemgetter(0))[-_REMEMBERED:]
        self._opened = dict(newest)
        return cipher

    def _unwrap(self, epoch: int, wrapped: SealedBytes) -> AESGCM:
        try:
            return AESGCM(unwrap_key(self._wrapper, wrapped, data=_epoch_data(epoch)).reveal())
        except SealBroken:
            raise _mismatch() from None

    def _missing(self, epoch: int, what: str) -> EpochKeyMissing:
        return EpochKeyMissing(
            f"The key of epoch {epoch}, {self.files.path(epoch)}, {what}. What is wrapped in it cannot be "
            "read here; nothing was changed. Copy the keys/epochs folder from the machine that rotated "
            "the keys last, or from its newest backup, and start again.",
            epoch=epoch,
        )


def _mismatch() -> RootKeyMismatch:
    return RootKeyMismatch(
        "The root key does not open the keys of these records. Nothing was changed. Start the realm with the "
        "root key file, and the keys/epochs folder, that belong to this data."
    )


def owner_data(owner: AccountId, epoch: int) -> bytes:
    """Bind a wrapped user key to its owner and the epoch that wraps it, so that swapped rows do not open."""
    return f"reelm/user-key/1\0{owner}\0{epoch}".encode()


def _digest(wrapped: bytes) -> bytes:
    return hashlib.sha256(wrapped).digest()


def _epoch_data(epoch: int) -> bytes:
    return b"reelm/epoch-key/1\0" + str(epoch).encode()
