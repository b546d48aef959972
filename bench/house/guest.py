"""Somebody who uses a realm from outside: joins, uploads, posts, watches."""

import http.client
import io
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PASSWORD = "four words that fit"  # noqa: S105 - of an account that lives as long as a measurement


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of a rendition; ``seconds`` is 0 for the initial one."""

    path: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Sent:
    """An upload that was accepted, and when its last byte left, by the monotonic clock."""

    upload_id: str
    last_byte_at: float


class _Watched(io.BytesIO):
    """A body that knows when it was read last: when its last byte was handed over."""

    last_read_at = 0.0

    def read(self, size: int | None = -1, /) -> bytes:
        self.last_read_at = time.monotonic()
        return super().read(size)


class Refused(RuntimeError):
    """The realm answered something else than 2xx."""


# The answers that have the page's token in them.
_SAYING_TOKEN = ("/api/session", "/api/accounts")


class Guest:
    """One connection and its cookies."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._cookies: dict[str, str] = {}
        self._token = ""

    @property
    def headers(self) -> dict[str, str]:
        """What shows the realm who is asking."""
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        return {"x-csrftoken": self._token} | ({"cookie": cookies} if cookies else {})

    def begin(self, length_bytes: int) -> str:
        """Announce an upload that comes in pieces; where it is."""
        more = {"tus-resumable": "1.0.0", "upload-length": str(length_bytes)}
        return f"/api/uploads/tus/{json.loads(self.ask('POST', '/api/uploads/tus', more=more))['id']}"

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | io.BytesIO | None = None,
        *,
        content_type: str = "application/json",
        more: Mapping[str, str] | None = None,
    ) -> bytes:
        """The body of the answer.

        Raises:
            Refused: the status is not 2xx.
        """
        headers = self.headers | dict(more or {})
        if body is not None:
            headers["content-type"] = content_type
        if isinstance(body, io.BytesIO):
            headers["content-length"] = str(body.getbuffer().nbytes)
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        answer = response.read()
        for cookie in response.headers.get_all("set-cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        if not http.client.OK <= response.status < http.client.MULTIPLE_CHOICES:
            raise Refused(f"{method} {path}: {response.status} {answer[:300]!r}")
        if path in _SAYING_TOKEN and answer:
            self._token = json.loads(answer)["page_token"]
        return answer

    def tell(self, method: str, path: str, content: Mapping[str, Any] | None = None) -> Any:
        """The JSON of the answer."""
        body = None if content is None else json.dumps(content).encode()
        return json.loads(self.ask(method, path, body))

    def join(self, handle: str) -> None:
        self.tell("GET", "/api/session")
        account = {"email": f"{handle}@example.org", "password": PASSWORD, "handle": handle}
        self.tell("POST", "/api/accounts", account)

    def post(self, source: Path, caption: str) -> str:
        """Upload and post a file; the id of the clip, which is on its way."""
        return self.post_upload(self.send(source).upload_id, caption)

    def post_upload(self, upload_id: str, caption: str) -> str:
        clip = self.tell("POST", "/api/clips", {"upload_id": upload_id, "caption": caption})
        return str(clip["id"])

    def send(self, source: Path) -> Sent:
        """Upload a file."""
        watched = _Watched(source.read_bytes())
        answer = self.ask("POST", f"/api/uploads?name={source.name}", watched, content_type="video/mp4")
        return Sent(str(json.loads(answer)["id"]), watched.last_read_at)

    def wait_until_done(self, clip_id: str) -> None:
        """Until every rendition of the clip is stored; the stream of its progress ends then.

        Raises:
            RuntimeError: publishing failed.
        """
        events = self.ask("GET", f"/api/clips/{clip_id}/progress").decode().splitlines()
        last = json.loads([line for line in events if line.startswith("data:")][-1].removeprefix("data:"))
        if last["step"] != "done":
            raise RuntimeError(f"clip {clip_id} was not published: {last}")

    def renditions(self, clip_id: str) -> list[list[Piece]]:
        """The pieces of every rendition, the lowest first, each in playing order."""
        master = self.ask("GET", f"/hls/{clip_id}/master.m3u8").decode()
        paths = [line for line in master.splitlines() if not line.startswith("#")]
        return [self._pieces(self.ask("GET", f"/hls/{clip_id}/{path}").decode()) for path in paths]

    @staticmethod
    def _pieces(playlist: str) -> list[Piece]:
        initial = re.findall(r'#EXT-X-MAP:URI="([^"]+)"', playlist)
        media = re.findall(r"#EXTINF:([\d.]+),\n(\S+)", playlist)
        return [Piece(initial[0], 0.0), *(Piece(path, float(seconds)) for seconds, path in media)]
