"""Make the page that problem documents name as their ``type``: every code, and what it is.

It is made from the classes themselves, so a code that a realm can answer with is on its page.
"""

import html
from collections.abc import Iterator
from functools import cache

from reelm.base import ReelmError
from reelm.web.problems import ERRORS_PATH, status_of

__all__ = ["ERRORS_PATH", "error_kinds", "errors_page"]

_TOP = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width"><title>Errors</title></head><body>'
    "<h1>Errors</h1><p>Every answer that is no success is a problem document (RFC 9457). Its "
    "<code>code</code> is stable; its <code>detail</code> says what happened, what state things are in and "
    "what to do.</p><dl>"
)
_RETRYABLE = "The same request may succeed later, without a change."
_LASTING = "The same request will be answered in the same way, as long as nothing changes."


def error_kinds() -> list[type[ReelmError]]:
    """Return every kind of error that this process may meet, by its code."""
    return sorted(set(_below(ReelmError)), key=lambda kind: kind.code)


@cache
def errors_page() -> bytes:
    """Return the page; each code is an anchor in it."""
    return (_TOP + "".join(map(_entry, error_kinds())) + "</dl></body></html>").encode()


def _entry(kind: type[ReelmError]) -> str:
    code, title = html.escape(kind.code, quote=True), html.escape(kind.title)
    what_then = _RETRYABLE if kind.is_retryable else _LASTING
    return f'<dt id="{code}"><code>{code}</code></dt><dd>{title}. Status {status_of(kind)}. {what_then}</dd>'


def _below(kind: type[ReelmError]) -> Iterator[type[ReelmError]]:
    """Yield a kind and all that grow from it in this program; one kind of each code."""
    if kind.__module__.startswith("reelm."):
        yield kind
    for each in kind.__subclasses__():
        yield from _below(each)
