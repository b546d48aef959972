"""Every column says what it holds, and what must be sealed can only be stored sealed."""

import pytest
from sqlalchemy import Column
from tools.reference.modules import all_modules

from reelm.base import DataClass, Keyed, Sealed, metadata
from reelm.events.adapters.sqlite_log import log_metadata
from reelm.web.transparency.kept import KEPT

all_modules()
TABLES = [*metadata.sorted_tables, *log_metadata.sorted_tables]  # the log has a file of its own
COLUMNS = [column for table in TABLES for column in table.columns]


def test_there_are_records_at_all() -> None:
    assert COLUMNS


@pytest.mark.parametrize("column", COLUMNS, ids=str)
def test_a_column_has_a_data_class_and_the_type_it_asks_for(column: Column[object]) -> None:
    klass = column.info.get("class")
    assert isinstance(klass, DataClass), "declare it with base.column(..., klass=...)"
    if klass in {DataClass.PROTECTED, DataClass.SECRET}:
        assert isinstance(column.type, Sealed | Keyed), f"{klass} data is stored sealed or as a keyed hash"


def test_every_table_is_in_the_public_inventory_once() -> None:
    named = [name for keeping in KEPT for name in keeping.tables]
    assert sorted(named) == sorted(metadata.tables), "say in web/transparency/kept.py what it is kept for"
