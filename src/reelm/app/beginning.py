"""What the folder of a new realm begins with: its manifest and its policies, as files to edit."""

import os
from collections.abc import Mapping
from pathlib import Path

from reelm.app.paths import Paths
from reelm.realm import FRAGMENT_COUNT, default_manifest


def draft_manifest(paths: Paths) -> str:
    """The manifest of a realm on one machine that nobody has edited yet."""
    stores = paths.stores.relative_to(paths.data)
    folders = [str(stores / str(number)) for number in range(1, FRAGMENT_COUNT + 1)]
    return default_manifest("local", folders)


def make_policies(folder: Path, files: Mapping[str, str]) -> None:
    """All of the files, unless there is a folder; a draft that a crash left is written over."""
    if folder.exists():
        return
    draft = folder.with_suffix(".part")
    draft.mkdir(exist_ok=True)
    for name, text in files.items():
        write_whole(draft / name, text)
    draft.replace(folder)


def write_whole(path: Path, text: str) -> None:
    """All of the text or none of it, whenever power fails."""
    draft = path.with_suffix(".part")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
