from pathlib import Path

import pytest

from reelm.cli import main
from reelm.ledger import Receipt, read_leaf


def test_the_record_of_a_new_realm_can_be_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ledger", "status", "--data", str(tmp_path / "realm")]) == 0
    said = capsys.readouterr().out
    assert "4 leaves of local.localhost/ledger" in said
    assert "manifest.publish" in said
    assert "release.deploy" in said
    assert main(["ledger", "receipt", "0", "--data", str(tmp_path / "realm")]) == 0
    receipt = Receipt.parse(capsys.readouterr().out.encode())
    assert receipt.is_sound()
    assert read_leaf(receipt.leaf).kind == "manifest.publish"


def test_a_leaf_that_is_not_there_has_no_receipt(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", "receipt", "77", "--data", str(tmp_path / "realm")]) != 0
    assert "ledger.leaf-missing" in capsys.readouterr().err
