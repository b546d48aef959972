"""What a realm answers to browsers: bytes and headers, as they came."""

import http.client
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from reelm_audit.budget import MAX_SECONDS, Budget
from reelm_audit.clock import running_seconds
from reelm_audit.connection import Patience, connection_to, read_bounded
from reelm_audit.errors import Misused, OutOfBudget, Unreachable
from reelm_audit.source import FILE_SECONDS

ANSWER_MAX_BYTES = 32 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer.

    Attributes:
        path: what was asked for, with the slash.
        headers: by lower-case name, each as often as it was sent.
        body: as it was sent, with whatever encoding the headers name.
    """

    path: str
    status: int
    headers: Mapping[str, tuple[str, ...]]
    body: bytes

    @property
    def content(self) -> bytes | None:
        """The body decoded; None when that cannot be done, or gives more than is taken."""
        if self.headers.get("content-encoding") != ("gzip",):
            return self.body
        try:
            unpacked = zlib.decompressobj(wbits=31)
            content = unpacked.decompress(self.body, ANSWER_MAX_BYTES)
        except zlib.error:
            return None
        return content if unpacked.eof else None


class Site(Protocol):
    """A realm's address."""

    @property
    def location(self) -> str:
        """The address, without a slash at the end."""

    def ask(self, path: str, *, encoding: str = "identity", agent: str = "reelm-audit") -> Answer:
        """Fetch something without any cookie. Raises ``Unreachable``."""


class WebSite:
    """A realm on the web."""

    def __init__(self, location: str, budget: Budget | None = None) -> None:
        """Raises ``Misused`` when it is no address of a realm."""
        self._budget = budget or Budget.of(MAX_SECONDS)
        self._patience = Patience()
        self.location = location.rstrip("/")
        self._address = urlsplit(self.location)
        is_web = self._address.scheme in {"http", "https"} and bool(self._address.hostname)
        if not is_web or self._address.path or self._address.query or self._address.username:
            raise Misused(f"{location} is not the address of a realm: https://host.")
        self._connection = connection_to(self._address, self._patience)

    def __del__(self) -> None:
        """Close what is open."""
        if hasattr(self, "_connection"):
            self._connection.close()

    def ask(self, path: str, *, encoding: str = "identity", agent: str = "reelm-audit") -> Answer:
        if self._budget.is_over():
            raise OutOfBudget(f"{self.location}{path} was not asked for: the time of this run is over.")
        self._patience.until(min(running_seconds() + FILE_SECONDS, self._budget.until))
        # A server may close a connection that was idle; the second attempt is on a new one.
        for attempt in (1, 2):
            try:
                return self._ask(path, {"Accept-Encoding": encoding, "User-Agent": agent})
            except (OSError, http.client.HTTPException) as fault:
                self._connection.close()
                if attempt == 2:
                    raise Unreachable(f"{self.location}{path} could not be fetched: {fault!r}.") from None
        raise AssertionError("unreachable")

    def _ask(self, path: str, headers: Mapping[str, str]) -> Answer:
        self._connection.request("GET", path, headers=dict(headers))
        with self._connection.getresponse() as response:
            body = read_bounded(response, ANSWER_MAX_BYTES)
            status, sent = response.status, response.getheaders()
        if len(body) > ANSWER_MAX_BYTES:
            self._connection.close()
            raise Unreachable(f"{self.location}{path} is larger than anything of a page can be.")
        names = {name.lower() for name, _ in sent}
        by_name = {each: tuple(value for name, value in sent if name.lower() == each) for each in names}
        return Answer(path=path, status=status, headers=by_name, body=body)
