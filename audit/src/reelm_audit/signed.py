"""A checkpoint that a log signed, and how it compares with another."""

from dataclasses import dataclass

from reelm_audit.errors import Malformed, Untrusted
from reelm_audit.tlog.checkpoint import Checkpoint
from reelm_audit.tlog.keys import VerifierKey, check_signed
from reelm_audit.tlog.note import Note


@dataclass(frozen=True, slots=True)
class Signed:
    """The note, and what its text says."""

    note: Note
    checkpoint: Checkpoint

    @classmethod
    def read(cls, raw: bytes, key: VerifierKey) -> "Signed":
        """Raises ``Malformed``, or ``Untrusted`` when the key did not sign it for its own log."""
        note = Note.parse(raw)
        check_signed(note, key)
        checkpoint = Checkpoint.parse(note.text)
        if checkpoint.origin != key.name:
            raise Untrusted(f"The checkpoint is of {checkpoint.origin}, and its key is of {key.name}.")
        if checkpoint.extensions:
            raise Malformed("The checkpoint has lines that nobody can audit.")
        return cls(note, checkpoint)

    @classmethod
    def kept(cls, note: Note) -> "Signed":
        """One that was verified when it was kept."""
        return cls(note, Checkpoint.parse(note.text))

    @property
    def size(self) -> int:
        return self.checkpoint.size

    @property
    def root(self) -> bytes:
        return self.checkpoint.root


@dataclass(frozen=True, slots=True)
class Shown:
    """What a log shows: its newest checkpoint, and the newest that its witnesses have cosigned.

    The two are read one after the other while the log grows, and a copy may have them in any order: whichever
    is larger is audited, and the other must be its beginning.
    """

    checkpoint: Signed
    cosigned: Signed

    @property
    def newest(self) -> Signed:
        return max(self.checkpoint, self.cosigned, key=lambda each: each.size)
