"""Where a log is read from: a folder that somebody copied, or the web.

Nobody is trusted here. What is read is bounded in bytes and time, and every byte is checked by who asked.
"""

import http.client
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from reelm_audit.budget import MAX_SECONDS, Budget
from reelm_audit.clock import running_seconds
from reelm_audit.connection import Patience, connection_to, read_bounded
from reelm_audit.errors import Absent, AuditError, Malformed, Misused, OutOfBudget, TooLarge, Unreachable
from reelm_audit.tlog.tiles import WIDTH, Part, cut_bundle, join_bundle

FILE_SECONDS = 45
_CONNECTIONS = 8
_SILENT_MOST = 16


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
        """These tiles or bundles in order, each or why it cannot be had."""

    def has(self, part: Part) -> bool:
        """Return whether a tile or bundle is there, of a size that it can have. Raises ``Unreachable``."""


def open_source(location: str, budget: Budget | None = None) -> Source:
    """A folder, or an address beginning with http:// or https://. Raises ``Misused``."""
    budget = budget or Budget.of(MAX_SECONDS)
    if is_web(location):
        return Web(location, budget)
    if not Path(location).is_dir():
        raise Misused(f"{location} is neither a folder nor an address that begins with https://.")
    return Folder(location, budget)


def is_web(location: str) -> bool:
    return location.startswith(("http://", "https://"))


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

    def __init__(self, location: str, budget: Budget) -> None:
        self.location = location
        self._path = Path(location)
        self._budget = budget

    def read(self, path: str, *, max_bytes: int) -> bytes:
        if self._budget.is_over():
            raise OutOfBudget(f"{path} was not read: the time of this run is over.")
        try:
            if not (self._path / path).is_file():  # a pipe, or a device, could be waited for without end
                raise Absent(f"{path} is not in {self.location}.")
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

    def has(self, part: Part) -> bool:
        path = self._path / part.path
        try:
            size = path.stat().st_size if path.is_file() else None
        except OSError as fault:
            raise Unreachable(f"{path} cannot be looked at: {fault.strerror}.") from None
        return size is not None and part.can_be_of(size)


class Web:
    """A web server that has a log's files; it is asked over a few connections at once."""

    def __init__(self, location: str, budget: Budget) -> None:
        self.location = location.rstrip("/")
        address = urlsplit(self.location)
        if not address.hostname or address.query or address.fragment or address.username:
            raise Misused(f"{location} is not the address of a log: https://host/path.")
        self._address = address
        self._budget = budget
        self._idle: deque[tuple[http.client.HTTPConnection, Patience]] = deque()
        self._silent_count = 0

    def __del__(self) -> None:
        """Close what is open: a realm's server need not wait for us."""
        for connection, _ in getattr(self, "_idle", ()):
            connection.close()

    def read(self, path: str, *, max_bytes: int) -> bytes:
        return self._patiently("GET", path, max_bytes)

    def read_all(self, wanted: Sequence[Part]) -> Iterator[bytes | AuditError]:
        # Not one by one as they come: the end of the threads would be left to whoever throws the rest away.
        # That may be the garbage collector, which comes in the midst of anything, as the start of a thread.
        with ThreadPoolExecutor(_CONNECTIONS) as pool:
            return iter([*pool.map(lambda part: _part_or_fault(self, part), wanted)])

    def has(self, part: Part) -> bool:
        try:
            self._patiently("HEAD", part.path, part.max_bytes)
        except Absent:
            return False
        return True

    def _patiently(self, method: str, path: str, max_bytes: int) -> bytes:
        """Ask once more on a new connection: a server may have closed one that was idle."""
        if self._budget.is_over():
            raise OutOfBudget(f"{self.location}/{path} was not asked for: the time of this run is over.")
        if self._silent_count >= _SILENT_MOST:
            raise Unreachable(
                f"{self.location}/{path} was not asked for: {_SILENT_MOST} answers in a row had not come."
            )
        until = min(running_seconds() + FILE_SECONDS, self._budget.until)
        for attempt in (1, 2):
            try:
                raw = self._ask(method, path, max_bytes, until)
            except (OSError, http.client.HTTPException, zlib.error) as fault:
                if attempt == 2:
                    self._silent_count += 1
                    raise Unreachable(f"{self.location}/{path} could not be fetched: {fault!r}.") from None
            except Absent:
                self._silent_count = 0
                raise
            else:
                self._silent_count = 0
                return raw
        raise AssertionError("unreachable")

    def _ask(self, method: str, path: str, max_bytes: int, until: float) -> bytes:
        connection, patience = self._connection()
        patience.until(until)
        try:
            raw = self._answer(connection, method, path, max_bytes)
        except Absent as absent:
            if not isinstance(absent, TooLarge):
                self._idle.append((connection, patience))
            raise
        except BaseException:
            connection.close()
            raise
        self._idle.append((connection, patience))
        return raw

    def _answer(
        self, connection: http.client.HTTPConnection, method: str, path: str, max_bytes: int
    ) -> bytes:
        connection.request(
            method, f"{self._address.path}/{path}", headers={"Accept-Encoding": "gzip, identity"}
        )
        with connection.getresponse() as response:
            if response.status in {404, 410}:
                read_bounded(response, max_bytes)
                raise Absent(f"{self.location}/{path} is not there.")
            if response.status != http.HTTPStatus.OK:
                raise http.client.HTTPException(f"it was answered with status {response.status}")
            length = response.getheader("Content-Length") or ""
            raw = read_bounded(response, max_bytes)
            if response.getheader("Content-Encoding") == "gzip" and raw:
                raw = zlib.decompressobj(wbits=31).decompress(raw, max_bytes + 1)
        if len(raw) > max_bytes or (method == "HEAD" and length.isdecimal() and int(length) > max_bytes):
            connection.close()
            raise TooLarge(f"{path} is larger than such a file can be, so it is not taken.")
        return raw

    def _connection(self) -> tuple[http.client.HTTPConnection, Patience]:
        """One that nobody uses now; threads share them."""
        try:
            return self._idle.pop()
        except IndexError:
            patience = Patience()
            return connection_to(self._address, patience), patience


def _part_or_fault(source: Source, part: Part) -> bytes | AuditError:
    try:
        return read_part(source, part)
    except (Absent, Malformed, Unreachable) as fault:
        return fault


def _bounded(raw: bytes, path: str, max_bytes: int) -> bytes:
    if len(raw) > max_bytes:
        raise Absent(f"{path} is larger than such a file can be, so it is not taken.")
    return raw
