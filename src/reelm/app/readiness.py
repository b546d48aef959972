"""Tell the supervisor whether a child can do its work."""

import errno
import http.client
import socket
from pathlib import Path
from typing import Protocol

_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - translated, not listened on


class Ready(Protocol):
    """A sign that a child gives when it can work. Asked many times a second; answers within a second."""

    def clear(self) -> None:
        """Forget an earlier process's sign; called before each start of the child."""
        ...

    def is_met(self) -> bool:
        """Return whether the sign is there."""
        ...


class AnswersHttp:
    """Ready when ``path`` answers 200."""

    def __init__(self, host: str, port: int, *, path: str = "/health/ready") -> None:
        self._host = _ANY.get(host, host)
        self._port = port
        self._path = path

    def clear(self) -> None:
        """Do nothing: the port was closed by the earlier process's end."""

    def is_met(self) -> bool:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=1)
        try:
            connection.request("GET", self._path)
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


class WritesFile:
    """Ready when the file exists: a ``Heartbeat``."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def clear(self) -> None:
        self._path.unlink(missing_ok=True)

    def is_met(self) -> bool:
        return self._path.exists()


def is_port_free(host: str, port: int) -> bool:
    """Return whether a child could listen there now.

    Raises:
        OSError: the host is not an address of this machine.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
            probe.listen(1)
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False
            raise
    return True
