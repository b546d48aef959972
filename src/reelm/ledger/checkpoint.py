"""Checkpoints: what a log states about itself, and what witnesses state about it.

Source: c2sp.org/tlog-checkpoint, c2sp.org/tlog-cosignature.
"""

import re
import struct
from dataclasses import dataclass
from typing import Self

from reelm.base import Algorithm, Note, NoteRefused, Signature, VerifierKey, from_base64, to_base64
from reelm.ledger.merkle import EMPTY_ROOT, HASH_BYTES

_SIZE = re.compile("0|[1-9][0-9]{0,18}")
_TIMESTAMP = struct.Struct(">Q")
_LATEST_SECONDS = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a tree: whose, how many leaves, and their root."""

    origin: str
    size: int
    root: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a note's text; extension lines are accepted and not looked at.

        Raises:
            NoteRefused: not the text of a checkpoint.
        """
        lines = text.removesuffix("\n").split("\n")
        if len(lines) < 3 or not text.endswith("\n") or not all(lines):
            raise _no_checkpoint()
        origin, size, encoded = lines[:3]
        root = from_base64(encoded)
        if not _SIZE.fullmatch(size) or root is None or len(root) != HASH_BYTES:
            raise _no_checkpoint()
        if size == "0" and root != EMPTY_ROOT:
            raise _no_checkpoint()
        return cls(origin, int(size), root)

    @property
    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"


def cosigned_seconds(note: Note, signature: Signature, key: VerifierKey) -> int:
    """Return the POSIX timestamp at which a witness says that it saw this checkpoint.

    Raises:
        NoteRefused: the signature is not this key's cosignature of this checkpoint.
    """
    if len(signature.data) > _TIMESTAMP.size and signature.is_of(key):
        (seconds,) = _TIMESTAMP.unpack_from(signature.data)
        message = _cosigned_message(note, key, seconds)
        if message is not None and key.has_signed(message, signature.data[_TIMESTAMP.size :]):
            return int(seconds)
    raise NoteRefused(
        f"The cosignature of {key.name} does not belong to this checkpoint. It counts for nothing. "
        "Ask the witness again."
    )


def cosigned_message(checkpoint: Note, key: VerifierKey, seconds: int) -> bytes:
    """Return the bytes that a witness with this key signs.

    Raises:
        ValueError: not a cosigner's key, or a time environment 1 to 2**63 - 1.
    """
    message = _cosigned_message(checkpoint, key, seconds)
    if message is None:
        raise ValueError("not a cosigner's key, or no time")
    return message


def _cosigned_message(note: Note, key: VerifierKey, seconds: int) -> bytes | None:
    if not 0 < seconds <= _LATEST_SECONDS:
        return None
    if key.algorithm is Algorithm.ED25519_COSIGNATURE:
        return f"cosignature/v1\ntime {seconds}\n{note.text}".encode()
    if key.algorithm is Algorithm.MLDSA44_COSIGNATURE:
        return _subtree_message(Checkpoint.parse(note.text), key.name, seconds)
    return None


def _subtree_message(checkpoint: Checkpoint, cosigner: str, seconds: int) -> bytes | None:
    name, origin = cosigner.encode(), checkpoint.origin.encode()
    if len(name) > 255 or len(origin) > 255:
        return None
    return b"".join(
        (
            b"subtree/v1\n\0",
            bytes([len(name)]) + name,
            _TIMESTAMP.pack(seconds),
            bytes([len(origin)]) + origin,
            struct.pack(">QQ", 0, checkpoint.size),
            checkpoint.root,
        )
    )


def _no_checkpoint() -> NoteRefused:
    return NoteRefused(
        "This is signed, but it is no checkpoint. Nothing was changed. Check that the address is a log's."
    )
