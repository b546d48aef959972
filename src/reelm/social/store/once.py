"""Rows that exist at most once, however often and however concurrently they are asked for."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite

from reelm.base import Tx


class InsertOnce:
    """An insert that keeps the row that is there: ``ON CONFLICT DO NOTHING``, in the words of each dialect.

    ``key`` is the unique key that may be there already; without one, any unique key of the table.
    """

    def __init__(self, table: Table, *key: Column[Any]) -> None:
        target = list(key) or None
        self._statements: dict[str, Insert] = {
            "sqlite": sqlite.insert(table).on_conflict_do_nothing(target),
            "postgresql": postgresql.insert(table).on_conflict_do_nothing(index_elements=target),
        }

    async def run(self, tx: Tx, row: Mapping[str, Any]) -> bool:
        """Whether the row is new."""
        result = await tx.execute(self._statements[tx.dialect.name], row)
        return result.rowcount == 1
