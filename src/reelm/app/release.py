"""Which code this is: a digest that anyone can make again from the same files."""

from hashlib import sha256
from pathlib import Path

_CODE = Path(__file__).parents[1]
_PAGE = _CODE / "web" / "static"
_PASSED_OVER = {"__pycache__"}


def code_digest() -> str:
    """SHA-256 over what ``sha256sum`` prints for every file of the package but the page, sorted by path."""
    return _digest(_CODE, without=_PAGE)


def page_digest() -> str:
    """The same over the files that browsers get."""
    return _digest(_PAGE, without=None)


def _digest(folder: Path, *, without: Path | None) -> str:
    files = sorted(
        (path.relative_to(folder).as_posix(), path)
        for path in folder.rglob("*")
        if path.is_file()
        and not _PASSED_OVER & set(path.parts)
        and (without is None or not path.is_relative_to(without))
    )
    lines = (f"{sha256(path.read_bytes()).hexdigest()}  {name}\n" for name, path in files)
    return sha256("".join(lines).encode()).hexdigest()
