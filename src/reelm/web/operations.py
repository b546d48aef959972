"""Count what this process answers, and serve health and metrics to those who run the realm."""

from typing import Literal

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import SkipValidation
from msgspec import Struct

from reelm.base import Metrics, ReelmError, telemetry
from reelm.events import LagGauges
from reelm.web.parameters import Realm
from reelm.web.problems import documented
from reelm.workflows import OpenRealm

KINDS = ("api", "playback", "segment", "asset", "page", "operations")
STATUSES = ("1xx", "2xx", "3xx", "4xx", "5xx")
_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_log = telemetry.logger(__name__)


class Traffic:
    """Counts answers without people: kind of request, class of status, seconds; shown by ``/metrics``.

    So is how far the consumers of the event log are behind it.
    """

    def __init__(self, realm: OpenRealm) -> None:
        self._clock = realm.clock
        self._events = realm.events
        self._metrics = Metrics()
        self._answers = self._metrics.counter(
            "reelm_answers_total", "Answers sent.", kind=KINDS, status=STATUSES
        )
        self._seconds = self._metrics.histogram(
            "reelm_answer_seconds",
            "From the request's head to the answer's head.",
            buckets=_BUCKETS,
            kind=KINDS,
        )
        self._lags = LagGauges(self._metrics, [each.name for each in self._events.consumers])

    def now(self) -> float:
        return self._clock.monotonic_seconds()

    def count(self, kind: str, status: int, since: float) -> None:
        self._answers.of(kind=kind, status=f"{status // 100}xx").inc()
        self._seconds.of(kind=kind).observe(self.now() - since)

    async def render(self) -> bytes:
        """Return all figures as text; a lag that cannot be known now is not a number."""
        try:
            self._lags.show(await self._events.lags())
        except ReelmError as error:
            _log.warning("web.lag-unknown", code=error.code)
            self._lags.show({})
        return self._metrics.render()


Counted = NamedDependency[SkipValidation[Traffic]]


class Health(Struct, frozen=True, kw_only=True):
    """Whether this process can answer."""

    status: Literal["ok", "degraded"]
    problems: list[str]


@get("/health/live", operation_id="read_liveness", responses=documented(), tags=["operations"])
async def read_liveness() -> Health:
    """Whether this process runs at all."""
    return Health(status="ok", problems=[])


@get(
    "/health/ready",
    operation_id="read_readiness",
    responses=documented()
    | {503: ResponseSpec(Health, generate_examples=False, description="cannot answer now")},
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


@get(
    "/metrics",
    operation_id="read_metrics",
    responses=documented(),
    tags=["operations"],
    media_type="text/plain",
)
async def read_metrics(traffic: Counted) -> Response[bytes]:
    """Prometheus metrics: of this process, and of the realm's log; no label holds anything about a person."""
    return Response(await traffic.render(), media_type="text/plain; version=0.0.4; charset=utf-8")


ROUTES = [read_liveness, read_readiness, read_metrics]
