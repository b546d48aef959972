"""Count what this process answers, without people: kind of request, class of status, seconds."""

from reelm.base import Metrics, ReelmError, telemetry
from reelm.events import LagGauges
from reelm.workflows import OpenRealm

KINDS = ("api", "playback", "segment", "asset", "page", "operations")
STATUSES = ("1xx", "2xx", "3xx", "4xx", "5xx")
_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

_log = telemetry.logger(__name__)


class Traffic:
    """Counts answers, and shows how far the consumers of the log are; rendered by ``/metrics``."""

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
        self._answers.add(kind=kind, status=f"{status // 100}xx")
        self._seconds.observe(self.now() - since, kind=kind)

    async def render(self) -> bytes:
        """Return all figures as text; a lag that cannot be known now is not a number."""
        try:
            self._lags.show(await self._events.lags())
        except ReelmError as error:
            _log.warning("web.lag-unknown", code=error.code)
            self._lags.show({})
        return self._metrics.render()
