"""Keep from logs and tracebacks what may not be said: secrets that hide, a filter over names and values."""

import ipaddress
import re
import traceback
from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePath
from typing import Any, NoReturn

from sqlalchemy.exc import StatementError

from reelm.base.classes import KeyedDigest, SealedBytes
from reelm.base.errors import ReelmError

HIDDEN = "[hidden]"
_HIDDEN_NAMES = re.compile(
    r"(^|[_-])(password|passphrase|secret|token|cookie|cookies|authorization|credential|credentials|csrf|csrftoken"
    r"|email|e_mail|mail|phone|birth_date|ip|address|addr|client|peer|user_agent|headers|query|body|content"
    r"|plaintext|caption|comment|message_text|kek|dek|key|private_key|parameters|params|locals)$",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"[^\s@<>\"'(),:;\[\]]{1,64}(?:@|%40)[^\s@<>\"'(),:;\[\]]+\.[^\s@<>\"'(),:;\[\]]+")
_ADDRESS = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]{0,4}(?::[0-9a-fA-F.]{0,15}){2,8})(?!\w|\.\w)"
)
_LONGEST_TEXT = 2_000
_LONGEST_WORD = 400
_DEEPEST = 6
_FRAMES = 30


class Secret:
    """Bytes that hide from ``repr``, ``str``, ``format`` and pickling; ``reveal()`` is the only way out."""

    __slots__ = ("_raw",)

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def reveal(self) -> bytes:
        return self._raw

    def __repr__(self) -> str:
        return "Secret(hidden)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._raw == self._raw

    def __hash__(self) -> int:
        return hash(self._raw)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is never pickled")


def redact(value: Any, *, depth: int = 0) -> Any:
    """Return a copy fit for a log: plain JSON values, without what could be protected or secret.

    Bytes are never shown, only counted. E-mail and network addresses inside text are replaced.
    """
    if depth >= _DEEPEST:
        return "[too deep]"
    if isinstance(value, Mapping):
        return {
            _redact_text(str(name)): HIDDEN
            if _HIDDEN_NAMES.search(str(name))
            else redact(inner, depth=depth + 1)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [redact(inner, depth=depth + 1) for inner in value]
    return _redact_one(value)


def names_someone(text: str) -> bool:
    """Return whether a text holds an e-mail or network address, by which somebody could be found."""
    may_be_mail = "@" in text or "%40" in text
    may_be_address = text.count(":") > 1 or text.count(".") > 2
    return (may_be_mail and bool(_EMAIL.search(text))) or (
        may_be_address and _ADDRESS.sub(_redact_address, text) != text
    )


def describe_exception(error: BaseException, *, depth: int = 0) -> list[dict[str, Any]]:
    """Return the chain of causes, newest first: type, message, notes, and where it passed through.

    The messages of our own errors are made to be shown. Others are shown filtered, and those of the database
    without the statement's parameters. Local variables are never looked at. What was raised ``from None``
    keeps its cause here: that leaves it out for whoever made the request, not for whoever mends the realm.
    """
    chain: list[dict[str, Any]] = []
    current: BaseException | None = error
    while current is not None and len(chain) < _DEEPEST:
        chain.append(_describe_one(current, depth=depth))
        current = current.__cause__ or current.__context__
    return chain


def _describe_one(error: BaseException, *, depth: int) -> dict[str, Any]:
    # Walked by hand: extract_tb would also read the source lines.
    places = [(frame.f_code, line) for frame, line in traceback.walk_tb(error.__traceback__)][-_FRAMES:]
    described: dict[str, Any] = {
        "type": type(error).__qualname__,
        "message": _redact_text(_message(error)),
        "frames": [f"{_short(code.co_filename)}:{line} {code.co_name}" for code, line in places],
    }
    if notes := getattr(error, "__notes__", None):
        # The last words of a program that failed; the end of them says why.
        described["notes"] = [_redact_text(_tail(str(note))) for note in notes]
    if isinstance(error, BaseExceptionGroup) and depth < _DEEPEST:
        described["parts"] = [
            describe_exception(part, depth=depth + 1) for part in error.exceptions[:_DEEPEST]
        ]
    return described


def _redact_one(value: Any) -> Any:
    match value:
        case None | bool() | int() | float():
            return value
        case str() | PurePath() | datetime():
            return _redact_text(str(value))
        case Secret() | SealedBytes() | KeyedDigest():
            return HIDDEN
        case bytes() | bytearray() | memoryview():
            return f"[{len(value)} bytes]"
        case BaseException():
            return f"{type(value).__qualname__}: {_redact_text(_message(value))}"
        case _:
            # It may hold anything: its type is enough.
            return f"[{type(value).__qualname__}]"


def _redact_text(text: str) -> str:
    short = text if len(text) <= _LONGEST_TEXT else _head(text)
    return _ADDRESS.sub(_redact_address, _EMAIL.sub("[e-mail]", short))


def _head(text: str) -> str:
    """The beginning of a long text, without the word at the cut: half an address would not be recognised."""
    head = text[:_LONGEST_TEXT]
    last = max(head.rfind(" "), head.rfind("\n"), _LONGEST_TEXT - _LONGEST_WORD)
    return head[:last] + " …"


def _tail(text: str) -> str:
    """The end of a long text, without the word at the cut."""
    if len(text) <= _LONGEST_TEXT:
        return text
    tail = text[-_LONGEST_TEXT:]
    found = re.search(r"\s", tail[:_LONGEST_WORD])
    return "… " + tail[found.end() if found else _LONGEST_WORD :]


def _redact_address(match: re.Match[str]) -> str:
    try:
        address = ipaddress.ip_address(match[0].rstrip("."))  # the end of a sentence is none of an address
    except ValueError:
        return match[0]
    # The realm's own listening addresses are not a person's.
    return match[0] if address.is_loopback or address.is_unspecified else "[address]"


def _message(error: BaseException) -> str:
    if isinstance(error, ReelmError):
        return error.detail
    if isinstance(error, StatementError):
        # PostgreSQL repeats values after the first line; SQLAlchemy appends the parameters to its own text.
        return str(error.orig).partition("\n")[0]
    return str(error)


def _short(filename: str) -> str:
    _, found, rest = filename.rpartition("/site-packages/")
    if found:
        return rest
    _, found, rest = filename.rpartition("/src/reelm/")
    return f"reelm/{rest}" if found else PurePath(filename).name
