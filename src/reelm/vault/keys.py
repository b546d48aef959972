"""Derive the keys of one object: both locks meet here, and nowhere else.

``content key = HKDF-SHA256(DEK ‖ S, salt = object id, info = "reelm/vault/1" ‖ header hash)``. The DEK is
wrapped under the owner's key (the custodian lock); S is shared over the providers (the provider lock).
Source: docs/spec/rvf1.md, "Keys".
"""

import hashlib
import hmac
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from reelm.base import Secret
from reelm.vault.errors import FailedCheck, KeyRefused, ObjectBroken
from reelm.vault.format import Common
from reelm.vault.model import ProviderId

_INFO = b"reelm/vault/1"
_LENGTH_NONCE = bytes(12)


@dataclass(frozen=True, slots=True)
class VaultKeys:
    """The vault's own keys, 32 bytes each, the same for the whole realm.

    Attributes:
        name: makes fragment names that look random and differ per provider.
        seal: marks finished objects as this realm's.
    """

    name: Secret
    seal: Secret


class ContentKey:
    """Seals and opens the chunks of one object.

    A nonce is never used twice: the key belongs to one object, and the nonce counts its chunks.
    """

    def __init__(self, common: Common, *, dek: Secret, shared: Secret) -> None:
        material = HKDF(SHA256(), length=96, salt=common.object_id, info=_INFO + common.hash).derive(
            dek.reveal() + shared.reveal()
        )
        self._header_hash = common.hash
        self._chunks = AESGCM(material[:32])
        self.commitment = material[32:64]
        self._lengths = AESGCM(material[64:])

    def seal(self, chunk: int, plain: bytes | memoryview, *, is_last: bool) -> bytes:
        """Return a chunk encrypted, with its tag."""
        return self._chunks.encrypt(_nonce(chunk, is_last=is_last), plain, self._header_hash)

    def open(self, chunk: int, sealed: bytes, *, is_last: bool) -> bytes:
        """Return a chunk decrypted.

        Raises:
            ObjectBroken: the ciphertext is not what was sealed at this position.
        """
        try:
            return self._chunks.decrypt(_nonce(chunk, is_last=is_last), sealed, self._header_hash)
        except InvalidTag:
            raise ObjectBroken(
                FailedCheck.CHUNK,
                "A chunk does not open under its key. Nothing of it was returned. Restore from a copy.",
            ) from None

    def seal_length(self, length_bytes: int) -> bytes:
        """Return 24 bytes that hide the true length from providers, who see only the padded one."""
        return self._lengths.encrypt(_LENGTH_NONCE, length_bytes.to_bytes(8, "big"), self._header_hash)

    def open_length(self, box: bytes) -> int:
        """Return the true length.

        Raises:
            ObjectBroken: the box was made for another object.
        """
        try:
            return int.from_bytes(self._lengths.decrypt(_LENGTH_NONCE, box, self._header_hash), "big")
        except InvalidTag:
            raise ObjectBroken(
                FailedCheck.TRUE_LENGTH,
                "The stored length does not open. Nothing was returned. Restore from a copy.",
            ) from None

    def check(self, commitment: bytes) -> None:
        """Refuse a key that is not the one the object was sealed with, before it touches any data.

        Raises:
            KeyRefused: another DEK or another shared secret.
        """
        if not hmac.compare_digest(commitment, self.commitment):
            raise KeyRefused(
                FailedCheck.COMMITMENT,
                "The key is not the one this object was sealed with. Nothing was read.",
            )


def fragment_name(key: Secret, provider: ProviderId, *, object_id: bytes, generation: int, index: int) -> str:
    """Return 64 hexadecimal digits; without the key, names at two providers cannot be matched."""
    message = b"".join((provider.encode(), object_id, generation.to_bytes(8, "big"), bytes([index])))
    return hmac.digest(key.reveal(), message, hashlib.sha256).hex()


def _nonce(chunk: int, *, is_last: bool) -> bytes:
    return chunk.to_bytes(11, "big") + bytes([is_last])
