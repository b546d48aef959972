"""Sign a request to an S3-compatible server: AWS Signature Version 4, in headers.

Source: "Authenticating Requests (AWS Signature Version 4)" of the Amazon S3 API reference.
"""

import hashlib
import hmac
from datetime import datetime
from urllib.parse import urlsplit

from reelm.vault.adapters.credentials import Credentials

_ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"


def sign(
    method: str, url: str, credentials: Credentials, *, region: str, body: bytes | None, at: datetime
) -> dict[str, str]:
    """Return the headers that make this request the owner's.

    The query of the address is percent-encoded already and in the order of its names. ``body`` is what is
    sent and signed; None leaves it unsigned, which only TLS makes up for. ``at`` is now, in UTC.
    """
    parts = urlsplit(url)
    stamp = at.strftime("%Y%m%dT%H%M%SZ")
    digest = UNSIGNED if body is None else hashlib.sha256(body).hexdigest()
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
