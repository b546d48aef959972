"""Keep objects open between readers, so that the next range of one costs a single request per provider."""

from weakref import WeakValueDictionary

from reelm.base import LruCache, ObjectId
from reelm.vault.get import Retrieval
from reelm.vault.store import ObjectRecord

_OBJECTS_MAX = 128


class RetrievalCache:
    """Objects that someone reads now, and the most recently read large ones whose every fragment was good.

    None of it opens without a key.
    """

    def __init__(self) -> None:
        self._kept = LruCache[ObjectId, Retrieval](_OBJECTS_MAX)
        self._read_now: WeakValueDictionary[ObjectId, Retrieval] = WeakValueDictionary()

    def find(self, record: ObjectRecord) -> Retrieval | None:
        """Return the open object, if nothing about it has changed; None otherwise."""
        known = self._read_now.get(record.object_id)
        return known if known is not None and known.is_clean and known.record == record else None

    def begin(self, retrieval: Retrieval) -> None:
        """Let readers that come meanwhile share an object."""
        self._read_now[retrieval.record.object_id] = retrieval

    def keep(self, retrieval: Retrieval) -> None:
        """Keep an object unless it is small, or a fragment was missing: that one may be back next time."""
        object_id = retrieval.record.object_id
        if retrieval.is_whole or not retrieval.is_clean:
            self._kept.pop(object_id)
        else:
            self._kept.put(object_id, retrieval)

    def forget(self, object_id: ObjectId) -> None:
        """Close an object for the readers to come."""
        self._kept.pop(object_id)
        self._read_now.pop(object_id, None)
