"""Errors of the realm's log.

::

    EventsError
    ├── FactUnknown      a kind of fact that nobody declared, or a version of it from the future
    ├── FactBroken       a stored fact that cannot be read as its kind
    ├── RelayBusy        another process moves the facts of this realm
    ├── CursorMoved      another process runs this consumer
    └── LogUnavailable   the log did not answer; what was handed to it may be in it or not
"""

from reelm.base import Broken, Conflict, Invalid, ReelmError, Unavailable


class EventsError(ReelmError):
    code = "events.error"


class FactUnknown(EventsError, Invalid):
    code = "events.fact-unknown"
    title = "No such kind of fact"


class FactBroken(EventsError, Broken):
    code = "events.fact-broken"
    title = "A stored fact cannot be read"


class RelayBusy(EventsError, Conflict):
    code = "events.relay-busy"
    title = "Another process moves the facts of this realm"


class CursorMoved(EventsError, Conflict):
    code = "events.cursor-moved"
    title = "Another process runs this consumer"


class LogUnavailable(EventsError, Unavailable):
    code = "events.log-unavailable"
    title = "The log cannot be reached"
    is_retryable = True
