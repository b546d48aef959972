"""A populated realm behind its real ASGI application, and people who visit it with a browser's manners."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx  # noqa: TID251 - a test's client, which never leaves this process
from sqlalchemy import func, select

from reelm.base import AccountId, ClipId, Clock, CommentId, metadata
from reelm.web import build
from reelm.web.caller import SessionCookie
from reelm.workflows import OpenRealm
from reelm.workflows.join import join
from reelm.workflows.publish import remove
from support.media import footage
from support.realm.declaring import put_on_record
from support.realm.realms import PASSWORD, Stage, World, look, staged

HERE = "http://127.0.0.1:8420"
PROBLEM = "application/problem+json"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
CAPTION = 'She said "look" & <script>alert(1)</script> #first'
PAGE = "<!doctype html><html><head><title>Reelm</title></head><body></body></html>"
GERMAN_PAGE = PAGE.replace("<html>", '<html lang="de">')


@dataclass(frozen=True)
class Known:
    """Who and what is in the populated realm."""

    ann: AccountId
    ben: AccountId
    visible: ClipId
    processing: ClipId
    failed: ClipId
    removed: ClipId
    comment: CommentId


async def populate(data: Path) -> Known:
    """Ann posted four clips and ben says something about the one that everybody sees."""
    async with staged(data) as stage:
        ann, ben = await _account(stage, "ann"), await _account(stage, "ben")
        visible = await stage.clip(ann, footage.clip(seconds=0.6), CAPTION)
        removed = await stage.clip(ann, footage.clip(seconds=0.4), "I will regret this")
        await remove(removed.id, by=ann, realm=stage.realm)
        failed = await stage.post(ann, footage.clip(seconds=0.4), "This fails")
        async with stage.realm.database.write() as tx:
            await stage.realm.clips.publishing.fail(
                tx, failed.id, code="media.unreadable", detail="It cannot be read."
            )
        processing = await stage.post(ann, footage.clip(seconds=0.4), "Not yet")
        async with stage.realm.database.write() as tx:
            said = await stage.realm.clips.comments.add(tx, visible.id, ben, text="Well done")
    return Known(ann, ben, visible.id, processing.id, failed.id, removed.id, said.id)


async def _account(stage: Stage, handle: str) -> AccountId:
    email = f"{handle}@example.org"
    password = await stage.realm.accounts.hash_password(PASSWORD, email=email)
    async with stage.realm.database.write() as tx:
        account = await join(
            tx, email=email, password=password, handle=handle, display_name=handle.title(), realm=stage.realm
        )
    return account.id


@dataclass
class Site:
    """One open realm behind its application."""

    stage: Stage
    known: Known
    app: Any
    url: str

    @asynccontextmanager
    async def visit(
        self, account: AccountId | None = None, *, address: str = "127.0.0.1"
    ) -> AsyncIterator["Visitor"]:
        """Somebody's browser; signed in when an account is given."""
        transport = httpx.ASGITransport(app=self.app, client=(address, 40_000))
        async with httpx.AsyncClient(transport=transport, base_url=self.url) as client:
            if account is not None:
                async with self.stage.realm.database.write() as tx:
                    token = await self.stage.realm.accounts.open_session(tx, account)
                client.cookies.set(self.session_cookie, token.reveal())
            yield Visitor(client)

    @property
    def session_cookie(self) -> str:
        return SessionCookie.of(self.stage.realm, is_secure=self.url.startswith("https:")).name

    async def traces(self) -> "Traces":
        """Everything that a request could have left behind."""
        async with self.stage.realm.database.read() as tx:
            rows = {
                name: int(await tx.scalar(select(func.count()).select_from(table)) or 0)
                for name, table in metadata.tables.items()
            }
        return Traces(rows, await look(self.stage))


@dataclass(frozen=True)
class Traces:
    rows: Mapping[str, int]
    world: World


class Visitor:
    """A client that echoes the page's token, as the page does."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self._token = ""
        self._token_of: dict[str, str] = {}

    async def ask(self, method: str, url: str, *, has_token: bool = True, **arguments: Any) -> httpx.Response:
        headers = dict(arguments.pop("headers", {}))
        if method not in SAFE and has_token:
            headers["x-csrftoken"] = await self.token()
        return await self.client.request(method, url, headers=headers, **arguments)

    async def get(self, url: str, **arguments: Any) -> httpx.Response:
        return await self.ask("GET", url, **arguments)

    async def post(self, url: str, **arguments: Any) -> httpx.Response:
        return await self.ask("POST", url, **arguments)

    async def put(self, url: str, **arguments: Any) -> httpx.Response:
        return await self.ask("PUT", url, **arguments)

    async def delete(self, url: str, **arguments: Any) -> httpx.Response:
        return await self.ask("DELETE", url, **arguments)

    async def upload(self, body: bytes, *, name: str = "clip.mp4", kind: str = "video/mp4") -> httpx.Response:
        return await self.post(
            "/api/uploads", params={"name": name}, content=body, headers={"content-type": kind}
        )

    async def token(self) -> str:
        """Return the page's token, asked for anew whenever the cookies are others."""
        cookies = dict(self.client.cookies)
        if not self._token or cookies != self._token_of:
            answer = await self.client.get("/api/session")
            # Code from before pages had tokens in their session gave them in a cookie.
            self._token = answer.json().get("page_token") or self.client.cookies["csrftoken"]
            self._token_of = dict(self.client.cookies)
        return self._token


@asynccontextmanager
async def opened_site(
    template: Path,
    known: Known,
    folder: Path,
    *,
    url: str = HERE,
    clock: Clock | None = None,
    declare: Callable[[str], str] = str,
) -> AsyncIterator[Site]:
    """A copy of the populated realm, opened; ``declare`` changes its manifest before that."""
    data = await asyncio.to_thread(shutil.copytree, template, folder / "realm")
    manifest = data / "manifest.toml"
    declared = declare(manifest.read_text())
    if declared != manifest.read_text():
        manifest.write_text(declared)
        await put_on_record(data)
    async with staged(data, clock=clock) as stage:
        static = await asyncio.to_thread(_pages, folder / "static")
        yield Site(stage, known, build(stage.realm, public_url=url, static=static), url)


@asynccontextmanager
async def recording(realm: OpenRealm) -> AsyncIterator[None]:
    """The ledger is written meanwhile, as the worker does."""
    running = asyncio.create_task(realm.ledger.sequencer.run())
    yield
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def _pages(static: Path) -> Path:
    """A user interface small enough to reason about."""
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text(PAGE)
    (static / "index.de.html").write_text(GERMAN_PAGE)
    (static / "assets" / "app.js").write_text("// a script\n" * 100)
    (static / "favicon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    return static


async def lose_database(site: Site) -> None:
    """Put a folder where the database was."""
    await site.stage.realm.database.close()
    records = site.stage.data / "records.sqlite"
    records.unlink()
    records.mkdir()


def check_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """A complete problem document; gives it back."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    assert answer.headers["cache-control"] == "no-store"
    document: dict[str, Any] = answer.json()
    assert set(document) == {"type", "title", "status", "code", "detail", "retryable", "facts", "field"}
    assert document["code"] == code
    assert document["status"] == status
    assert document["type"] == f"/docs/errors#{code}"
    assert document["title"]
    assert document["detail"].endswith(".")
    assert "Traceback" not in answer.text
    return document
