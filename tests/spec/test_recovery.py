"""The page of recovery says what is there: stores, tables and columns, and what ``key_epoch`` 0 means."""

import json
import re
from pathlib import Path

import pytest
from tools import keys as keys_tool
from tools import recover as recover_tool

import reelm.app  # noqa: F401 - declares every table
from reelm.base import AccountId, Database, metadata
from reelm.vault.adapters.folder import FolderStore
from support.machine.source import ROOT
from support.realm.keyed import opened

PAGE = (ROOT / "docs" / "spec" / "recovery.md").read_text(encoding="utf-8")
KEYS_PAGE = (ROOT / "docs" / "spec" / "keys.md").read_text(encoding="utf-8")
OWNER = AccountId("01h455vb4pex5vsknk084sn02q")
NAME = "ab" + "12" * 31


def told(page: str) -> dict[str, set[str]]:
    """The columns of each table that a page names, in its rows of a table and a column."""
    found: dict[str, set[str]] = {}
    table = ""
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|") or len(cells) < 3:
            continue
        named = re.fullmatch(r"`([a-z_]+)`", cells[0])
        if named and named.group(1) in metadata.tables:
            table = named.group(1)
        elif cells[0]:
            table = ""
        if table:
            found.setdefault(table, set()).update(re.findall(r"`([a-z_]+)`", cells[1]))
    return found


def test_every_table_and_column_that_is_told_exists() -> None:
    for name, columns in {**told(KEYS_PAGE), **told(PAGE)}.items():
        assert columns - set(metadata.tables[name].columns.keys()) == set(), name


def test_every_column_that_recovery_reads_is_told() -> None:
    """By the tools, which are written from the pages."""
    source = "".join(
        Path(tool.__file__ or "").read_text(encoding="utf-8") for tool in (recover_tool, keys_tool)
    )
    queries = " ".join(re.findall(r"SELECT.*?(?=\"\"\"|\",|\"\))", source, re.DOTALL))
    words = set(re.findall(r"[a-z_]+", queries))
    columns = {column for table in metadata.tables.values() for column in table.columns}
    tables = words & set(metadata.tables)
    assert tables >= {
        "objects",
        "entries",
        "packs",
        "fragments",
        "renditions",
        "segments",
        "posters",
        "user_keys",
    }
    said: dict[str, set[str]] = {}
    for page in (KEYS_PAGE, PAGE):
        for name, named in told(page).items():
            said.setdefault(name, set()).update(named)
    assert tables - said.keys() == set()
    assert (words & columns) - set().union(*said.values()) == set()


async def test_a_folder_that_is_a_store_is_laid_out_as_is_told(tmp_path: Path) -> None:
    store = FolderStore.open(tmp_path / "1", provider="fsn-1", create=True)
    writer = await store.create(NAME, head_bytes=4)
    await writer.write([b"body"])
    await writer.finish(b"head")
    await store.close()
    marker = (tmp_path / "1" / "reelm-store").read_text(encoding="utf-8")
    assert marker == '{"format": 1, "provider": "fsn-1"}'
    told_marker = re.search(r'`(\{"format": 1, "provider": )"<', PAGE)
    assert told_marker is not None
    assert marker.startswith(told_marker.group(1))
    assert json.loads(marker)["provider"] == "fsn-1"
    names = {path.name for path in (tmp_path / "1").iterdir()}
    assert names == {"reelm-store", "unfinished", *(f"{number:02x}" for number in range(256))}
    assert (tmp_path / "1" / NAME[:2] / NAME).read_bytes() == b"headbody"


@pytest.mark.on_database("sqlite")
async def test_only_the_realms_own_keys_are_of_epoch_0(database: Database, tmp_path: Path) -> None:
    assert "**0 is no epoch**" in PAGE
    (tmp_path / "keys").mkdir()
    async with opened(database, tmp_path / "keys") as realm:
        assert realm.keys.realm_key("vault/packs").epoch == 0
        async with database.write() as tx:
            made = await realm.keys.create_user_key(tx, OWNER)
        assert made.epoch >= 1


def test_every_purpose_of_a_key_of_the_realm_is_told() -> None:
    used = {
        purpose
        for path in (ROOT / "src" / "reelm").rglob("*.py")
        for purpose in re.findall(r'\b(?:realm_key|secret)\("([\w/.]+)"\)', path.read_text(encoding="utf-8"))
    }
    assert len(used) >= 8
    assert sorted(purpose for purpose in used if f"`{purpose}`" not in KEYS_PAGE) == []
