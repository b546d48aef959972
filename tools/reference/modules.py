"""Every module of the product, imported."""

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from types import ModuleType

import reelm

# Modules that run something when they are imported.
_PROGRAMS = ("__main__", "migrations")


@cache
def all_modules() -> tuple[ModuleType, ...]:
    """In the order of their names."""
    return tuple(importlib.import_module(name) for name in sorted(module_names()))


def module_names() -> Iterator[str]:
    for found in pkgutil.walk_packages(reelm.__path__, "reelm."):
        if not any(part in _PROGRAMS for part in found.name.split(".")):
            yield found.name


def summary(text: str | None) -> str:
    """The first line of a docstring."""
    return (text or "").strip().partition("\n")[0]
