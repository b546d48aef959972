"""Ask every route at once, in the name of whom it is meant for, with things that were made before."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx  # noqa: TID251 - a test's client, which never leaves this process

from reelm.web.front import POLICY
from support.media.playlists import variants
from support.web.visiting import PROBLEM, Known, Visitor, check_problem, opened_site, recording
from support.web.walking import OPERATIONS, REQUESTS, Request, Walk, prepare

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


async def _segment(visitor: Visitor, known: Known) -> str:
    """Return the address of a segment that the realm's own cache does not have."""
    master = (await visitor.get(f"/hls/{known.visible}/master.m3u8")).text
    media = await visitor.get(f"/hls/{known.visible}/{variants(master)[-1]}")
    return [line for line in media.text.splitlines() if line.endswith(".m4s")][-1]


def check_answers(answers: list[tuple[str, httpx.Response]]) -> dict[str, str]:
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


def refusals_without_document(answers: list[tuple[str, httpx.Response]]) -> list[str]:
    """Return the names of what was refused in other words than a problem document's, or by a fault."""
    return [
        name
        for name, answer in answers
        if answer.status_code >= 400
        and answer.request.url.path != OWN_SHAPE
        and (answer.headers["content-type"] != PROBLEM or answer.status_code == 500)
    ]
