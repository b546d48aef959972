"""A release that somebody built or installed: a wheel or a folder, and its digests (docs/spec/ledger.md)."""

import zipfile
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

from reelm_audit.errors import Unusable

_PACKAGE = "reelm/"
_PAGE = "web/static/"
_MANIFEST = f"{_PAGE}asset-manifest.json"


def digests_of(place: Path) -> Mapping[str, str]:
    """The digests that a leaf of the release has, by the names of its fields; the wheel's for a wheel alone.

    Args:
        place: a wheel, or the folder of the package ``reelm`` where it is installed or checked out.

    Raises:
        Unusable: it is neither, or cannot be read.
    """
    try:
        if place.is_dir():
            return _content_digests(dict(_in_folder(place)), place)
        whole = sha256(place.read_bytes()).hexdigest()
        return {"artifact_digest": whole, **_content_digests(dict(_in_wheel(place)), place)}
    except (OSError, zipfile.BadZipFile, RuntimeError) as fault:
        raise Unusable(f"{place} cannot be read as a wheel or a folder: {fault}.") from None


def _in_folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in folder.rglob("*"):
        if path.is_file() and "__pycache__" not in path.relative_to(folder).parts:
            yield path.relative_to(folder).as_posix(), path.read_bytes()


def _in_wheel(path: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.startswith(_PACKAGE) and not name.endswith("/"):
                yield name.removeprefix(_PACKAGE), archive.read(name)


def _content_digests(files: Mapping[str, bytes], place: Path) -> dict[str, str]:
    if "__init__.py" not in files:
        raise Unusable(f"{place} is not Reelm: name its wheel, or the folder of the package reelm.")
    code = sorted(name for name in files if not name.startswith(_PAGE))
    listing = "".join(f"{sha256(files[name]).hexdigest()}  {name}\n" for name in code)
    found = {"code_digest": sha256(listing.encode()).hexdigest()}
    if _MANIFEST in files:
        found["page_digest"] = sha256(files[_MANIFEST]).hexdigest()
    return found
