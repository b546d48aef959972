"""Read a bucket's credentials from a small file that only the realm's own user can read."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from reelm.base import Secret
from reelm.vault.errors import StoreKeyMissing, StoreKeyUnsafe

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_MAX_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Credentials:
    """The access key of one bucket, as its provider gave it out."""

    access_key_id: str
    secret: Secret


def read_credentials(path: Path) -> Credentials:
    """Return the access key's id on the first line and its secret on the second; there must be nothing else.

    Raises:
        StoreKeyMissing: there is no such file.
        StoreKeyUnsafe: others may read it, or it holds something else.
    """
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError as error:
        raise StoreKeyMissing(
            f"There are no credentials at {path}. Write two lines there, the access key's id and its secret, "
            "and run chmod 600 on it."
        ) from error
    except OSError as error:
        raise StoreKeyUnsafe(
            f"The credentials at {path} cannot be opened ({error.strerror}). "
            "Run the realm as the user who owns the file."
        ) from error
    try:
        _inspect(os.fstat(file), path)
        lines = os.read(file, _MAX_BYTES).split()
    finally:
        os.close(file)
    if len(lines) != 2 or not all(line.isascii() for line in lines):
        raise StoreKeyUnsafe(
            f"{path} must have two lines: the access key's id and its secret. Write it again."
        )
    return Credentials(lines[0].decode(), Secret(lines[1]))


def _inspect(found: os.stat_result, path: Path) -> None:
    """Check the file before reading, as for the root key."""
    if not stat.S_ISREG(found.st_mode):
        raise StoreKeyUnsafe(f"{path} is not a regular file. Put the credentials there.")
    if found.st_mode & _OTHERS:
        mode = f"{stat.S_IMODE(found.st_mode):04o}"
        raise StoreKeyUnsafe(
            f"The credentials at {path} may be read by others (mode {mode}). Run: chmod 600 {path}. "
            "If others use this machine, have the provider replace them.",
            mode=mode,
        )
