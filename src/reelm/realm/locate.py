"""On which line a key of a TOML document stands: ``tomllib`` reads values and forgets where they were.

The text must already have been accepted by ``tomllib``; this only walks over it and checks nothing.

Source: toml.io/en/v1.0.0.
"""

import re
import tomllib
from bisect import bisect_right

from reelm.realm.model import KeyPath

_BLANK = re.compile(r"[ \t]*")
_FILLER = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_TEXT = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}' r"|'''.*?'{3,5}" r'|"(?:[^"\\\n]|\\.)*"' r"|'[^'\n]*'",
    re.DOTALL,
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}\n#]+")


def locate(text: str) -> dict[KeyPath, int]:
    """Return the line, from 1, of every table, key and list element, by key path."""
    return _Walk(text).whole()


class _Walk:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._ends = [match.start() for match in re.finditer("\n", text)]
        self._found: dict[KeyPath, int] = {}
        self._counts: dict[KeyPath, int] = {}

    def whole(self) -> dict[KeyPath, int]:
        base: KeyPath = ()
        self._pass(_FILLER)
        while self._at < len(self._text):
            base = self._header() if self._peek() == "[" else self._pair(base)
            self._pass(_FILLER)
        return self._found

    def _header(self) -> KeyPath:
        """``[table]`` or ``[[list of tables]]``: the path that the following keys belong to."""
        start = self._at
        is_list = self._text.startswith("[[", start)
        self._at += 2 if is_list else 1
        *parents, last = self._key()
        self._at += 2 if is_list else 1
        path: KeyPath = ()
        for part in parents:
            path = self._newest((*path, part))
            self._note(path, start)
        path = (*path, last)
        if is_list:
            self._note(path, start)
            self._counts[path] = self._counts.get(path, 0) + 1
        path = self._newest(path)
        self._note(path, start)
        return path

    def _newest(self, path: KeyPath) -> KeyPath:
        """A list of tables stands for its newest element."""
        return (*path, self._counts[path] - 1) if path in self._counts else path

    def _pair(self, base: KeyPath) -> KeyPath:
        start = self._at
        path = base
        for part in self._key():
            path = (*path, part)
            self._note(path, start)
        self._at += 1  # the equals sign
        self._pass(_BLANK)
        self._value(path)
        return base

    def _key(self) -> list[str]:
        parts: list[str] = []
        while True:
            self._pass(_BLANK)
            quoted = _TEXT.match(self._text, self._at)
            if quoted:
                parts.append(tomllib.loads(f"key = {quoted[0]}")["key"])
                self._at = quoted.end()
            else:
                parts.append(self._pass(_BARE_KEY))
            self._pass(_BLANK)
            if self._peek() != ".":
                return parts
            self._at += 1

    def _value(self, path: KeyPath) -> None:
        match self._peek():
            case '"' | "'":
                self._pass(_TEXT)
            case "[":
                self._list(path)
            case "{":
                self._table(path)
            case _:
                self._pass(_SCALAR)

    def _list(self, path: KeyPath) -> None:
        self._at += 1
        index = 0
        while self._next_item("]"):
            self._note((*path, index), self._at)
            self._value((*path, index))
            index += 1

    def _table(self, path: KeyPath) -> None:
        self._at += 1
        while self._next_item("}"):
            self._pair(path)

    def _next_item(self, end: str) -> bool:
        """Whether there is one more item; its comma, and at the last one the bracket, are passed."""
        self._pass(_FILLER)
        if self._peek() == ",":
            self._at += 1
            self._pass(_FILLER)
        if self._peek() == end:
            self._at += 1
            return False
        return True

    def _peek(self) -> str:
        return self._text[self._at]

    def _pass(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        if match is None:
            raise ValueError(f"not TOML at character {self._at}")
        self._at = match.end()
        return match[0]

    def _note(self, path: KeyPath, at: int) -> None:
        self._found.setdefault(path, bisect_right(self._ends, at - 1) + 1 if at else 1)
