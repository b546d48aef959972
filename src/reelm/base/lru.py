"""Keep the values that were used last, up to a total weight."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class LruCache(Generic[K, V]):
    """A bounded map that forgets its least recently used entries first.

    Attributes:
        max_weight: the sum of weights that is kept; the newest entry is kept whatever it weighs.
    """

    def __init__(self, max_weight: int) -> None:
        self.max_weight = max_weight
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._weight = 0

    def get(self, key: K) -> V | None:
        """Return the value of a key and count it as just used; None when there is none."""
        if key not in self._entries:
            return None
        self._entries.move_to_end(key)
        return self._entries[key][0]

    def peek(self, key: K) -> V | None:
        """Return the value of a key without counting it as used; None when there is none."""
        found = self._entries.get(key)
        return None if found is None else found[0]

    def oldest(self) -> tuple[K, V] | None:
        """Return what was used least recently, with its key; None when there is nothing."""
        if not self._entries:
            return None
        key = next(iter(self._entries))
        return key, self._entries[key][0]

    def put(self, key: K, value: V, *, weight: int = 1) -> list[K]:
        """Set the value of a key, count it as just used, and return the keys that were forgotten for it."""
        self.pop(key)
        self._entries[key] = value, weight
        self._weight += weight
        forgotten: list[K] = []
        while self._weight > self.max_weight and len(self._entries) > 1:
            oldest, (_, freed) = self._entries.popitem(last=False)
            self._weight -= freed
            forgotten.append(oldest)
        return forgotten

    def pop(self, key: K) -> V | None:
        """Forget a key and return its value; None when there is none."""
        value, weight = self._entries.pop(key, (None, 0))
        self._weight -= weight
        return value

    def __len__(self) -> int:
        return len(self._entries)
