"""Ed25519 signatures over short texts, in the lines of signed notes.

A public key is ``name+id+key``, a private one ``PRIVATE+KEY+name+id+seed``, a signature ``— name data``.

Source: c2sp.org/signed-note; for private keys golang.org/x/mod/sumdb/note.
"""

import hashlib
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from reelm.base import Entropy, Secret
from reelm.realm import private
from reelm.realm.errors import SigningKeyExists, SigningKeyUnsafe

_ED25519 = b"\x01"
_KEY_BYTES = 32
_ID_BYTES = 4
_SIGNATURE_BYTES = 64
_DASH = "\N{EM DASH} "
_PREFIX = "PRIVATE+KEY+"
_MOST_BYTES = 1024
_FILE = private.Kind("signing key", SigningKeyUnsafe)


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A named key that whoever reads the realm's declarations checks signatures with."""

    name: str
    raw: bytes

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The key, or None when the text is not one, or not one of Ed25519."""
        name, _, rest = text.partition("+")
        key_id, _, encoded = rest.partition("+")
        data = _decode(encoded)
        if not is_key_name(name) or data is None or data[:1] != _ED25519 or len(data) != 1 + _KEY_BYTES:
            return None
        key = cls(name, data[1:])
        return key if key.id.hex() == key_id else None

    @property
    def id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.raw).digest()[:_ID_BYTES]

    def has_signed(self, text: str, signature: str) -> bool:
        """Whether a signature line is this key's, over exactly this text."""
        name, _, encoded = signature.removeprefix(_DASH).partition(" ")
        data = _decode(encoded) or b""
        is_ours = signature.startswith(_DASH) and name == self.name and data[:_ID_BYTES] == self.id
        if not is_ours or len(data) != _ID_BYTES + _SIGNATURE_BYTES:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(data[_ID_BYTES:], text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{b64encode(_ED25519 + self.raw).decode()}"


class SigningKey:
    """Signs under its name. It is a file that belongs to one person and never comes near the realm's data."""

    __slots__ = ("_key", "public")

    def __init__(self, name: str, seed: Secret) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed.reveal())
        self.public = VerifierKey(name, self._key.public_key().public_bytes_raw())

    @classmethod
    def create(cls, path: Path, name: str, entropy: Entropy) -> Self:
        """A new key in a file of its own, durably.

        Raises:
            SigningKeyExists: there is a file already; it is left alone.
            SigningKeyUnsafe: the name cannot be one, or the file cannot be made there.
        """
        if not is_key_name(name):
            raise SigningKeyUnsafe(
                f"{name!r} cannot be the name of a key. Nothing was written. "
                "Use 1 to 60 characters without spaces and plus signs, such as board.reelm.example."
            )
        seed = Secret(entropy.draw(_KEY_BYTES))
        key = cls(name, seed)
        encoded = b64encode(_ED25519 + seed.reveal()).decode()
        line = f"{_PREFIX}{name}+{key.public.id.hex()}+{encoded}\n"
        try:
            with private.written(path, draft=path.with_suffix(".part"), replace=False) as put:
                put(line.encode())
        except FileExistsError as error:
            raise SigningKeyExists(
                f"{path} already exists and was left as it is. Choose another name for the new key's file."
            ) from error
        except OSError as error:
            raise SigningKeyUnsafe(
                f"The signing key could not be made at {path} ({error.strerror}). Nothing was left behind. "
                "Choose a folder that can be written to."
            ) from error
        return key

    @classmethod
    def read(cls, path: Path) -> Self:
        """The key in a file that only its owner may read.

        Raises:
            SigningKeyUnsafe: there is none, others may read it, or it is not a signing key.
        """
        try:
            with private.opened(path, _FILE) as file, open(file, "rb", closefd=False) as whole:
                line = whole.read(_MOST_BYTES).decode()
        except (FileNotFoundError, UnicodeDecodeError):
            line = ""
        name, _, rest = line.strip().removeprefix(_PREFIX).partition("+")
        key_id, _, encoded = rest.partition("+")
        data = _decode(encoded)
        if line.startswith(_PREFIX) and data and data[:1] == _ED25519 and len(data) == 1 + _KEY_BYTES:
            key = cls(name, Secret(data[1:]))
            if key.public.id.hex() == key_id:
                return key
        raise SigningKeyUnsafe(
            f"There is no signing key at {path}. Nothing was signed. Name the file that "
            "./reelm manifest key made, or put it back from its safe copy."
        )

    def sign(self, text: str) -> str:
        """One signature line without its newline; the same text gives the same line."""
        signed = b64encode(self.public.id + self._key.sign(text.encode())).decode()
        return f"{_DASH}{self.public.name} {signed}"

    def __repr__(self) -> str:
        return f"SigningKey({self.public.name}, hidden)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is never pickled")


def is_key_name(name: str) -> bool:
    """Whether it may name a key: printable, without spaces and plus signs."""
    return (
        0 < len(name) <= 60 and name.isprintable() and not any(char.isspace() or char == "+" for char in name)
    )


def _decode(text: str) -> bytes | None:
    """What canonical base64 stands for, or None when it is none."""
    try:
        data = b64decode(text, validate=True)
    except (NotBase64, ValueError):
        return None
    return data if b64encode(data).decode() == text else None
