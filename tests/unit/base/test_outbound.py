"""The only way out, against a real server on the loopback interface."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reelm.base import (
    AnswerTooLarge,
    DestinationFailed,
    DestinationUndeclared,
    Endpoint,
    Outbound,
    OutboundLimits,
)
from support.vault import bad_s3

Responder = Callable[[str], Awaitable[bytes]]


class Site:
    """A server that answers each request with prepared bytes and remembers what it was asked."""

    def __init__(self, answers: dict[str, bytes]) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.asked.append(request)
            answer = self.answers.get(request.split()[1])
            if answer is None:
                await reader.read()  # a black hole: until the client gives up
            else:
                writer.write(answer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def running(answers: dict[str, bytes]) -> AsyncIterator[Site]:
    site = Site(answers)
    server = await asyncio.start_server(site.serve, "127.0.0.1", 0)
    site.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield site
    finally:
        server.close()
        await server.wait_closed()


def answer(body: bytes, *, status: str = "200 OK", headers: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n{headers}\r\n"
    return head.encode() + body


def redirect(to: str) -> bytes:
    return answer(b"", status="302 Found", headers=f"location: {to}\r\n")


async def test_a_declared_destination_answers() -> None:
    async with (
        running({"/hello?a=1": answer(b"hi", headers="X-Kind: test\r\n")}) as site,
        Outbound([site.url]) as out,
    ):
        got = await out.request("GET", f"{site.url}/hello?a=1", headers={"x-ask": "1"})
    assert (got.status, got.body, got.headers["x-kind"]) == (200, b"hi", "test")
    assert "x-ask: 1" in site.asked[0]


async def test_a_body_is_sent_and_an_error_status_is_an_answer() -> None:
    async with running({"/p": answer(b"no", status="503 Unavailable")}) as site, Outbound([site.url]) as out:
        got = await out.request("POST", f"{site.url}/p", body=b"data")
    assert got.status == 503
    assert "content-length: 4" in site.asked[0].lower()


async def test_what_is_not_declared_is_refused_and_never_contacted() -> None:
    async with running({"/": answer(b"hi")}) as site, Outbound(["https://cdn.example"]) as out:
        with pytest.raises(DestinationUndeclared) as refused:
            await out.request("GET", f"{site.url}/secret?who=x")
    assert site.asked == []
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://other.example/",
        "http://cdn.example/",  # another scheme
        "https://cdn.example:8443/",  # another port
        "https://cdn.example.evil.example/",
        "https://evil.example/https://cdn.example/",
        "https://cdn.example@evil.example/",  # the declared name is only a user name
        "https://user:pass@cdn.example/",
        "https://evil.example#@cdn.example/",
        "https://evil.example\\@cdn.example/",
        "https:cdn.example/",
        "//cdn.example/",
        "/path",
        "",
        "file:///etc/passwd",
        "ftp://cdn.example/",
        "https://1.2.3.4/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "https://cdn.example%2eevil.example/",
        "https://cdn\u3002example.evil/",
        "https://cdn.example\r\nhost: evil.example/",
    ],
)
async def test_tricks_with_addresses_are_refused(url: str) -> None:
    async with Outbound(["https://cdn.example"]) as out:
        with pytest.raises(DestinationUndeclared):
            await out.request("GET", url)


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("HTTPS://CDN.Example:443/x", "https://cdn.example"),
        ("http://cdn.example.:80", "http://cdn.example"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("https://b\u00fccher.example", "https://xn--bcher-kva.example"),
    ],
)
def test_an_origin_has_one_spelling(written: str, means: str) -> None:
    assert str(Endpoint.of(written)) == means
    assert Endpoint.of(means) == Endpoint.of(written)


@given(st.text(max_size=40))
@example(".")
@example("a..")
def test_no_text_breaks_the_reading_of_an_address(text: str) -> None:
    for url in (text, f"https://{text}", f"https://cdn.example{text}", f"https://{text}@cdn.example"):
        try:
            origin = Endpoint.of(url)
        except ValueError:
            continue
        assert Endpoint.of(str(origin)) == origin


async def test_a_redirect_inside_the_declaration_is_followed() -> None:
    async with running({"/a": redirect("/b"), "/b": answer(b"moved")}) as site, Outbound([site.url]) as out:
        assert (await out.request("GET", f"{site.url}/a")).body == b"moved"


async def test_a_redirect_out_of_the_declaration_is_refused_before_anything_is_sent() -> None:
    async with (
        running({"/": answer(b"stolen")}) as other,
        running({"/a": redirect(f"{other.url}/")}) as site,
        Outbound([site.url]) as out,
    ):
        with pytest.raises(DestinationUndeclared):
            await out.request("GET", f"{site.url}/a")
    assert other.asked == []


async def test_authorisation_does_not_travel_to_another_origin() -> None:
    async with (
        running({"/": answer(b"hi")}) as other,
        running({"/a": redirect(f"{other.url}/")}) as site,
        Outbound([site.url, other.url]) as out,
    ):
        await out.request("GET", f"{site.url}/a", headers={"authorization": "Bearer t"})
    assert "Bearer" in site.asked[0]
    assert "Bearer" not in other.asked[0]


async def test_a_circle_of_redirects_ends() -> None:
    async with running({"/a": redirect("/a")}) as site, Outbound([site.url]) as out:
        with pytest.raises(DestinationFailed, match="redirected more than 3 times"):
            await out.request("GET", f"{site.url}/a")
    assert len(site.asked) == 4


async def test_an_answer_over_the_limit_is_thrown_away() -> None:
    limits = OutboundLimits(max_answer_bytes=1000)
    async with running({"/": answer(b"x" * 1001)}) as site, Outbound([site.url], limits=limits) as out:
        with pytest.raises(AnswerTooLarge):
            await out.request("GET", f"{site.url}/")


async def test_a_compressed_answer_is_not_asked_for_and_never_unpacked() -> None:
    packed = answer(b"\x1f\x8b not really", headers="content-encoding: gzip\r\n")
    async with running({"/": packed}) as site, Outbound([site.url]) as out:
        got = await out.request("GET", f"{site.url}/")
    assert got.body == b"\x1f\x8b not really"
    assert "accept-encoding: identity" in site.asked[0]


async def test_silence_ends_in_a_clear_error() -> None:
    limits = OutboundLimits(idle_seconds=0.1)
    async with running({}) as site, Outbound([site.url], limits=limits) as out:
        with pytest.raises(DestinationFailed, match="did not answer properly"):
            await out.request("GET", f"{site.url}/hole")


async def test_the_total_time_is_bounded_too() -> None:
    limits = OutboundLimits(total_seconds=0.1)
    async with running({}) as site, Outbound([site.url], limits=limits) as out:
        with pytest.raises(DestinationFailed):
            await out.request("GET", f"{site.url}/hole")


async def test_nobody_listening_and_garbage_are_clear_errors() -> None:
    async with running({"/": b"garbage\r\n\r\n"}) as site, Outbound([site.url, "http://127.0.0.1:1"]) as out:
        with pytest.raises(DestinationFailed):
            await out.request("GET", f"{site.url}/")
        with pytest.raises(DestinationFailed):
            await out.request("GET", "http://127.0.0.1:1/")


async def test_cookies_are_not_kept() -> None:
    cookies = answer(b"", headers="set-cookie: a=b\r\n")
    async with running({"/": cookies}) as site, Outbound([site.url]) as out:
        await out.request("GET", f"{site.url}/")
        await out.request("GET", f"{site.url}/")
    assert "cookie" not in site.asked[1].lower()


def test_a_declaration_that_is_no_address_is_refused() -> None:
    with pytest.raises(ValueError, match="address"):
        Outbound(["cdn.example"])


async def test_a_large_body_arrives_whole_with_its_length_and_again_after_a_redirect() -> None:
    body = bytes(range(256)) * 4000
    turns = iter([bad_s3.answer("307 Temporary Redirect", location="/again"), bad_s3.answer("200 OK")])
    async with (
        bad_s3.bad_s3(lambda _: next(turns)) as site,
        Outbound([f"http://127.0.0.1:{site.port}"]) as out,
    ):
        got = await out.request("PUT", f"http://127.0.0.1:{site.port}/p", body=body)
    assert got.status == 200
    assert [asked.path for asked in site.asked] == ["/p", "/again"]
    assert all(asked.body == body for asked in site.asked)
    assert all("transfer-encoding" not in asked.headers for asked in site.asked)
