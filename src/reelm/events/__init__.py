"""The realm's log: what happened is said once, in order, and read by whoever needs it.

A package states a ``Fact`` in the transaction of the change it is about (``Events.append``); the ``Relay``
moves committed facts into the ``EventLog``, each once and causes before effects. Signals of players go
straight into the log (``Events.record``). A ``Consumer`` gets every ``Event`` after its cursor, and its
effect and its cursor are one commit. Protected fields are sealed under the person's key: once that is
destroyed they read as ``ERASED``. Whoever states a fact declares its kind with ``@fact``; what a consumer
does not know it gets as an ``UnknownFact``. See docs/explanation/events.md.
"""

from reelm.events.consume import Consumer, Following, Lag, LagGauges, advance
from reelm.events.errors import (
    CursorMoved,
    EventsError,
    FactBroken,
    FactUnknown,
    LogUnavailable,
    RelayBusy,
)
from reelm.events.events import Events
from reelm.events.model import (
    ERASED,
    Entry,
    Erased,
    Event,
    Fact,
    FactKind,
    NumberedEntry,
    UnknownFact,
    declared_kinds,
    fact,
)
from reelm.events.ports import EventLog
from reelm.events.relay import Relay
from reelm.events.wake import POLL_SECONDS, Topic, Waker

__all__ = [
    "ERASED",
    "POLL_SECONDS",
    "Consumer",
    "CursorMoved",
    "Entry",
    "Erased",
    "Event",
    "EventLog",
    "Events",
    "EventsError",
    "Fact",
    "FactBroken",
    "FactKind",
    "FactUnknown",
    "Following",
    "Lag",
    "LagGauges",
    "LogUnavailable",
    "NumberedEntry",
    "Relay",
    "RelayBusy",
    "Topic",
    "UnknownFact",
    "Waker",
    "advance",
    "declared_kinds",
    "fact",
]
