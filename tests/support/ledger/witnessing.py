"""Witnesses to test with: one that signs whatever it is asked to, and one that looks first."""

from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from reelm.base import Algorithm, Note, Signature, VerifierKey, check_signed
from reelm.ledger import WitnessFailed
from reelm.ledger.checkpoint import Checkpoint, cosigned_message
from reelm.ledger.merkle import EMPTY_ROOT, is_consistent
from reelm.ledger.ports import Elsewhere


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


class HonestWitness:
    """Keeps what it saw of one log in memory, and refuses what does not continue it."""

    def __init__(self, signer: SomeWitness, log: VerifierKey) -> None:
        self.signer = signer
        self._log = log
        self.seen = (0, EMPTY_ROOT)
        self.is_away = False
        self.asked: list[int] = []
        self.now_seconds = 1_800_000_000

    async def add_checkpoint(
        self, old_size: int, proof: Sequence[bytes], checkpoint: bytes
    ) -> tuple[Signature, ...] | Elsewhere:
        self.asked.append(old_size)
        if self.is_away:
            raise WitnessFailed("away")
        note = Note.parse(checkpoint)
        check_signed(note, self._log)
        stated = Checkpoint.parse(note.text)
        if old_size != self.seen[0]:
            return Elsewhere(self.seen[0])
        head = (stated.size, stated.root)
        if (old_size and not is_consistent(self.seen, head, proof)) or (not old_size and proof):
            raise WitnessFailed("another history")
        self.seen = head
        return (self.signer.cosign(note, seconds=self.now_seconds),)
