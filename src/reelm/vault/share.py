"""Share a 32-byte secret over the fragments, k of which bring it back: the provider lock.

Shamir's scheme byte by byte in GF(2^8)/0x11d; fragment ``index`` holds the value at ``x = index + 1``. Fewer
than k shares say nothing about the secret, whatever the computing power.

Source: docs/spec/rvf1.md, "Shares".
"""

from collections.abc import Mapping

from reelm.base import Secret
from reelm.vault.galois import lagrange_weights, linear_combination

SECRET_BYTES = 32


def split(secret: Secret, *, n: int, coefficients: bytes) -> tuple[bytes, ...]:
    """Return ``n`` shares of 32 bytes.

    Args:
        secret: 32 bytes, the polynomials' value at 0.
        n: shares to make, at most 255.
        coefficients: ``(k - 1) * 32`` fresh random bytes; their count decides k.
    """
    rows = [secret.reveal()]
    rows += [
        coefficients[start : start + SECRET_BYTES] for start in range(0, len(coefficients), SECRET_BYTES)
    ]
    return tuple(_evaluate(rows, x) for x in range(1, n + 1))


def combine(shares: Mapping[int, bytes]) -> Secret:
    """Return the secret from exactly k shares, keyed by fragment index.

    Wrong shares give a wrong secret, not an error; the key commitment tells.
    """
    points = [index + 1 for index in shares]
    return Secret(linear_combination(lagrange_weights(points, 0), list(shares.values())))


def interpolate_share(shares: Mapping[int, bytes], *, index: int) -> bytes:
    """Return the share of a lost fragment from k others; the secret itself never appears."""
    points = [known + 1 for known in shares]
    return linear_combination(lagrange_weights(points, index + 1), list(shares.values()))


def _evaluate(rows: list[bytes], x: int) -> bytes:
    value = bytes(SECRET_BYTES)
    for row in reversed(rows):
        value = linear_combination((x, 1), (value, row))
    return value
