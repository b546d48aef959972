"""Servers that mean no good: they drip, hide files, claim to have what is not there, and never end."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TypeAlias

from support.machine.serving import serving_port

# Answers a request for a path in its own way; False to serve the file as it is.
Trick: TypeAlias = Callable[[BaseHTTPRequestHandler, str], bool]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, folder: Path, trick: Trick, *arguments: object) -> None:
        self._folder, self._trick = folder, trick
        super().__init__(*arguments)  # type: ignore[arg-type] # what the server hands over

    def do_GET(self) -> None:
        path = self.path.removeprefix("/ledger/")
        try:
            if not self._trick(self, path):
                self._serve(path)
        except OSError:
            self.close_connection = True

    do_HEAD = do_GET  # noqa: N815 - the name that http.server asks for

    def _serve(self, path: str) -> None:
        file = self._folder / path
        raw = file.read_bytes() if file.is_file() else None
        self.send_response(404 if raw is None else 200)
        self.send_header("Content-Length", str(len(raw or b"")))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(raw or b"")

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


def honest(_handler: BaseHTTPRequestHandler, _path: str) -> bool:
    return False


def hiding(name: str, how: str) -> Trick:
    """One file is answered with a status, or the connection is closed."""

    def trick(handler: BaseHTTPRequestHandler, path: str) -> bool:
        if path != name:
            return False
        if how == "closed":
            handler.connection.shutdown(socket.SHUT_RDWR)
            handler.close_connection = True
            return True
        handler.send_response(int(how))
        handler.send_header("Location", "https://elsewhere.example/")
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return True

    return trick


def dripping(over: threading.Event, *, every_seconds: float, in_headers: bool = False) -> Trick:
    """Tiles come one byte at a time, for ever; or the headers before them do."""

    def trick(handler: BaseHTTPRequestHandler, path: str) -> bool:
        if not path.startswith("tile/"):
            return False
        begin = b"HTTP/1.1 200 OK\r\n"
        handler.wfile.write(begin if in_headers else begin + b"Content-Length: 8192\r\n\r\n")
        while not over.wait(every_seconds):
            handler.wfile.write(b"X-Wait: 1\r\n" if in_headers else b"x")
        handler.close_connection = True
        return True

    return trick


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_arguments: object) -> None:
        """Say nothing: an auditor that hangs up is what is hoped for."""


@contextmanager
def serving(folder: Path, trick: Trick = honest) -> Iterator[str]:
    """The address of a ledger whose files are in a folder, as the trick lets them be seen."""
    with serving_port(_Server(("127.0.0.1", 0), partial(_Handler, folder, trick))) as port:
        yield f"http://127.0.0.1:{port}/ledger"
