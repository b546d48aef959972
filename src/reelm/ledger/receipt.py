"""Receipts: all that somebody needs to prove, offline, that a leaf is in the ledger.

Source: c2sp.org/tlog-proof; docs/spec/ledger.md, "Receipt", for the ``extra`` line.
"""

import re
from dataclasses import dataclass
from typing import Self

from reelm.base import Note, from_base64, to_base64
from reelm.ledger.checkpoint import Checkpoint
from reelm.ledger.errors import ProofRefused
from reelm.ledger.merkle import HASH_BYTES, is_included, leaf_hash
from reelm.ledger.quorum import Policy

_MAGIC = "c2sp.org/tlog-proof@v1"
_MAX_BYTES = 256 << 10
_MAX_HASHES = 63
_INDEX = re.compile("0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Receipt:
    """A leaf, where it is in the log, the hashes that show it, and the checkpoint it is under."""

    leaf: bytes
    index: int
    proof: tuple[bytes, ...]
    checkpoint: Note

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Raises ``ProofRefused`` or ``NoteRefused``: not the form of one; nothing is verified."""
        head, empty, note = data.partition(b"\n\n")
        try:
            lines = head.decode().split("\n")
        except UnicodeDecodeError:
            raise _no_receipt() from None
        if len(data) > _MAX_BYTES or not empty or len(lines) < 3 or lines[0] != _MAGIC:
            raise _no_receipt()
        leaf, index = from_base64(lines[1].removeprefix("extra ")), lines[2].removeprefix("index ")
        hashes = [from_base64(line) for line in lines[3:]]
        if not lines[1].startswith("extra ") or not lines[2].startswith("index ") or leaf is None:
            raise _no_receipt()
        proof = tuple(each for each in hashes if each is not None and len(each) == HASH_BYTES)
        if not _INDEX.fullmatch(index) or len(proof) != len(hashes) or len(proof) > _MAX_HASHES:
            raise _no_receipt()
        return cls(leaf, int(index), proof, Note.parse(note))

    def encode(self) -> bytes:
        """Encode as the bytes of a ``.tlog-proof`` file."""
        lines = [_MAGIC, f"extra {to_base64(self.leaf)}", f"index {self.index}"]
        lines += [to_base64(each) for each in self.proof]
        return "\n".join([*lines, "", ""]).encode() + self.checkpoint.encode()

    def is_sound(self) -> bool:
        """Return whether its hashes lead from its leaf to its checkpoint, whoever signed that."""
        checkpoint = Checkpoint.parse(self.checkpoint.text)
        tree = (checkpoint.size, checkpoint.root)
        return is_included(leaf_hash(self.leaf), self.index, self.proof, tree)

    def check(self, policy: Policy) -> Checkpoint:
        """Return the checkpoint that the leaf is provably under.

        Raises:
            NoteRefused: the checkpoint is not to be believed under this policy.
            ProofRefused: it says nothing about this leaf.
        """
        checkpoint = policy.check(self.checkpoint)
        if not self.is_sound():
            raise ProofRefused(
                "The receipt's hashes do not lead from its leaf to the checkpoint. It proves nothing. "
                "Ask the realm for the receipt again; if it stays like this, show it to an auditor.",
                index=self.index,
            )
        return checkpoint


def _no_receipt() -> ProofRefused:
    return ProofRefused(
        "This is not a receipt (.tlog-proof with the leaf as its extra line). Nothing was changed. "
        "Save it again as it was sent."
    )
