"""A server that answers S3 requests as wrongly as a test tells it to."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from reelm.base import Secret, SystemClock
from reelm.vault import Place, ProviderId
from reelm.vault.adapters.credentials import Credentials
from reelm.vault.adapters.s3 import S3Store

ACCESS_KEY, SECRET = "AKIATESTTESTTEST", "verysecretsecret"
_LIFE_SECONDS = 30


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


# Raw bytes are sent and the connection closed; None leaves the client without an answer.
Answering = Callable[[Asked], bytes | None]


@dataclass
class BadServer:
    """Where it listens, and everything it was asked."""

    port: int
    asked: list[Asked] = field(default_factory=list)

    def store(self, *, scheme: str = "http") -> S3Store:
        credentials = Credentials(ACCESS_KEY, Secret(SECRET.encode()))
        url = f"{scheme}://127.0.0.1:{self.port}/bucket"
        return S3Store.open(url, Place(ProviderId("p1")), credentials, clock=SystemClock())


@asynccontextmanager
async def bad_s3(answering: Answering) -> AsyncIterator[BadServer]:
    """A server on loopback for as long as the block."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_LIFE_SECONDS):
                asked = await _read(reader)
                server.asked.append(asked)
                answer = answering(asked)
                if answer is None:
                    await closing.wait()
                else:
                    writer.write(answer)
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
            pass
        finally:
            writer.close()

    closing = asyncio.Event()
    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    server = BadServer(listening.sockets[0].getsockname()[1])
    try:
        yield server
    finally:
        closing.set()
        listening.close()
        await listening.wait_closed()


def always(reply: bytes | None) -> Answering:
    """The same answer to everything."""
    return lambda _: reply


def answer(status: str, body: bytes = b"", **headers: str) -> bytes:
    """A whole HTTP answer; header names with _ for -."""
    given = {"content_length": str(len(body)), **headers}
    lines = "".join(f"{name.replace('_', '-')}: {text}\r\n" for name, text in given.items())
    return f"HTTP/1.1 {status}\r\nconnection: close\r\n{lines}\r\n".encode() + body


def error(status: str, code: str) -> bytes:
    """An S3 error that quotes the access key, as real ones do."""
    text = f"<Error><Code>{code}</Code><AWSAccessKeyId>{ACCESS_KEY}</AWSAccessKeyId></Error>"
    return answer(status, text.encode())


_STAMPS = {"last_modified": "Wed, 21 Oct 2015 07:28:00 GMT", "etag": '"x"'}


def part(body: bytes, *, start: int, size: int, **headers: str) -> bytes:
    """A right answer to a range request, but for the headers given."""
    right = {**_STAMPS, "content_range": f"bytes {start}-{start + len(body) - 1}/{size}"}
    return answer("206 Partial Content", body=body, **{**right, **headers})


def found(size: int) -> bytes:
    """A right answer to HEAD."""
    return answer("200 OK", body=b"", **_STAMPS, content_length=str(size))


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    method, path, _ = head[0].split(" ")
    fields = (line.partition(":") for line in head[1:] if line)
    headers = {name.lower(): text.strip() for name, _, text in fields}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(method, path, headers, body)
