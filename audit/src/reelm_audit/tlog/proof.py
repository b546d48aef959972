"""Receipts: an entry's place in a log, provable without asking anybody. Source: c2sp.org/tlog-proof."""

from dataclasses import dataclass

from reelm_audit.errors import Malformed
from reelm_audit.tlog import base64
from reelm_audit.tlog.checkpoint import Checkpoint, decimal
from reelm_audit.tlog.merkle import HASH_BYTES, check_inclusion
from reelm_audit.tlog.note import NOTE_MAX_BYTES, Note

_FIRST = "c2sp.org/tlog-proof@v1"
PROOF_MAX_BYTES = 2 * NOTE_MAX_BYTES
_HASHES_MAX = 63


@dataclass(frozen=True, slots=True)
class Proof:
    """A receipt; ``extra`` is trusted by nobody before it was checked."""

    index: int
    hashes: tuple[bytes, ...]
    note: Note
    extra: bytes | None = None

    @classmethod
    def parse(cls, raw: bytes) -> "Proof":
        """Raises ``Malformed``."""
        head, gap, below = raw.partition(b"\n\n")
        try:
            lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise Malformed("A receipt is not text.") from None
        if len(raw) > PROOF_MAX_BYTES or not gap or lines.pop(0) != _FIRST:
            raise Malformed("This is not a receipt of the format tlog-proof@v1.")
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = base64.decode(lines.pop(0).removeprefix("extra "), what="The receipt's extra line")
        if not lines or not lines[0].startswith("index "):
            raise Malformed("A receipt does not say its entry's index.")
        index = decimal(lines.pop(0).removeprefix("index "), what="The index of a receipt")
        if len(lines) > _HASHES_MAX:
            raise Malformed("A receipt has too many hashes.")
        hashes = (base64.decode(line, what="A hash", length_bytes=HASH_BYTES) for line in lines)
        return cls(index, tuple(hashes), Note.parse(below), extra)

    def __bytes__(self) -> bytes:
        extra = [] if self.extra is None else [f"extra {base64.encode(self.extra)}"]
        lines = [_FIRST, *extra, f"index {self.index}", *map(base64.encode, self.hashes)]
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + bytes(self.note)

    def check(self, leaf: bytes) -> Checkpoint:
        """The checkpoint that includes the hash ``leaf``; its signatures are not looked at here.

        Raises:
            Untrusted: it does not include it.
        """
        checkpoint = Checkpoint.parse(self.note.text)
        check_inclusion(leaf, self.index, (checkpoint.size, checkpoint.root), self.hashes)
        return checkpoint
