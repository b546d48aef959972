"""The page's folders are features over a shared base; imports between them point down."""

import re
from collections.abc import Iterator
from pathlib import Path

from support.machine.source import ROOT

SOURCE = ROOT / "ui" / "src"
CATALOGUES = ROOT / "ui" / "messages"
# From the top to the ground: a folder imports only those of later lines, none of its own.
LAYERS = (
    ("",),  # main.ts
    ("shell",),
    ("account", "discover", "feed", "inbox", "people", "post"),
    ("comments", "storage", "trust"),
    ("clip",),
    ("sound",),
    ("player",),
    ("design",),
    ("lib",),
    ("brand", "verify"),
)
LEVEL = {folder: level for level, folders in enumerate(LAYERS) for folder in folders}
IMPORT = re.compile(r"""(?:from|import|import\(|new URL\()\s*["'](\.[^"']*)["']""")
MOST_FILES = 20


def folder(path: Path) -> str:
    parts = path.relative_to(SOURCE).parts
    return parts[0] if len(parts) > 1 else ""


def imports() -> Iterator[tuple[Path, Path]]:
    """Yield each file of the page with each path that it imports."""
    for file in sorted(SOURCE.rglob("*")):
        if file.suffix in {".ts", ".svelte"}:
            for name in IMPORT.findall(file.read_text(encoding="utf-8")):
                target = (file.parent / name).resolve()
                if CATALOGUES not in target.parents:
                    yield file, target


def test_every_folder_of_the_page_has_its_layer() -> None:
    folders = {folder(path) for path in SOURCE.rglob("*") if path.is_file()}
    assert folders == set(LEVEL)


def test_the_folders_of_the_page_import_downwards() -> None:
    upwards = []
    for file, target in imports():
        # A folder with a front door is named without a file: "../verify".
        home, other = folder(file), folder(target / "index.ts" if target.is_dir() else target)
        if home != other and LEVEL[home] >= LEVEL[other]:
            upwards.append(f"{file.relative_to(ROOT)} imports {target.relative_to(ROOT)}")
    assert upwards == []


def test_a_folder_of_the_page_can_be_read_at_a_glance() -> None:
    sizes = {each: len(list((SOURCE / each).iterdir())) for each in LEVEL}
    assert {each: size for each, size in sizes.items() if size > MOST_FILES} == {}
