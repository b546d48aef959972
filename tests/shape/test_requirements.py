"""One version of each package under every Python, so that what was tested on one is what runs on all."""

import re

import pytest

from support.machine.source import ROOT

_PINNED = re.compile(r"^([\w.-]+)==([\w.]+)(?: ; (.*?))? \\$", re.MULTILINE)


def pinned(lock: str) -> list[tuple[str, str, str]]:
    """Name, version and marker of each package, as the lock lists them."""
    return _PINNED.findall((ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8"))


@pytest.mark.parametrize("lock", ["run", "dev", "ui", "uv"])
def test_no_package_has_another_version_under_another_python(lock: str) -> None:
    names = [name for name, _, _ in pinned(lock)]
    assert names
    assert len(names) == len(set(names))
    assert [
        marker for _, _, marker in pinned(lock) if "python_version" in marker or "python_full" in marker
    ] == []


def test_developers_have_the_very_packages_that_realms_have() -> None:
    assert set(pinned("run")) <= set(pinned("dev"))
