"""Evidence against a log: one file that says by itself what it proves.

Two checkpoints, both signed by the log, are the heart of it. Who has the log's key can verify the file
without asking anybody, and without believing whoever found it.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from reelm_audit.errors import AuditError, Malformed, Untrusted
from reelm_audit.tlog import base64
from reelm_audit.tlog.checkpoint import Checkpoint
from reelm_audit.tlog.keys import VerifierKey, check_signed
from reelm_audit.tlog.merkle import HASH_BYTES, check_consistency
from reelm_audit.tlog.note import Note

_FORMAT = "reelm-ledger-evidence/1"
EVIDENCE_MAX_BYTES = 4 << 20


class Offence(StrEnum):
    """What a log did.

    ``fork`` and ``rewrite`` are proven by the file alone. The others need a witness: that both checkpoints
    are the log's is proven, but not what it served and when; that is the word of whoever made the file.
    """

    FORK = "fork"
    REWRITE = "rewrite"
    ROLLBACK = "rollback"
    FREEZE = "freeze"
    MISMATCH = "mismatch"

    @property
    def is_proof(self) -> bool:
        return self in {Offence.FORK, Offence.REWRITE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Two checkpoints of one log and why they cannot both be.

    Attributes:
        offence: what it is about.
        key: the log's.
        first: what the log signed and somebody kept.
        second: what it signed besides; the same note where only one is involved.
        root: for a rewrite, the root of the beginning of ``second`` that is as long as ``first``.
        proof: for a rewrite, that ``second`` begins with ``root``.
        testimony: what its finder says beyond what is proven.
        found_seconds: when, by the finder's clock.
    """

    offence: Offence
    key: VerifierKey
    first: Note
    second: Note
    testimony: str
    found_seconds: int
    root: bytes | None = None
    proof: tuple[bytes, ...] = ()

    def __bytes__(self) -> bytes:
        value = {
            "format": _FORMAT,
            "offence": self.offence.value,
            "key": str(self.key),
            "first": bytes(self.first).decode(),
            "second": bytes(self.second).decode(),
            "root": None if self.root is None else base64.encode(self.root),
            "proof": [base64.encode(each) for each in self.proof],
            "testimony": self.testimony,
            "found_seconds": self.found_seconds,
        }
        return json.dumps(value, indent=1, ensure_ascii=False).encode() + b"\n"

    @classmethod
    def parse(cls, raw: bytes) -> "Evidence":
        """Raises ``Malformed``."""
        if len(raw) > EVIDENCE_MAX_BYTES:
            raise Malformed("The file is too large to be evidence.")
        try:
            return cls._read(json.loads(raw))
        except (ValueError, KeyError, TypeError, AttributeError, AuditError) as fault:
            raise Malformed(f"This is not a file of evidence: {fault}") from None

    @classmethod
    def _read(cls, value: dict[str, Any]) -> "Evidence":
        if value["format"] != _FORMAT:
            raise Malformed("it is of another format")
        root = value["root"]
        return cls(
            offence=Offence(value["offence"]),
            key=VerifierKey.parse(value["key"]),
            first=Note.parse(value["first"].encode()),
            second=Note.parse(value["second"].encode()),
            root=None if root is None else _hash(root),
            proof=tuple(_hash(each) for each in value["proof"]),
            testimony=str(value["testimony"]),
            found_seconds=int(value["found_seconds"]),
        )

    def check(self, key: VerifierKey | None = None) -> str:
        """What the file proves, in a sentence.

        Args:
            key: the log's, from a place that the reader trusts; None to take the file's word for it.

        Raises:
            Untrusted: it proves nothing.
        """
        if key is not None and key != self.key:
            raise Untrusted(f"The file is about another key than the one named, {key.name}.")
        first, second = self._signed(self.first), self._signed(self.second)
        if first.origin != second.origin:
            raise Untrusted("The two checkpoints are of different logs.")
        signed = f"The key {self.key} signed"
        if self.offence is Offence.FORK:
            if first.size != second.size or first.root == second.root:
                raise Untrusted("The two checkpoints do not contradict each other.")
            return f"{signed} two different histories of {first.size:,} entries for {first.origin}."
        if self.offence is Offence.REWRITE:
            if self.root is None or self.root == first.root:
                raise Untrusted("The two checkpoints are not shown to contradict each other.")
            check_consistency((first.size, self.root), (second.size, second.root), self.proof)
            return (
                f"{signed} a history of {first.size:,} entries for {first.origin}, "
                f"and one of {second.size:,} that begins differently."
            )
        return (
            f"{signed} these checkpoints of {first.origin}. The rest is the finder's word: {self.testimony}"
        )

    def _signed(self, note: Note) -> Checkpoint:
        check_signed(note, self.key)
        return Checkpoint.parse(note.text)


def _hash(text: str) -> bytes:
    return base64.decode(text, what="A hash", length_bytes=HASH_BYTES)
