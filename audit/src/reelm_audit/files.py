"""Files of ours that must be whole after a power cut."""

import os
from pathlib import Path


def write_durably(path: Path, raw: bytes, *, mode: int = 0o644) -> None:
    """Replace a file at once; when this returns, file and name are on the disk.

    A crash leaves the old file, and perhaps one that ends in ``.new``, which the next write replaces.
    """
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    flush_folder(path.parent)


def flush_folder(path: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
