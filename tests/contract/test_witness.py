"""The HTTP of a witness, against a server on this machine that answers what it was told to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from reelm.base import DestinationFailed, DestinationUndeclared, NoteRefused, Outbound
from reelm.ledger import WitnessFailed
from reelm.ledger.adapters.witness import HttpWitness
from reelm.ledger.checkpoint import Checkpoint
from reelm.ledger.ports import Elsewhere
from support.ledger.recording import KEY
from support.ledger.witnessing import SomeWitness

NOTE = KEY.sign(Checkpoint(KEY.verifier.name, 9, bytes(32)).text)
COSIGNATURE = SomeWitness("w.example", 1).cosign(NOTE, seconds=1_800_000_000)


@dataclass
class Server:
    url: str
    requests: list[bytes] = field(default_factory=list)


@asynccontextmanager
async def answering(status: str, kind: str, body: bytes) -> AsyncIterator[Server]:
    """Answers every request alike, and ends with the block."""
    lines = (
        f"HTTP/1.1 {status}",
        f"content-type: {kind}",
        f"content-length: {len(body)}",
        "connection: close",
    )
    head = "\r\n".join([*lines, "", ""])

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        start = await reader.readuntil(b"\r\n\r\n")
        length = int(start.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        server.requests.append(start + await reader.readexactly(length))
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    async with asyncio.timeout(20), await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        server = Server(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/prefix/")
        yield server


async def ask(server: Server) -> object:
    async with Outbound([server.url]) as outbound:
        return await HttpWitness(outbound, server.url).add_checkpoint(7, [bytes(32)], NOTE.encode())


async def test_the_request_is_that_of_the_specification() -> None:
    async with answering("200 OK", "text/plain", str(COSIGNATURE).encode()) as server:
        assert await ask(server) == (COSIGNATURE,)
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /prefix/add-checkpoint HTTP/1.1")
    assert body == b"old 7\n" + b"A" * 43 + b"=\n\n" + NOTE.encode()


async def test_a_witness_that_saw_another_size_says_which() -> None:
    async with answering("409 Conflict", "text/x.tlog.size", b"12\n") as server:
        assert await ask(server) == Elsewhere(12)


@pytest.mark.parametrize(
    ("status", "kind", "body"),
    [
        ("409 Conflict", "text/plain", b"12\n"),
        ("409 Conflict", "text/x.tlog.size", b"a dozen\n"),
        ("422 Unprocessable Entity", "text/plain", b"another history"),
        ("404 Not Found", "text/html", b"<html>"),
        ("200 OK", "text/plain", b"thank you\n"),
        ("200 OK", "text/plain", b""),
        ("200 OK", "text/plain", b"\xff\xfe"),
    ],
)
async def test_every_other_answer_is_a_failure(status: str, kind: str, body: bytes) -> None:
    async with answering(status, kind, body) as server:
        with pytest.raises((WitnessFailed, NoteRefused)):
            await ask(server)


async def test_a_witness_that_is_not_declared_is_never_contacted() -> None:
    async with answering("200 OK", "text/plain", b"") as server, Outbound(["https://w.example"]) as outbound:
        with pytest.raises(DestinationUndeclared):
            await HttpWitness(outbound, server.url).add_checkpoint(0, [], NOTE.encode())
    assert server.requests == []


async def test_a_witness_that_is_gone_is_reported() -> None:
    async with answering("200 OK", "text/plain", b"") as server:
        pass
    with pytest.raises(DestinationFailed):
        await ask(server)
