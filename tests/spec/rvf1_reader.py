"""A reader of RVF1 written from docs/spec/rvf1.md alone: nothing of the product is imported.

Standard library, ``cryptography`` and ``blake3``. It reads whole fragments into memory, knows no records, and
reports the first check that fails by its name on the page.
"""

import hashlib
import hmac
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from blake3 import blake3
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

HEADER = struct.Struct(">4sHBB8s16sQBBBBQI60sB32s32s32s")


class Refused(Exception):
    """The name of the first check that failed."""


def require(holds: object, fault: str) -> None:
    if not holds:
        raise Refused(fault)


# The field


def times(a: int, b: int) -> int:
    product = 0
    while b:
        if b & 1:
            product ^= a
        a <<= 1
        if a & 0x100:
            a ^= 0x11D
        b >>= 1
    return product


INVERSE = {a: next(b for b in range(1, 256) if times(a, b) == 1) for a in range(1, 256)}
TABLES = [bytes(times(a, b) for b in range(256)) for a in range(256)]


def scaled_sum(factors: Sequence[int], rows: Sequence[bytes]) -> bytes:
    total = bytes(len(rows[0]))
    for factor, row in zip(factors, rows, strict=True):
        product = row.translate(TABLES[factor])
        total = bytes(a ^ b for a, b in zip(total, product, strict=True))
    return total


# Hashes


def digest(suite: int, *parts: bytes) -> bytes:
    data = b"".join(parts)
    return hashlib.sha256(data).digest() if suite == 2 else blake3(data).digest()


def mac(suite: int, key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, "sha256") if suite == 2 else blake3(data, key=key).digest()


def tree(suite: int, level: list[bytes]) -> bytes:
    while len(level) > 1:
        odd = level[len(level) // 2 * 2 :]
        pairs = zip(level[::2], level[1::2], strict=False)
        level = [digest(suite, b"reelm/rvf1/node\0", a, b) for a, b in pairs] + odd
    return level[0]


# One fragment


@dataclass
class Fragment:
    suite: int
    realm_id: bytes
    object_id: bytes
    generation: int
    k: int
    n: int
    index: int
    chunk: int
    padded: int
    wrapped: bytes
    share: bytes
    commitment: bytes
    header_hash: bytes
    blocks: list[bytes]
    object_root: bytes
    length_box: bytes
    seal: bytes

    @property
    def shared(self) -> tuple[object, ...]:
        """What all fragments of an object agree on."""
        return (self.header_hash, self.padded, self.commitment, self.object_root, self.length_box, self.seal)


def stripe_sizes(suite: int, chunk: int, padded: int) -> list[int]:
    count = max(1, -(-padded // chunk))
    tag = 16 if suite != 3 else 0
    return [min(chunk, padded - c * chunk) + tag for c in range(count)]


def body_size(suite: int, k: int, chunk: int, padded: int) -> int:
    """Without a list of chunks: the length is not trusted yet."""
    count = max(1, -(-padded // chunk))
    tag = 16 if suite != 3 else 0
    last = padded - (count - 1) * chunk
    return (count - 1) * -(-(chunk + tag) // k) + -(-(last + tag) // k)


def read_fragment(data: bytes) -> Fragment:
    require(len(data) >= 213, "truncated")
    (magic, header_length, version, suite, realm_id, object_id, generation, k, n, index, log2, padded) = (
        HEADER.unpack_from(data)[:12]
    )
    epoch, wrapped, x, share, commitment, stated = HEADER.unpack_from(data)[12:]
    require(magic == b"RVF1", "magic")
    require(header_length == 207, "header-length")
    require(version == 1, "format")
    require(suite in (1, 2, 3), "suite")
    require(2 <= k < n <= 32 and index < n and generation >= 1, "shape")
    require(10 <= log2 <= 24 and padded <= 1 << 47, "shape")
    if suite == 3:
        require(not epoch and not x and not any(wrapped + share + commitment), "locks")
    else:
        require(x == index + 1, "locks")
    common = data[6:42] + data[43:44] + data[52:116]
    header_hash = digest(suite, b"reelm/rvf1/common\0", common)
    require(stated == header_hash, "header-hash")
    chunk = 1 << log2
    count = max(1, -(-padded // chunk))
    trailer_at = 213 + body_size(suite, k, chunk, padded)
    require(len(data) == trailer_at + 32 * (count + n + 2) + 32, "length")
    require(data[-8:] == struct.pack(">I4s", len(data) - trailer_at, b"RVF1"), "trailer")
    trailer = data[trailer_at:]
    hashes = [trailer[at : at + 32] for at in range(0, 32 * (count + n + 1), 32)]
    leaves, roots, object_root = hashes[:count], hashes[count:-1], hashes[-1]
    length_box, seal = trailer[-64:-40], trailer[-40:-8]
    head_leaf = digest(suite, b"reelm/rvf1/head\0", data[:213])
    require(tree(suite, [head_leaf, *leaves]) == roots[index], "fragment-root")
    whole = digest(
        suite, b"reelm/rvf1/object\0", header_hash, data[44:52], length_box, tree(suite, list(roots))
    )
    require(whole == object_root, "object-root")
    if suite == 3:
        require(length_box == data[44:52] + bytes(16), "true-length")
    blocks, at = [], 213
    for number, stripe in enumerate(stripe_sizes(suite, chunk, padded)):
        block = data[at : at + -(-stripe // k)]
        at += len(block)
        bound = realm_id + object_id + struct.pack(">QBQ", generation, index, number)
        require(digest(suite, b"reelm/rvf1/leaf\0", bound, block) == leaves[number], "leaf")
        blocks.append(block)
    return Fragment(
        suite,
        realm_id,
        object_id,
        generation,
        k,
        n,
        index,
        chunk,
        padded,
        wrapped,
        share,
        commitment,
        header_hash,
        blocks,
        object_root,
        length_box,
        seal,
    )


# One object


def coding_row(k: int, index: int) -> list[int]:
    return [int(index == j) for j in range(k)] if index < k else [INVERSE[index ^ j] for j in range(k)]


def solve(rows: list[list[int]], values: list[bytes]) -> list[bytes]:
    """Gauss-Jordan elimination: the data blocks from any k blocks."""
    rows, size = [row[:] for row in rows], len(rows)
    for column in range(size):
        pivot = next(row for row in range(column, size) if rows[row][column])
        rows[column], rows[pivot] = rows[pivot], rows[column]
        values[column], values[pivot] = values[pivot], values[column]
        scale = INVERSE[rows[column][column]]
        rows[column] = [times(scale, a) for a in rows[column]]
        values[column] = scaled_sum([scale], [values[column]])
        for row in range(size):
            factor = rows[row][column]
            if row != column and factor:
                pairs = zip(rows[row], rows[column], strict=True)
                rows[row] = [a ^ times(factor, b) for a, b in pairs]
                values[row] = scaled_sum([1, factor], [values[row], values[column]])
    return values


def shared_secret(fragments: Sequence[Fragment]) -> bytes:
    weights = []
    for fragment in fragments:
        weight = 1
        for other in fragments:
            if other is not fragment:
                difference = (other.index + 1) ^ (fragment.index + 1)
                weight = times(weight, times(other.index + 1, INVERSE[difference]))
        weights.append(weight)
    return scaled_sum(weights, [fragment.share for fragment in fragments])


def padme(length: int) -> int:
    if length < 2:
        return length
    exponent = length.bit_length() - 1
    zeros = exponent - exponent.bit_length()
    return -(-length >> zeros) << zeros


def read_object(files: Sequence[bytes], *, user_key: bytes | None, seal_key: bytes) -> bytes:
    """The plaintext from whole fragments, any k of which suffice."""
    found = {fragment.index: fragment for fragment in map(read_fragment, files)}
    first = next(iter(found.values()), None)
    require(first is not None and len(found) >= first.k, "too-few")
    assert first is not None
    fragments = [found[index] for index in sorted(found)][: first.k]
    require(all(fragment.shared == first.shared for fragment in fragments), "disagree")
    content: AESGCM | None = None
    length = first.padded
    if first.suite != 3:
        content, length = open_locks(fragments, user_key)
    message = first.header_hash + first.object_root + length.to_bytes(8, "big")
    require(mac(first.suite, seal_key, b"reelm/rvf1/seal\0" + message) == first.seal, "seal")
    rows = [coding_row(first.k, fragment.index) for fragment in fragments]
    plain = b""
    stripes = stripe_sizes(first.suite, first.chunk, first.padded)
    for number, size in enumerate(stripes):
        data = b"".join(solve(rows, [fragment.blocks[number] for fragment in fragments]))[:size]
        if content is not None:
            nonce = number.to_bytes(11, "big") + bytes([number == len(stripes) - 1])
            try:
                data = content.decrypt(nonce, data, first.header_hash)
            except InvalidTag:
                raise Refused("chunk") from None
        plain += data
    return plain[:length]


def open_locks(fragments: Sequence[Fragment], user_key: bytes | None) -> tuple[AESGCM, int]:
    first = fragments[0]
    require(user_key, "key")
    try:
        dek = AESGCM(user_key or b"").decrypt(first.wrapped[:12], first.wrapped[12:], b"reelm/dek/1")
    except InvalidTag:
        raise Refused("key") from None
    info = b"reelm/vault/1" + first.header_hash
    material = HKDF(SHA256(), length=96, salt=first.object_id, info=info).derive(
        dek + shared_secret(fragments)
    )
    require(material[32:64] == first.commitment, "commitment")
    try:
        box = AESGCM(material[64:]).decrypt(bytes(12), first.length_box, first.header_hash)
    except InvalidTag:
        raise Refused("true-length") from None
    length = int.from_bytes(box, "big")
    require(padme(length) == first.padded, "true-length")
    return AESGCM(material[:32]), length
