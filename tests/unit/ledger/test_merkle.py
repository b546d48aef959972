import random  # noqa: TID251 - seeded, so that a failure replays
from hashlib import sha256

import pytest

from reelm.ledger.merkle import (
    EMPTY_ROOT,
    consistency_proof,
    inclusion_proof,
    is_consistent,
    is_included,
    leaf_hash,
    root_of,
    tree_root,
)
from reelm.ledger.tiles import Edge, Tile, hashes_of, node_from
from support.ledger import trees

# The leaves and roots that implementations of Certificate Transparency have tested with since 2012.
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


class Grown:
    """A tree as the product grows it: an edge, and the tiles it left behind."""

    def __init__(self, entries: list[bytes]) -> None:
        self.edge = Edge()
        self.tiles: dict[Tile, bytes] = self.edge.append(leaf_hash(entry) for entry in entries)
        self.tiles |= self.edge.partial_tiles()
        self.node = node_from(len(entries), lambda tile: hashes_of(self.tiles[tile]))


def entries(count: int) -> list[bytes]:
    return [b"entry %d" % number for number in range(count)]


@pytest.mark.parametrize("size", range(1, 9))
def test_the_roots_everyone_knows(size: int) -> None:
    assert Grown(LEAVES[:size]).edge.root.hex() == ROOTS[size - 1]
    assert root_of([leaf_hash(leaf) for leaf in LEAVES[:size]]).hex() == ROOTS[size - 1]
    assert trees.mth(LEAVES[:size]).hex() == ROOTS[size - 1]


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert sha256(b"").digest() == EMPTY_ROOT == trees.mth([])


@pytest.mark.slow
def test_growing_agrees_with_the_rfc_on_ten_thousand_random_sizes() -> None:
    """The slow tree is remembered by its perfect parts; what it recomputes is the ragged right side."""
    chance = random.Random(6962)
    leaves = entries(66_000)
    perfect: dict[tuple[int, int], bytes] = {}

    def recursive(start: int, end: int) -> bytes:
        count = end - start
        is_perfect = count & (count - 1) == 0
        if is_perfect and (start, end) in perfect:
            return perfect[start, end]
        if count == 1:
            found = sha256(b"\x00" + leaves[start]).digest()
        else:
            k = trees.split(count)
            found = sha256(b"\x01" + recursive(start, start + k) + recursive(start + k, end)).digest()
        if is_perfect:
            perfect[start, end] = found
        return found

    sizes = sorted({1, 255, 256, 257, 65_535, 65_536, 65_537, *chance.sample(range(1, len(leaves)), 10_000)})
    edge, at = Edge(), 0
    for size in sizes:
        edge.append(leaf_hash(leaf) for leaf in leaves[at:size])
        at = size
        assert edge.root == recursive(0, size), size


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 255, 256, 257, 300, 600])
def test_every_proof_is_the_one_of_the_rfc_and_is_believed(size: int) -> None:
    leaves = entries(size)
    grown = Grown(leaves)
    head = (size, trees.mth(leaves))
    assert tree_root(size, grown.node) == head[1]
    for index in {0, 1, size // 2, size - 2, size - 1} & set(range(size)):
        proof = inclusion_proof(index, size, grown.node)
        assert proof == trees.path(index, leaves)
        assert is_included(leaf_hash(leaves[index]), index, proof, head)
    for old in {1, 2, size // 2, size - 1, size} & set(range(1, size + 1)):
        proof = consistency_proof(old, size, grown.node)
        assert proof == trees.proof(old, leaves)
        assert is_consistent((old, trees.mth(leaves[:old])), head, proof)


def test_the_examples_of_the_rfc() -> None:
    """RFC 6962, section 2.1.3: which nodes make the proofs of the tree of seven leaves."""
    leaves = entries(7)
    a, b, c, d, _, f, j = (leaf_hash(leaf) for leaf in leaves)
    g, h, i = root_of([a, b]), root_of([c, d]), root_of([leaf_hash(leaves[4]), f])
    k = root_of([g, h])
    node = Grown(leaves).node
    assert inclusion_proof(0, 7, node) == [b, h, root_of([i, j])]
    assert inclusion_proof(3, 7, node) == [c, g, root_of([i, j])]
    assert inclusion_proof(4, 7, node) == [f, j, k]
    assert inclusion_proof(6, 7, node) == [i, k]
    assert consistency_proof(3, 7, node) == [c, d, g, root_of([i, j])]
    assert consistency_proof(4, 7, node) == [root_of([i, j])]
    assert consistency_proof(6, 7, node) == [i, j, k]


def test_a_proof_that_was_touched_is_not_believed() -> None:
    leaves = entries(300)
    node, head = Grown(leaves).node, (300, trees.mth(leaves))
    old = (123, trees.mth(leaves[:123]))
    included, consistent = inclusion_proof(77, 300, node), consistency_proof(123, 300, node)
    leaf = leaf_hash(leaves[77])
    for proof in _touched(included):
        assert not is_included(leaf, 77, proof, head)
    for proof in _touched(consistent):
        assert not is_consistent(old, head, proof)
    for index in (0, 76, 78, 299, 300, -1, 333):
        assert not is_included(leaf, index, included, head)
    for size in (77, 78, 128, 200, 600):
        assert not is_included(leaf, 77, included, (size, head[1]))
    for wrong in ((122, old[1]), (124, old[1]), (0, EMPTY_ROOT), (301, old[1]), (123, head[1])):
        assert not is_consistent(wrong, head, consistent)


def _touched(proof: list[bytes]) -> list[list[bytes]]:
    swapped = [proof[1], proof[0], *proof[2:]]
    flipped = [bytes([proof[0][0] ^ 1]) + proof[0][1:], *proof[1:]]
    return [proof[1:], proof[:-1], [*proof, proof[0]], swapped, flipped, [proof[0][:31], *proof[1:]], []]


def test_nothing_is_proven_from_the_empty_tree() -> None:
    node, head = Grown(LEAVES).node, (8, bytes.fromhex(ROOTS[7]))
    assert not is_consistent((0, EMPTY_ROOT), head, [])
    with pytest.raises(ValueError, match="empty"):
        consistency_proof(0, 8, node)
    with pytest.raises(ValueError, match="empty or larger"):
        consistency_proof(9, 8, node)
    with pytest.raises(ValueError, match="not in the tree"):
        inclusion_proof(8, 8, node)


def test_equal_trees_need_no_proof_and_accept_none() -> None:
    head = (8, bytes.fromhex(ROOTS[7]))
    assert is_consistent(head, head, [])
    assert not is_consistent(head, head, [head[1]])
    assert not is_consistent((8, bytes(32)), head, [])
