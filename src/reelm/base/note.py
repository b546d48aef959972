"""Signed notes: a text, and lines that say who signed it.

A public key is ``name+id+key``, a signature ``— name data``.

Source: c2sp.org/signed-note.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from typing import NoReturn, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from reelm.base.errors import Invalid
from reelm.base.redaction import Secret

KEY_ID_BYTES = 4
MAX_NOTE_BYTES = 128 << 10  # over 16 signatures of any kind
_DASH = "\N{EM DASH} "
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


class NoteRefused(Invalid):
    code = "base.note-refused"
    title = "Not a note that its keys signed"


class Algorithm(IntEnum):
    """An algorithm of signatures, by its type: it decides what a key signs."""

    ED25519 = 0x01
    ED25519_COSIGNATURE = 0x04
    MLDSA44_COSIGNATURE = 0x06


_KEY_BYTES = {
    Algorithm.ED25519: 32,
    Algorithm.ED25519_COSIGNATURE: 32,
    Algorithm.MLDSA44_COSIGNATURE: 1312,
}


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A named public key, as in ``example.com/foo+530d903a+Aekye…``."""

    name: str
    algorithm: Algorithm
    public: bytes

    @property
    def id(self) -> bytes:
        material = self.name.encode() + b"\n" + bytes([self.algorithm]) + self.public
        return sha256(material).digest()[:KEY_ID_BYTES]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ``NoteRefused``: no verifier key, or of a type that is not known here."""
        parts = text.split("+", 2)
        if len(parts) != 3 or not is_key_name(parts[0]):
            raise _no_key()
        material = from_base64(parts[2])
        if material is None or not material or material[0] not in list(Algorithm):
            raise _no_key()
        key = cls(parts[0], Algorithm(material[0]), material[1:])
        if len(key.public) != _KEY_BYTES[key.algorithm] or key.id.hex() != parts[1]:
            raise _no_key()
        return key

    def has_signed(self, message: bytes, signature: bytes) -> bool:
        """Return whether this key made the signature over exactly this message."""
        try:
            if self.algorithm is Algorithm.MLDSA44_COSIGNATURE:
                MLDSA44PublicKey.from_public_bytes(self.public).verify(signature, message)
            else:
                Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{to_base64(bytes([self.algorithm]) + self.public)}"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: who claims to have signed, and with what."""

    name: str
    key_id: bytes
    data: bytes

    def is_of(self, key: VerifierKey) -> bool:
        return self.name == key.name and self.key_id == key.id

    @property
    def line(self) -> str:
        """Return the signature line without its newline."""
        return f"{_DASH}{self.name} {to_base64(self.key_id + self.data)}"

    def __str__(self) -> str:
        return f"{self.line}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text that ends in a newline, and at least one signature. Nothing is verified by reading one."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Raises ``NoteRefused``: not the form of a signed note."""
        if len(data) > MAX_NOTE_BYTES:
            raise _no_note("it is too long")
        try:
            whole = data.decode()
        except UnicodeDecodeError:
            raise _no_note("it is not UTF-8") from None
        text, empty, rest = whole.rpartition("\n\n")
        if _CONTROL.search(whole) or not empty or not rest.endswith("\n"):
            raise _no_note("text, empty line and signatures cannot be told apart")
        return cls(text + "\n", read_signatures(rest))

    def with_signatures(self, signatures: Iterable[Signature]) -> "Note":
        return Note(self.text, (*self.signatures, *signatures))

    def encode(self) -> bytes:
        return f"{self.text}\n{''.join(str(each) for each in self.signatures)}".encode()


class SigningKey:
    """An Ed25519 key that signs notes under its name. Holds no readable key."""

    __slots__ = ("_key", "verifier")

    def __init__(self, name: str, seed: Secret) -> None:
        """``seed`` has 32 bytes."""
        if not is_key_name(name):
            raise ValueError("a key name has no spaces and no plus signs")
        self._key = Ed25519PrivateKey.from_private_bytes(seed.reveal())
        self.verifier = VerifierKey(name, Algorithm.ED25519, self._key.public_key().public_bytes_raw())

    def sign(self, text: str) -> Note:
        """Sign a text; the same text gives the same note."""
        signature = Signature(self.verifier.name, self.verifier.id, self._key.sign(text.encode()))
        return Note(text, (signature,))

    def __repr__(self) -> str:
        return f"SigningKey({self.verifier.name}, hidden)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is never pickled")


def check_signed(note: Note, key: VerifierKey) -> None:
    """Return when the key signed the note.

    Raises:
        NoteRefused: it did not, or one of the signatures that claim so is wrong.
    """
    claims = [signature for signature in note.signatures if signature.is_of(key)]
    if not claims:
        raise _no_note(f"{key.name} did not sign it")
    if not all(key.has_signed(note.text.encode(), claim.data) for claim in claims):
        raise _no_note(f"the signature of {key.name} is wrong")


def read_signatures(lines: str) -> tuple[Signature, ...]:
    """Signature lines, each with its newline.

    Raises:
        NoteRefused: one of them is none.
    """
    return tuple(_read_signature(line) for line in lines.removesuffix("\n").split("\n"))


def is_key_name(name: str) -> bool:
    """Return whether a key may be called so in a note: not empty, without spaces and plus signs."""
    return bool(name) and "+" not in name and not any(letter.isspace() for letter in name)


def to_base64(data: bytes) -> str:
    """Encode bytes as ``from_base64`` reads them."""
    return b64encode(data).decode()


def from_base64(text: str) -> bytes | None:
    """Decode base64; return None when it is not exactly how bytes are written (RFC 4648, section 4)."""
    try:
        data = b64decode(text, validate=True)
    except (NotBase64, ValueError):
        return None
    return data if to_base64(data) == text else None


def _read_signature(line: str) -> Signature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    data = from_base64(encoded)
    if not line.startswith(_DASH) or not space or not is_key_name(name) or data is None:
        raise _no_note("one of its signature lines is none")
    if len(data) <= KEY_ID_BYTES:
        raise _no_note("one of its signatures is empty")
    return Signature(name, data[:KEY_ID_BYTES], data[KEY_ID_BYTES:])


def _no_note(why: str) -> NoteRefused:
    return NoteRefused(
        f"This is no note to rely on: {why}. Nothing was changed. Fetch it again from its source."
    )


def _no_key() -> NoteRefused:
    return NoteRefused(
        "This is no verifier key (name+id+key, Ed25519 or ML-DSA-44). Nothing was changed. "
        "Copy the whole line from who publishes the key."
    )
