"""Key material that cannot slip into a log, a traceback or a pickle."""

from typing import NoReturn


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
