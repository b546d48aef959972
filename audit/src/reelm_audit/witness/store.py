"""What a witness has cosigned last, one file for each log: state and what is served are the same bytes."""

import fcntl
import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

from reelm_audit.errors import Malformed, Unusable
from reelm_audit.evidence import Evidence
from reelm_audit.files import flush_folder, write_durably
from reelm_audit.tlog.checkpoint import Checkpoint
from reelm_audit.tlog.note import Note

EVIDENCE_MAX_FILES = 1_000
Write: TypeAlias = Callable[[Path, bytes], None]


def origin_hash(origin: str) -> str:
    """The name of a log in addresses and in the folder."""
    return sha256(origin.encode()).hexdigest()


class Store:
    """A folder of its own for one witness; only one process at a time has it open."""

    def __init__(self, folder: Path, *, write: Write = write_durably) -> None:
        """Open or make it.

        Args:
            folder: is made when it is not there.
            write: replaces a file durably.

        Raises:
            Unusable: another process has it, or it cannot be written.
        """
        self._folder = folder
        self._write = write
        try:
            folder.mkdir(parents=True, exist_ok=True)
            flush_folder(folder.parent)
            self._lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as fault:
            raise Unusable(f"The witness's folder {folder} cannot be used: {fault.strerror}.") from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise Unusable(
                f"Another witness is using {folder}. Two with the same keys could cosign two histories. "
                "End the other one first."
            ) from None

    def close(self) -> None:
        os.close(self._lock)

    def latest(self, origin: str) -> Note | None:
        """What was cosigned last for a log; None when nothing ever was.

        Raises:
            Unusable: the file is damaged. Nothing may be cosigned for this log before a person has looked.
        """
        path = self._path(origin)
        try:
            note = Note.parse(path.read_bytes())
            found = Checkpoint.parse(note.text).origin
        except FileNotFoundError:
            return None
        except (OSError, Malformed) as fault:
            raise Unusable(f"{path}, the last checkpoint of {origin}, cannot be used: {fault}") from None
        if found != origin:
            raise Unusable(f"{path} should be of {origin} and is of {found}.")
        return note

    def keep(self, origin: str, note: Note) -> None:
        """Durable when this returns; after an error it may have been kept or not, and ``latest`` says which.

        Raises:
            Unusable: the disk did not take it.
        """
        path = self._path(origin)
        try:
            if not path.parent.is_dir():
                path.parent.mkdir()
                flush_folder(self._folder)
            self._write(path, bytes(note))
        except OSError as fault:
            raise Unusable(f"{path} could not be written: {fault.strerror}.") from None

    def accuse(self, origin: str, evidence: Evidence) -> None:
        """Keep evidence against a log, up to a number of files that it cannot exceed."""
        folder = self._path(origin).parent / "evidence"
        named = sha256(bytes(evidence.first) + bytes(evidence.second)).hexdigest()[:16]
        path = folder / f"{evidence.offence}-{named}.json"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not path.exists() and len(list(folder.iterdir())) < EVIDENCE_MAX_FILES:
                self._write(path, bytes(evidence))
        except OSError as fault:
            raise Unusable(f"{path} could not be written: {fault.strerror}.") from None

    def _path(self, origin: str) -> Path:
        return self._folder / origin_hash(origin) / "checkpoint"
