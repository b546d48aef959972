"""Serve health and metrics to those who run the realm."""

from typing import Literal

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import SkipValidation
from msgspec import Struct

from reelm.base import ReelmError, telemetry
from reelm.web.parameters import Realm
from reelm.web.traffic import Traffic

Counted = NamedDependency[SkipValidation[Traffic]]

_log = telemetry.logger(__name__)


class Health(Struct, frozen=True, kw_only=True):
    """Whether this process can answer."""

    status: Literal["ok", "degraded"]
    problems: list[str]


@get("/health/live", operation_id="read_liveness", tags=["operations"])
async def read_liveness() -> Health:
    """Whether this process runs at all."""
    return Health(status="ok", problems=[])


@get(
    "/health/ready",
    operation_id="read_readiness",
    responses={503: ResponseSpec(Health, generate_examples=False, description="cannot answer now")},
    tags=["operations"],
)
async def read_readiness(realm: Realm) -> Response[Health]:
    """Whether this process can answer: 503 when it cannot, "degraded" when something is at risk."""
    try:
        await realm.database.check()
    except ReelmError as error:
        _log.error("web.not-ready", code=error.code, exc_info=error)
        return Response(Health(status="degraded", problems=[error.detail]), status_code=503)
    stores = [
        f"store {store.provider}: {store.detail}"
        for store in await realm.vault.health()
        if not store.is_reachable
    ]
    return Response(Health(status="degraded" if stores else "ok", problems=stores))


@get("/metrics", operation_id="read_metrics", tags=["operations"], media_type="text/plain")
async def read_metrics(traffic: Counted) -> Response[bytes]:
    """Prometheus metrics: of this process, and of the realm's log; no label holds anything about a person."""
    return Response(await traffic.render(), media_type="text/plain; version=0.0.4; charset=utf-8")


ROUTES = [read_liveness, read_readiness, read_metrics]
