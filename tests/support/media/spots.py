"""Pictures in whole numbers only, the same on every machine: spots on a slope."""

import numpy as np
from numpy.typing import NDArray


class _Dice:
    """A linear congruential generator, as in the C standard's example."""

    def __init__(self, seed: int) -> None:
        self._state = seed

    def below(self, most: int) -> int:
        self._state = (self._state * 1_103_515_245 + 12_345) % 2**31
        return (self._state >> 8) % most


def spots(seed: int, *, height: int, width: int, dim: int = 1) -> NDArray[np.uint8]:
    """(height, width) of grey; ``dim`` divides the light."""
    dice = _Dice(seed)
    down, across = np.ogrid[0:height, 0:width]
    light = 40 + 60 * down // height + 40 * across // width
    for _ in range(24):
        y, x = dice.below(height), dice.below(width)
        radius = dice.below(max(height, width) // 4) + 3
        sign = 2 * dice.below(2) - 1
        rows, columns = slice(max(0, y - radius), y + radius), slice(max(0, x - radius), x + radius)
        near = np.maximum(radius**2 - (down[rows] - y) ** 2 - (across[:, columns] - x) ** 2, 0)
        light[rows, columns] += sign * 110 * near // radius**2
    return np.asarray(np.clip(light, 0, 255) // dim, np.uint8)
