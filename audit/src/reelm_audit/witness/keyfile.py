"""A witness's secret keys: one line in a file that only its owner can read."""

import os
import stat
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from reelm_audit.errors import Malformed, Misused, Unusable
from reelm_audit.files import flush_folder
from reelm_audit.tlog.keys import Kind, SignerKey
from reelm_audit.tlog.note import check_name

_KEY_MAX_BYTES = 1024


def generate(path: Path, name: str, kind: Kind) -> SignerKey:
    """Make a key and write it; a file that is there is never overwritten.

    Raises:
        Misused: the file exists, cannot be written, or the name can be no key's.
    """
    is_new = kind is Kind.ML_DSA_44_COSIGNATURE
    private = MLDSA44PrivateKey.generate() if is_new else Ed25519PrivateKey.generate()
    try:
        key = SignerKey(check_name(name), kind, private.private_bytes_raw())
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except Malformed as fault:
        raise Misused(str(fault)) from None
    except OSError as fault:
        raise Misused(f"The key was not made: {path} cannot be created: {fault.strerror}.") from None
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key.reveal() + "\n")
        file.flush()
        os.fsync(file.fileno())
    flush_folder(path.absolute().parent)
    return key


def read(path: Path) -> SignerKey:
    """A key that makes cosignatures.

    Raises:
        Unusable: it is none, or others can read the file.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            raw = file.read(_KEY_MAX_BYTES)
        key = SignerKey.parse(raw.decode().removesuffix("\n"))
    except OSError as fault:
        raise Unusable(f"The key {path} cannot be read: {fault.strerror}.") from None
    except (Malformed, UnicodeDecodeError):
        raise Unusable(f"{path} is not a key that was made by keygen.") from None
    if stat.S_IMODE(mode) & 0o077:
        raise Unusable(f"Others can read the key {path}. Make it yours alone: chmod 600.")
    if not key.kind.is_timestamped:
        raise Unusable(f"The key {path} makes no cosignatures.")
    return key
