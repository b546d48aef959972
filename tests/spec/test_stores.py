"""What docs/spec/stores.md says of folders, buckets and tables is what is there."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from reelm.base import metadata
from reelm.vault.adapters.folder import FolderStore
from support.machine.source import ROOT

SPEC = ROOT / "docs" / "spec"
PAGE = (SPEC / "stores.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (?:`(?P<table>\w+)`)? ?\| (?P<columns>`[^|]+`) \|", re.MULTILINE)


def columns_of(page: str) -> Iterator[tuple[str, str]]:
    """Yield the columns that a page names, with their tables."""
    for part in page.split("| table | column | holds |\n")[1:]:
        table = ""
        for line in part.partition("\n\n")[0].splitlines():
            if found := ROW.match(line):
                table = found["table"] or table
                yield from ((table, column) for column in re.findall(r"`(\w+)`", found["columns"]))


@pytest.mark.parametrize("name", ["stores.md", "keys.md"])
def test_every_column_on_the_page_is_in_the_database(name: str) -> None:
    named = list(columns_of((SPEC / name).read_text(encoding="utf-8")))
    assert len(named) >= 10
    assert [(table, column) for table, column in named if column not in metadata.tables[table].c] == []


async def test_a_folder_is_laid_out_as_the_page_says(tmp_path: Path) -> None:
    store = FolderStore.open(tmp_path / "store", provider="store-1", create=True)
    name = "ab" + "12" * 31
    writer = await store.create(name, head_bytes=4)
    await writer.write([b"ment"])
    await writer.finish(b"frag")
    await store.close()
    folders = {f"{number:02x}" for number in range(256)}
    assert {path.name for path in (tmp_path / "store").iterdir()} == {"reelm-store", "unfinished", *folders}
    assert json.loads((tmp_path / "store" / "reelm-store").read_bytes()) == {
        "format": 1,
        "provider": "store-1",
    }
    assert (tmp_path / "store" / "ab" / name).read_bytes() == b"fragment"
    for said in ("`reelm-store`", "`format`, the number 1", "`provider`", "`00` to `ff`", "`unfinished/`"):
        assert said in PAGE


def test_every_purpose_of_a_key_of_the_realm_is_on_the_page() -> None:
    page = (SPEC / "keys.md").read_text(encoding="utf-8")
    used = {
        purpose
        for path in (ROOT / "src" / "reelm").rglob("*.py")
        for purpose in re.findall(r'\b(?:realm_key|secret)\("([\w/.]+)"\)', path.read_text(encoding="utf-8"))
    }
    assert len(used) >= 8
    assert sorted(purpose for purpose in used if f"`{purpose}`" not in page) == []
