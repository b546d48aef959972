"""A fault of the realm's own leaves its cause in the log, whichever layer it comes from, and nothing private.

The faults are real: a decoder's process without memory, stores that are gone, a table that is missing, a
spool that is a file. What the caller is told stays as vague as it was.
"""

import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from reelm.app import open_realm, settings
from reelm.media import Media, MediaConfig
from reelm.web import build
from reelm.web.application import Deferred
from support.machine.loglines import LogLines, causes, logged
from support.media import footage
from support.media.playlists import variants
from support.web.visiting import Site, Visitor, check_problem, lose_database

pytestmark = pytest.mark.asyncio(loop_scope="module")
EMAIL = "ann@example.org"


@pytest.fixture
def log() -> Iterator[LogLines]:
    with logged() as lines:
        yield lines


@asynccontextmanager
async def without_memory_to_look(site: Site) -> AsyncIterator[Site]:
    """What looks at files is started with less memory than its decoder needs."""
    media = Media(
        MediaConfig(spool=site.stage.data / "spool", inspect_memory_bytes=96 * 1024**2),
        clock=site.stage.realm.clock,
        entropy=site.stage.realm.entropy,
    )
    at = replace(site.stage.realm, media=media)
    app = build(at, public_url=site.url, static=site.stage.data.parent / "static")
    yield replace(site, app=app)


async def test_a_program_that_fails_leaves_its_last_words(site: Site, log: LogLines) -> None:
    async with without_memory_to_look(site) as poor, poor.visit(site.known.ann) as visitor:
        answer = await visitor.upload(footage.clip(seconds=0.4).read_bytes())
        document = check_problem(answer, 500, "media.inspection-failed")
    line = log.only("request failed")
    assert line["code"] == "media.inspection-failed"
    assert line["path"] == "/api/uploads"
    (first, *_) = line["exception"]
    assert first["notes"][0].startswith("inspection ended with ")
    assert "Error" in first["notes"][0], "the last line of the program's traceback"
    assert "inspection ended" not in json.dumps(document)


async def _poster(site: Site, visitor: Visitor) -> str:
    return f"/api/clips/{site.known.visible}/poster"


async def _segment(site: Site, visitor: Visitor) -> str:
    master = (await visitor.get(f"/hls/{site.known.visible}/master.m3u8")).text
    media = await visitor.get(f"/hls/{site.known.visible}/{variants(master)[0]}")
    return next(line for line in media.text.splitlines() if line.endswith(".m4s"))


@pytest.mark.parametrize("address", [_poster, _segment], ids=["in-the-framework", "in-front-of-it"])
async def test_stores_that_are_away_are_named(
    site: Site, log: LogLines, address: Callable[[Site, Visitor], Awaitable[str]]
) -> None:
    async with site.visit() as visitor:
        url = await address(site, visitor)
        for number in (1, 2, 3):
            shutil.rmtree(site.stage.data / "stores" / str(number))
        check_problem(await visitor.get(url), 503, "vault.not-enough-fragments")
    line = log.only("request failed")
    assert line["code"] == "vault.not-enough-fragments"
    for number in (1, 2, 3):
        assert f"store-{number}" in causes(line)


async def test_a_database_that_lost_a_table_is_in_the_log_without_what_was_asked(
    site: Site, log: LogLines
) -> None:
    async with site.stage.realm.database.write() as tx:
        await tx.exec_driver_sql("ALTER TABLE sessions RENAME TO gone")
    async with site.visit() as visitor:
        body = {"email": EMAIL, "password": "four words that fit"}
        check_problem(await visitor.post("/api/session", json=body), 500, "web.fault")
    line = log.only("request crashed")
    assert "no such table: sessions" in causes(line)
    assert EMAIL not in log.stream.getvalue()
    assert "four words" not in log.stream.getvalue()


async def test_a_disk_that_refuses_is_in_the_log(site: Site, log: LogLines) -> None:
    spool = site.stage.data / "spool"
    shutil.rmtree(spool)
    spool.write_text("not a folder")
    async with site.visit(site.known.ann) as visitor:
        check_problem(await visitor.upload(footage.clip(seconds=0.4).read_bytes()), 500, "web.fault")
    assert "FileExistsError" in causes(log.only("request crashed"))


async def test_a_file_of_the_page_that_is_gone_is_in_the_log(site: Site, log: LogLines) -> None:
    (site.stage.data.parent / "static" / "favicon.svg").unlink()
    async with site.visit() as visitor:
        check_problem(await visitor.get("/favicon.svg"), 500, "web.fault")
    assert "FileNotFoundError" in causes(log.only("request crashed"))


async def test_a_realm_that_is_not_ready_says_why_in_the_log(site: Site, log: LogLines) -> None:
    await lose_database(site)
    async with site.visit() as visitor:
        answer = await visitor.get("/health/ready")
    assert answer.status_code == 503
    assert "unable to open database file" in log.stream.getvalue()


async def test_a_realm_that_cannot_be_opened_says_why_in_the_log(site: Site, log: LogLines) -> None:
    data = site.stage.data
    (data / "keys" / "root.key").write_bytes(b"\0" * 32)
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "lifespan.startup"}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    app = Deferred(lambda: open_realm(settings.load(data)), public_url=site.url, is_only_receiver=True)
    await app({"type": "lifespan"}, receive, send)
    assert [message["type"] for message in said] == ["lifespan.startup.failed"]
    assert "RootKeyMismatch" in causes(log.only("web.start-refused"))
