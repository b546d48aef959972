"""The keys of those who sign the realm's declarations: a file of one person each, and lines of signed notes.

A private key is ``PRIVATE+KEY+name+id+seed``.

Source: c2sp.org/signed-note; for private keys golang.org/x/mod/sumdb/note.
"""

from pathlib import Path

from reelm.base import (
    Algorithm,
    Entropy,
    NoteRefused,
    Secret,
    SigningKey,
    VerifierKey,
    from_base64,
    is_key_name,
    read_signatures,
    to_base64,
)
from reelm.realm import private
from reelm.realm.errors import SigningKeyExists, SigningKeyUnsafe

_SEED_BYTES = 32
_PREFIX = "PRIVATE+KEY+"
_TYPE = bytes([Algorithm.ED25519])
_MOST_BYTES = 1024
_MOST_NAME = 60
_FILE = private.EntryKind("signing key", SigningKeyUnsafe)


def signer_key(text: str) -> VerifierKey | None:
    """Return the key of somebody who signs declarations, or None when the text is no Ed25519 key."""
    try:
        key = VerifierKey.parse(text)
    except NoteRefused:
        return None
    is_fit = key.algorithm is Algorithm.ED25519 and _is_fit(key.name)
    return key if is_fit else None


def signed_line(key: SigningKey, text: str) -> str:
    """Sign a text: one signature line without its newline; the same text gives the same line."""
    (signature,) = key.sign(text).signatures
    return signature.line


def has_signed(key: VerifierKey, text: str, line: str) -> bool:
    """Return whether a signature line is this key's, over exactly this text."""
    try:
        (signature, *others) = read_signatures(line)
    except NoteRefused:
        return False
    return not others and signature.is_of(key) and key.has_signed(text.encode(), signature.data)


def create_signing_key(path: Path, name: str, entropy: Entropy) -> SigningKey:
    """Create a key in a file of its own, durably. It never comes near the realm's data.

    Raises:
        SigningKeyExists: there is a file already; it is left alone.
        SigningKeyUnsafe: the name cannot be one, or the file cannot be made there.
    """
    if not _is_fit(name):
        raise SigningKeyUnsafe(
            f"{name!r} cannot be the name of a key. Nothing was written. "
            "Use 1 to 60 characters without spaces and plus signs, such as board.reelm.example."
        )
    seed = Secret(entropy.draw(_SEED_BYTES))
    key = SigningKey(name, seed)
    line = f"{_PREFIX}{name}+{key.verifier.id.hex()}+{to_base64(_TYPE + seed.reveal())}\n"
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


def read_signing_key(path: Path) -> SigningKey:
    """Read the key in a file that only its owner may read.

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
    data = from_base64(encoded) or b""
    if line.startswith(_PREFIX) and data[:1] == _TYPE and len(data) == 1 + _SEED_BYTES and is_key_name(name):
        key = SigningKey(name, Secret(data[1:]))
        if key.verifier.id.hex() == key_id:
            return key
    raise SigningKeyUnsafe(
        f"There is no signing key at {path}. Nothing was signed. Name the file that "
        "./reelm manifest key made, or put it back from its safe copy."
    )


def _is_fit(name: str) -> bool:
    return is_key_name(name) and name.isprintable() and len(name) <= _MOST_NAME
