"""Merkle trees of RFC 6962 and the proofs in them: pure rules on hashes of 32 bytes."""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

from reelm_audit.errors import Untrusted

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over hashes of equally large, complete subtrees, in order; at least one."""
    level = list(hashes)
    while len(level) > 1:
        paired = [node_hash(*pair) for pair in zip(level[::2], level[1::2], strict=False)]
        level = paired + level[len(level) // 2 * 2 :]
    return level[0]


class Frontier:
    """The right edge of a growing tree: hashes of complete subtrees, the largest first.

    It is all that is needed to go on hashing where one stopped, at most 63 hashes.
    """

    def __init__(self, subtrees: Iterable[tuple[int, bytes]] = ()) -> None:
        self._subtrees: list[tuple[int, bytes]] = list(subtrees)

    @property
    def size(self) -> int:
        return sum(size for size, _ in self._subtrees)

    @property
    def subtrees(self) -> tuple[tuple[int, bytes], ...]:
        """(leaves, hash) of each."""
        return tuple(self._subtrees)

    def copy(self) -> "Frontier":
        return Frontier(self._subtrees)

    def push(self, digest: bytes, *, leaves: int = 1) -> None:
        """Add a complete subtree of ``leaves``, a power of two that divides the present size."""
        while self._subtrees and self._subtrees[-1][0] == leaves:
            digest = node_hash(self._subtrees.pop()[1], digest)
            leaves *= 2
        self._subtrees.append((leaves, digest))

    def root(self) -> bytes:
        if not self._subtrees:
            return EMPTY_ROOT
        digest = self._subtrees[-1][1]
        for _, left in reversed(self._subtrees[:-1]):
            digest = node_hash(left, digest)
        return digest


def check_inclusion(leaf: bytes, index: int, tree: tuple[int, bytes], proof: Sequence[bytes]) -> None:
    """Check that the hash ``leaf`` is at ``index`` of a tree (size, root).

    Raises:
        Untrusted: it is not proven.

    Source: RFC 9162, section 2.1.3.2.
    """
    size, root = tree
    if not 0 <= index < size:
        raise Untrusted(f"Entry {index} is not in a log of {size} entries.")
    digest = leaf
    for sibling, is_left in zip(proof, _sides(index, size - 1, len(proof)), strict=True):
        digest = node_hash(sibling, digest) if is_left else node_hash(digest, sibling)
    if digest != root:
        raise Untrusted("The proof of inclusion leads to another root than the one that was signed.")


def check_consistency(old: tuple[int, bytes], new: tuple[int, bytes], proof: Sequence[bytes]) -> None:
    """Check that the tree ``old`` (size above 0, root) is the beginning of the tree ``new``.

    Raises:
        Untrusted: it is not proven.

    Source: RFC 9162, section 2.1.4.2.
    """
    (old_size, old_root), (new_size, new_root) = old, new
    if not 0 < old_size <= new_size:
        raise Untrusted(f"A log of {new_size} entries does not begin with one of {old_size}.")
    if old_size == new_size:
        if proof or old_root != new_root:
            raise Untrusted("Two roots of one size, or a proof where none is needed.")
        return
    # The last complete subtree of the old tree; when that is all of it, its hash is not sent.
    height = (old_size & -old_size).bit_length() - 1
    path = list(proof) if old_size & (old_size - 1) else [old_root, *proof]
    if not path:
        raise Untrusted("The proof of consistency is empty.")
    node, last = (old_size - 1) >> height, (new_size - 1) >> height
    seen_old = seen_new = path[0]
    for sibling, is_left in zip(path[1:], _sides(node, last, len(path) - 1), strict=True):
        if is_left:
            seen_old, seen_new = node_hash(sibling, seen_old), node_hash(sibling, seen_new)
        else:
            seen_new = node_hash(seen_new, sibling)
    if seen_old != old_root or seen_new != new_root:
        raise Untrusted("The proof of consistency does not lead to the two roots.")


def _sides(node: int, last: int, count: int) -> list[bool]:
    """For each of ``count`` siblings on the way from a node to the root, whether it is on the left.

    Args:
        node: its index on its level.
        last: the index of the last node on that level.
        count: how many siblings there are.

    Raises:
        Untrusted: there are more or fewer on that way.
    """
    sides = []
    for _ in range(count):
        if last == 0:
            raise Untrusted("The proof is too long.")
        is_left = bool(node & 1) or node == last
        if is_left:
            while node and not node & 1:  # levels at which it has no sibling
                node, last = node >> 1, last >> 1
        sides.append(is_left)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise Untrusted("The proof is too short.")
    return sides


def split(size: int) -> int:
    """The largest power of two below ``size``."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_path(index: int, size: int, span: Callable[[int, int], bytes]) -> list[bytes]:
    """The proof that what is at ``index`` is one of ``size`` in a tree.

    Args:
        index: below ``size``.
        size: above 0.
        span: the root over ``[start, end)``.

    Source: RFC 6962, section 2.1.1.
    """

    def prove(start: int, end: int) -> list[bytes]:
        if end - start == 1:
            return []
        middle = start + split(end - start)
        if index < middle:
            return [*prove(start, middle), span(middle, end)]
        return [*prove(middle, end), span(start, middle)]

    return prove(0, size)


def consistency_path(old_size: int, new_size: int, span: Callable[[int, int], bytes]) -> list[bytes]:
    """The proof that the first ``old_size`` entries are the beginning of ``new_size``.

    Args:
        old_size: above 0.
        new_size: at least ``old_size``.
        span: the root over the entries ``[start, end)``.

    Source: RFC 6962, section 2.1.2.
    """

    def prove(size: int, start: int, end: int, *, is_whole: bool) -> list[bytes]:
        if size == end - start:
            return [] if is_whole else [span(start, end)]
        middle = split(end - start)
        if size <= middle:
            path = prove(size, start, start + middle, is_whole=is_whole)
            return [*path, span(start + middle, end)]
        path = prove(size - middle, start + middle, end, is_whole=False)
        return [*path, span(start, start + middle)]

    return prove(old_size, 0, new_size, is_whole=True)
