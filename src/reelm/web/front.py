"""Answer requests first: headers on all answers, files without the framework, pages with link previews."""

import html
import re
from collections.abc import Awaitable, Callable, Container, Iterable, Iterator, MutableMapping
from pathlib import Path
from typing import Any, TypeAlias

from reelm.base import ID_PATTERN, ClipId, Gone, NotFound, ReelmError
from reelm.web.errors import HeadTooLarge
from reelm.web.errors_page import ERRORS_PATH, errors_page
from reelm.web.files import FOREVER, Receive, Scope, Send, send_bytes, send_file, send_problem, send_text
from reelm.web.linger import Linger
from reelm.web.operations import Traffic
from reelm.web.pages import find_page
from reelm.web.problems import fault, problem, report
from reelm.web.uploads.tus import is_tus, meant, resumable
from reelm.workflows import OpenRealm

App: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]

_LEDGER = "/ledger/"
_NOT_KEPT = (b"cache-control", b"no-store")
_ERRORS = {"content-type": "text/html; charset=utf-8", "cache-control": "public, max-age=3600"}
_DECLARED = {"content-type": "application/json", "cache-control": "no-cache"}
_SEGMENT = re.compile(r"/segments/([0-9a-f]{64})\.m4s$")
_ID = re.compile(ID_PATTERN)
# Ten times what a browser of ours sends: whatever is larger is held back before anything looks at it.
MOST_HEAD_BYTES = 16 * 1024
_ENGLISH = "en"
_ACCEPTED = re.compile(
    r"(?P<language>[A-Za-z]{2,8})(?:-[\w-]+)?\s*(?:;\s*q=(?P<weight>[01](?:\.\d{0,3})?))?\s*(?:,|$)"
)
_KINDS = (
    ("/segments/", "segment"),
    ("/api/", "api"),
    ("/hls/", "playback"),
    ("/assets/", "asset"),
    ("/health/", "operations"),
    ("/ledger/", "ledger"),
    ("/metrics", "operations"),
)
_PROGRAM = ("/api/", "/hls/", "/health/", "/metrics")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; font-src 'self'; connect-src 'self'; worker-src 'self' blob:; "
    "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in (
        "camera",
        "clipboard-read",
        "display-capture",
        "geolocation",
        "gyroscope",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
)
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


class Front:
    """An ASGI application around the framework's."""

    def __init__(
        self, inner: App, *, realm: OpenRealm, traffic: Traffic, static: Path, public_url: str
    ) -> None:
        self._inner = inner
        self._traffic = traffic
        self._realm = realm
        self._static = static
        self._public_url = public_url
        self._assets = frozenset(_files(static))
        self._pages = dict(_pages(static))
        self._headers = tuple(_security_headers(is_secure=public_url.startswith("https:")))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        answer = _Answer(send)
        watched = self._watched(answer.send, _kind(scope["path"]))
        try:
            await self._answer(scope, receive, watched)
        except Exception as error:  # noqa: BLE001 - the request boundary: whatever happens is answered
            document = problem(fault(scope["path"], error))
            if not answer.has_begun:
                await send_problem(scope, watched, document)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if is_tus(path):
            scope, send = meant(scope), resumable(send)
        is_reading = scope["method"] in {"GET", "HEAD"}
        if not is_reading:
            linger = Linger(scope, receive, send)
            receive, send = linger.receive, linger.send
        if _head_bytes(scope) > MOST_HEAD_BYTES:
            await send_problem(scope, send, problem(_head_too_large()))
        elif is_reading:
            await self._read(scope, receive, send)
        else:
            await self._inner(scope, receive, send)

    async def _read(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if is_tus(path) and scope["method"] == "HEAD":  # says something else than GET there
            await self._inner(scope, receive, _without_body(send))
        elif path.startswith(_PROGRAM) and scope["method"] == "HEAD":
            await self._inner({**scope, "method": "GET"}, receive, _without_body(send))
        elif path.startswith(_PROGRAM):
            await self._inner(scope, receive, send)
        elif found := _SEGMENT.match(path):
            await self._segment(scope, send, found[1])
        else:
            await self._file(scope, send, path)

    async def _file(self, scope: Scope, send: Send, path: str) -> None:
        if path.startswith(_LEDGER):
            await self._ledger(scope, send, path.removeprefix(_LEDGER))
        elif path == "/.well-known/reelm/realm.json":
            await send_bytes(scope, send, self._realm.identity.version.document, headers=_DECLARED)
        elif path in self._assets:
            await self._asset(scope, send, path)
        elif path == ERRORS_PATH:
            await send_bytes(scope, send, errors_page(), headers=_ERRORS)
        else:
            await self._document(scope, send, path)

    async def _segment(self, scope: Scope, send: Send, name: str) -> None:
        headers = {"content-type": "video/iso.segment", "cache-control": FOREVER}
        try:
            await send_file(scope, send, await self._realm.delivery.origin.segment(name), headers)
        except FileNotFoundError:  # it made room for another one just now
            await send_file(scope, send, await self._realm.delivery.origin.segment(name), headers)
        except ReelmError as error:
            await send_problem(scope, send, report(scope["path"], error))

    async def _ledger(self, scope: Scope, send: Send, path: str) -> None:
        """Answer with a plain file of the ledger: the very bytes that are in the realm's folder."""
        try:
            data = await self._realm.ledger.files.public(path)
            if data is None:
                raise _no_ledger_file()
        except ReelmError as error:
            await send_problem(scope, send, report(scope["path"], error))
            return
        is_tile = path.startswith("tile/")
        headers = {
            "content-type": "application/octet-stream" if is_tile else _MEDIA_TYPES[".txt"],
            "cache-control": FOREVER if is_tile else "no-cache",
            "access-control-allow-origin": "*",
        }
        await send_bytes(scope, send, data, headers=headers)

    async def _asset(self, scope: Scope, send: Send, path: str) -> None:
        headers = {
            "content-type": _MEDIA_TYPES.get(Path(path).suffix, "application/octet-stream"),
            "cache-control": FOREVER if path.startswith("/assets/") else "no-cache",
        }
        file = self._static / path.removeprefix("/")
        accepts_gzip = b"gzip" in dict(scope["headers"]).get(b"accept-encoding", b"")
        if f"{path}.gz" in self._assets and accepts_gzip:
            file = file.with_name(file.name + ".gz")
            headers |= {"content-encoding": "gzip", "vary": "accept-encoding"}
        await send_file(scope, send, file, headers)

    async def _document(self, scope: Scope, send: Send, path: str) -> None:
        try:
            head = await self._head(path)
        except ReelmError as error:
            await send_problem(scope, send, report(path, error))
            return
        page = self._pages[_language(scope, self._pages)]
        body = page.replace("</head>", f"{head or ''}</head>", 1)
        headers = {
            "content-type": _MEDIA_TYPES[".html"],
            "cache-control": "no-cache",
            "vary": "accept-language",
        }
        await send_text(scope, send, body, status=404 if head is None else 200, headers=headers)

    async def _head(self, path: str) -> str | None:
        """Return what this address adds to the page's head; None when there is nothing at it."""
        found = find_page(path)
        if found is None:
            return None
        page, text = found
        if page.needs is None:
            return ""
        if not _ID.fullmatch(text):
            return None
        return await (self._preview if page.needs == "clip" else self._sound)(ClipId(text))

    async def _sound(self, clip_id: ClipId) -> str | None:
        """Return no tags for a sound that everyone may hear of; None when there is none."""
        try:
            async with self._realm.database.read() as tx:
                await self._realm.clips.sounds.view(tx, clip_id, None)
        except (NotFound, Gone):
            return None
        return ""

    async def _preview(self, clip_id: ClipId) -> str | None:
        """Return Open Graph tags of a public clip, or None when there is no such clip."""
        try:
            async with self._realm.database.read() as tx:
                clip = await self._realm.clips.view(tx, clip_id, None)
        except (NotFound, Gone):
            return None
        address = f"{self._public_url}/c/{clip_id}"
        tags = {
            "og:site_name": self._realm.identity.manifest.realm.name,
            "og:type": "video.other",
            "og:url": address,
            "og:title": f"{clip.author.display_name} (@{clip.author.handle})",
            "og:description": clip.caption[:200],
            "og:image": f"{self._public_url}/api/clips/{clip_id}/poster",
            "og:video:width": str(clip.width),
            "og:video:height": str(clip.height),
            "twitter:card": "summary_large_image",
        }
        return "".join(
            f'<meta property="{name}" content="{html.escape(value, quote=True)}">'
            for name, value in tags.items()
        )

    def _watched(self, send: Send, kind: str) -> Send:
        """Add the headers that every answer has, and count it."""
        since = self._traffic.now()

        async def wrapped(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                said = [*message.get("headers", ())]
                # Otherwise a proxy may keep it for a time of its own making (RFC 9111, section 4.2.2).
                unsaid = () if any(name == b"cache-control" for name, _ in said) else (_NOT_KEPT,)
                message["headers"] = [*said, *unsaid, *self._headers]
                self._traffic.count(kind, message["status"], since)
            await send(message)

        return wrapped


class _Answer:
    """Remembers whether an answer has begun: then it is too late for another one."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_begun = False

    async def send(self, message: MutableMapping[str, Any]) -> None:
        self.has_begun = True
        await self._send(message)


def _head_bytes(scope: Scope) -> int:
    """Return the size of what a request says before its body."""
    said = sum(len(name) + len(value) for name, value in scope["headers"])
    return said + len(scope.get("raw_path") or scope["path"]) + len(scope["query_string"])


def _head_too_large() -> HeadTooLarge:
    return HeadTooLarge(
        f"The address and the headers of a request have at most {MOST_HEAD_BYTES // 1024} KiB together. "
        "Nothing was done. Remove the cookies of this site and try again."
    )


def _no_ledger_file() -> NotFound:
    return NotFound("The ledger has no such file. Fetch ledger/checkpoint to learn how long it is.")


def _without_body(send: Send) -> Send:
    """Return a send for HEAD: the head of what GET would have answered, and its end at once."""
    has_ended = False

    async def wrapped(message: MutableMapping[str, Any]) -> None:
        nonlocal has_ended
        if message["type"] == "http.response.start":
            await send(message)
        elif not has_ended:
            has_ended = True
            await send({"type": "http.response.body", "body": b""})

    return wrapped


def _kind(path: str) -> str:
    for prefix, kind in _KINDS:
        if path.startswith(prefix):
            return kind
    return "page"


def _files(static: Path) -> Iterable[str]:
    return ("/" + str(path.relative_to(static)) for path in static.rglob("*") if path.name != "index.html")


def _pages(static: Path) -> Iterator[tuple[str, str]]:
    """Yield each language with its page: ``index.html`` is in English, ``index.de.html`` in German."""
    for path in static.glob("index*.html"):
        yield path.stem.removeprefix("index").lstrip(".") or _ENGLISH, path.read_text(encoding="utf-8")


def _language(scope: Scope, offered: Container[str]) -> str:
    """Return the language that the browser asks for first among those offered (RFC 9110, section 12.5.4)."""
    asked = dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1")
    found = [(float(each["weight"] or 1), each["language"].lower()) for each in _ACCEPTED.finditer(asked)]
    wanted = sorted((each for each in found if each[0] > 0), key=lambda each: each[0], reverse=True)
    return next((language for _, language in wanted if language in offered), _ENGLISH)


def _security_headers(*, is_secure: bool) -> Iterable[tuple[bytes, bytes]]:
    yield b"content-security-policy", POLICY.encode()
    yield b"permissions-policy", PERMISSIONS.encode()
    yield b"x-content-type-options", b"nosniff"
    yield b"referrer-policy", b"same-origin"
    yield b"cross-origin-opener-policy", b"same-origin"
    yield b"cross-origin-resource-policy", b"same-origin"
    if is_secure:
        yield b"strict-transport-security", b"max-age=31536000"
