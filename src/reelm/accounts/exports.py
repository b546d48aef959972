"""Files of protected data: marked when they are made, recognised when they are found elsewhere."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from reelm.accounts.store import staff as store
from reelm.accounts.watermark import CERTAIN_SIGMAS, Watermark, emails_in
from reelm.base import Tx
from reelm.realm import Keys

_PURPOSE = "accounts/export"


@dataclass(frozen=True, slots=True)
class Leak:
    """An export that a file is from.

    Attributes:
        leaf_index: of the leaf that says who took it and why.
        honey_rows: how many of its rows that nobody is were found; one is proof enough.
        is_in_order: whether the rows stand in its order.
    """

    export_id: str
    taken_at: datetime
    handle: str
    purpose: str
    leaf_index: int | None
    honey_rows: int
    is_in_order: bool


class Exports:
    """Marks and recognises them, with a secret of the realm. Safe to share between tasks."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def marked(self, export_id: str, emails: Iterable[str]) -> list[str]:
        """The rows of the file of this export."""
        return self._watermark(export_id).in_order(emails)

    async def identify(self, tx: Tx, text: str) -> Sequence[Leak]:
        """Which exports of this realm a text is from, newest first; none when nothing of them is in it."""
        found = emails_in(text)
        leaks = [self._compare(row, found) for row in await store.all_exports(tx)]
        return [leak for leak in leaks if leak.honey_rows or leak.is_in_order]

    def _compare(self, row: store.ExportRow, found: Sequence[str]) -> Leak:
        mark = self._watermark(row.id)
        return Leak(
            export_id=row.id,
            taken_at=row.taken_at,
            handle=row.handle,
            purpose=row.purpose,
            leaf_index=row.leaf_index,
            honey_rows=mark.honey_in(found),
            is_in_order=mark.sigmas_in_order(found) >= CERTAIN_SIGMAS,
        )

    def _watermark(self, export_id: str) -> Watermark:
        return Watermark(self._keys.digest(_PURPOSE, export_id.encode()))
