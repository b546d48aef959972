"""The web process dies twenty times while a public tus client sends one file; no byte is lost or doubled."""

import asyncio
import hashlib
import os
import random  # noqa: TID251 - seeded, so that a failure replays
import threading
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

import pytest
import requests  # noqa: TID251 - the exceptions of the client under test
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError, TusUploadFailed
from tusclient.uploader.uploader import Uploader

from support.machine.running import Running, join, running
from support.media import footage
from support.web.visiting import Visitor

SEED = int(os.environ.get("REELM_TEST_SEED", "4"))
KILLS = 20
SIZE_BYTES = 48 * 1024**2
CHUNK_BYTES = 700_001
LOST = (TusCommunicationError, TusUploadFailed, requests.RequestException)


def large_source(folder: Path) -> Path:
    """A short clip with a long box behind it that players skip."""
    clip = footage.clip(seconds=0.6).read_bytes()
    rest_bytes = SIZE_BYTES - len(clip)
    noise = random.Random(SEED).randbytes(rest_bytes - 8)
    path = folder / "large.mp4"
    path.write_bytes(clip + rest_bytes.to_bytes(4, "big") + b"free" + noise)
    return path


def client(realm: Running, visitor: Visitor) -> TusClient:
    cookies = "; ".join(f"{name}={value}" for name, value in visitor.client.cookies.items())
    said = requests.get(f"{realm.url}/api/session", headers={"cookie": cookies}, timeout=30)
    token = said.json()["page_token"]
    return TusClient(f"{realm.url}/api/uploads/tus", headers={"cookie": cookies, "x-csrftoken": token})


@dataclass(frozen=True)
class Moment:
    """When the process dies: so long after the chunk with this byte was begun."""

    byte: int
    after_seconds: float


def send_until_killed(uploader: Uploader, realm: Running, moment: Moment) -> int:
    """Send chunk after chunk; the process dies in one of them. The last offset that was acknowledged."""
    killing = threading.Timer(moment.after_seconds, realm.kill, ["serving"])
    acknowledged = uploader.offset
    with suppress(*LOST):
        while uploader.offset < SIZE_BYTES:
            if uploader.offset + CHUNK_BYTES > moment.byte and not killing.ident:
                killing.start()
            uploader.upload_chunk()  # type: ignore[no-untyped-call]  # the library has few
            acknowledged = uploader.offset
    killing.join()
    return acknowledged


async def go_on(tus: TusClient, source: BinaryIO, place: str) -> Uploader:
    """What a client does that was started anew: it asks for the offset."""
    return await asyncio.to_thread(
        partial(tus.uploader, file_stream=source, chunk_size=CHUNK_BYTES, url=place)
    )


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_a_public_client_goes_on_after_each_of_twenty_kills(tmp_path: Path) -> None:
    moments = random.Random(SEED)
    kills = sorted(moments.randrange(SIZE_BYTES * 9 // 10) for _ in range(KILLS))
    path = await asyncio.to_thread(large_source, tmp_path)
    with running(tmp_path / "realm") as realm, path.open("rb") as source:
        async with realm.visit() as visitor:
            await join(visitor, "ann")
            tus = client(realm, visitor)
            place = await asyncio.to_thread(tus.uploader(file_stream=source).create_url)
            acknowledged = 0
            for kill_at in kills:
                uploader = await go_on(tus, source, place)
                assert acknowledged <= uploader.offset <= SIZE_BYTES
                moment = Moment(kill_at, moments.uniform(0, 0.03))
                acknowledged = await asyncio.to_thread(send_until_killed, uploader, realm, moment)
                await asyncio.to_thread(realm.wait)
            uploader = await go_on(tus, source, place)
            assert acknowledged <= uploader.offset
            await asyncio.to_thread(uploader.upload)
            found = (await visitor.get(place)).json()
            assert found["upload"]["size_bytes"] == SIZE_BYTES
            kept = realm.paths.spool / f"{found['id']}.source"
            assert await asyncio.to_thread(digest, kept) == await asyncio.to_thread(digest, path)
            made = await visitor.post("/api/clips", json={"upload_id": found["id"], "caption": ""})
            assert made.status_code == 201, made.text


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
