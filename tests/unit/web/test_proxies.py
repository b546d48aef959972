"""One visitor has one address, whatever socket and proxy make of it."""

from typing import Any

import pytest

from reelm.web.proxies import behind_proxies, plain_address
from support.machine.loglines import logged


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:5123", "203.0.113.9"),
        ("::ffff:127.0.0.1", "127.0.0.1"),
        ("[::ffff:203.0.113.9]:443", "203.0.113.9"),
        ("[2001:db8::1]:8443", "2001:db8::1"),
        ("[2001:DB8:0::1]", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("unknown", "unknown"),
        ("", ""),
        ("999.1.1.1:80", "999.1.1.1:80"),
        ("203.0.113.9:5123:1", "203.0.113.9:5123:1"),
    ],
)
def test_an_address_is_written_in_one_way(text: str, address: str) -> None:
    assert plain_address(text) == address
    assert plain_address(address) == address


async def told_of(peer: str, *forwarded: tuple[str, str], public_url: str) -> list[tuple[str, str]]:
    """Return address and scheme of each of two requests, as the application hears of them."""
    heard: list[tuple[str, str]] = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        heard.append((scope["client"][0], scope["scheme"]))

    headers = [(name.encode(), value.encode()) for name, value in forwarded]
    served = behind_proxies(app, ["127.0.0.1", "10.0.0.0/8"], public_url=public_url)
    for _ in range(2):
        await served({"type": "http", "scheme": "http", "client": (peer, 1), "headers": headers}, None, None)
    return heard


async def test_what_is_forwarded_counts_from_a_trusted_proxy_and_from_nobody_else() -> None:
    forwarded = ("x-forwarded-for", "198.51.100.1, 203.0.113.9:5123, 10.1.2.3")
    for peer, address in (
        ("::ffff:127.0.0.1", "203.0.113.9"),
        ("10.9.9.9", "203.0.113.9"),
        ("192.0.2.1", "192.0.2.1"),
    ):
        assert await told_of(peer, forwarded, public_url="") == [(address, "http")] * 2


async def test_an_operator_is_told_once_that_a_realm_behind_tls_does_not_know_it() -> None:
    forwarded = (("x-forwarded-for", "203.0.113.9"), ("x-forwarded-proto", "https"))
    with logged() as log:
        assert await told_of("127.0.0.1", *forwarded, public_url="") == [("203.0.113.9", "https")] * 2
    assert "public_url" in log.only("web.public-url-is-not-https")["remedy"]
    for peer, public_url in (("127.0.0.1", "https://reelm.example"), ("192.0.2.1", "")):
        with logged() as log:
            await told_of(peer, *forwarded, public_url=public_url)
        assert not log.lines


@pytest.mark.parametrize(
    ("scheme", "cookies"),
    [
        ("https", [b"a=1; Path=/; Secure", b"b=2; secure; Path=/"]),
        ("http", [b"a=1; Path=/", b"b=2; secure; Path=/"]),
    ],
)
async def test_a_cookie_that_is_set_over_tls_stays_on_tls(scheme: str, cookies: list[bytes]) -> None:
    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        names = [(b"set-cookie", value) for value in (b"a=1; Path=/", b"b=2; secure; Path=/")]
        await send({"type": "http.response.start", "status": 200, "headers": names})

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"x-forwarded-for", b"203.0.113.9"), (b"x-forwarded-proto", scheme.encode())]
    served = behind_proxies(app, ["127.0.0.1"], public_url="")
    await served(
        {"type": "http", "scheme": "http", "client": ("127.0.0.1", 1), "headers": headers}, None, send
    )
    assert [value for _, value in sent[0]["headers"]] == cookies
