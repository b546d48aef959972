"""The root key: 32 bytes in a file that only the realm's own user can read.

Everything sealed in a realm hangs from this file. Losing it loses the realm's data; a copy of it together
with the database opens everything except what needs the providers' lock.
"""

import os
from pathlib import Path
from typing import NoReturn

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from reelm.base import Entropy, Secret
from reelm.realm import private
from reelm.realm.errors import RootKeyExists, RootKeyMissing, RootKeyUnsafe

KEY_BYTES = 32
_FINGERPRINT_BYTES = 8
_KIND = private.EntryKind(
    name="root key",
    unsafe=RootKeyUnsafe,
    size_bytes=KEY_BYTES,
    advice="Put it back from its safe copy. If the realm was just being made for the first time, "
    "delete the file and start again.",
)


def derive(key: Secret, label: str, purpose: str = "") -> Secret:
    """Derive the 32-byte key of one label and purpose: HKDF-SHA-256, no salt, info ``label NUL purpose``.

    Source: RFC 5869; docs/spec/keys.md lists every label.
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

        Raises:
            RootKeyExists: there is a file already; it is left alone.
            RootKeyUnsafe: the file cannot be made there.
        """
        key = cls(Secret(entropy.draw(KEY_BYTES)))
        key.store(path)
        return key

    @classmethod
    def open(cls, path: Path) -> "RootKey":
        """Read the root key.

        Raises:
            RootKeyMissing: there is no such file.
            RootKeyUnsafe: not a regular file of 32 bytes that only its owner may read.
        """
        try:
            with private.opened(path, _KIND) as file:
                return cls(Secret(os.read(file, KEY_BYTES)))
        except FileNotFoundError as error:
            raise RootKeyMissing(
                f"There is no root key at {path}. Without it nothing in this realm can be read. "
                "Put the file back from its safe copy, or from its custodians with ./reelm keys combine; "
                "do not make a new one over existing data."
            ) from error

    def store(self, path: Path) -> None:
        """Put the key into a file of its own, durably; it appears whole or not at all.

        The next try replaces what a crash left.

        Raises:
            RootKeyExists: there is a file already; it is left alone, whatever is in it.
            RootKeyUnsafe: the file cannot be made there.
        """
        try:
            with private.written(path, draft=path.with_suffix(".part"), replace=False) as put:
                put(self._key.reveal())
        except FileExistsError as error:
            raise RootKeyExists(
                f"{path} already exists and was left as it is. "
                "Use it, or move it away together with the data that was made with it."
            ) from error
        except OSError as error:
            raise RootKeyUnsafe(
                f"The root key could not be made at {path} ({error.strerror}). Nothing was left behind. "
                "Make room, or make the folder writable, and start again."
            ) from error

    def derive(self, label: str, purpose: str = "") -> Secret:
        """Return a key for one label and purpose; see ``reelm.realm.root.derive``."""
        return derive(self._key, label, purpose)

    @property
    def fingerprint(self) -> str:
        """Names this key without telling anything of it, as in ``1f0c-88aa-92d4-07e3``; fit to publish."""
        digits = self.derive("reelm/realm/fingerprint/1").reveal()[:_FINGERPRINT_BYTES].hex()
        return "-".join(digits[at : at + 4] for at in range(0, len(digits), 4))

    def reveal(self) -> Secret:
        """Return the key itself: only for what splits it among custodians."""
        return self._key

    def __repr__(self) -> str:
        return "RootKey(hidden)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is never pickled")
