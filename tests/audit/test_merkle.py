"""Trees and proofs against the recursive definitions of RFC 6962."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelm_audit.errors import Untrusted
from reelm_audit.tlog.merkle import (
    EMPTY_ROOT,
    Frontier,
    check_consistency,
    check_inclusion,
    consistency_path,
    fold,
    leaf_hash,
)
from support.ledger.logs import naive_path, naive_proof, naive_root

HASHES = [sha256(bytes([number % 256, number // 256])).digest() for number in range(600)]
SMALL = 33


def bent(proof: list[bytes]) -> list[list[bytes]]:
    """The proof with one hash too few, one too many, one changed, and two swapped."""
    changed = [[*proof[:at], HASHES[500], *proof[at + 1 :]] for at in range(len(proof))]
    swapped = [proof[::-1]] if len(proof) > 1 else []
    return [*changed, *swapped, [*proof, HASHES[501]], *([proof[:-1]] if proof else [])]


@given(size=st.integers(0, len(HASHES)))
def test_a_frontier_has_the_root_of_the_definition(size: int) -> None:
    frontier = Frontier()
    for digest in HASHES[:size]:
        frontier.push(digest)
    assert frontier.root() == naive_root(HASHES[:size])
    assert frontier.size == size


@given(size=st.integers(1, len(HASHES)))
def test_folding_has_the_root_of_the_definition(size: int) -> None:
    assert fold(HASHES[:size]) == naive_root(HASHES[:size])


def test_a_frontier_goes_on_where_it_was_kept() -> None:
    kept = Frontier([(256, naive_root(HASHES[:256]))])
    for digest in HASHES[256:]:
        kept.push(digest)
    assert kept.root() == naive_root(HASHES)


def test_the_empty_tree_and_a_leaf_hash_as_the_rfc_says() -> None:
    assert sha256(b"").digest() == EMPTY_ROOT == Frontier().root()
    assert leaf_hash(b"entry") == sha256(b"\0entry").digest()


@pytest.mark.parametrize("size", range(1, SMALL))
def test_every_inclusion_is_proven_and_nothing_else(size: int) -> None:
    tree = size, naive_root(HASHES[:size])
    for index in range(size):
        proof = naive_path(index, HASHES[:size])
        check_inclusion(HASHES[index], index, tree, proof)
        wrong = [(HASHES[index], index, bad) for bad in bent(proof)]
        wrong += [(HASHES[550], index, proof), (HASHES[index], size, proof), (HASHES[index], -1, proof)]
        wrong += [(HASHES[index], (index + 1) % size, proof)] if size > 1 else []
        for leaf, at, bad in wrong:
            with pytest.raises(Untrusted):
                check_inclusion(leaf, at, tree, bad)


@pytest.mark.parametrize("new_size", range(1, SMALL))
def test_every_consistency_is_proven_and_nothing_else(new_size: int) -> None:
    new = new_size, naive_root(HASHES[:new_size])
    for old_size in range(1, new_size + 1):
        old = old_size, naive_root(HASHES[:old_size])
        proof = naive_proof(old_size, HASHES[:new_size])
        check_consistency(old, new, proof)
        wrong = [(old, new, bad) for bad in bent(proof)]
        wrong += [((old_size, HASHES[550]), new, proof), (old, (new_size, HASHES[551]), proof)]
        for bad_old, bad_new, bad in wrong:
            with pytest.raises(Untrusted):
                check_consistency(bad_old, bad_new, bad)


@pytest.mark.parametrize("sizes", [(0, 5), (6, 5), (-1, 5)])
def test_no_proof_starts_from_nothing_or_from_more(sizes: tuple[int, int]) -> None:
    old, new = sizes
    with pytest.raises(Untrusted):
        check_consistency((old, EMPTY_ROOT), (new, naive_root(HASHES[:new])), [])


@given(st.integers(1, 300), st.integers(0, 200))
def test_a_made_path_is_that_of_the_definition(old_size: int, more: int) -> None:
    size = old_size + more
    path = consistency_path(old_size, size, lambda start, end: naive_root(HASHES[start:end]))
    assert path == naive_proof(old_size, HASHES[:size])
