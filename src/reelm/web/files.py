"""Send files and headers outside the web framework: a segment costs one look-up and no copy in Python."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from reelm.web.problems import PROBLEM_TYPE, Problem

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers: TypeAlias = Mapping[str, str]

FOREVER = "public, max-age=31536000, immutable"
_RANGE = re.compile(rb"bytes=([0-9]{0,18})-([0-9]{0,18})$")


async def send_file(scope: Scope, send: Send, path: Path, headers: Headers) -> None:
    """Answer with a file, or with the part of it that a Range header names (RFC 9110, section 14)."""
    size = path.stat().st_size  # noqa: ASYNC240 - microseconds, on a file that was just looked up
    asked = dict(scope["headers"]).get(b"range")
    span = _span(asked, size) if asked else None
    if span is None:
        await _start(send, 200, {**headers, "accept-ranges": "bytes", "content-length": str(size)})
        await _body(scope, send, path)
        return
    first, last = span
    if first > last or first >= size:
        await _start(send, 416, {"content-range": f"bytes */{size}", "content-length": "0"})
        await send({"type": "http.response.body", "body": b""})
        return
    length = last - first + 1
    partial = {
        **headers,
        "accept-ranges": "bytes",
        "content-range": f"bytes {first}-{last}/{size}",
        "content-length": str(length),
    }
    await _start(send, 206, partial)
    with path.open("rb") as file:
        file.seek(first)
        body = b"" if scope["method"] == "HEAD" else file.read(length)
    await send({"type": "http.response.body", "body": body})


async def send_problem(scope: Scope, send: Send, document: Problem) -> None:
    """Answer with a problem document."""
    body = msgspec.json.encode(document)
    await _start(
        send,
        document.status,
        {"content-type": PROBLEM_TYPE, "content-length": str(len(body)), "cache-control": "no-store"},
    )
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


async def send_text(scope: Scope, send: Send, body: str, *, status: int, headers: Headers) -> None:
    """Answer with text."""
    await send_bytes(scope, send, body.encode(), status=status, headers=headers)


async def send_bytes(scope: Scope, send: Send, body: bytes, *, status: int = 200, headers: Headers) -> None:
    """Answer with bytes that are in memory."""
    await _start(send, status, {**headers, "content-length": str(len(body))})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


async def _start(send: Send, status: int, headers: Headers) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
        }
    )


async def _body(scope: Scope, send: Send, path: Path) -> None:
    if scope["method"] == "HEAD":
        await send({"type": "http.response.body", "body": b""})
    elif "http.response.pathsend" in scope.get("extensions", {}):
        await send({"type": "http.response.pathsend", "path": str(path)})
    else:
        body = await asyncio.to_thread(path.read_bytes)
        await send({"type": "http.response.body", "body": body})


def _span(asked: bytes, size: int) -> tuple[int, int] | None:
    found = _RANGE.match(asked)
    if found is None or not any(found.groups()):
        return None  # several ranges, or not bytes: RFC 9110 lets a server ignore them
    first, last = found.groups()
    if not first:
        return max(0, size - int(last)), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1
