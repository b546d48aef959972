"""For those who run the realm: health and metrics."""

from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec

from reelm.base import ReelmError, telemetry
from reelm.web import schema
from reelm.web.routes import Counted, Realm

_log = telemetry.logger(__name__)


@get("/health/live", operation_id="read_liveness", tags=["operations"])
async def read_liveness() -> schema.Health:
    """Whether this process runs at all."""
    return schema.Health(status="ok", problems=[])


@get(
    "/health/ready",
    operation_id="read_readiness",
    responses={503: ResponseSpec(schema.Health, generate_examples=False, description="cannot answer now")},
    tags=["operations"],
)
async def read_readiness(realm: Realm) -> Response[schema.Health]:
    """Whether this process can answer: 503 when it cannot, "degraded" when something is at risk."""
    try:
        await realm.database.check()
    except ReelmError as error:
        _log.error("web.not-ready", code=error.code, exc_info=error)
        return Response(schema.Health(status="degraded", problems=[error.detail]), status_code=503)
    stores = [
        f"store {store.provider}: {store.detail}"
        for store in await realm.vault.health()
        if not store.is_reachable
    ]
    return Response(schema.Health(status="degraded" if stores else "ok", problems=stores))


@get("/metrics", operation_id="read_metrics", tags=["operations"], media_type="text/plain")
async def read_metrics(traffic: Counted) -> Response[bytes]:
    """Prometheus metrics of this process; no label holds anything about a person."""
    return Response(traffic.render(), media_type="text/plain; version=0.0.4; charset=utf-8")


ROUTES = [read_liveness, read_readiness, read_metrics]
