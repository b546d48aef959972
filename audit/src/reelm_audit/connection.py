"""Connections to whoever is audited, none of whose waits outlasts the time that it is given.

A time-out of a socket is for one wait: a server that sends a byte every few seconds holds a reader for as
long as it likes. Here each wait is cut to what is left until a moment that does not move.
"""

import http.client
import io
import socket
import ssl
from collections.abc import Callable
from typing import Any
from urllib.parse import SplitResult

from reelm_audit.clock import running_seconds

WAIT_SECONDS = 30.0
_CHUNK_BYTES = 1 << 16


class Patience:
    """The moment until which whatever waits on one connection may wait."""

    def __init__(self, timer: Callable[[], float] = running_seconds) -> None:
        self._timer = timer
        self._until = timer() + WAIT_SECONDS

    def until(self, moment: float) -> None:
        """Set the moment, in seconds of the timer."""
        self._until = moment

    def left_seconds(self) -> float:
        """Raises ``TimeoutError`` when nothing is left."""
        left = self._until - self._timer()
        if left <= 0:
            raise TimeoutError("it took too long")
        return min(left, WAIT_SECONDS)


class _Drip(io.RawIOBase):
    """The bytes from a socket; its reference keeps the socket open as that of ``makefile`` does."""

    def __init__(self, inner: socket.socket, patience: Patience) -> None:
        super().__init__()
        self._inner = inner
        self._raw = inner.makefile("rb", buffering=0)
        self._patience = patience

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._inner.settimeout(self._patience.left_seconds())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class _Timed:
    """As much of a socket as ``http.client`` uses."""

    def __init__(self, inner: socket.socket, patience: Patience) -> None:
        self._inner = inner
        self._patience = patience

    def makefile(self, *_arguments: Any, **_named: Any) -> io.BufferedReader:
        return io.BufferedReader(_Drip(self._inner, self._patience))

    def sendall(self, data: Any) -> None:
        self._inner.settimeout(self._patience.left_seconds())
        self._inner.sendall(data)

    def close(self) -> None:
        self._inner.close()


class _Plain(http.client.HTTPConnection):
    patience: Patience

    def connect(self) -> None:
        self.timeout = self.patience.left_seconds()
        super().connect()
        self.sock: Any = _Timed(self.sock, self.patience)


class _Secure(http.client.HTTPSConnection):
    patience: Patience

    def connect(self) -> None:
        self.timeout = self.patience.left_seconds()
        super().connect()
        self.sock: Any = _Timed(self.sock, self.patience)


def connection_to(address: SplitResult, patience: Patience) -> http.client.HTTPConnection:
    """Not opened yet; certificates are checked as this machine does."""
    host, port = address.hostname or "", address.port
    made: _Plain | _Secure
    if address.scheme == "https":
        made = _Secure(host, port, context=ssl.create_default_context())
    else:
        made = _Plain(host, port)
    made.patience = patience
    return made


def read_bounded(response: http.client.HTTPResponse, max_bytes: int) -> bytes:
    """The body, or one byte more than is taken of it.

    Raises:
        http.client.IncompleteRead: the connection ended before the body did.
    """
    raw = bytearray()
    while len(raw) <= max_bytes:
        some = response.read1(min(_CHUNK_BYTES, max_bytes + 1 - len(raw)))
        if not some:
            if response.length:
                raise http.client.IncompleteRead(bytes(raw), response.length)
            break
        raw += some
    return bytes(raw)
