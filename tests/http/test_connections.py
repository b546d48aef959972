"""Connections that do nothing: how many a realm bears, and for how long it bears each."""

import asyncio
import resource
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from reelm.web.__main__ import MOST_CONNECTIONS, connections_for
from support.machine.running import REELM, Running, running
from support.web.visiting import Site, check_problem

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120), pytest.mark.asyncio(loop_scope="module")]

SILENT = 1_500  # more than the 1,024 that a server takes on by default
FEW_FILES = ("sh", "-c", 'ulimit -S -n 256; exec "$@"', "sh", *REELM)


@pytest.fixture
def many_files() -> Iterator[None]:
    """Let this process have the other ends open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 2 * SILENT:
        pytest.skip("this system allows too few open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2 * SILENT), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def realm(tmp_path: Path) -> Iterator[Running]:
    """Yield a realm that was started where few files may be open unless one asks for more."""
    with running(tmp_path / "realm", command=FEW_FILES) as started:
        yield started


@pytest.mark.usefixtures("many_files")
async def test_silent_connections_keep_nobody_out(realm: Running) -> None:
    opened = [await asyncio.open_connection("127.0.0.1", realm.port) for _ in range(SILENT)]
    async with realm.visit() as visitor:
        for _ in range(3):
            assert (await asyncio.wait_for(visitor.get("/api/session"), 10)).status_code == 200
    for _, writer in opened:
        writer.close()


async def test_a_silent_connection_is_closed_by_the_realm(realm: Running) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", realm.port)
    half, other = await asyncio.open_connection("127.0.0.1", realm.port)
    kept, again = await asyncio.open_connection("127.0.0.1", realm.port)
    other.write(b"GET / HTTP/1.1\r\nhost: x\r\n")
    again.write(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n")
    ends = await asyncio.wait_for(asyncio.gather(reader.read(), half.read(), kept.read()), 40)
    assert ends[0] == b"", "nothing was said"
    assert ends[2].startswith(b"HTTP/1.1 200"), "answered once, and closed after a silence"
    for each in (writer, other, again):
        each.close()


async def test_a_small_body_that_does_not_come_is_not_waited_for_without_end(site: Site) -> None:
    async def stuck() -> AsyncIterator[bytes]:
        yield b'{"email": '
        await asyncio.sleep(60)

    async with site.visit() as visitor:
        headers = {"content-type": "application/json"}
        answer = await asyncio.wait_for(visitor.post("/api/session", content=stuck(), headers=headers), 40)
    check_problem(answer, 408, "web.too-slow")


@pytest.mark.parametrize(
    ("files", "connections"), [(256, 256), (1_024, 512), (4_096, 3_584), (1_000_000, MOST_CONNECTIONS)]
)
async def test_a_process_takes_on_no_more_connections_than_it_may_open_files(
    files: int, connections: int
) -> None:
    assert connections_for(files) == connections
