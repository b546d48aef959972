"""Every failure becomes one shape: an RFC 9457 problem document with a stable code."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException, PermissionDeniedException, ValidationException
from litestar.openapi.datastructures import ResponseSpec

from reelm import base
from reelm.web.schema import Problem

PROBLEM_TYPE = "application/problem+json"

# One line per branch of the error tree; a new branch without a line is caught by a test.
STATUSES: Mapping[type[base.ReelmError], HTTPStatus] = {
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
}

_log = structlog.get_logger(__name__)


def status_of(error: base.ReelmError) -> HTTPStatus:
    """The status of the branch the error grows from."""
    for kind in type(error).__mro__:
        if kind in STATUSES:
            return STATUSES[kind]
    return HTTPStatus.INTERNAL_SERVER_ERROR


def documented(*statuses: int) -> dict[int, ResponseSpec]:
    """The problem responses of a route, for the OpenAPI document."""
    return {
        status: ResponseSpec(
            Problem,
            generate_examples=False,
            description=HTTPStatus(status).phrase,
            media_type=PROBLEM_TYPE,
        )
        for status in statuses
    }


def problem(error: base.ReelmError) -> Problem:
    """The document of an expected failure."""
    return Problem(
        type=f"/docs/errors#{error.code}",
        title=error.title,
        status=status_of(error),
        code=error.code,
        detail=error.detail,
        retryable=error.is_retryable,
        facts=error.facts,
    )


def answer_expected(request: Request[Any, Any, Any], error: base.ReelmError) -> Response[Problem]:
    """An error of the realm, in its own words."""
    document = problem(error)
    if document.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("request failed", code=error.code, path=request.scope["path"], detail=error.detail)
    headers = {"retry-after": str(error.retry_after_seconds)} if isinstance(error, base.TooMany) else {}
    return _respond(document, headers)


def answer_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    """An error that the web framework found: an unknown path, a body that is not what the route takes."""
    del request
    status = HTTPStatus(error.status_code)
    detail, facts = _explain(error)
    document = Problem(
        type=f"/docs/errors#web.{_slug(status)}",
        title=status.phrase,
        status=status,
        code=f"web.{_slug(status)}",
        detail=detail,
        retryable=False,
        facts=facts,
    )
    return _respond(document, {key: value for key, value in (error.headers or {}).items() if key == "allow"})


def answer_unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """A fault of ours. The cause goes to the log, never to the caller."""
    _log.error("request crashed", path=request.scope["path"], exc_info=error)
    return _respond(
        Problem(
            type="/docs/errors#web.fault",
            title="The realm has a fault",
            status=HTTPStatus.INTERNAL_SERVER_ERROR,
            code="web.fault",
            detail="Something broke on our side and was recorded. Nothing was saved. Try again.",
            retryable=True,
            facts={},
        ),
        {},
    )


def _respond(document: Problem, headers: dict[str, str]) -> Response[Problem]:
    return Response(
        document,
        status_code=document.status,
        media_type=PROBLEM_TYPE,
        headers={"cache-control": "no-store", **headers},
    )


def _explain(error: HTTPException) -> tuple[str, dict[str, str | int | float | bool | None]]:
    if isinstance(error, ValidationException):
        faults = error.extra if isinstance(error.extra, list) else []
        facts: dict[str, str | int | float | bool | None] = {
            str(fault.get("key", "body")): str(fault.get("message", ""))
            for fault in faults
            if isinstance(fault, dict)
        }
        return "A field is missing or has the wrong type. Nothing was saved.", facts
    if isinstance(error, PermissionDeniedException):
        return (
            "The request did not carry the page's token (header x-csrftoken, equal to the csrftoken cookie). "
            "Nothing was done. Reload the page and try again."
        ), {}
    return error.detail or HTTPStatus(error.status_code).description, {}


def _slug(status: HTTPStatus) -> str:
    return status.phrase.lower().replace(" ", "-").replace("'", "")


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
    "documented",
    "problem",
    "status_of",
]
