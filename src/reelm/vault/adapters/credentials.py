"""Read a bucket's credentials from a file that only the realm's own user can read, and sign with them."""

import hashlib
import hmac
import os
import stat
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from reelm.base import Secret
from reelm.vault.errors import StoreKeyMissing, StoreKeyUnsafe

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_MAX_BYTES = 4096
_ALGORITHM = "AWS4-HMAC-SHA256"
_UNSIGNED = "UNSIGNED-PAYLOAD"


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


def sign(
    method: str, url: str, credentials: Credentials, *, region: str, body: bytes | None, at: datetime
) -> dict[str, str]:
    """Return the headers that make this request the owner's.

    The query of the address is percent-encoded already and in the order of its names. ``body`` is what is
    sent and signed; None leaves it unsigned, which only TLS makes up for. ``at`` is now, in UTC.

    Source: "Authenticating Requests (AWS Signature Version 4)" of the Amazon S3 API reference.
    """
    parts = urlsplit(url)
    stamp = at.strftime("%Y%m%dT%H%M%SZ")
    digest = _UNSIGNED if body is None else hashlib.sha256(body).hexdigest()
    headers = {"host": parts.netloc, "x-amz-content-sha256": digest, "x-amz-date": stamp}
    names = ";".join(headers)
    listed = "".join(f"{name}:{value}\n" for name, value in headers.items())
    canonical = "\n".join((method, parts.path or "/", parts.query, listed, names, digest))
    scope = f"{stamp[:8]}/{region}/s3/aws4_request"
    text = "\n".join((_ALGORITHM, stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = b"AWS4" + credentials.secret.reveal()
    for part in (*scope.split("/"), text):
        key = hmac.digest(key, part.encode(), "sha256")
    owner = f"Credential={credentials.access_key_id}/{scope}"
    headers["authorization"] = f"{_ALGORITHM} {owner}, SignedHeaders={names}, Signature={key.hex()}"
    return headers


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
