"""Compute digests of the running code and page, which anyone can make again from the same files."""

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import reelm
from reelm.app.errors import PageAltered
from reelm.base import canonical_json
from reelm.realm import Release

ASSET_MANIFEST = "asset-manifest.json"
_CODE = Path(__file__).parents[1]
_PAGE = _CODE / "web" / "static"
_PASSED_OVER = {"__pycache__"}
_MOST_NAMED = 5


def running_release() -> Release:
    """Return the release that runs when this process goes on.

    Raises:
        PageAltered: the page is not as it was built.
    """
    return Release(reelm.__version__, code_digest(), page_digest())


def code_digest(folder: Path = _CODE) -> str:
    """SHA-256 over what ``sha256sum`` prints for every file of the package but the page, sorted by path."""
    page = folder / "web" / "static"
    named = sorted((path.relative_to(folder).as_posix(), path) for path in _files(folder, without=page))
    lines = (f"{sha256(path.read_bytes()).hexdigest()}  {name}\n" for name, path in named)
    return sha256("".join(lines).encode()).hexdigest()


def page_digest(folder: Path = _PAGE) -> str | None:
    """SHA-256 of the page's asset manifest, once every file was held against it; None without a page.

    Raises:
        PageAltered: a file is missing, changed, or not part of the page.
    """
    if not (folder / "index.html").exists():
        return None
    found = asset_manifest(folder)
    try:
        written = (folder / ASSET_MANIFEST).read_bytes()
        names = _differences(written, found)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise _altered([ASSET_MANIFEST]) from None
    if found != written:
        raise _altered(names or [ASSET_MANIFEST])
    return sha256(written).hexdigest()


def asset_manifest(folder: Path) -> bytes:
    """Return every file of a built page with its size and SHA-256, as docs/spec/asset-manifest.md has it."""
    named = sorted(
        (path.relative_to(folder).as_posix(), path.read_bytes())
        for path in _files(folder, without=folder / ASSET_MANIFEST)
    )
    files = [
        {"name": name, "sha256": sha256(content).hexdigest(), "size_bytes": len(content)}
        for name, content in named
    ]
    return canonical_json({"files": files, "v": 1})


def _differences(one: bytes, other: bytes) -> list[str]:
    """Return the names of files that two manifests do not agree about."""
    first, second = ({each["name"]: each for each in json.loads(raw)["files"]} for raw in (one, other))
    return sorted(name for name in {*first, *second} if first.get(name) != second.get(name))


def _files(folder: Path, *, without: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        is_left_out = bool(_PASSED_OVER & set(path.parts)) or path.is_relative_to(without)
        if path.is_file() and not is_left_out:
            yield path


def _altered(names: list[str]) -> PageAltered:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return PageAltered(
        f"The page is not as it was built: {', '.join(names[:_MOST_NAMED])}{more}. The realm was not "
        "started. Remove the folder src/reelm/web/static and start again with ./reelm up, which builds it "
        "anew; for an installed wheel, install it again.",
        file_count=len(names),
    )
