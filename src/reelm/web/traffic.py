"""Count what this process answers, without people: kind of request, class of status, seconds."""

from reelm.base import Clock, Metrics

KINDS = ("api", "playback", "segment", "asset", "page", "operations")
STATUSES = ("1xx", "2xx", "3xx", "4xx", "5xx")
_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Traffic:
    """Counts answers; rendered by ``/metrics``."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
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

    def now(self) -> float:
        return self._clock.monotonic_seconds()

    def count(self, kind: str, status: int, since: float) -> None:
        self._answers.of(kind=kind, status=f"{status // 100}xx").inc()
        self._seconds.of(kind=kind).observe(self.now() - since)

    def render(self) -> bytes:
        return self._metrics.render()
