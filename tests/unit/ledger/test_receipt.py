import pytest

from reelm.base import NoteRefused, Secret, SigningKey
from reelm.ledger.checkpoint import Checkpoint
from reelm.ledger.errors import ProofRefused
from reelm.ledger.merkle import inclusion_proof, leaf_hash
from reelm.ledger.quorum import Policy
from reelm.ledger.receipt import Receipt
from reelm.ledger.tiles import Edge, hashes_of, node_from
from support.ledger.witnessing import SomeWitness

LOG = SigningKey("us.example/ledger", Secret(bytes(range(32))))
POLICY = Policy.parse(f"log {LOG.verifier}\nquorum none\n")
LEAVES = [b'{"leaf":%d}' % number for number in range(700)]


def receipt(index: int = 77, size: int = 700) -> Receipt:
    edge = Edge()
    tiles = edge.append(leaf_hash(leaf) for leaf in LEAVES[:size])
    tiles |= edge.partial_tiles()
    proof = inclusion_proof(index, size, node_from(size, lambda tile: hashes_of(tiles[tile])))
    checkpoint = LOG.sign(Checkpoint("us.example/ledger", size, edge.root).text)
    return Receipt(LEAVES[index], index, tuple(proof), checkpoint)


@pytest.mark.parametrize(("index", "size"), [(0, 1), (77, 700), (699, 700), (256, 257)])
def test_a_receipt_says_the_same_after_a_journey(index: int, size: int) -> None:
    made = receipt(index, size)
    read = Receipt.parse(made.encode())
    assert read == made
    assert read.check(POLICY).size == size


def test_the_form_is_that_of_the_specification() -> None:
    lines = receipt(1, 2).encode().decode().split("\n")
    assert lines[:3] == ["c2sp.org/tlog-proof@v1", "extra eyJsZWFmIjoxfQ==", "index 1"]
    assert len(lines[3]) == 44
    assert lines[4:7] == ["", "us.example/ledger", "2"]


def test_a_receipt_for_another_leaf_proves_nothing() -> None:
    made = receipt()
    for wrong in (
        Receipt(LEAVES[78], made.index, made.proof, made.checkpoint),
        Receipt(made.leaf, 78, made.proof, made.checkpoint),
        Receipt(made.leaf, made.index, made.proof[:-1], made.checkpoint),
        Receipt(made.leaf, made.index, made.proof, receipt(size=600).checkpoint),
    ):
        with pytest.raises(ProofRefused, match="proves nothing"):
            Receipt.parse(wrong.encode()).check(POLICY)


def test_a_receipt_without_the_quorum_is_not_believed() -> None:
    witness = SomeWitness("w.example", 1)
    policy = Policy.parse(f"log {LOG.verifier}\nwitness w {witness.key}\nquorum w\n")
    made = receipt()
    with pytest.raises(NoteRefused, match="Too few witnesses"):
        made.check(policy)
    cosigned = made.checkpoint.with_signatures([witness.cosign(made.checkpoint, seconds=5)])
    assert Receipt(made.leaf, made.index, made.proof, cosigned).check(policy).size == 700


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"tlog-proof@v1", b"tlog-proof@v2"),
        (b"extra ", b"extras "),
        (b"extra eyJ", b"extra eyJ="),
        (b"index 77", b"index 077"),
        (b"index 77", b"index -1"),
        (b"index 77\n", b""),
        (b"\n\nus.example", b"\nus.example"),
        (b"index 77\n", b"index 77\nAAAA\n"),
    ],
)
def test_what_is_no_receipt_is_refused(old: bytes, new: bytes) -> None:
    data = receipt().encode()
    assert old in data
    with pytest.raises((ProofRefused, NoteRefused)):
        Receipt.parse(data.replace(old, new, 1)).check(POLICY)
