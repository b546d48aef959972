"""Take in what the proxies in front of a realm say of those who ask.

Addresses are written in one way, so that lists of proxies and limits mean the same peers: a socket that
listens on ``::`` names an IPv4 peer ``::ffff:192.0.2.1``, and some proxies append a port.
"""

import ipaddress
import re
from collections.abc import Sequence

from granian.utils.proxies import wrap_asgi_with_proxy_headers

from reelm.base import telemetry
from reelm.web.files import Receive, Scope, Send
from reelm.web.front import App

_log = telemetry.logger(__name__)

_FORWARDED = b"x-forwarded-for"
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
    watched = _WatchedScheme(app, is_secure=public_url.startswith("https:"))
    believing = wrap_asgi_with_proxy_headers(watched, trusted_hosts=list(trusted)) if trusted else watched
    return _PlainAddresses(believing)


class _WatchedScheme:
    """Tells the operator once when visitors come over TLS, and the realm does not know that it has any."""

    def __init__(self, inner: App, *, is_secure: bool) -> None:
        self._inner = inner
        self._has_told = is_secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._has_told and scope.get("scheme") == "https":
            self._has_told = True
            _log.warning(
                "web.public-url-is-not-https",
                consequence="cookies may travel without TLS, and browsers are not told to insist on it",
                remedy="set public_url to the https address of this realm",
            )
        await self._inner(scope, receive, send)


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
