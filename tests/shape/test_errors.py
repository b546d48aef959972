"""Stable codes are unique, well formed and documented."""

import re
from collections import Counter

import pytest
from tools.reference.errors import error_classes

from reelm.base import ReelmError

CLASSES = error_classes()
# Codes are a promise to clients: they stay when a package is divided.
KEPT_PREFIXES = {"access": "accounts", "people": "social", "clips": "social"}


def test_no_two_errors_share_a_code() -> None:
    twice = [code for code, count in Counter(kind.code for kind in CLASSES).items() if count > 1]
    assert twice == []


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.code)
def test_a_code_names_its_package_and_the_situation(kind: type[ReelmError]) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z0-9]+(-[a-z0-9]+)*", kind.code)
    package = kind.__module__.split(".")[1]
    assert kind.code.split(".")[0] == KEPT_PREFIXES.get(package, package)
    assert kind.title
    assert kind.title[0].isupper() or not kind.title[0].isalpha()
    assert not kind.title.endswith(".")
