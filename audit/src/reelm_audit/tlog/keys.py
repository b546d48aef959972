"""Keys of logs and witnesses, and what each kind of signature signs.

Sources: c2sp.org/signed-note, c2sp.org/tlog-cosignature.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from reelm_audit.errors import Malformed, Untrusted
from reelm_audit.tlog import base64
from reelm_audit.tlog.checkpoint import SIZE_MAX, Checkpoint
from reelm_audit.tlog.note import Note, Signature, check_name

SEED_BYTES = 32
_SIGNER = "PRIVATE+KEY+"  # as golang.org/x/mod/sumdb/note writes it


class Kind(IntEnum):
    """The signature types that are understood here."""

    ED25519 = 0x01
    ED25519_COSIGNATURE = 0x04
    ML_DSA_44_COSIGNATURE = 0x06

    @property
    def is_timestamped(self) -> bool:
        return self is not Kind.ED25519


_PUBLIC_BYTES = {Kind.ED25519: 32, Kind.ED25519_COSIGNATURE: 32, Kind.ML_DSA_44_COSIGNATURE: 1312}


def _kind(number: int) -> Kind:
    try:
        return Kind(number)
    except ValueError:
        raise Malformed(f"A key of signature type {number:#04x} is not understood here.") from None


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """Whose signatures of one kind can be checked; written as a vkey."""

    name: str
    kind: Kind
    public: bytes

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """From a vkey. Raises ``Malformed``."""
        name, key_id, material = _parts(text, what="A verifier key")
        key = cls(check_name(name), _kind(material[0]), material[1:])
        if len(key.public) != _PUBLIC_BYTES[key.kind]:
            raise Malformed(f"The verifier key of {name} has the wrong length.")
        if key.key_id.hex() != key_id:
            raise Malformed(f"The verifier key of {name} was mistyped: its id is not that of its key.")
        return key

    @property
    def key_id(self) -> bytes:
        named = self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        return sha256(named).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.encode(bytes([self.kind]) + self.public)}"

    def has_made(self, signature: Signature) -> bool:
        """Return whether it claims to be of this key."""
        return signature.name == self.name and signature.key_id == self.key_id

    def check(self, text: str, signature: Signature) -> int | None:
        """Check a signature under a note's text.

        Returns:
            When it was made, in POSIX seconds; None for the kind that does not say.

        Raises:
            Untrusted: it does not hold.
        """
        seconds, raw = None, signature.signature
        if self.kind.is_timestamped:
            seconds, raw = int.from_bytes(raw[:8], "big"), raw[8:]
            if not 0 < seconds <= SIZE_MAX:
                raise Untrusted(f"A cosignature in the name of {self.name} is of no time.")
        signed = _message(self.name, self.kind, text, seconds or 0)
        try:
            if self.kind is Kind.ML_DSA_44_COSIGNATURE:
                MLDSA44PublicKey.from_public_bytes(self.public).verify(raw, signed)
            else:
                Ed25519PublicKey.from_public_bytes(self.public).verify(raw, signed)
        except (InvalidSignature, ValueError):
            raise Untrusted(f"A signature in the name of {self.name} is forged or damaged.") from None
        return seconds


@dataclass(frozen=True, slots=True, repr=False)
class SignerKey:
    """Who can sign; ``seed`` is the secret."""

    name: str
    kind: Kind
    seed: bytes

    @classmethod
    def parse(cls, text: str) -> "SignerKey":
        """From the line of a key file. Raises ``Malformed``, without the secret in it."""
        if not text.startswith(_SIGNER):
            raise Malformed("This is not a signing key.")
        name, key_id, material = _parts(text.removeprefix(_SIGNER), what="A signing key")
        if len(material) != 1 + SEED_BYTES:
            raise Malformed("A signing key has the wrong length.")
        key = cls(check_name(name), _kind(material[0]), material[1:])
        if key.verifier.key_id.hex() != key_id:
            raise Malformed("A signing key was mistyped: its id is not that of its key.")
        return key

    def reveal(self) -> str:
        """The line of a key file."""
        material = base64.encode(bytes([self.kind]) + self.seed)
        return f"{_SIGNER}{self.name}+{self.verifier.key_id.hex()}+{material}"

    @property
    def verifier(self) -> VerifierKey:
        return VerifierKey(self.name, self.kind, self._private().public_key().public_bytes_raw())

    def sign(self, text: str, *, seconds: int = 0) -> Signature:
        """Sign a note's text; a cosignature says that it was made at ``seconds``."""
        raw = self._private().sign(_message(self.name, self.kind, text, seconds))
        stamp = seconds.to_bytes(8, "big") if self.kind.is_timestamped else b""
        return Signature(self.name, self.verifier.key_id, stamp + raw)

    def _private(self) -> Ed25519PrivateKey | MLDSA44PrivateKey:
        if self.kind is Kind.ML_DSA_44_COSIGNATURE:
            return MLDSA44PrivateKey.from_seed_bytes(self.seed)
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def check_signed(note: Note, key: VerifierKey) -> int | None:
    """When a note was signed by a key, for the kinds that say so; the latest, if more than once.

    Raises:
        Untrusted: the key did not sign it, or a signature that claims to be of it is wrong.
    """
    made = [key.check(note.text, each) for each in note.signatures if key.has_made(each)]
    if not made:
        raise Untrusted(f"{key.name} has not signed this.")
    return max((seconds for seconds in made if seconds is not None), default=None)


def _message(name: str, kind: Kind, text: str, seconds: int) -> bytes:
    if kind is Kind.ED25519:
        return text.encode()
    if kind is Kind.ED25519_COSIGNATURE:
        return f"cosignature/v1\ntime {seconds}\n{text}".encode()
    try:
        checkpoint = Checkpoint.parse(text)
    except Malformed:
        raise Untrusted("A cosignature is below something that is no checkpoint.") from None
    cosigner, origin = name.encode(), checkpoint.origin.encode()
    if len(cosigner) > 255 or len(origin) > 255:
        raise Untrusted("A name is too long for this kind of cosignature.")
    return b"".join(
        (
            b"subtree/v1\n\0",
            bytes([len(cosigner)]) + cosigner,
            struct.pack(">Q", seconds),
            bytes([len(origin)]) + origin,
            struct.pack(">QQ", 0, checkpoint.size),
            checkpoint.root,
        )
    )


def _parts(text: str, *, what: str) -> tuple[str, str, bytes]:
    """name+id+base64, where base64 may hold plus signs itself."""
    name, plus, rest = text.partition("+")
    key_id, second, material = rest.partition("+")
    if not plus or not second:
        raise Malformed(f"{what} is not name+id+key.")
    raw = base64.decode(material, what=what)
    if not raw:
        raise Malformed(f"{what} is empty.")
    return name, key_id, raw
