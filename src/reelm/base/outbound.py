"""The only way out of the realm over HTTP.

A realm declares in its manifest where it may connect to. ``Outbound`` is made with that list and refuses
everything else before a name is looked up: other hosts, other ports, other schemes, addresses in place of
names, credentials hidden in an address, and redirects that lead out of the list. No other module may import
an HTTP client.

The one thing that connects past it is the S3 client library of the vault; its adapter sees to it that it
reaches the store it was opened for and nothing else.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Self

import httpx  # noqa: TID251 - this is the one module that may

from reelm.base.errors import Forbidden, Unavailable

_PORTS = {"http": 80, "https": 443}
# A body is handed on piece by piece: each layer below would copy it whole.
_PIECE_BYTES = 1 << 20


class DestinationUndeclared(Forbidden):
    code = "base.destination-undeclared"
    title = "The realm may not connect there"


class DestinationFailed(Unavailable):
    code = "base.destination-failed"
    title = "Another service did not answer"


class AnswerTooLarge(DestinationFailed):
    code = "base.answer-too-large"
    title = "Another service sent too much"


@dataclass(frozen=True, slots=True)
class OutboundLimits:
    """The limits of one request."""

    connect_seconds: float = 5.0  # name look-up, TCP and TLS
    idle_seconds: float = 10.0  # between two pieces of an answer
    total_seconds: float = 30.0  # everything, redirects included
    max_answer_bytes: int = 8 << 20
    max_redirects: int = 3
    max_connections: int = 32


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a request. ``headers`` has lower-case names; ``body`` is complete."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Scheme, host and port: what is declared and compared."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS.get(self.scheme) else f":{self.port}"
        return f"{self.scheme}://{host}{port}"

    @classmethod
    def of(cls, url: str) -> Self:
        """Return the origin of an address.

        Raises:
            ValueError: no absolute http(s) address, or one with credentials in it.
        """
        try:
            return cls._read(httpx.URL(url))
        except httpx.InvalidURL as error:
            raise ValueError("not an absolute http or https address") from error

    @classmethod
    def _read(cls, url: httpx.URL) -> Self:
        if url.scheme not in _PORTS or not url.host:
            raise ValueError("not an absolute http or https address")
        if url.userinfo:
            raise ValueError("an address with credentials in it")
        host = url.raw_host.decode("ascii").strip("[]").lower().rstrip(".")
        if not host:
            raise ValueError("an address without a host")
        return cls(url.scheme, host, url.port or _PORTS[url.scheme])


class Outbound:
    """An HTTP client that reaches declared destinations and nothing else.

    Safe for concurrent use. Nothing is retried here; who calls knows whether a request may be repeated.
    Answers are not trusted: their size and time are bounded, and they are never decompressed.
    """

    def __init__(self, destinations: Iterable[str], *, limits: OutboundLimits | None = None) -> None:
        """Declare the destinations: absolute http(s) addresses, of which scheme, host and port count.

        Raises:
            ValueError: one of them is not such an address.
        """
        self._declared = frozenset(Endpoint.of(url) for url in destinations)
        self._limits = limits or OutboundLimits()
        self._client = httpx.AsyncClient(
            headers={"user-agent": "reelm", "accept-encoding": "identity"},
            timeout=httpx.Timeout(self._limits.idle_seconds, connect=self._limits.connect_seconds),
            limits=httpx.Limits(max_connections=self._limits.max_connections),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            # Proxy and certificate variables of the environment are undeclared ways out.
            trust_env=False,
            follow_redirects=False,
        )

    async def request(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """Send one request and read the whole answer, whatever its status.

        Raises:
            DestinationUndeclared: it, or where it redirects to, is not declared; nothing was sent there.
            DestinationFailed: no answer, or a broken one; it may have been acted on all the same.
            AnswerTooLarge: the answer was over the limit and was cut off.
        """
        self._check(url)
        given, pieces = dict(headers or {}), _Pieces(body or b"")
        if body is not None:
            given["content-length"] = str(len(body))
        content = None if body is None else pieces
        request = self._client.build_request(method, url, headers=given, content=content)
        try:
            async with asyncio.timeout(self._limits.total_seconds):
                return await self._follow(request)
        except (httpx.HTTPError, httpx.StreamError, TimeoutError, OSError) as error:
            raise DestinationFailed(
                f"{Endpoint.of(url)} did not answer properly ({type(error).__name__}). "
                "It is not known whether the request was carried out. Try again later."
            ) from error
        finally:
            # Request and answer refer to each other; a large body must not stay until they are collected.
            pieces.drop()

    async def close(self) -> None:
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    async def _follow(self, request: httpx.Request) -> Answer:
        for _ in range(self._limits.max_redirects + 1):
            self._check(str(request.url))
            response = await self._client.send(request, stream=True)
            try:
                if response.next_request is None:
                    return await self._read(response)
            finally:
                await response.aclose()
            request = response.next_request
        raise DestinationFailed(
            f"{Endpoint.of(str(request.url))} redirected more than {self._limits.max_redirects} times. "
            "Check the declared destination."
        )

    async def _read(self, response: httpx.Response) -> Answer:
        body = bytearray()
        async for piece in response.aiter_raw():
            body += piece
            if len(body) > self._limits.max_answer_bytes:
                raise AnswerTooLarge(
                    f"{Endpoint.of(str(response.url))} sent more than {self._limits.max_answer_bytes} bytes. "
                    "The answer was thrown away.",
                    limit_bytes=self._limits.max_answer_bytes,
                )
        return Answer(response.status_code, dict(response.headers), bytes(body))

    def _check(self, url: str) -> None:
        try:
            origin = Endpoint.of(url)
        except ValueError as error:
            raise DestinationUndeclared(
                f"The realm was asked to connect to {error}. Nothing was sent. "
                "Use a declared http or https address."
            ) from error
        if origin not in self._declared:
            raise DestinationUndeclared(
                f"The manifest does not declare {origin} as a destination. Nothing was sent. "
                "Add it under [[destinations]] and say what for, or remove what asked for it.",
                origin=str(origin),
            )


class _Pieces:
    """A body in pieces, from its start whenever it is asked for: a redirect sends it again."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for at in range(0, len(self._body), _PIECE_BYTES):
            yield self._body[at : at + _PIECE_BYTES]

    def drop(self) -> None:
        self._body = b""
