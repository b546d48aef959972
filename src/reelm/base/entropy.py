"""Randomness as a port, so that tests can replay it."""

import os
from typing import Protocol


class Entropy(Protocol):
    """The source of randomness; fit for keys in every implementation that runs outside tests."""

    def draw(self, count: int) -> bytes:
        """``count`` random bytes."""
        ...


class SystemEntropy:
    """This machine's randomness."""

    def draw(self, count: int) -> bytes:
        return os.urandom(count)  # noqa: TID251 - the one place that asks the operating system
