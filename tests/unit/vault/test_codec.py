from itertools import combinations

import pytest

from reelm.vault.codec import Codec, IsalCodec, NumpyCodec, open_codec, parity_matrix
from reelm.vault.galois import invert, lagrange_weights, linear_combination, multiply
from support.vault.vaulting import sample

SHAPES = [(3, 5), (4, 6)]
SIZES = [0, 1, 2, 3, 4, 5, 17, 1040, 4112, 65552, (1 << 20) + 16]


@pytest.mark.parametrize(("k", "n"), [*SHAPES, (8, 12), (2, 3)])
@pytest.mark.parametrize("size", SIZES)
def test_both_codecs_write_the_same_bytes(k: int, n: int, size: int) -> None:
    stripe = sample(size)
    ours, theirs = NumpyCodec(k, n).encode(stripe), IsalCodec(k, n).encode(stripe)
    assert [bytes(block) for block in ours] == [bytes(block) for block in theirs]
    assert {len(block) for block in ours} == {-(-size // k)}


@pytest.mark.parametrize(("k", "n"), SHAPES)
@pytest.mark.parametrize("size", SIZES)
def test_every_choice_of_k_blocks_gives_the_stripe_back(k: int, n: int, size: int) -> None:
    stripe = sample(size)
    codecs: list[Codec] = [NumpyCodec(k, n), IsalCodec(k, n)]
    blocks = codecs[0].encode(stripe)
    for held in combinations(range(n), k):
        for codec in codecs:
            assert codec.decode({index: blocks[index] for index in held}, stripe_bytes=size) == stripe, held


def test_the_parity_rows_are_the_inverse_of_row_xor_column() -> None:
    assert parity_matrix(3, 5) == tuple(tuple(invert(row ^ column) for column in range(3)) for row in (3, 4))
    assert parity_matrix(3, 5)[0] == (244, 142, 1)


def test_parity_is_the_plain_sum_of_products() -> None:
    """A third way to the same bytes, one symbol at a time."""
    stripe = sample(300)
    data, parity = [stripe[at * 100 : at * 100 + 100] for at in range(3)], NumpyCodec(3, 5).encode(stripe)[3:]
    for row, block in zip(parity_matrix(3, 5), parity, strict=True):
        sums = [
            multiply(row[0], a) ^ multiply(row[1], b) ^ multiply(row[2], c)
            for a, b, c in zip(*data, strict=True)
        ]
        assert bytes(sums) == bytes(block)


def test_the_accelerator_is_used_when_it_is_there_and_not_when_it_is_unwanted() -> None:
    assert isinstance(open_codec(3, 5), IsalCodec)
    assert isinstance(open_codec(3, 5, is_accelerated=False), NumpyCodec)


def test_the_field_is_a_field() -> None:
    for value in range(1, 256):
        assert multiply(value, invert(value)) == 1
        assert multiply(value, 0) == 0
    assert multiply(2, 128) == 0x1D
    assert all(
        multiply(a, b ^ c) == multiply(a, b) ^ multiply(a, c)
        for a in range(0, 256, 7)
        for b in range(0, 256, 11)
        for c in range(0, 256, 13)
    )


def test_lagrange_weights_find_a_known_value_again() -> None:
    points = (1, 4, 5)
    assert lagrange_weights(points, 4) == (0, 1, 0)
    assert linear_combination(lagrange_weights(points, 4), (b"a", b"b", b"c")) == b"b"
