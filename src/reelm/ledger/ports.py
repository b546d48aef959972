"""Define what the ledger asks of others: a file system, and witnesses."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from reelm.base import Signature


class Disk(Protocol):
    """One folder of files, with paths relative to it and ``/`` between; ``""`` is the folder itself.

    *Durable when it returns?* ``write`` makes bytes durable, not names; ``flush_folders`` makes durable what
    was made, renamed or removed in these folders before. Nothing else is.
    *Who retries?* The caller, from the beginning: a failed flush is never tried again on the same file.
    *Safe to repeat?* All of it.
    *Safe concurrently?* Reading is. Only who holds the claim changes tiles and the checkpoint; each file
    beside them has one writer.
    *Trusted?* To do what it says. What is read is checked against the tree's root.
    """

    def claim(self) -> AbstractContextManager[None]:
        """Be the only one that grows the log in this folder, until the block or the process ends.

        Raises:
            LogBusy: another process is.
        """
        ...

    async def read(self, path: str) -> bytes | None:
        """Read the whole file; return None when there is none."""
        ...

    async def names(self, folder: str) -> list[str]:
        """Return the names in a folder; empty when there is no such folder."""
        ...

    async def write(self, files: Mapping[str, bytes]) -> None:
        """Make or replace files in folders that exist; a crash leaves any part of any of them."""
        ...

    async def make_folder(self, path: str) -> None:
        """Make one folder; one that is there is fine."""
        ...

    async def flush_folders(self, paths: Iterable[str]) -> None: ...

    async def rename(self, old: str, new: str) -> None:
        """Give a file another name, over what is there: a reader sees the old file or the new one."""
        ...

    async def remove(self, path: str) -> None:
        """Remove a file or an empty folder; one that is not there is fine."""
        ...


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A witness last saw another size than it was told."""

    size: int


class Witnessing(Protocol):
    """Somebody who cosigns checkpoints that continue what it has seen.

    *Durable when it returns?* The witness remembers what it cosigned, before it answers.
    *Who retries?* The caller, later.
    *Safe to repeat?* Yes, with the size that the witness last saw.
    *Safe concurrently?* One request at a time makes sense.
    *Trusted?* No: each cosignature is verified, and a quorum decides.
    """

    async def add_checkpoint(
        self, old_size: int, proof: Sequence[bytes], checkpoint: bytes
    ) -> tuple[Signature, ...] | Elsewhere:
        """Signatures over a checkpoint, or the size that the witness saw last.

        Raises:
            WitnessFailed: it refuses.
            DestinationFailed, DestinationUndeclared: it was not reached.
            NoteRefused: it answered something else.
        """
        ...
