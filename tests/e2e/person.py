"""Somebody who lives in the realm: does over HTTP what a test does not want to click through."""

import json
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Self

from playwright.async_api import APIRequestContext, Playwright, StorageState

PASSWORD = "four words that fit"
_PUBLISH_MS = 60_000
_NUMBERS = count(1)


@dataclass(frozen=True, slots=True)
class Person:
    """An account and its session."""

    handle: str
    api: APIRequestContext

    @classmethod
    async def join(cls, playwright: Playwright, url: str, handle: str) -> Self:
        number = next(_NUMBERS)
        # Everybody comes from an address of their own: one that joins again and again is held back.
        behind = {"x-forwarded-for": f"198.18.{number // 250}.{number % 250 + 1}"}
        api = await playwright.request.new_context(base_url=url, extra_http_headers=behind)
        person = cls(handle, api)
        await api.get("/api/session")
        await person.tell("POST", "/api/accounts", email=person.email, password=PASSWORD, handle=handle)
        return person

    @property
    def email(self) -> str:
        return f"{self.handle}@example.org"

    async def state(self) -> StorageState:
        """What a browser needs to be signed in as this person."""
        return await self.api.storage_state()

    async def tell(self, method: str, path: str, **content: Any) -> Any:
        """The JSON of the answer."""
        body = json.dumps(content) if content else None
        return await self._send(method, path, body, "application/json")

    async def publish(self, source: Path, caption: str) -> str:
        """Post a file, and wait until every rendition of it plays; the id of the clip."""
        clip_id = await self.post(source, caption)
        await self.wait_for(clip_id)
        return clip_id

    async def post(self, source: Path, caption: str) -> str:
        """Upload and post a file; the id of the clip, which is on its way."""
        name = f"/api/uploads?name={source.name}"
        sent = await self._send("POST", name, source.read_bytes(), "video/mp4")  # noqa: ASYNC240 - a small file
        clip = await self.tell("POST", "/api/clips", upload_id=sent["id"], caption=caption)
        return str(clip["id"])

    async def wait_for(self, clip_id: str) -> None:
        """Until there is nothing left to do for the clip; the stream of its progress ends then."""
        watched = await self.api.get(f"/api/clips/{clip_id}/progress", timeout=_PUBLISH_MS)
        assert '"step":"done"' in await watched.text(), await watched.text()

    async def _send(self, method: str, path: str, body: str | bytes | None, kind: str) -> Any:
        session = await (await self.api.get("/api/session")).json()
        headers = {"content-type": kind, "x-csrftoken": session["page_token"]}
        answer = await self.api.fetch(path, method=method, data=body, headers=headers)
        assert answer.ok, f"{method} {path}: {answer.status} {await answer.text()}"
        return await answer.json() if answer.status != 204 else None
