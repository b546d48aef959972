"""Objects kept open between readers, so that the next range of one costs a single request per provider."""

from collections import OrderedDict

from reelm.base import ObjectId
from reelm.vault.get import Retrieval
from reelm.vault.store import ObjectRecord

_OBJECTS_MAX = 128


class Opened:
    """The most recently read large objects whose every fragment was good; none of it opens without a key."""

    def __init__(self) -> None:
        self._kept: OrderedDict[ObjectId, Retrieval] = OrderedDict()

    def find(self, record: ObjectRecord) -> Retrieval | None:
        kept = self._kept.get(record.object_id)
        return kept if kept is not None and kept.is_clean and kept.record == record else None

    def keep(self, retrieval: Retrieval) -> None:
        """Keep it unless it is small, or a fragment was missing: that one may be back next time."""
        object_id = retrieval.record.object_id
        if retrieval.is_whole or not retrieval.is_clean:
            self.forget(object_id)
            return
        self._kept[object_id] = retrieval
        self._kept.move_to_end(object_id)
        if len(self._kept) > _OBJECTS_MAX:
            self._kept.popitem(last=False)

    def forget(self, object_id: ObjectId) -> None:
        self._kept.pop(object_id, None)
