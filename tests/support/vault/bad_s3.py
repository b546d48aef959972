"""A server that answers S3 requests as wrongly as a test tells it to."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from reelm.base import Secret, SystemClock
from reelm.vault import ProviderId, ProviderPlace
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
    scheme: str = "http"
    asked: list[Asked] = field(default_factory=list)

    def store(self) -> S3Store:
        credentials = Credentials(ACCESS_KEY, Secret(SECRET.encode()))
        url = f"{self.scheme}://127.0.0.1:{self.port}/bucket"
        return S3Store.open(url, ProviderPlace(ProviderId("p1")), credentials, clock=SystemClock())


@asynccontextmanager
async def bad_s3(answering: Answering, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[BadServer]:
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
    listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    server = BadServer(listening.sockets[0].getsockname()[1], "https" if tls else "http")
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


def self_signed(folder: Path) -> ssl.SSLContext:
    """TLS for 127.0.0.1 with a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = SystemClock().now()
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, SHA256())
    )
    pem = folder / "server.pem"
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, form, plain)
        + made.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    method, path, _ = head[0].split(" ")
    fields = (line.partition(":") for line in head[1:] if line)
    headers = {name.lower(): text.strip() for name, _, text in fields}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(method, path, headers, body)
