"""Make the ASGI application of an open realm."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias, cast

from litestar import Litestar, Request
from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import License

import reelm
from reelm.base import ReelmError, telemetry
from reelm.web import (
    clips,
    comments,
    encoding,
    operations,
    people,
    session,
    sounds,
    staff,
    storage,
    transparency,
    uploads,
)
from reelm.web.caller import SAFE_METHODS, WITHOUT_COOKIE, Caller, SessionCookie
from reelm.web.errors import BadRequest, TooSlow
from reelm.web.front import App, Front
from reelm.web.limits import Limits
from reelm.web.operations import Traffic
from reelm.web.problems import EXCEPTION_HANDLERS
from reelm.web.storage.routes import Inventory
from reelm.workflows import OpenRealm
from reelm.workflows.operate import sweep

_log = telemetry.logger(__name__)

Connection: TypeAlias = ASGIConnection[Any, Any, Any, Any]
_SERVING = "reelm.serving"

STATIC = Path(__file__).parent / "static"
LARGEST_BODY_BYTES = 64 * 1024
# A body that is taken in whole has this long, and longer for its size; files have a pace of their own.
_BODY_SECONDS = 20
_SLOWEST_BYTES_PER_SECOND = 16 * 1024
_LARGEST_EXPLAINED_BYTES = 4 * 1024**2
ROUTES = [
    *session.ROUTES,
    *people.ROUTES,
    *uploads.ROUTES,
    *clips.ROUTES,
    *comments.ROUTES,
    *encoding.ROUTES,
    *staff.ROUTES,
    *storage.ROUTES,
    *sounds.ROUTES,
    *transparency.ROUTES,
    *operations.ROUTES,
]


def build(realm: OpenRealm, *, public_url: str, static: Path = STATIC) -> App:
    """Return the application of a realm that is open for as long as it serves."""
    serving = Serving.of(realm, public_url=public_url)
    routes: App = framework()

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        await routes({**scope, _SERVING: serving}, receive, send)

    return Front(inner, realm=realm, traffic=serving.traffic, static=static, public_url=public_url)


@dataclass(frozen=True)
class Serving:
    """The parts that all requests to one open realm share; the routes find them in the scope of each."""

    realm: OpenRealm
    cookie: SessionCookie
    limits: Limits
    inventory: Inventory
    traffic: Traffic

    @classmethod
    def of(cls, realm: OpenRealm, *, public_url: str) -> "Serving":
        return cls(
            realm=realm,
            cookie=SessionCookie.of(realm, is_secure=public_url.startswith("https:")),
            limits=Limits.of(realm.clock),
            inventory=Inventory(realm),
            traffic=Traffic(realm),
        )

    @staticmethod
    def answering(connection: Connection) -> "Serving":
        serving = cast("dict[str, Any]", connection.scope)[_SERVING]
        assert isinstance(serving, Serving)  # noqa: S101 - build() puts it there
        return serving


@cache
def framework() -> Litestar:
    """Return the routes alone, without files and headers: what the OpenAPI document describes.

    They are the same for every realm, and making them takes a tenth of a second.
    """
    return Litestar(
        ROUTES,
        dependencies={each.name: _part(each.name) for each in fields(Serving)}
        | {"caller": Provide(_caller, sync_to_thread=False)},
        exception_handlers=EXCEPTION_HANDLERS,
        request_class=JsonRequest,
        guards=[_require_page_token],
        request_max_body_size=LARGEST_BODY_BYTES,
        openapi_config=OpenAPIConfig(
            title="Reelm",
            version=reelm.__version__,
            description="The interface of a realm. Every failure is a problem document with a stable code.",
            license=License(name="Apache-2.0", identifier="Apache-2.0"),
            # Not "/api": the plugin answers every unknown path below its own with a page of HTML.
            path="/api/openapi.json",
            render_plugins=[JsonRenderPlugin(path="/")],
            use_handler_docstrings=True,
        ),
        logging_config=None,
        debug=False,
    )


def _part(name: str) -> Provide:
    """Return the dependency that is this part of what answers a request."""

    def part(request: Request[Any, Any, Any]) -> Any:
        return getattr(Serving.answering(request), name)

    return Provide(part, sync_to_thread=False)


def _caller(request: Request[Any, Any, Any]) -> Caller:
    serving = Serving.answering(request)
    return serving.cookie.caller(request, serving.realm)


def _require_page_token(connection: Connection, route: BaseRouteHandler) -> None:
    """Let nothing change a realm but its own page, and programs that no browser speaks for."""
    if connection.scope.get("method") in SAFE_METHODS or route.opt.get(WITHOUT_COOKIE):
        return
    Serving.answering(connection).cookie.require_page_token(connection)


Opening = Callable[[], AbstractAsyncContextManager[OpenRealm]]


class Deferred:
    """An application whose realm opens when the server starts and closes when it stops."""

    def __init__(self, opening: Opening, *, public_url: str, is_only_receiver: bool) -> None:
        self._opening = opening
        self._public_url = public_url
        self._is_only_receiver = is_only_receiver
        self._app: App | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        assert self._app is not None  # noqa: S101 - the server sends no request before start-up has ended
        await self._app(scope, receive, send)

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        try:
            async with self._opened():
                await send({"type": "lifespan.startup.complete"})
                await receive()
        except ReelmError as error:
            _log.error("web.start-refused", code=error.code, exc_info=error)
            await send({"type": "lifespan.startup.failed", "message": error.detail})
            return
        except Exception as error:  # noqa: BLE001 - the process's edge: the server would go on without a realm
            _log.error("web.start-failed", exc_info=error)
            await send({"type": "lifespan.startup.failed", "message": "The realm could not be opened."})
            return
        await send({"type": "lifespan.shutdown.complete"})

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[None]:
        async with self._opening() as realm:
            if self._is_only_receiver:
                await sweep(realm=realm)
            self._app = build(realm, public_url=self._public_url)
            yield


class JsonRequest(Request[Any, Any, Any]):
    """A request with a hostile body: one that never ends, or JSON whose bytes or depth break the parser."""

    async def body(self) -> bytes:
        """Return the whole body.

        Raises:
            TooSlow: it took longer than its size explains.
        """
        length = self.headers.get("content-length", "")
        size_bytes = min(int(length), _LARGEST_EXPLAINED_BYTES) if length.isdecimal() else 0
        try:
            async with asyncio.timeout(_BODY_SECONDS + size_bytes / _SLOWEST_BYTES_PER_SECOND):
                return await super().body()
        except TimeoutError:
            raise TooSlow(
                "The request did not arrive in time. Nothing was saved. Send it again, at once."
            ) from None

    async def json(self) -> Any:
        """Return the parsed body.

        Raises:
            BadRequest: it is not UTF-8, or nested deeper than any request needs.
        """
        try:
            return await super().json()
        except (UnicodeDecodeError, RecursionError):
            raise BadRequest(
                "The request is not JSON in UTF-8, or is nested too deeply. Nothing was saved."
            ) from None
