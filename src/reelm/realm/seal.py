"""Sealing: bytes in, bytes that only the same key and purpose open again.

A sealed value is::

    version 1 (1 byte) | nonce (12) | AES-256-GCM ciphertext | tag (16)     data: "reelm/seal/1" NUL purpose

and a wrapped data key, which has a fixed place in a fragment's header, is::

    nonce (12) | AES-256-GCM ciphertext (32) | tag (16)                     data: "reelm/dek/1"

where *data* is the associated data. Nonces are random: one key seals at most 2**32 values (NIST SP 800-38D,
8.3), far above what one person writes.
"""

from typing import NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from reelm.base import Entropy, SealedBytes, Secret
from reelm.realm.errors import SealBroken
from reelm.realm.root import KEY_BYTES, derive

NONCE_BYTES = 12
TAG_BYTES = 16
SEAL_OVERHEAD_BYTES = 1 + NONCE_BYTES + TAG_BYTES
WRAPPED_BYTES = NONCE_BYTES + KEY_BYTES + TAG_BYTES

_VERSION = b"\x01"
_SEAL_DATA = b"reelm/seal/1\0"
_WRAP_DATA = b"reelm/dek/1"


class SealingKey:
    """A key that seals values and wraps data keys; what ``UserKey`` and ``RealmKey`` have in common.

    Safe to share between tasks and threads. Holds no readable key: only the two ciphers made from it.

    Attributes:
        epoch: names the key among its owner's keys; 0 for keys derived from the root.
    """

    __slots__ = ("_entropy", "_sealer", "_wrapper", "epoch")

    def __init__(self, key: Secret, *, epoch: int, entropy: Entropy) -> None:
        self.epoch = epoch
        self._entropy = entropy
        self._sealer = AESGCM(derive(key, "reelm/key/seal/1").reveal())
        self._wrapper = AESGCM(derive(key, "reelm/key/wrap/1").reveal())

    def seal(self, plaintext: bytes, *, purpose: str) -> SealedBytes:
        """Seal bytes for one purpose, a fixed name such as ``accounts.email``; 29 bytes longer."""
        nonce = self._entropy.draw(NONCE_BYTES)
        return SealedBytes(
            _VERSION + nonce + self._sealer.encrypt(nonce, plaintext, _SEAL_DATA + purpose.encode())
        )

    def open(self, sealed: bytes, *, purpose: str) -> bytes:
        """Open what was sealed.

        Raises:
            SealBroken: changed, cut, or sealed with another key or for another purpose.
        """
        if len(sealed) < SEAL_OVERHEAD_BYTES or sealed[:1] != _VERSION:
            raise SealBroken(_SEAL_BROKEN, purpose=purpose)
        nonce, body = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        try:
            return self._sealer.decrypt(nonce, body, _SEAL_DATA + purpose.encode())
        except InvalidTag:
            raise SealBroken(_SEAL_BROKEN, purpose=purpose) from None

    def wrap(self, dek: Secret) -> bytes:
        """Wrap a 32-byte data key as 60 bytes that may lie in a fragment's header."""
        if len(dek.reveal()) != KEY_BYTES:
            raise ValueError("a data key has 32 bytes")
        return wrap_key(self._wrapper, dek, data=_WRAP_DATA, entropy=self._entropy)

    def unwrap(self, wrapped: bytes) -> Secret:
        """Unwrap a data key.

        Raises:
            SealBroken: changed, not 60 bytes, or wrapped with another key.
        """
        return unwrap_key(self._wrapper, wrapped, data=_WRAP_DATA)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(epoch={self.epoch}, hidden)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is never pickled")


class UserKey(SealingKey):
    """One owner's key: everything of theirs is sealed with it, and is gone when it is destroyed."""

    __slots__ = ()


class RealmKey(SealingKey):
    """A key of the realm itself for one purpose, derived from the root."""

    __slots__ = ()


def wrap_key(cipher: AESGCM, key: Secret, *, data: bytes, entropy: Entropy) -> bytes:
    nonce = entropy.draw(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, key.reveal(), data)


def unwrap_key(cipher: AESGCM, wrapped: bytes, *, data: bytes) -> Secret:
    """Unwrap a key; ``SealBroken`` when it was changed, cut, or wrapped under another key or place."""
    if len(wrapped) != WRAPPED_BYTES:
        raise SealBroken(_KEY_BROKEN)
    try:
        return Secret(cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], data))
    except InvalidTag:
        raise SealBroken(_KEY_BROKEN) from None


_SEAL_BROKEN = (
    "A sealed record cannot be opened: it was changed, or sealed with another key or for another purpose. "
    "Nothing was altered. Restore the record from a backup of this realm."
)
_KEY_BROKEN = (
    "A wrapped key cannot be opened: it was changed, or it belongs to another key. Nothing was altered. "
    "Restore the record or fragment it came from."
)
