"""Digests that anybody makes again: of the code with sha256sum, of the page from its asset manifest."""

import json
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from reelm.app import running_release
from reelm.app.errors import PageAltered
from reelm.app.release import ASSET_MANIFEST, asset_manifest, code_digest, page_digest
from support.machine.source import ROOT

PACKAGE = ROOT / "src" / "reelm"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A page as the build leaves it."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html>")
    (tmp_path / "assets" / "app-12345678.js").write_text("play()")
    (tmp_path / ASSET_MANIFEST).write_bytes(asset_manifest(tmp_path))
    return tmp_path


def test_the_code_has_the_digest_that_sha256sum_gives() -> None:
    command = (
        "find . -type f -not -path '*/__pycache__/*' -not -path './web/static/*' -printf '%P\\0'"
        " | LC_ALL=C sort -z | xargs -0 sha256sum"
    )
    shell = ["/bin/sh", "-c", command]
    listing = subprocess.run(shell, cwd=PACKAGE, capture_output=True, check=True).stdout  # noqa: S603 - a fixed command
    assert code_digest() == sha256(listing).hexdigest() == running_release().code_digest


def test_the_page_has_the_digest_of_its_manifest_which_names_every_file(page: Path) -> None:
    manifest = (page / ASSET_MANIFEST).read_bytes()
    assert page_digest(page) == sha256(manifest).hexdigest()
    app = {"name": "assets/app-12345678.js", "sha256": sha256(b"play()").hexdigest(), "size_bytes": 6}
    assert json.loads(manifest)["files"][0] == app
    assert [each["name"] for each in json.loads(manifest)["files"]] == [app["name"], "index.html"]


def test_a_realm_without_a_page_has_no_digest_of_it(tmp_path: Path) -> None:
    assert page_digest(tmp_path) is None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("assets/app-12345678.js", b"play(); send()"),
        ("assets/more-12345678.js", b"send()"),
        ("index.html", b"<!doctype html><script src=https://elsewhere.example/x.js></script>"),
        (ASSET_MANIFEST, b'{"files":[],"v":1}'),
    ],
)
def test_a_page_that_was_altered_is_refused_by_the_name_of_the_file(
    page: Path, name: str, content: bytes
) -> None:
    (page / name).write_bytes(content)
    with pytest.raises(PageAltered, match=r"app-12345678\.js" if name == ASSET_MANIFEST else name):
        page_digest(page)


@pytest.mark.parametrize("content", [None, b"", b"[]", b'{"files":[{}],"v":1}'])
def test_a_page_without_a_sound_manifest_is_refused(page: Path, content: bytes | None) -> None:
    (page / ASSET_MANIFEST).unlink()
    if content is not None:
        (page / ASSET_MANIFEST).write_bytes(content)
    with pytest.raises(PageAltered, match=ASSET_MANIFEST):
        page_digest(page)


def test_a_file_of_the_page_that_is_gone_is_named(page: Path) -> None:
    (page / "assets" / "app-12345678.js").unlink()
    with pytest.raises(PageAltered, match=r"app-12345678\.js"):
        page_digest(page)
