"""A wheel that depends on the files alone: sorted, stored, all of one time and one mode.

Compressed bytes depend on the version of zlib, so nothing is compressed.

Source: packaging.python.org, "Binary distribution format".
"""

import stat
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from tools.release.project import Project

_EARLIEST = (1980, 1, 1, 0, 0, 0)
_MODE = stat.S_IFREG | 0o644
_UNIX = 3
_PASSED_OVER = {"__pycache__"}
_FORMAT = "Wheel-Version: 1.0\nGenerator: reelm\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def write_wheel(project: Project, folder: Path) -> Path:
    """Make the wheel of a project in a folder; where it is."""
    path = folder / f"{project.stem}-py3-none-any.whl"
    files = dict(sorted(_package(project)))
    info = f"{project.stem}.dist-info"
    files |= {f"{info}/{name}": content for name, content in sorted(_information(project)) if content}
    record = [*(_line(name, content) for name, content in files.items()), f"{info}/RECORD,,"]
    files[f"{info}/RECORD"] = ("\n".join(record) + "\n").encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(_entry(name), content)
    return path


def _package(project: Project) -> Iterator[tuple[str, bytes]]:
    for path in project.package.rglob("*"):
        if path.is_file() and not _PASSED_OVER & set(path.parts):
            yield path.relative_to(project.package.parent).as_posix(), path.read_bytes()


def _information(project: Project) -> Iterator[tuple[str, bytes]]:
    yield "METADATA", project.metadata().encode()
    yield "WHEEL", _FORMAT.encode()
    yield "entry_points.txt", project.entry_points().encode()
    yield "licenses/LICENSE", (project.license_text or "").encode()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EARLIEST)
    entry.create_system = _UNIX
    entry.external_attr = _MODE << 16
    return entry


def _line(name: str, content: bytes) -> str:
    digest = urlsafe_b64encode(sha256(content).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(content)}"
