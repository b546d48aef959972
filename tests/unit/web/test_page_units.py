"""The tests of the interface's own modules, which its build tool's Node runs."""

import subprocess

import pytest

from support.machine.source import ROOT

pytestmark = pytest.mark.slow


def test_the_modules_of_the_page_keep_their_promises(node: str) -> None:
    made = subprocess.run(  # noqa: S603 - a pinned tool
        [node, "--import", "./tests/resolve.ts", "--test", "tests/*.test.ts"],
        cwd=ROOT / "ui",
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert made.returncode == 0, made.stdout + made.stderr
