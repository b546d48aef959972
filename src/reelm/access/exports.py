"""Mark files of protected data when they are made, and recognise them when they are found elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reelm.access import store
from reelm.access.watermark import CERTAIN_SIGMAS, Watermark, emails_in
from reelm.base import Tx
from reelm.realm import Keys

_PURPOSE = "accounts/export"


@dataclass(frozen=True, slots=True)
class Leak:
    """An export that a file is from.

    Attributes:
        leaf_index: of the leaf that says who took it and why.
        canary_rows: how many of its rows that nobody has were found; one is proof enough.
        is_in_order: whether the rows stand in its order.
    """

    export_id: str
    taken_at: datetime
    handle: str
    purpose: str
    leaf_index: int | None
    canary_rows: int
    is_in_order: bool


class Exports:
    """Marks exported files and recognises them, with a secret of the realm. Safe to share between tasks."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    async def identify(self, tx: Tx, text: str) -> Sequence[Leak]:
        """Return the exports of this realm that a text is from, newest first."""
        found = emails_in(text)
        leaks = [self._compare(row, found) for row in await store.all_exports(tx)]
        return [leak for leak in leaks if leak.canary_rows or leak.is_in_order]

    def _compare(self, row: store.ExportRow, found: Sequence[str]) -> Leak:
        mark = self.watermark(row.id)
        return Leak(
            export_id=row.id,
            taken_at=row.taken_at,
            handle=row.handle,
            purpose=row.purpose,
            leaf_index=row.leaf_index,
            canary_rows=mark.count_canaries(found),
            is_in_order=mark.sigmas_in_order(found) >= CERTAIN_SIGMAS,
        )

    def watermark(self, export_id: str) -> Watermark:
        """Return the mark of an export: what its file has beside the rows, and their order."""
        return Watermark(self._keys.digest(_PURPOSE, export_id.encode()))
