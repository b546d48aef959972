"""The limit for taking in a file: ``python -m bench.media.plain FOLDER PORT`` writes a body, with one fsync.

The same server as the realm's, with nothing of the realm: no account, no offset, no second request.
"""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from granian import Granian
from granian.constants import Interfaces

_BLOCK_BYTES = 1024 * 1024
_FOLDER = "BENCH_FOLDER"


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Take in the body of any request but GET."""
    if scope["type"] != "http":
        return
    if scope["method"] != "GET":
        await _keep(Path(os.environ[_FOLDER]) / "plain", receive)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


async def _keep(path: Path, receive: Any) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        waiting: list[bytes] = []
        has_more = True
        while has_more:
            message = await receive()
            has_more = message.get("more_body", False)
            waiting.append(message.get("body", b""))
            if not has_more or sum(map(len, waiting)) >= _BLOCK_BYTES:
                await asyncio.to_thread(_write, descriptor, b"".join(waiting))
                waiting = []
        await asyncio.to_thread(os.fsync, descriptor)
    finally:
        os.close(descriptor)


def _write(descriptor: int, block: bytes) -> None:
    view = memoryview(block)
    while view:
        view = view[os.write(descriptor, view) :]


if __name__ == "__main__":
    os.environ[_FOLDER] = sys.argv[1]
    Granian(
        "bench.media.plain:application",
        interface=Interfaces.ASGI,
        address="127.0.0.1",
        port=int(sys.argv[2]),
        websockets=False,
        log_access=False,
    ).serve()
