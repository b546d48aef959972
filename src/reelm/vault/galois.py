"""Compute in GF(2^8) with the polynomial 0x11d; shares and fragments both live in this field.

Source: docs/spec/rvf1.md, "The field"; the polynomial and generator of RFC 5510 §8.1.
"""

from collections.abc import Sequence
from functools import lru_cache

_POLYNOMIAL = 0x11D


def _powers() -> tuple[tuple[int, ...], tuple[int, ...]]:
    exponents, logarithms, value = [0] * 510, [0] * 256, 1
    for power in range(255):
        exponents[power] = exponents[power + 255] = value
        logarithms[value] = power
        value <<= 1
        if value & 0x100:
            value ^= _POLYNOMIAL
    return tuple(exponents), tuple(logarithms)


_EXP, _LOG = _powers()


def multiply(left: int, right: int) -> int:
    """Return the product of two elements."""
    return _EXP[_LOG[left] + _LOG[right]] if left and right else 0


def invert(value: int) -> int:
    """Return the inverse of 1..255."""
    return _EXP[255 - _LOG[value]]


@lru_cache(maxsize=256)
def multiples(factor: int) -> bytes:
    """Return 256 bytes: ``factor`` times every element, ready for ``bytes.translate``."""
    return bytes(multiply(factor, value) for value in range(256))


def lagrange_weights(points: Sequence[int], x: int) -> tuple[int, ...]:
    """Return weights for different points; the value at ``x`` is the weighted sum of the values at these."""
    found = []
    for point in points:
        weight = 1
        for other in points:
            if other != point:
                weight = multiply(weight, multiply(x ^ other, invert(point ^ other)))
        found.append(weight)
    return tuple(found)


def linear_combination(factors: Sequence[int], rows: Sequence[bytes]) -> bytes:
    """Return the sum of ``factor * row``; rows are equally long."""
    total = 0
    for factor, row in zip(factors, rows, strict=True):
        total ^= int.from_bytes(row.translate(multiples(factor)), "big")
    return total.to_bytes(len(rows[0]), "big")
