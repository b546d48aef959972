"""The witness on the web: bounded in bytes, in time and in how many it serves at once."""

import contextlib
import socket
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from reelm_audit.errors import Unusable
from reelm_audit.text import printable
from reelm_audit.witness.request import REQUEST_MAX_BYTES
from reelm_audit.witness.witness import Answer, Witness

CONNECTIONS_MAX = 64
SILENCE_SECONDS = 10
CONNECTION_SECONDS = 60  # a log's next checkpoint may come over the same connection, but not forever
_BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
)


class Server(ThreadingHTTPServer):
    """Serves one witness until ``shutdown``."""

    daemon_threads = True
    request_queue_size = CONNECTIONS_MAX

    def __init__(self, address: tuple[str, int], witness: Witness) -> None:
        self.witness = witness
        self._room = threading.BoundedSemaphore(CONNECTIONS_MAX)
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own, or turn it away when there are too many."""
        if not self._room.acquire(blocking=False):
            request.settimeout(1)
            with contextlib.suppress(OSError):  # whoever it was may be gone already
                request.sendall(_BUSY)
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Give the place free at the end, however it comes."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that breaks is no news."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "reelm-witness"
    sys_version = ""
    timeout = SILENCE_SECONDS
    server: Server

    def setup(self) -> None:
        super().setup()
        self._end = threading.Timer(CONNECTION_SECONDS, self._cut)
        self._end.daemon = True
        self._end.start()

    def finish(self) -> None:
        self._end.cancel()
        super().finish()

    def do_POST(self) -> None:
        body = self._body()
        if body is None:
            return
        if self.path != "/add-checkpoint":
            self._answer(Answer(HTTPStatus.NOT_FOUND, "There is nothing here.\n"))
            return
        try:
            self._answer(self.server.witness.add_checkpoint(body))
        except Unusable as fault:
            self._fail(fault)

    def do_GET(self) -> None:
        named, slash, rest = self.path.removeprefix("/").partition("/")
        if not slash or rest != "checkpoint":
            self._answer(Answer(HTTPStatus.NOT_FOUND, "There is nothing here.\n"))
            return
        try:
            self._answer(self.server.witness.checkpoint(named))
        except Unusable as fault:
            self._fail(fault)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that the standard library gives it
        """One line a request, without who asked."""
        sys.stderr.write(f"{printable(format % args)}\n")

    def _body(self) -> bytes | None:
        """What was sent; None when that was refused."""
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdecimal() or "Transfer-Encoding" in self.headers:
            self._refuse(HTTPStatus.LENGTH_REQUIRED)
            return None
        if len(length) > 9 or int(length) > REQUEST_MAX_BYTES:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return None
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self._refuse(HTTPStatus.BAD_REQUEST)
            return None
        return body

    def _refuse(self, status: HTTPStatus) -> None:
        # The body was not read, so nothing else can come over this connection.
        self.close_connection = True
        self._answer(Answer(status, f"{status.phrase}.\n"))

    def _fail(self, fault: Unusable) -> None:
        sys.stderr.write(f"{fault}\n")
        self._answer(
            Answer(HTTPStatus.INTERNAL_SERVER_ERROR, "This witness cannot answer for this log now.\n")
        )

    def _answer(self, answer: Answer) -> None:
        body = answer.body.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def _cut(self) -> None:
        with contextlib.suppress(OSError):  # it may have ended by itself
            self.connection.shutdown(socket.SHUT_RDWR)
