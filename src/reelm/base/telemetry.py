"""Logs and metrics that can be shown to anyone.

Logs are one JSON object per line. A field is replaced by a mark when its name or its value could be
protected data; the filter is the last line of defence, not a licence to log such things. Metric labels take
declared values only, so a person's data cannot become a label.

Logging never raises: a line that cannot be written, on a full disk or of whatever value, is lost, and the
work that it tells of goes on.

    log = telemetry.logger(__name__)
    log.info("vault.put", object_id=object_id, duration_ms=12)
"""

import json
import logging
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from contextlib import suppress
from typing import Any, Generic, TextIO, TypeVar, cast

import prometheus_client
import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.metrics import MetricWrapperBase
from structlog.typing import FilteringBoundLogger, Processor

from reelm.base.ports import Clock
from reelm.base.redaction import describe_exception, redact

M = TypeVar("M", bound=MetricWrapperBase)

OTHER = "other"
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
# These say at "info" which address was asked for; addresses can hold what people typed.
_CHATTY = ("httpx", "httpcore", "sqlalchemy", "aiosqlite", "asyncio")


def logger(name: str) -> FilteringBoundLogger:
    """Return the logger of a module: ``log.info("package.what", field=value)``; safe at import."""
    return cast("FilteringBoundLogger", structlog.get_logger(module=name))


def configure_logs(*, clock: Clock, level: str = "info", stream: TextIO | None = None) -> None:
    """Send all logs of this process, other libraries' included, to ``stream`` (standard error) as JSON lines.

    Call it once, first thing in a process. ``level``: debug, info, warning or error.
    """
    target = cast("TextIO", LossyStream(stream or sys.stderr))
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        _stamp(clock),
        _or_less(_hide),
    ]
    render = _or_less(structlog.processors.JSONRenderer(ensure_ascii=False))
    structlog.configure(
        processors=[*shared, render],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(file=target),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_take_module],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *shared, render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(_LEVELS[level])
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


class LossyStream:
    """A text stream that loses what it cannot write, instead of raising."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write what can be written; return how many characters that are."""
        try:
            return self._stream.write(text.encode("utf-8", "backslashreplace").decode())
        except (OSError, ValueError):  # a full disk, a closed stream, an encoding without the character
            return 0

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()


def _or_less(step: Processor) -> Processor:
    """Return a step that, where it fails, leaves only what the line is about."""

    def run(logger: Any, name: str, event: MutableMapping[str, Any]) -> Any:
        try:
            return step(logger, name, event)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a value, the caller's work goes on
            less = {"event": "telemetry.line-lost", "level": "error", "cause": type(error).__name__}
            return less if step is _hide else json.dumps(less)

    return run


def _stamp(clock: Clock) -> Processor:
    def stamp(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["at"] = clock.now().isoformat(timespec="milliseconds")
        return event

    return stamp


def _take_module(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event["module"] = event["_record"].name
    return event


def _hide(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Filter every field, and turn ``exc_info`` into types, places and messages."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    shown: dict[str, Any] = redact(dict(event))
    if isinstance(error, BaseException):
        shown["exception"] = describe_exception(error)
    return shown


class Metrics:
    """The figures of one process, in a registry of their own, in Prometheus' text format.

    Every label is declared with all the values it may take; any other value is counted as ``other``.
    """

    content_type = prometheus_client.CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)

    def counter(self, name: str, meaning: str, **labels: Sequence[str]) -> "Labelled[Counter]":
        """Make a figure that only grows, named ``reelm_…_total``."""
        return Labelled(Counter(name, meaning, [*labels], registry=self._registry), labels)

    def gauge(self, name: str, meaning: str, **labels: Sequence[str]) -> "Labelled[Gauge]":
        """Make a figure that goes up and down."""
        return Labelled(Gauge(name, meaning, [*labels], registry=self._registry), labels)

    def histogram(
        self, name: str, meaning: str, *, buckets: Sequence[float], **labels: Sequence[str]
    ) -> "Labelled[Histogram]":
        """Make a distribution; ``buckets`` are ascending upper bounds in the unit of the name."""
        metric = Histogram(name, meaning, [*labels], registry=self._registry, buckets=tuple(buckets))
        return Labelled(metric, labels)

    def render(self) -> bytes:
        return generate_latest(self._registry)


class Labelled(Generic[M]):
    """A figure, with the values that its labels may have."""

    def __init__(self, metric: M, labels: Mapping[str, Sequence[str]]) -> None:
        self._metric = metric
        self._allowed = {name: frozenset(values) for name, values in labels.items()}

    def of(self, **labels: str) -> M:
        """Return the figure under these labels, as the library has it.

        Raises:
            ValueError: it has other labels.
        """
        if labels.keys() != self._allowed.keys():
            raise ValueError(f"this metric has the labels {sorted(self._allowed)}, not {sorted(labels)}")
        if not labels:
            return self._metric
        known = {name: value if value in self._allowed[name] else OTHER for name, value in labels.items()}
        return self._metric.labels(**known)
