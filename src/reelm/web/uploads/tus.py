"""Read and write the headers of the tus resumable upload protocol, version 1.0.0.

Source: tus.io/protocols/resumable-upload, with the extensions named in ``EXTENSIONS``.
"""

import base64
import binascii
import re
from collections.abc import Mapping, MutableMapping
from email.utils import format_datetime
from typing import Any

from reelm.media import Arrival, Body, Checksum
from reelm.web.errors import BadTusHeader, NotATusBody, WrongTusVersion
from reelm.web.files import Scope, Send

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,termination,checksum,expiration"
PATH = "/api/uploads/tus"
BODY_TYPE = "application/offset+octet-stream"

_WRONG_VERSION = 412
_LONGEST_METADATA = 4096
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST"})
_NUMBER = re.compile("[0-9]{1,18}")
_KEY = re.compile(r"[!-+\--~]+")  # printable ASCII without space and comma
_STATE = "Nothing of this request was kept."


def check_version(headers: Mapping[str, str]) -> None:
    """Raise ``WrongTusVersion`` unless the client speaks this version."""
    if headers.get("tus-resumable") != VERSION:
        raise WrongTusVersion(
            f"The header Tus-Resumable has to be {VERSION}, the version of the tus protocol that is spoken "
            f"here. {_STATE} Use a client of that version."
        )


def length_of(headers: Mapping[str, str]) -> int:
    """Return the size of the file that will come, in bytes; raises ``BadTusHeader``."""
    if "upload-concat" in headers:
        raise BadTusHeader(
            f"Uploads in parts that are joined later are not taken in. {_STATE} Send one upload: its parts "
            "may follow each other in as many requests as needed."
        )
    if "upload-defer-length" in headers:
        raise BadTusHeader(
            f"An upload whose length is told later is not taken in. {_STATE} Send Upload-Length with the "
            "size of the file."
        )
    return _number(headers, "upload-length")


def has_body(headers: Mapping[str, str]) -> bool:
    """Return whether bytes follow."""
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


def body_of(headers: Mapping[str, str], *, start_bytes: int | None = None) -> Body:
    """Return what a request says about its bytes.

    Args:
        headers: of the request.
        start_bytes: where they go; when None, the Upload-Offset header says it.

    Raises:
        BadTusHeader: a header is missing or has no meaning.
        NotATusBody: the body is of another type.
    """
    if headers.get("content-type", "").partition(";")[0].strip().lower() != BODY_TYPE:
        raise NotATusBody(f"The bytes of an upload have the content type {BODY_TYPE}. {_STATE} Send it.")
    start = _number(headers, "upload-offset") if start_bytes is None else start_bytes
    size = _number(headers, "content-length") if "content-length" in headers else None
    return Body(start, size, _checksum(headers.get("upload-checksum")))


def metadata_of(headers: Mapping[str, str]) -> str:
    """Return what the sender says about the file: pairs of a key and a value in Base64.

    Raises:
        BadTusHeader: it is longer than 4,096 characters, or not such pairs.
    """
    text = headers.get("upload-metadata", "").strip()
    pairs = [pair.strip().split(" ") for pair in text.split(",")] if text else []
    keys = [pair[0] for pair in pairs]
    is_good = len(text) <= _LONGEST_METADATA and len(set(keys)) == len(keys)
    if not is_good or not all(_KEY.fullmatch(key) for key in keys) or not all(map(_is_pair, pairs)):
        raise BadTusHeader(
            "Upload-Metadata is a list of different keys, each with its value in Base64 behind a space, "
            f"separated by commas; at most {_LONGEST_METADATA} characters. {_STATE} Correct it, or leave it "
            "out."
        )
    return text


def state_of(arrival: Arrival) -> dict[str, str]:
    """Return the headers that say where an upload stands."""
    return {
        "upload-offset": str(arrival.offset_bytes),
        "upload-length": str(arrival.length_bytes),
        "upload-expires": format_datetime(arrival.expires_at, usegmt=True),
        "cache-control": "no-store",
    }


def abilities(max_source_bytes: int) -> dict[str, str]:
    """Return the headers that say what is spoken here."""
    return {
        "tus-version": VERSION,
        "tus-extension": EXTENSIONS,
        "tus-max-size": str(max_source_bytes),
        "tus-checksum-algorithm": ",".join(Checksum.ALGORITHMS),
    }


def is_tus(path: str) -> bool:
    return path == PATH or path.startswith(f"{PATH}/")


def meant(scope: Scope) -> Scope:
    """Return the request that a client means whose surroundings know GET and POST only."""
    method = dict(scope["headers"]).get(b"x-http-method-override", b"").decode("latin-1").upper()
    return {**scope, "method": method} if method in _METHODS else scope


def resumable(send: Send) -> Send:
    """Return a send whose answers name the version; a refusal of another one names those that are spoken."""

    async def wrapped(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            headers = [*message.get("headers", ()), (b"tus-resumable", VERSION.encode())]
            if message["status"] == _WRONG_VERSION:
                headers.append((b"tus-version", VERSION.encode()))
            message["headers"] = headers
        await send(message)

    return wrapped


def _number(headers: Mapping[str, str], name: str) -> int:
    text = headers.get(name)
    if text is None or not _NUMBER.fullmatch(text):
        spoken = "-".join(part.capitalize() for part in name.split("-"))
        raise BadTusHeader(f"The header {spoken} is not a number of bytes. {_STATE} Send it with a number.")
    return int(text)


def _checksum(text: str | None) -> Checksum | None:
    if text is None:
        return None
    algorithm, _, encoded = text.partition(" ")
    digest = _decoded(encoded)
    if algorithm not in Checksum.ALGORITHMS or not digest:
        raise BadTusHeader(
            f"Upload-Checksum is one of {', '.join(Checksum.ALGORITHMS)}, a space and the digest in Base64. "
            f"{_STATE} Correct it or leave it out."
        )
    return Checksum(algorithm, digest)


def _is_pair(pair: list[str]) -> bool:
    return len(pair) == 1 or (len(pair) == 2 and _decoded(pair[1]) is not None)


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
