"""What a log sends to be cosigned. Source: c2sp.org/tlog-witness, "add-checkpoint"."""

from dataclasses import dataclass

from reelm_audit.errors import Malformed
from reelm_audit.tlog import base64
from reelm_audit.tlog.checkpoint import Checkpoint, decimal
from reelm_audit.tlog.merkle import HASH_BYTES
from reelm_audit.tlog.note import NOTE_MAX_BYTES, Note

_HASHES_MAX = 63
REQUEST_MAX_BYTES = NOTE_MAX_BYTES + (_HASHES_MAX + 2) * 64


@dataclass(frozen=True, slots=True)
class Request:
    """A checkpoint, and the proof that it goes on from one of ``old_size`` entries."""

    old_size: int
    proof: tuple[bytes, ...]
    note: Note
    checkpoint: Checkpoint

    @classmethod
    def parse(cls, body: bytes) -> "Request":
        """Raises ``Malformed``."""
        head, gap, below = body.partition(b"\n\n")
        try:
            old, *hashes = head.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise Malformed("The lines before the checkpoint are not ASCII.") from None
        if not gap or not old.startswith("old "):
            raise Malformed("The request does not begin with an old size, a proof and an empty line.")
        if len(hashes) > _HASHES_MAX:
            raise Malformed(f"The proof has more than {_HASHES_MAX} hashes.")
        old_size = decimal(old.removeprefix("old "), what="The old size")
        proof = (base64.decode(line, what="A hash", length_bytes=HASH_BYTES) for line in hashes)
        note = Note.parse(below)
        return cls(old_size, tuple(proof), note, Checkpoint.parse(note.text))
