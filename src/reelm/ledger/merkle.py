"""The Merkle tree of RFC 6962: hashes, proofs, and who may believe them.

A tree is a list of leaves; a *node* ``(height, index)`` is the root of the ``2**height`` leaves from
``index << height`` on. Proofs are made from whoever can tell the hash of a node, so nothing here knows where
hashes are kept.

Source: RFC 6962, section 2.1; RFC 9162, sections 2.1.3.2 and 2.1.4.2 for verification.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import TypeAlias

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()

# The hash of the perfect tree of 2**height leaves at (height, index).
NodeHash: TypeAlias = Callable[[int, int], bytes]
# A tree by how many leaves it has, and its root.
LogHead: TypeAlias = tuple[int, bytes]
# Leaves from the first index up to, but not with, the second.
Range: TypeAlias = tuple[int, int]


def leaf_hash(entry: bytes) -> bytes:
    return sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Return the root over one or more hashes of equal height; the last may stand for fewer leaves."""
    level = list(hashes)
    while len(level) > 1:
        odd = [level.pop()] if len(level) % 2 else []
        level = [
            sha256(b"\1" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=True)
        ]
        level += odd
    return level[0]


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """Return the ranges that the leaf's siblings stand for, from the leaf up.

    Raises:
        ValueError: there is no such leaf in a tree of this size.
    """
    if not 0 <= index < size:
        raise ValueError("the leaf is not in the tree")
    start, end = 0, size
    siblings = []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            siblings.append((middle, end))
            end = middle
        else:
            siblings.append((start, middle))
            start = middle
    return siblings[::-1]


def inclusion_proof(index: int, size: int, node: NodeHash) -> list[bytes]:
    """Siblings from the leaf up, which together with it make the root of the first ``size`` leaves."""
    return [range_hash(each, node) for each in inclusion_ranges(index, size)]


def consistency_ranges(old: int, size: int) -> list[Range]:
    """Return the ranges that the hashes of a consistency proof stand for.

    Raises:
        ValueError: not ``0 < old <= size``; from the empty tree there is nothing to prove.
    """
    if not 0 < old <= size:
        raise ValueError("the old tree is empty or larger")
    start, end, is_whole = 0, size, True
    parts = []
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            parts.append((middle, end))
            end = middle
        else:
            parts.append((start, middle))
            start, is_whole = middle, False
    if not is_whole:
        parts.append((start, end))
    return parts[::-1]


def consistency_proof(old: int, size: int, node: NodeHash) -> list[bytes]:
    """Prove that the first ``old`` leaves begin the first ``size``; empty if equal."""
    return [range_hash(each, node) for each in consistency_ranges(old, size)]


def is_included(leaf: bytes, index: int, proof: Sequence[bytes], tree: LogHead) -> bool:
    """Return whether this hash of a leaf is at ``index`` of the tree.

    Source: RFC 9162, section 2.1.3.2.
    """
    size, root = tree
    if not 0 <= index < size or not _are_hashes(proof):
        return False
    position, last, found = index, size - 1, leaf
    for sibling in proof:
        if not last:
            return False
        if position & 1 or position == last:
            found = node_hash(sibling, found)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        position, last = position >> 1, last >> 1
    return not last and found == root


def is_consistent(old: LogHead, new: LogHead, proof: Sequence[bytes]) -> bool:
    """Return whether the tree ``new`` begins with the tree ``old``.

    An old size of 0 is never proven here: the empty tree is the beginning of every tree.

    Source: RFC 9162, section 2.1.4.2.
    """
    (old_size, old_root), (size, root) = old, new
    if not 0 < old_size <= size or not _are_hashes(proof):
        return False
    if old_size == size:
        return not proof and old_root == root
    path = list(proof) if old_size & (old_size - 1) else [old_root, *proof]
    if not path:
        return False
    position, last = old_size - 1, size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    before = after = path[0]
    for sibling in path[1:]:
        if not last:
            return False
        if position & 1 or position == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            after = node_hash(after, sibling)
        position, last = position >> 1, last >> 1
    return not last and before == old_root and after == root


def tree_root(size: int, node: NodeHash) -> bytes:
    """Return the root of the first ``size`` leaves."""
    return range_hash((0, size), node) if size else EMPTY_ROOT


def perfect(leaves: Range) -> Iterator[tuple[int, int]]:
    """Return the nodes of the perfect trees that a range of leaves falls into, largest first."""
    start, end = leaves
    while start < end:
        height = (end - start).bit_length() - 1
        yield height, start >> height
        start += 1 << height


def range_hash(leaves: Range, node: NodeHash) -> bytes:
    """Return the root over leaves that begin at a multiple of the power of two not below their number."""
    hashes = [node(*each) for each in perfect(leaves)]
    found = hashes.pop()
    while hashes:
        found = node_hash(hashes.pop(), found)
    return found


def _split(count: int) -> int:
    """The largest power of two below ``count``."""
    return 1 << (count - 1).bit_length() - 1


def _are_hashes(proof: Sequence[bytes]) -> bool:
    return all(len(each) == HASH_BYTES for each in proof)
