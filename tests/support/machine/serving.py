"""Servers in a thread of the test itself, which end with their block however that ends.

A thread that went on would keep the process of the tests from ever ending, after all results were printed.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import HTTPServer

_POLL_SECONDS = 0.05


@contextmanager
def serving_port(server: HTTPServer) -> Iterator[int]:
    """Serve until the block ends; the port on which it is done."""
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
