"""Take in what the proxies in front of a realm say of those who ask.

Addresses are written in one way, so that lists of proxies and limits mean the same peers: a socket that
listens on ``::`` names an IPv4 peer ``::ffff:192.0.2.1``, and some proxies append a port.
"""

import ipaddress
import re
from collections.abc import MutableMapping, Sequence
from typing import Any

from granian.utils.proxies import wrap_asgi_with_proxy_headers

from reelm.base import telemetry
from reelm.web.files import Receive, Scope, Send
from reelm.web.front import App

_log = telemetry.logger(__name__)

_FORWARDED = b"x-forwarded-for"
_SECURE = re.compile(rb";\s*secure\b", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"\[([0-9A-Fa-f:.%]+)\](?::[0-9]{1,5})?")
_WITH_PORT = re.compile(r"([0-9.]+):[0-9]{1,5}")


def plain_address(text: str) -> str:
    """Return an address without port, brackets and IPv4 mapping; what is no address stays as it is."""
    found = _IN_BRACKETS.fullmatch(text) or _WITH_PORT.fullmatch(text)
    try:
        address = ipaddress.ip_address(found[1] if found else text)
    except ValueError:
        return text
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def behind_proxies(app: App, trusted: Sequence[str], *, public_url: str) -> App:
    """Return the application as it hears of visitors through proxies; only the trusted ones are believed."""
    watched = app if public_url.startswith("https:") else _UnknownTls(app)
    believing = wrap_asgi_with_proxy_headers(watched, trusted_hosts=list(trusted)) if trusted else watched
    return _PlainAddresses(believing)


class _UnknownTls:
    """Keeps cookies on TLS where the realm does not know that it has any, and tells the operator once."""

    def __init__(self, inner: App) -> None:
        self._inner = inner
        self._has_told = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("scheme") != "https":
            await self._inner(scope, receive, send)
            return
        if not self._has_told:
            self._has_told = True
            _log.warning(
                "web.public-url-is-not-https",
                consequence="browsers are not told to insist on TLS, and links in previews lead past it",
                remedy="set public_url to the https address of this realm",
            )
        await self._inner(scope, receive, _with_secure_cookies(send))


def _with_secure_cookies(send: Send) -> Send:
    async def wrapped(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [
                (name, value + b"; Secure")
                if name == b"set-cookie" and not _SECURE.search(value)
                else (name, value)
                for name, value in message.get("headers", ())
            ]
        await send(message)

    return wrapped


class _PlainAddresses:
    """An application that hears of peers, and of those whom a proxy forwards, by plain addresses."""

    def __init__(self, inner: App) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "headers": [_plain_header(*each) for each in scope["headers"]]}
            if scope.get("client"):
                host, port = scope["client"]
                scope["client"] = (plain_address(host), port)
        await self._inner(scope, receive, send)


def _plain_header(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    if name != _FORWARDED:
        return name, value
    hops = value.decode("latin-1").split(",")
    return name, ", ".join(plain_address(hop.strip()) for hop in hops).encode("latin-1")
