"""What can go wrong with an audit or a witness.

::

    AuditError
    ├── Malformed     bytes that are not of the format they should be
    ├── Untrusted     a signature, proof or quorum that does not hold
    ├── Absent        the log, or the copy of it, does not have what was asked for
    │   └── TooLarge      it has something in its place that is larger than it can be
    ├── Unreachable   the log could not be asked; this says nothing about it
    │   └── OutOfBudget   nor will it be: the time or the bytes of this run are used up
    ├── Unusable      a file of ours (kept state, key, configuration) cannot be used
    └── Misused       the command line asks for something that makes no sense

A message says what happened and what to do. ``Malformed``, ``Untrusted`` and ``Absent`` speak against whoever
published the bytes; the others do not.
"""


class AuditError(Exception):
    """Something expected went wrong."""


class Malformed(AuditError):
    """Bytes that are not of their format."""


class Untrusted(AuditError):
    """A signature, proof or quorum that does not hold."""


class Absent(AuditError):
    """The log does not have it."""


class TooLarge(Absent):
    """The log has something larger in its place."""


class Unreachable(AuditError):
    """The log could not be asked."""


class OutOfBudget(Unreachable):
    """The time or the bytes of this run are used up."""


class Unusable(AuditError):
    """A file of our own cannot be used."""


class Misused(AuditError):
    """The command line makes no sense."""
