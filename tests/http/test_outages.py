"""Whatever is away or full, every route answers in its own words: a problem document with a code for it.

Each route is asked as somebody asks it for whom it is meant, with things that were made before. The outages
are real, and the log is written to a disk without room meanwhile: it must not take the answers away.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx  # noqa: TID251 - a test's client, which never leaves this process
import pytest
import pytest_asyncio

from reelm.web.front import POLICY
from support.machine.outages import full_disk_log, hanging, no_room
from support.media.playlists import variants
from support.web.visiting import PROBLEM, Known, Visitor, check_problem, lose_database, opened_site, recording
from support.web.walking import OPERATIONS, REQUESTS, Request, Walk, prepare

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow, pytest.mark.timeout(300)]

STAFF = {
    "look_at_email": "support",
    "approve_access": "privacy",
    "export_emails": "records",
    "break_glass": "safety",
    "review_emergency": "privacy",
    "read_my_role": "support",
}
# They end or replace the session that the others are asked with, where they succeed.
ENDING = ("sign_in", "join", "sign_out")
PAGES = ("/", "/c/{clip}", "/sounds/{clip}", "/@ann", "/ledger/checkpoint", "/docs/errors", "/assets/app.js")
# Says in a shape of its own what is wrong: for those who run the realm.
OWN_SHAPE = "/health/ready"


@dataclass
class Asking:
    """Visitors with their tokens, and what they ask for."""

    walk: Walk
    visitors: Mapping[str, tuple[Visitor, str]]
    requests: Mapping[str, Request]
    pages: tuple[str, ...]

    async def ask(self, name: str) -> httpx.Response:
        operation, request = OPERATIONS[name], self.requests[name]
        if "/encoding/" in operation.path:
            visitor, _ = self.visitors["encoder"]
            said = {"authorization": f"Bearer {self.walk.tokens['encoder']}"}
            return await request.send(visitor, operation, said, has_token=False)
        caller = STAFF.get(name, "owner")
        visitor, token = self.visitors[caller]
        return await request.send(visitor, operation, {"x-csrftoken": token}, has_token=False, caller=caller)

    async def ask_all(self, *, but: Collection[str] = ()) -> list[tuple[str, httpx.Response]]:
        """Ask for everything at once."""
        visitor, _ = self.visitors["owner"]
        names = [name for name in self.requests if name not in but]
        answers = await asyncio.gather(*map(self.ask, names), *map(visitor.get, self.pages))
        return list(zip([*names, *self.pages], answers, strict=True))


@asynccontextmanager
async def prepared(populated: tuple[Path, Known], folder: Path) -> AsyncIterator[Asking]:
    async with AsyncExitStack() as stack:
        site = await stack.enter_async_context(opened_site(*populated, folder))
        async with recording(site.stage.realm):
            walk = await prepare(site)
            requests = {name: await request.prepared(walk) for name, request in REQUESTS.items()}
        visitors = {}
        for caller in {"owner", *STAFF.values()}:
            visitor = await stack.enter_async_context(walk.visit(caller))
            visitors[caller] = visitor, await visitor.token()
        visitors["encoder"] = await stack.enter_async_context(site.visit()), ""
        pages = tuple(page.format(clip=site.known.visible) for page in PAGES)
        yield Asking(walk, visitors, requests, (*pages, await _segment(visitors["owner"][0], site.known)))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asking(
    populated: tuple[Path, Known], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Asking]:
    async with prepared(populated, tmp_path_factory.mktemp("outages")) as made:
        yield made


async def _segment(visitor: Visitor, known: Known) -> str:
    """Return the address of a segment that the realm's own cache does not have."""
    master = (await visitor.get(f"/hls/{known.visible}/master.m3u8")).text
    media = await visitor.get(f"/hls/{known.visible}/{variants(master)[-1]}")
    return [line for line in media.text.splitlines() if line.endswith(".m4s")][-1]


def check(answers: list[tuple[str, httpx.Response]]) -> dict[str, str]:
    """Return the code of every refusal; each is a problem document with all of its headers."""
    codes = {}
    for name, answer in answers:
        assert answer.headers["content-security-policy"] == POLICY, name
        assert answer.headers["x-content-type-options"] == "nosniff", name
        if answer.status_code < 400 or answer.request.url.path == OWN_SHAPE:
            continue
        assert answer.headers["content-type"] == PROBLEM, (name, answer.text)
        if answer.request.method == "HEAD":
            continue
        codes[name] = str(answer.json()["code"])
        check_problem(answer, answer.status_code, codes[name])
        assert answer.status_code != 500, (name, answer.text)
    return codes


async def test_every_route_answers_while_the_database_is_away(
    populated: tuple[Path, Known], tmp_path: Path
) -> None:
    async with prepared(populated, tmp_path) as asking:
        await lose_database(asking.walk.site)
        with full_disk_log():
            codes = check(await asking.ask_all())
    assert set(codes.values()) == {"base.database-unavailable"}
    without = {"read_abilities", "read_abilities_again", "read_liveness", "read_readiness"}
    without |= {"read_metrics", "read_holdings"}
    assert set(REQUESTS) - set(codes) <= without | {"read_offset", "read_storage"}


async def test_every_route_answers_while_the_disk_is_full(asking: Asking) -> None:
    await asking.walk.site.stage.realm.database.check()  # a realm that runs has its files open
    with full_disk_log(), no_room():
        answers = await asking.ask_all()
    codes = check(answers)
    reading = {name for name, _ in answers if name in OPERATIONS and OPERATIONS[name].method == "GET"}
    assert reading & set(codes) <= {"read_source"}, "what only reads goes on; this one prolongs a lease"
    full = {"base.database-unavailable", "base.database-full", "media.disk-full"}
    assert {codes[name] for name in ("like", "upload", "begin_upload", "sign_in", "post_comment")} <= full


@pytest.mark.parametrize("count", [1, 2, 3])
async def test_every_route_answers_in_time_while_stores_hang(asking: Asking, count: int) -> None:
    vault = asking.walk.site.stage.realm.vault
    visitor, _ = asking.visitors["support"]
    names = [f"store-{number}" for number in range(1, count + 1)]
    async with recording(asking.walk.site.stage.realm), hanging(vault, names):
        await vault.health()
        await asyncio.sleep(vault.config.probe_stall_seconds)  # as they were seen before, until then
        ready = await asyncio.wait_for(visitor.get("/health/ready"), 5)
        assert (ready.status_code, len(ready.json()["problems"])) == (200, count)
        codes = check(await asyncio.wait_for(asking.ask_all(but=ENDING), 60))
    allowed = {"vault.stores-away", "vault.not-enough-fragments"} if count > 1 else set()
    assert {each for each in codes.values() if each.startswith("vault.")} <= allowed
    assert ("read_poster" in codes) == (count > 2)
    writing = {codes.get(name) for name in ("upload", "begin_upload", "put_subtitles")}
    assert writing == {"vault.stores-away" if count > 1 else None}
