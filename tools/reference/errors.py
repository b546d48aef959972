"""docs/reference/errors.md: every stable code."""

from collections.abc import Iterator

from tools.reference.modules import all_modules

from reelm.app import EXIT_CODES, exit_code
from reelm.base import ReelmError
from reelm.web.problems import status_of

_INTRODUCTION = """\
# Errors

What can go wrong, by stable code. Over HTTP an error is a problem document (RFC 9457,
`application/problem+json`) with `type`, `title`, `status`, `code`, `detail`, `retryable`, `facts` and
`field`, the one field of the request that it is about, or null. On the command line it is the title, the
code and the detail, and the exit code of the process. Codes and exit codes do not change; titles and
details may.

"Again" says whether the same request may succeed later without a change.
"""


def error_classes() -> list[type[ReelmError]]:
    """Every class of the tree, by code."""
    all_modules()
    return sorted(set(_below(ReelmError)), key=lambda kind: (kind.code, kind.__name__))


def errors_page() -> str:
    lines = [_INTRODUCTION, "| code | what it is | HTTP | exit | again |", "|---|---|---|---|---|"]
    for kind in error_classes():
        error = _sample(kind)
        again = "yes" if kind.is_retryable else "no"
        lines.append(
            f'| <a id="{kind.code}"></a>`{kind.code}` | {kind.title} | {int(status_of(error))} '
            f"| {exit_code(error)} | {again} |"
        )
    lines += ["", "## Exit codes", "", "| code | when |", "|---|---|", "| 0 | it did what was asked |"]
    lines += ["| 2 | the command itself is wrong |", "| 3 | `./reelm status`: nothing runs |"]
    lines += [f"| {code} | {branch.title.lower()} |" for branch, code in EXIT_CODES.items()]
    lines += ["| 130 | Ctrl-C before there was anything to stop |"]
    return "\n".join(lines)


def _below(kind: type[ReelmError]) -> Iterator[type[ReelmError]]:
    yield kind
    for child in kind.__subclasses__():
        # Classes of tests are not the product's.
        if child.__module__.startswith("reelm."):
            yield from _below(child)


def _sample(kind: type[ReelmError]) -> ReelmError:
    """An instance without its constructor: only its class matters here."""
    return kind.__new__(kind)
