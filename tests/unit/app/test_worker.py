"""A worker that cannot work says why: in its log with every cause, and never as a bare traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from reelm.app.children import EXIT_CONFIG
from support.machine.source import ROOT
from support.realm.realms import staged

pytestmark = [pytest.mark.slow, pytest.mark.every_python]


async def made(data: Path) -> None:
    async with staged(data):
        pass


def work(data: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - the product's own process
        [sys.executable, "-P", "-m", "reelm.app.worker", "--data", str(data)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def lines(done: "subprocess.CompletedProcess[str]") -> dict[str, dict[str, Any]]:
    """What it logged, by event; its words to people, if any, come last."""
    *logged, last = done.stderr.splitlines()
    found = [json.loads(line) for line in (*logged, *([last] if last.startswith("{") else []))]
    return {each["event"]: each for each in found}


async def test_what_is_wrong_with_its_folder_is_said_to_people_and_logged(tmp_path: Path) -> None:
    await made(tmp_path / "realm")
    (tmp_path / "realm" / "keys" / "root.key").write_bytes(b"\0" * 32)
    done = work(tmp_path / "realm")
    assert done.returncode == EXIT_CONFIG
    line = lines(done)["worker.refused"]
    assert line["code"] == "realm.root-key-mismatch"
    assert line["exception"][0]["message"] == done.stderr.splitlines()[-1]


async def test_a_fault_that_nobody_expected_is_logged_with_its_causes(tmp_path: Path) -> None:
    await made(tmp_path / "realm")
    (tmp_path / "realm" / "jobs.sqlite").mkdir()
    done = work(tmp_path / "realm")
    assert done.returncode == 1
    assert "unable to open database file" in json.dumps(lines(done)["worker.crashed"]["exception"])
