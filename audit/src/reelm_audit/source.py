"""Where a log is read from: a folder that somebody copied, or the web.

Nobody is trusted here. What is read is bounded in bytes and time, and every byte is checked by who asked.
"""

import http.client
import ssl
import threading
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, urlsplit

from reelm_audit.errors import Absent, AuditError, Malformed, Misused, Unreachable
from reelm_audit.tlog.tiles import WIDTH, Part, cut_bundle, join_bundle

TIMEOUT_SECONDS = 30
_CONNECTIONS = 8


class Source(Protocol):
    """A place that has, or says it has, the files of a log."""

    @property
    def location(self) -> str:
        """The folder or address, as ``open_source`` takes it."""

    def read(self, path: str, *, max_bytes: int) -> bytes:
        """The whole of a file.

        Raises:
            Absent: it is not there, or larger than it can be.
            Unreachable: nobody could be asked.
        """

    def read_all(self, wanted: Sequence[Part]) -> Iterator[bytes | AuditError]:
        """These tiles or bundles in order, each or why it cannot be had; raises ``Unreachable``."""


def open_source(location: str) -> Source:
    """A folder, or an address beginning with http:// or https://. Raises ``Misused``."""
    if location.startswith(("http://", "https://")):
        return Web(location)
    if not Path(location).is_dir():
        raise Misused(f"{location} is neither a folder nor an address that begins with https://.")
    return Folder(location)


def connection_to(address: SplitResult) -> http.client.HTTPConnection:
    """Not opened yet; certificates are checked as this machine does."""
    host, port = address.hostname or "", address.port
    if address.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=TIMEOUT_SECONDS, context=context)
    return http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)


def read_part(source: Source, part: Part) -> bytes:
    """A tile or bundle; a partial one is cut from the full one where that has taken its place.

    Raises:
        Absent: neither is there.
        Malformed: there is only a full one, and it is damaged.
        Unreachable: nobody could be asked.
    """
    try:
        return source.read(part.path, max_bytes=part.max_bytes)
    except Absent:
        if part.width == WIDTH:
            raise
    whole = source.read(part.whole.path, max_bytes=part.max_bytes)
    if part.level is None:
        return join_bundle(cut_bundle(whole, WIDTH)[: part.width])
    return whole[: part.width * 32]


class Folder:
    """A copy of a log's files on this machine."""

    def __init__(self, location: str) -> None:
        self.location = location
        self._path = Path(location)

    def read(self, path: str, *, max_bytes: int) -> bytes:
        try:
            with (self._path / path).open("rb") as file:
                raw = file.read(max_bytes + 1)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise Absent(f"{path} is not in {self.location}.") from None
        except OSError as fault:
            raise Unreachable(f"{path} in {self.location} cannot be read: {fault.strerror}.") from None
        return _bounded(raw, path, max_bytes)

    def read_all(self, wanted: Sequence[Part]) -> Iterator[bytes | AuditError]:
        for part in wanted:
            yield _part_or_fault(self, part)


class Web:
    """A web server that has a log's files; it is asked over a few connections at once."""

    def __init__(self, location: str) -> None:
        self.location = location.rstrip("/")
        address = urlsplit(self.location)
        if not address.hostname or address.query or address.fragment or address.username:
            raise Misused(f"{location} is not the address of a log: https://host/path.")
        self._address = address
        self._local = threading.local()

    def read(self, path: str, *, max_bytes: int) -> bytes:
        # A server may close a connection that was idle; the second attempt is on a new one.
        for attempt in (1, 2):
            try:
                return self._ask(path, max_bytes)
            except (OSError, http.client.HTTPException, zlib.error) as fault:
                self._close()
                if attempt == 2:
                    raise Unreachable(f"{self.location}/{path} could not be fetched: {fault!r}.") from None
        raise AssertionError("unreachable")

    def read_all(self, wanted: Sequence[Part]) -> Iterator[bytes | AuditError]:
        with ThreadPoolExecutor(_CONNECTIONS) as pool:
            yield from pool.map(lambda part: _part_or_fault(self, part), wanted)

    def _ask(self, path: str, max_bytes: int) -> bytes:
        connection = self._connection()
        connection.request(
            "GET", f"{self._address.path}/{path}", headers={"Accept-Encoding": "gzip, identity"}
        )
        with connection.getresponse() as response:
            if response.status in {404, 410}:
                response.read(max_bytes)
                raise Absent(f"{self.location}/{path} is not there.")
            if response.status != http.HTTPStatus.OK:
                self._close()
                raise Unreachable(f"{self.location}/{path} was answered with status {response.status}.")
            raw = response.read(max_bytes + 1)
            if response.getheader("Content-Encoding") == "gzip":
                raw = zlib.decompressobj(wbits=31).decompress(raw, max_bytes + 1)
        if len(raw) > max_bytes:
            self._close()
        return _bounded(raw, path, max_bytes)

    def _connection(self) -> http.client.HTTPConnection:
        known: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if known is None:
            known = self._local.connection = connection_to(self._address)
        return known

    def _close(self) -> None:
        self._connection().close()


def _part_or_fault(source: Source, part: Part) -> bytes | AuditError:
    try:
        return read_part(source, part)
    except (Absent, Malformed) as fault:
        return fault


def _bounded(raw: bytes, path: str, max_bytes: int) -> bytes:
    if len(raw) > max_bytes:
        raise Absent(f"{path} is larger than such a file can be, so it is not taken.")
    return raw
