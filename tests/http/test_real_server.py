"""What only a real server over a real socket shows: whole files, refusals amid a body, limits, streams."""

import asyncio
import hashlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from support.machine.running import Running, join, publish, running, until
from support.media import footage
from support.media.playlists import screen
from support.web.visiting import Visitor, check_problem

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(120),
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("real server"),
]

FOUR_GB = 4 * 1024**3


@dataclass(frozen=True)
class Live:
    """A running realm, somebody who is signed in, and a clip of theirs."""

    realm: Running
    ann: Visitor
    clip_id: str
    token: str


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def live(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Live]:
    with running(tmp_path_factory.mktemp("live") / "realm") as realm:
        async with realm.visit() as ann:
            await join(ann, "ann")
            clip_id = await publish(ann, footage.clip(seconds=1.5), "On a real server")
            yield Live(realm, ann, clip_id, await ann.token())


async def segments(live: Live) -> dict[str, bytes]:
    async def fetch(url: str) -> bytes:
        answer = await live.ann.get(url)
        assert answer.status_code == 200
        return answer.content

    (only,) = await screen(fetch, live.clip_id)
    return dict(zip(only.urls, only.sealed, strict=True))


def spooled(live: Live) -> list[Path]:
    return list(live.realm.paths.spool.glob("*"))


async def nothing_stays(live: Live) -> None:
    """A request that was cut off, here or by the test before, is cleaned up a moment later."""
    await asyncio.to_thread(until, lambda: not spooled(live), 10, live.realm.story)


async def test_a_segment_is_the_file_of_its_name_whole_and_in_parts(live: Live) -> None:
    for url, body in (await segments(live)).items():
        answer = await live.ann.get(url)
        assert hashlib.sha256(answer.content).hexdigest() in url
        assert answer.headers["content-length"] == str(len(body))
        assert answer.headers["x-content-type-options"] == "nosniff"
        part = await live.ann.get(url, headers={"range": "bytes=16-31"})
        assert (part.status_code, part.content) == (206, body[16:32])
        head = await live.ann.ask("HEAD", url)
        assert (head.headers["content-length"], head.content) == (str(len(body)), b"")
        nothing = await live.ann.get(url, headers={"range": f"bytes={len(body)}-"})
        assert nothing.status_code == 416


async def test_many_viewers_of_one_segment_that_is_not_cached_get_it_all(live: Live) -> None:
    bodies = await segments(live)
    for path in (live.realm.paths.cache / "segments").glob("*"):
        path.unlink()
    url, body = next(iter(bodies.items()))
    answers = await asyncio.gather(*(live.ann.get(url) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.content for answer in answers} == {body}


async def test_four_gigabytes_are_refused_before_they_are_sent(live: Live) -> None:
    answer = await asyncio.to_thread(announce, live, FOUR_GB)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413")
    assert b"application/problem+json" in head
    assert b'"media.too-many-bytes"' in body
    await nothing_stays(live)


def announce(live: Live, length: int) -> bytes:
    """Send the head of an upload and nothing of its body; what comes back."""
    cookies = "; ".join(f"{name}={value}" for name, value in live.ann.client.cookies.items())
    lines = (
        "POST /api/uploads?name=big.mp4 HTTP/1.1",
        "host: 127.0.0.1",
        f"cookie: {cookies}",
        f"x-csrftoken: {live.token}",
        "content-type: video/mp4",
        f"content-length: {length}",
        "connection: close",
    )
    return exchange(live, "\r\n".join((*lines, "", "")).encode())


def exchange(live: Live, sent: bytes) -> bytes:
    """Bytes out, bytes back, until the server has nothing more to say."""
    with socket.create_connection(("127.0.0.1", live.realm.port), timeout=20) as connection:
        connection.sendall(sent)
        received = b""
        while part := connection.recv(65_536):
            received += part
            head, separator, body = received.partition(b"\r\n\r\n")
            if separator and len(body) >= _length(head):
                break
        return received


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 1 << 30


async def test_a_sender_who_hangs_up_leaves_nothing(live: Live) -> None:
    cookies = "; ".join(f"{name}={value}" for name, value in live.ann.client.cookies.items())
    head = (
        "POST /api/uploads?name=cut.mp4 HTTP/1.1\r\nhost: x\r\n"
        f"cookie: {cookies}\r\nx-csrftoken: {live.token}\r\n"
        "content-type: video/mp4\r\ncontent-length: 1000000\r\n\r\n"
    )

    def hang_up() -> None:
        with socket.create_connection(("127.0.0.1", live.realm.port), timeout=20) as connection:
            connection.sendall(head.encode() + b"x" * 100_000)
            until(lambda: bool(spooled(live)), 10, live.realm.story)

    await nothing_stays(live)
    await asyncio.to_thread(hang_up)
    await nothing_stays(live)


async def test_a_tus_sender_who_hangs_up_goes_on_where_it_stopped(live: Live) -> None:
    spoken = {"tus-resumable": "1.0.0"}
    made = await live.ann.post("/api/uploads/tus", headers=spoken | {"upload-length": "1000000"})
    place = made.headers["location"]
    cookies = "; ".join(f"{name}={value}" for name, value in live.ann.client.cookies.items())
    head = (
        f"PATCH {place} HTTP/1.1\r\nhost: x\r\ncookie: {cookies}\r\ntus-resumable: 1.0.0\r\n"
        f"x-csrftoken: {live.token}\r\nupload-offset: 0\r\n"
        "content-type: application/offset+octet-stream\r\ncontent-length: 1000000\r\n\r\n"
    )

    def hang_up() -> None:
        with socket.create_connection(("127.0.0.1", live.realm.port), timeout=20) as connection:
            connection.sendall(head.encode() + b"x" * 100_000)

    await asyncio.to_thread(hang_up)
    offset = 0
    async with asyncio.timeout(20):
        while offset == 0:
            answer = await live.ann.ask("HEAD", place, headers=spoken)
            offset = int(answer.headers.get("upload-offset", 0))
    assert offset == 100_000
    assert (await live.ann.delete(place, headers=spoken)).status_code == 204
    await nothing_stays(live)


@pytest.mark.parametrize(
    "lines",
    [
        b"GET / HTTP/1.1\r\nhost: x\r\nx-huge: " + b"a" * 1_000_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\n" + b"x-many: a\r\n" * 20_000 + b"\r\n",
        b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n",
        b"\x00\xff\xfe rubbish\r\n\r\n",
        b"POST /api/session HTTP/1.1\r\nhost: x\r\ncontent-length: abc\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=["one huge header", "very many headers", "a huge address", "no HTTP", "no length", "two lengths"],
)
async def test_what_is_hardly_http_is_refused_and_harms_nobody(live: Live, lines: bytes) -> None:
    pid = live.realm.pid("serving")

    def attempt() -> bytes:
        try:
            return exchange(live, lines)
        except OSError:
            return b""

    answer = await asyncio.to_thread(attempt)
    assert not answer.startswith((b"HTTP/1.1 2", b"HTTP/1.1 5")), answer[:200]
    assert (await live.ann.get("/health/live")).status_code == 200
    assert live.realm.pid("serving") == pid


async def test_bytes_that_are_no_text_in_an_address_are_answered(live: Live) -> None:
    for path in ("/%ff%fe", "/c/%ff", "/@%ff", "/%00"):
        assert (await live.ann.get(path)).status_code in {200, 404}
    for path in ("/api/profiles/%ff", "/api/tags/%ff/clips", "/api/clips/%ff", "/hls/%ff/master.m3u8"):
        answer = await live.ann.get(path)
        if answer.status_code != 200:
            check_problem(answer, answer.status_code, answer.json()["code"])
            assert answer.status_code < 500


async def test_a_refusal_reaches_whoever_is_still_sending(live: Live) -> None:
    """Ten megabytes each: without taking them in, the connection breaks before the answer is read."""
    megabytes = b"a" * 10_000_000
    json = {"content-type": "application/json"}
    video = {"content-type": "video/mp4"}
    for url, body, headers, status, code in (
        ("/api/clips", b'{"caption": "' + megabytes + b'"}', json, 413, "web.body-too-large"),
        ("/api/uploads", megabytes, {"content-type": "text/plain"}, 415, "web.not-a-video-type"),
        ("/api/uploads?name=..", megabytes, video, 422, "web.bad-file-name"),
        ("/api/uploads", megabytes, video, 415, "media.not-a-video"),
        ("/api/nothing", megabytes, video, 404, "web.no-such-address"),
    ):
        check_problem(await live.ann.post(url, content=body, headers=headers), status, code)
    answer = await live.ann.ask("POST", "/api/clips", content=megabytes, headers=json, has_token=False)
    check_problem(answer, 403, "web.page-token-missing")
    async with live.realm.visit() as nobody:
        answer = await nobody.post("/api/uploads", content=megabytes, headers=video)
        check_problem(answer, 401, "web.sign-in-first")
    await nothing_stays(live)


async def test_progress_arrives_while_it_happens_not_at_its_end(live: Live) -> None:
    sent = await live.ann.upload(footage.clip(size="720x1280", seconds=2.0).read_bytes())
    made = await live.ann.post("/api/clips", json={"upload_id": sent.json()["id"], "caption": ""})
    steps: list[str] = []
    url = f"/api/clips/{made.json()['id']}/progress"
    async with live.ann.client.stream("GET", url, timeout=60) as answer:
        async for line in answer.aiter_lines():
            if line.startswith("data:"):
                steps.append(line)
                if len(steps) == 1:
                    early = (await live.ann.get(f"/api/clips/{made.json()['id']}")).json()
    assert early["state"] == "processing"
    assert len(steps) > 2
    assert '"step":"done"' in steps[-1]
