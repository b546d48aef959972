"""A witness to test with, which signs whatever it is asked to."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from reelm.ledger.checkpoint import cosigned_message
from reelm.ledger.note import Algorithm, Note, Signature, VerifierKey


class SomeWitness:
    """One key with a name; the same number gives the same key."""

    def __init__(self, name: str, number: int, algorithm: Algorithm = Algorithm.ED25519_COSIGNATURE) -> None:
        seed = bytes([number] * 32)
        is_new = algorithm is Algorithm.MLDSA44_COSIGNATURE
        self._key = (
            MLDSA44PrivateKey.from_seed_bytes(seed) if is_new else Ed25519PrivateKey.from_private_bytes(seed)
        )
        self.key = VerifierKey(name, algorithm, self._key.public_key().public_bytes_raw())

    def cosign(self, note: Note, *, seconds: int) -> Signature:
        signed = self._key.sign(cosigned_message(note, self.key, seconds))
        return Signature(self.key.name, self.key.id, seconds.to_bytes(8, "big") + signed)
