"""The commands about what runs, as an operator uses them after an update."""

from dataclasses import replace
from pathlib import Path

import pytest

from reelm.app import running_release
from reelm.cli.command import main


def test_a_release_is_shown_and_put_on_record_by_its_description(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    running = running_release()
    assert main(["release", "show"]) == 0
    assert running.code_digest in capsys.readouterr().out
    description = tmp_path / "release.json"
    description.write_bytes(replace(running, artifact_digest="a" * 64).canonical())
    words = ["release", "publish", "--data", str(tmp_path / "realm")]
    assert main([*words, str(description)]) == 0
    assert "a" * 64 in capsys.readouterr().out
    assert (tmp_path / "realm" / "release.json").read_bytes() == description.read_bytes()
    assert main(words) == 0
    assert not (tmp_path / "realm" / "release.json").exists()


def test_a_description_of_something_else_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    description = tmp_path / "release.json"
    description.write_bytes(replace(running_release(), version="9.9").canonical())
    assert main(["release", "publish", str(description), "--data", str(tmp_path / "realm")]) != 0
    assert "realm.release-refused" in capsys.readouterr().err
