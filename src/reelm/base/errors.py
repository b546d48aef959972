"""The error tree that every package grows from.

::

    ReelmError
    ├── Invalid          the caller sent something that can never work
    ├── TooLarge         it is over a limit, and the limit is in the message
    ├── Unsupported      a media type or format that is not accepted
    ├── Unauthenticated  nobody is signed in, or the proof is wrong
    ├── Forbidden        signed in, but not allowed
    ├── NotFound         no such thing, or not for this viewer
    ├── Gone             it existed and was removed
    ├── Conflict         it clashes with what is there
    ├── TooMany          a rate limit; ``retry_after_seconds`` says how long
    ├── Unavailable      a part of the realm cannot answer now; trying again later may work
    └── Broken           our own fault, or the machine's: bad state, damaged data, missing program

Packages derive from a branch and set ``code``: stable, lower case, ``package.what``. A message says what
happened, what state things are in and what to do. The web maps a branch to an HTTP status and the command
line maps it to an exit code; neither looks at the message.
"""

from typing import ClassVar


class ReelmError(Exception):
    """Something expected went wrong.

    Attributes:
        code: stable name of the situation, documented in ``docs/reference/errors.md``.
        title: the situation in a few words, the same for every occurrence.
        is_retryable: whether the same request may succeed later without a change.
        field: the one field of a request that it is about, by its name there; None when it is not about one.
        retry_after_seconds: when it is worth trying again; None where nobody knows.
        facts: what the reader may want as data (limits, sizes, ids); never protected data.
    """

    code: ClassVar[str] = "base.error"
    title: ClassVar[str] = "Something went wrong"
    is_retryable: ClassVar[bool] = False
    field: str | None = None
    retry_after_seconds: int | None = None

    def __init__(self, detail: str, *, field: str | None = None, **facts: str | float | bool | None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field or type(self).field
        self.facts = facts


class Invalid(ReelmError):
    code = "base.invalid"
    title = "The request is not valid"


class TooLarge(ReelmError):
    code = "base.too-large"
    title = "Over a limit"


class Unsupported(ReelmError):
    code = "base.unsupported"
    title = "Not a format we accept"


class Unauthenticated(ReelmError):
    code = "base.unauthenticated"
    title = "Sign in first"


class Forbidden(ReelmError):
    code = "base.forbidden"
    title = "Not allowed"


class NotFound(ReelmError):
    code = "base.not-found"
    title = "Not found"


class Gone(ReelmError):
    code = "base.gone"
    title = "It was removed"


class Conflict(ReelmError):
    code = "base.conflict"
    title = "It clashes with what is there"


class TooMany(ReelmError):
    """A rate limit was reached."""

    code = "base.too-many"
    title = "Too many requests"
    is_retryable = True
    retry_after_seconds: int

    def __init__(self, detail: str, *, retry_after_seconds: int) -> None:
        super().__init__(detail, retry_after_seconds=retry_after_seconds)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(ReelmError):
    code = "base.unavailable"
    title = "Not available right now"
    is_retryable = True


class Broken(ReelmError):
    code = "base.broken"
    title = "The realm has a fault"
