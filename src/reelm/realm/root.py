"""The root key: 32 bytes in a file that only the realm's own user can read.

Everything sealed in a realm hangs from this file. Losing it loses the realm's data; a copy of it together
with the records opens everything except what needs the providers' lock.
"""

import os
import stat
from pathlib import Path
from typing import NoReturn

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from reelm.base import Entropy, Secret
from reelm.realm.errors import RootKeyExists, RootKeyMissing, RootKeyUnsafe

KEY_BYTES = 32
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def derive(key: Secret, label: str, purpose: str = "") -> Secret:
    """A 32-byte key of its own for one label and purpose: HKDF-SHA-256, no salt, info ``label NUL purpose``.

    Source: RFC 5869; docs/explanation/keys.md lists every label.
    """
    info = f"{label}\0{purpose}".encode()
    return Secret(HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(key.reveal()))


class RootKey:
    """The key everything else is derived from or wrapped under; it is never used on data directly."""

    __slots__ = ("_key",)

    def __init__(self, key: Secret) -> None:
        self._key = key

    @classmethod
    def create(cls, path: Path, entropy: Entropy) -> "RootKey":
        """Make a new root key; it is on the disk, with its directory entry, when this returns.

        The key appears under its name whole or not at all; the next try replaces what a crash left.

        Raises:
            RootKeyExists: there is a file already; it is left alone.
            RootKeyUnsafe: the file cannot be made there.
        """
        key = Secret(entropy.draw(KEY_BYTES))
        draft = path.with_suffix(".part")
        try:
            _write(draft, key)
            os.link(draft, path)
            _sync_directory(path.parent)
        except FileExistsError as error:
            raise RootKeyExists(
                f"{path} already exists and was left as it is. "
                "Use it, or move it away together with the data that was made with it."
            ) from error
        except OSError as error:
            raise _not_made(path, error) from error
        finally:
            draft.unlink(missing_ok=True)
        return cls(key)

    @classmethod
    def open(cls, path: Path) -> "RootKey":
        """Read the root key.

        Raises:
            RootKeyMissing: there is no such file.
            RootKeyUnsafe: not a regular file of 32 bytes that only its owner may read.
        """
        try:
            file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError as error:
            raise RootKeyMissing(
                f"There is no root key at {path}. Without it nothing in this realm can be read. "
                "Put the file back from its safe copy; do not make a new one over existing data."
            ) from error
        except OSError as error:
            raise RootKeyUnsafe(
                f"The root key at {path} cannot be opened ({error.strerror}). "
                "Run the realm as the user who owns it."
            ) from error
        try:
            _inspect(os.fstat(file), path)
            return cls(Secret(os.read(file, KEY_BYTES)))
        finally:
            os.close(file)

    def derive(self, label: str, purpose: str = "") -> Secret:
        """A key for one label and purpose; see ``reelm.realm.root.derive``."""
        return derive(self._key, label, purpose)

    def __repr__(self) -> str:
        return "RootKey(hidden)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is never pickled")


def _inspect(found: os.stat_result, path: Path) -> None:
    """Look before reading: a wrong file is refused without its content ever being in memory."""
    if not stat.S_ISREG(found.st_mode):
        raise RootKeyUnsafe(f"{path} is not a regular file. Point the realm at the root key file itself.")
    if found.st_mode & _OTHERS:
        raise RootKeyUnsafe(
            f"The root key at {path} may be read by others (mode {stat.S_IMODE(found.st_mode):04o}). "
            f"Run: chmod 600 {path}. If others use this machine, treat the key as known to them.",
            mode=f"{stat.S_IMODE(found.st_mode):04o}",
        )
    if found.st_size != KEY_BYTES:
        raise RootKeyUnsafe(
            f"The root key at {path} has {found.st_size} bytes instead of {KEY_BYTES}. "
            "Put it back from its safe copy. If the realm was just being made for the first time, "
            "delete the file and start again.",
            size_bytes=found.st_size,
        )


def _write(draft: Path, key: Secret) -> None:
    draft.unlink(missing_ok=True)
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.fchmod(file, 0o600)  # whatever the process's umask took away
        os.write(file, key.reveal())
        os.fsync(file)
    finally:
        os.close(file)


def _not_made(path: Path, error: OSError) -> RootKeyUnsafe:
    return RootKeyUnsafe(
        f"The root key could not be made at {path} ({error.strerror}). Nothing was left behind. "
        "Make room, or make the folder writable, and start again."
    )


def _sync_directory(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
