"""Naming the export that a found file is from, at the command line."""

import asyncio
from pathlib import Path

import pytest

from reelm.access import store
from reelm.app import open_realm, settings
from reelm.cli import main

ID = "01h455vb4pex5vsknk084sn02q"


async def _took(data: Path) -> str:
    """Something was taken away in this realm; the file."""
    async with open_realm(settings.load(data)) as realm:
        row = store.ExportRow(ID, realm.clock.now(), "wren-01", "legal-request", "email", 1, 7)
        async with realm.database.write() as tx:
            await store.add_export(tx, row)
        return "\n".join(realm.access.exports.watermark(ID).in_order(["ana@example.org"]))


def test_a_found_file_is_traced_to_who_took_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, found = tmp_path / "realm", tmp_path / "found.txt"
    found.write_text(asyncio.run(_took(data)))
    assert main(["access", "identify", str(found), "--data", str(data)]) == 0
    said = capsys.readouterr().out
    assert f"Export {ID}, taken by wren-01" in said
    assert "leaf 7" in said
    assert "3 rows that were made up for it" in said
    assert "ana@example.org" not in said
    found.write_text("ana@example.org\n")
    assert main(["access", "identify", str(found), "--data", str(data)]) == 1
    assert main(["access", "identify", str(tmp_path / "absent"), "--data", str(data)]) == 2
