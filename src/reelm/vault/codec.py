"""Code a stripe into n blocks, any k of which bring it back: Reed-Solomon with a Cauchy matrix.

The bytes are fixed by docs/spec/rvf1.md ("Fragmenting"), not by a library. ``NumpyCodec`` follows the page;
``IsalCodec`` gets the same bytes about ten times faster from ISA-L through pyeclib. Each is the other's
oracle in the tests. A codec believes what it is given: verify a block's leaf before it comes here, always.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.util import find_spec
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from reelm.vault.galois import invert, multiples, multiply

Block: TypeAlias = bytes | memoryview
Matrix: TypeAlias = tuple[tuple[int, ...], ...]

_STEP = 1 << 15  # pairs at a time, so that what is worked on stays in the cache


class Codec(Protocol):
    """A code for k of n blocks, fixed when made."""

    def encode(self, stripe: bytes) -> list[Block]:
        """Return ``n`` blocks of ``ceil(len / k)`` bytes: the stripe padded and cut, then the parity."""
        ...

    def decode(self, blocks: Mapping[int, Block], *, stripe_bytes: int) -> bytes:
        """Return the stripe from exactly k verified blocks, keyed by index."""
        ...


def open_codec(k: int, n: int, *, is_accelerated: bool = True) -> Codec:
    """Return the fastest codec there is."""
    return IsalCodec(k, n) if is_accelerated and find_spec("pyeclib") else NumpyCodec(k, n)


def parity_matrix(k: int, n: int) -> Matrix:
    """Return the parity rows: ``1 / (i xor j)`` in row ``i - k``, column ``j``.

    It is a Cauchy matrix, so every choice of k rows can be inverted.
    """
    return tuple(tuple(invert(row ^ column) for column in range(k)) for row in range(k, n))


def _data_blocks(stripe: bytes, k: int) -> list[Block]:
    """Return the stripe padded with zeros and cut into k."""
    block_bytes = -(-len(stripe) // k)
    padded = memoryview(stripe.ljust(block_bytes * k, b"\0"))
    return [padded[index * block_bytes : (index + 1) * block_bytes] for index in range(k)]


def _joined(blocks: Mapping[int, Block], k: int, stripe_bytes: int) -> bytes | None:
    """Return the stripe when no arithmetic is needed: it is empty, or every data block is here."""
    if not stripe_bytes:
        return b""
    if any(index not in blocks for index in range(k)):
        return None
    return _unpadded([blocks[index] for index in range(k)], stripe_bytes)


def _unpadded(data: Sequence[Block], stripe_bytes: int) -> bytes:
    """Return the stripe without what filled its last blocks up, copied once."""
    ends = [stripe_bytes - index * len(data[0]) for index in range(len(data))]
    return b"".join(memoryview(block)[: max(0, end)] for block, end in zip(data, ends, strict=True))


class NumpyCodec:
    """The reference and the fallback: two bytes at a time through product tables."""

    def __init__(self, k: int, n: int) -> None:
        self._k, self._n = k, n
        self._parity = parity_matrix(k, n)

    def encode(self, stripe: bytes) -> list[Block]:
        if not stripe:
            return [b""] * self._n
        data = _data_blocks(stripe, self._k)
        return data + _apply(self._parity, data)

    def decode(self, blocks: Mapping[int, Block], *, stripe_bytes: int) -> bytes:
        whole = _joined(blocks, self._k, stripe_bytes)
        if whole is not None:
            return whole
        held = tuple(sorted(blocks))
        lost = [index for index in range(self._k) if index not in blocks]
        inverse = _inverse(self._k, held)
        rebuilt = _apply([inverse[index] for index in lost], [blocks[index] for index in held])
        found = {**blocks, **dict(zip(lost, rebuilt, strict=True))}
        return _unpadded([found[index] for index in range(self._k)], stripe_bytes)


class IsalCodec:
    """ISA-L through pyeclib, kept at arm's length: only ``isa_l_rs_cauchy``, and never its stored header.

    ``isa_l_rs_vand`` cannot undo some losses, so it is not offered. The library puts 80 bytes with its
    version numbers before each block; they are cut off here and put back, made from an empty stripe of the
    same size. Parity is rebuilt like a block that was lost: the library's ``encode`` gives the same bytes in
    several times as long, because it copies the whole stripe.
    """

    _HEADER_BYTES = 80

    def __init__(self, k: int, n: int) -> None:
        from pyeclib.ec_iface import ECDriver  # noqa: PLC0415 - an accelerator that may not be installed

        self._k, self._n = k, n
        self._driver: Any = ECDriver(k=k, m=n - k, ec_type="isa_l_rs_cauchy")
        self._headers = lru_cache(maxsize=32)(self._make_headers)

    def encode(self, stripe: bytes) -> list[Block]:
        if not stripe:
            return [b""] * self._n
        data = _data_blocks(stripe, self._k)
        held = dict(enumerate(data))
        return data + self._rebuild(range(self._k, self._n), held, stripe_bytes=len(stripe))

    def decode(self, blocks: Mapping[int, Block], *, stripe_bytes: int) -> bytes:
        whole = _joined(blocks, self._k, stripe_bytes)
        if whole is not None:
            return whole
        lost = [index for index in range(self._k) if index not in blocks]
        rebuilt = self._rebuild(lost, blocks, stripe_bytes=stripe_bytes)
        found = {**blocks, **dict(zip(lost, rebuilt, strict=True))}
        return _unpadded([found[index] for index in range(self._k)], stripe_bytes)

    def _rebuild(self, wanted: Sequence[int], held: Mapping[int, Block], *, stripe_bytes: int) -> list[Block]:
        headers = self._headers(stripe_bytes)
        pieces = [b"".join((headers[index], held[index])) for index in sorted(held)]
        rebuilt = self._driver.reconstruct(pieces, list(wanted))
        return [memoryview(piece)[self._HEADER_BYTES :] for piece in rebuilt]

    def _make_headers(self, stripe_bytes: int) -> list[bytes]:
        return [piece[: self._HEADER_BYTES] for piece in self._driver.encode(bytes(stripe_bytes))]


@lru_cache(maxsize=256)
def _pairs(factor: int) -> npt.NDArray[np.uint32]:
    """Return (65536,) uint32: ``factor`` times both bytes of every pair."""
    row = np.frombuffer(multiples(factor), dtype=np.uint8).astype(np.uint32)
    pairs: npt.NDArray[np.uint32] = np.bitwise_or(row[:, None] << np.uint32(8), row[None, :])
    return pairs.reshape(-1)


@lru_cache(maxsize=64)
def _both(low: int, high: int) -> npt.NDArray[np.uint32]:
    """Return (65536,) uint32: one look-up for the products of two rows."""
    return _pairs(low) | (_pairs(high) << np.uint32(16))


def _apply(matrix: Sequence[Sequence[int]], rows: Sequence[Block]) -> list[Block]:
    """Return the matrix times the rows, one new row per matrix row; two rows at a time."""
    block_bytes = len(rows[0])
    odd = b"\0" * (block_bytes % 2)
    columns = [np.frombuffer(b"".join((row, odd)), dtype=np.uint16) for row in rows]
    results = np.empty((len(matrix) + 1, len(columns[0])), dtype=np.uint16)
    for row in range(0, len(matrix), 2):
        low, high = matrix[row], matrix[row + 1] if row + 1 < len(matrix) else (0,) * len(columns)
        tables = [_both(*factors) for factors in zip(low, high, strict=True)]
        for begin in range(0, len(columns[0]), _STEP):
            part = slice(begin, begin + _STEP)
            total = tables[0][columns[0][part]]
            for table, column in zip(tables[1:], columns[1:], strict=True):
                total ^= table[column[part]]
            results[row, part] = total
            results[row + 1, part] = total >> np.uint32(16)
    return [memoryview(result).cast("B")[:block_bytes] for result in results[: len(matrix)]]


@lru_cache(maxsize=1024)
def _inverse(k: int, held: tuple[int, ...]) -> Matrix:
    """Return the inverse of the coding matrix's rows ``held``, by Gauss-Jordan elimination."""
    rows: list[list[int]] = []
    for row, index in enumerate(held):
        left = [int(index == column) if index < k else invert(index ^ column) for column in range(k)]
        rows.append(left + [int(row == column) for column in range(k)])
    for column in range(k):
        pivot = next(row for row in range(column, k) if rows[row][column])
        rows[column], rows[pivot] = rows[pivot], rows[column]
        scale = invert(rows[column][column])
        rows[column] = [multiply(scale, value) for value in rows[column]]
        for row in range(k):
            factor = rows[row][column]
            if row != column and factor:
                pairs = zip(rows[row], rows[column], strict=True)
                rows[row] = [value ^ multiply(factor, other) for value, other in pairs]
    return tuple(tuple(row[k:]) for row in rows)
