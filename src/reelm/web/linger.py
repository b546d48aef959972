"""Refuse a request whose body is still on its way.

A server that answers and hangs up while the other side is sending resets the connection, and the answer gets
lost with it: a person reads "connection lost" where the reason should be. So before a refusal leaves, what is
on its way is taken in and thrown away, as long as that is little and comes quickly.
"""

import asyncio
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any

from reelm.web.files import Receive, Scope, Send

MOST_BYTES = 64 * 1024 * 1024
MOST_SECONDS = 10.0
# Somebody who waits for the answer before sending anything is not kept waiting longer than this.
IDLE_SECONDS = 0.5
_FIRST_REFUSAL = 400


class Linger:
    """The two ends of one request; ``receive`` and ``send`` stand in for the server's."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._is_arriving = _is_worth_waiting_for(dict(scope["headers"]))

    async def receive(self) -> MutableMapping[str, Any]:
        message = await self._receive()
        self._is_arriving = self._is_arriving and message.get("more_body", False)
        return message

    async def send(self, message: MutableMapping[str, Any]) -> None:
        is_refusal = message["type"] == "http.response.start" and message["status"] >= _FIRST_REFUSAL
        if is_refusal and self._is_arriving:
            await self._take_in()
        await self._send(message)

    async def _take_in(self) -> None:
        count_bytes = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(MOST_SECONDS):
                while self._is_arriving and count_bytes < MOST_BYTES:
                    async with asyncio.timeout(IDLE_SECONDS):
                        count_bytes += len((await self.receive()).get("body", b""))


def _is_worth_waiting_for(headers: dict[bytes, bytes]) -> bool:
    """Return whether a body comes that ends soon; whoever asks first (RFC 9110, 10.1.1) sends none."""
    length = headers.get(b"content-length", b"")
    if b"expect" in headers or (length.isdigit() and int(length[:19]) > MOST_BYTES):
        return False
    return b"transfer-encoding" in headers or length not in {b"", b"0"}
