"""Checkpoints: the origin, the size and the root that a log signs. Source: c2sp.org/tlog-checkpoint."""

import re
from dataclasses import dataclass

from reelm_audit.errors import Malformed
from reelm_audit.tlog import base64
from reelm_audit.tlog.merkle import HASH_BYTES

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")
SIZE_MAX = (1 << 63) - 1


def decimal(text: str, *, what: str) -> int:
    """A number without sign or leading zeros, below 2^63."""
    if not _DECIMAL.fullmatch(text) or int(text) > SIZE_MAX:
        raise Malformed(f"{what} is not a decimal number.")
    return int(text)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What was signed; ``extensions`` are lines that no auditor can check."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """From the text of a note. Raises ``Malformed``."""
        lines = text.removesuffix("\n").split("\n")
        if not text.endswith("\n") or len(lines) < 3 or not all(lines):
            raise Malformed("A checkpoint is not three lines of origin, size and root.")
        origin, size, root, *extensions = lines
        return cls(
            origin,
            decimal(size, what="The size of a checkpoint"),
            base64.decode(root, what="The root of a checkpoint", length_bytes=HASH_BYTES),
            tuple(extensions),
        )

    def __str__(self) -> str:
        lines = (self.origin, str(self.size), base64.encode(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)
