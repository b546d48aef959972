"""Checkouts of their own for other Pythons: made once per Python, and gone at the end."""

import shutil
from collections.abc import Callable, Iterator

import pytest

from support.machine.checkout import PREPARING_SECONDS, Checkout, copied, last_lines
from support.machine.interpreters import installed


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int], Checkout]]:
    """A minor version of Python -> a checkout that its launcher prepared, for tests too."""
    made: dict[int, Checkout] = {}

    def prepared(minor: int) -> Checkout:
        if minor not in installed():
            pytest.skip(f"Python 3.{minor} is not on this machine")
        if minor not in made:
            made[minor] = copied(tmp_path_factory.mktemp(f"python3.{minor}-"), installed()[minor])
            done = made[minor].run("dev", "test", "--version", seconds=PREPARING_SECONDS)
            assert done.returncode == 0, last_lines(done.stdout)
        return made[minor]

    yield prepared
    for each in made.values():
        shutil.rmtree(each.folder)  # a gigabyte each
