"""Make every failure one shape: an RFC 9457 problem document with a stable code."""

import errno
import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Annotated, Any

import structlog
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec
from msgspec import Meta, Struct

from reelm import base, media
from reelm.web import errors

ERRORS_PATH = "/docs/errors"
PROBLEM_TYPE = "application/problem+json"

# A status of the tus protocol, which HTTP itself does not have.
CHECKSUM_MISMATCH = 460

# One line per branch of the error tree; a new branch without a line is caught by a test.
STATUSES: Mapping[type[base.ReelmError], int] = {
    base.Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    base.TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    base.Unsupported: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    base.Unauthenticated: HTTPStatus.UNAUTHORIZED,
    base.Forbidden: HTTPStatus.FORBIDDEN,
    base.NotFound: HTTPStatus.NOT_FOUND,
    base.Gone: HTTPStatus.GONE,
    base.Conflict: HTTPStatus.CONFLICT,
    base.TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    base.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    base.Broken: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.BadRequest: HTTPStatus.BAD_REQUEST,
    errors.MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    errors.HeadTooLarge: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.TooSlow: HTTPStatus.REQUEST_TIMEOUT,
    errors.WrongTusVersion: HTTPStatus.PRECONDITION_FAILED,
    media.UploadBusy: HTTPStatus.LOCKED,
    media.Interrupted: HTTPStatus.LOCKED,  # every tus client goes on after this one
    media.ChecksumMismatch: CHECKSUM_MISMATCH,
}

# In the words of RFC 9110, which Python has since 3.13; the document is the same under every Python.
_PHRASES: Mapping[int, str] = {
    CHECKSUM_MISMATCH: "Checksum Mismatch",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Content Too Large",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Unprocessable Content",
}

_MISFIT: tuple[type[base.ReelmError], str] = (
    errors.BadRequest,
    "The request is not written as this address expects it. Nothing was saved.",
)
# What the web framework refuses by itself.
_WORDS: Mapping[int, tuple[type[base.ReelmError], str]] = {
    HTTPStatus.NOT_FOUND: (errors.NoSuchAddress, "There is nothing at this address. Check it."),
    HTTPStatus.METHOD_NOT_ALLOWED: (
        errors.MethodNotAllowed,
        "This address does not take that method. Nothing was done.",
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
        errors.BodyTooLarge,
        "The request is larger than any of its kind needs. Nothing was saved.",
    ),
}

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_MISSING = re.compile(r"missing required field `(\w+)`")

_log = structlog.get_logger(__name__)


class Problem(Struct, frozen=True, kw_only=True):
    """Why a request failed (RFC 9457), with a stable ``code`` and, where it helps, facts."""

    type: Annotated[str, Meta(description="where the code is documented")]
    title: str
    status: int
    code: Annotated[str, Meta(description="stable name of the situation, such as `social.handle-taken`")]
    detail: Annotated[str, Meta(description="what happened, what state things are in, what to do")]
    retryable: bool
    facts: dict[str, str | float | bool | None]
    field: Annotated[
        str | None,
        Meta(description="the one field of the request that it is about, such as `caption`"),
    ] = None


def status_of(error: base.ReelmError | type[base.ReelmError]) -> int:
    """Return the status of the branch the error grows from."""
    for kind in (error if isinstance(error, type) else type(error)).__mro__:
        if kind in STATUSES:
            return STATUSES[kind]
    return HTTPStatus.INTERNAL_SERVER_ERROR


def documented(*statuses: int) -> dict[int, ResponseSpec]:
    """Return the problem responses of a route, for the OpenAPI document; some are every route's."""
    more = {HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE}
    if HTTPStatus.REQUEST_ENTITY_TOO_LARGE in statuses:
        more.add(HTTPStatus.REQUEST_TIMEOUT)
    return {
        int(status): ResponseSpec(
            Problem,
            generate_examples=False,
            description=_phrase(status),
            media_type=PROBLEM_TYPE,
        )
        for status in sorted({*statuses, *more})
    }


def _phrase(status: int) -> str:
    return _PHRASES.get(status) or HTTPStatus(status).phrase


def report(path: str, error: base.ReelmError) -> Problem:
    """Return the document of an expected failure; one that is the realm's own fault is logged with its cause.

    Args:
        path: of the request.
        error: what the request ended with.
    """
    document = problem(error)
    if document.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("request failed", code=error.code, path=path, detail=error.detail, exc_info=error)
    return document


def problem(error: base.ReelmError) -> Problem:
    """Return the document of a failure that is in the log, or need not be."""
    return Problem(
        type=f"{ERRORS_PATH}#{error.code}",
        title=error.title,
        status=status_of(error),
        code=error.code,
        detail=error.detail,
        retryable=error.is_retryable,
        facts={**error.facts},
        field=error.field,
    )


def answer_expected(request: Request[Any, Any, Any], error: base.ReelmError) -> Response[Problem]:
    """Answer with an error of the realm, in its own words."""
    document = report(request.scope["path"], error)
    seconds = error.retry_after_seconds
    return _respond(document, {} if seconds is None else {"retry-after": str(seconds)})


def answer_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    """Answer with an error of the web framework: an unknown path, a body that the route does not take."""
    del request
    allowed = {key: value for key, value in (error.headers or {}).items() if key.lower() == "allow"}
    return _respond(problem(_in_our_words(error)), allowed)


def answer_unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """Answer with a fault of ours. The cause goes to the log, never to the caller."""
    return _respond(problem(fault(request.scope["path"], error)), {})


def fault(path: str, error: Exception) -> base.ReelmError:
    """Log an error that nobody expected; return what to say of it."""
    _log.error("request crashed", path=path, exc_info=error)
    if any(isinstance(each, OSError) and each.errno in _NO_ROOM for each in _causes(error)):
        return errors.DiskFull(
            "The realm has no disk space left. What this request was to write was not kept. Try again later; "
            "the operator has to free some space first."
        )
    return errors.Fault("Something broke on our side and was recorded. Nothing was saved. Try again.")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _in_our_words(error: HTTPException) -> base.ReelmError:
    if isinstance(error, ValidationException):
        faults = _faults(error)
        return errors.BadRequest(
            "A field is missing or has the wrong type. Nothing was saved.", field=_field(faults), **faults
        )
    if error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return fault("the web framework", error)
    kind, detail = _WORDS.get(error.status_code, _MISFIT)
    return kind(detail)


def _faults(error: ValidationException) -> dict[str, str]:
    found = error.extra if isinstance(error.extra, list) else []
    return {
        str(each.get("key", "body")): str(each.get("message", "")) for each in found if isinstance(each, dict)
    }


def _field(faults: Mapping[str, str]) -> str | None:
    """Return the path of the first field at fault, such as `subjects[1]`; None when none is named."""
    for key, message in faults.items():
        path = "" if key in {"body", "data"} else key
        missing = _MISSING.search(message)
        return f"{path}.{missing[1]}".lstrip(".") if missing else path or None
    return None


def _respond(document: Problem, headers: dict[str, str]) -> Response[Problem]:
    return Response(
        document,
        status_code=document.status,
        media_type=PROBLEM_TYPE,
        headers={"cache-control": "no-store", **headers},
    )


EXCEPTION_HANDLERS: dict[int | type[Exception], Any] = {
    base.ReelmError: answer_expected,
    HTTPException: answer_http,
    Exception: answer_unexpected,
}

__all__ = [
    "EXCEPTION_HANDLERS",
    "PROBLEM_TYPE",
    "STATUSES",
    "MediaType",
    "Problem",
    "documented",
    "fault",
    "problem",
    "report",
    "status_of",
]
