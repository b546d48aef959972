"""The reference says what the code says, and every public noun says what it is."""

import importlib
import inspect
import subprocess
from pathlib import Path

import pytest
from tools.reference import PAGES, is_stale

from reelm.base import ReelmError
from support.machine.source import ROOT, packages


@pytest.mark.parametrize("page", PAGES)
def test_a_reference_page_is_current(page: str) -> None:
    assert not is_stale(page), "run ./reelm dev docs and commit the page"


def test_the_types_of_the_page_are_those_of_the_http_interface(node: str, tmp_path: Path) -> None:
    fresh = tmp_path / "api.d.ts"
    made = subprocess.run(  # noqa: S603 - a pinned tool
        [
            node,
            "node_modules/openapi-typescript/bin/cli.js",
            "../docs/reference/openapi.json",
            "--output",
            str(fresh),
        ],
        cwd=ROOT / "ui",
        capture_output=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    committed = ROOT / "ui" / "src" / "lib" / "api.d.ts"
    assert committed.exists(), "run ./reelm dev types"
    assert committed.read_text() == fresh.read_text(), "run ./reelm dev types"


@pytest.mark.parametrize("package", packages())
def test_every_public_noun_and_job_has_a_docstring(package: str) -> None:
    """Errors say it in their title; constants and type aliases cannot."""
    module = importlib.import_module(f"reelm.{package}")
    silent = []
    for name in module.__all__:
        noun = getattr(module, name)
        if not (inspect.isclass(noun) or inspect.isfunction(noun)):
            continue
        if inspect.isclass(noun) and issubclass(noun, ReelmError):
            continue
        if not noun.__dict__.get("__doc__") if inspect.isclass(noun) else not noun.__doc__:
            silent.append(name)
    assert silent == []


def test_the_package_itself_says_where_to_start() -> None:
    assert "workflows" in (importlib.import_module("reelm").__doc__ or "")
