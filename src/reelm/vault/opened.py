"""Objects kept open between readers, so that the next range of one costs a single request per provider."""

from collections import OrderedDict
from weakref import WeakValueDictionary

from reelm.base import ObjectId
from reelm.vault.get import Retrieval
from reelm.vault.store import ObjectRecord

_OBJECTS_MAX = 128


class Opened:
    """Objects that someone reads now, and the most recently read large ones whose every fragment was good.

    None of it opens without a key.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[ObjectId, Retrieval] = OrderedDict()
        self._read_now: WeakValueDictionary[ObjectId, Retrieval] = WeakValueDictionary()

    def find(self, record: ObjectRecord) -> Retrieval | None:
        known = self._read_now.get(record.object_id)
        return known if known is not None and known.is_clean and known.record == record else None

    def begin(self, retrieval: Retrieval) -> None:
        """Let readers that come meanwhile share it."""
        self._read_now[retrieval.record.object_id] = retrieval

    def keep(self, retrieval: Retrieval) -> None:
        """Keep it unless it is small, or a fragment was missing: that one may be back next time."""
        object_id = retrieval.record.object_id
        if retrieval.is_whole or not retrieval.is_clean:
            self._kept.pop(object_id, None)
            return
        self._kept[object_id] = retrieval
        self._kept.move_to_end(object_id)
        if len(self._kept) > _OBJECTS_MAX:
            self._kept.popitem(last=False)

    def forget(self, object_id: ObjectId) -> None:
        self._kept.pop(object_id, None)
        self._read_now.pop(object_id, None)
