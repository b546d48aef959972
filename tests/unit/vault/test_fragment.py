"""Every byte of a fragment is guarded: nothing damaged is ever believed."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelm.vault import FragmentRefused, Suite, VaultError
from reelm.vault.errors import FailedCheck
from reelm.vault.format import HEAD_BYTES, ChunkWindow, FragmentShape, parse_header, parse_trailer
from reelm.vault.fragment import check_ends, check_whole, split_blocks
from support.vault.vaulting import REALM_ID, Crafted, craft, sample

SUITES = list(Suite)


def flipped(data: bytes, at: int, *, bits: int = 1) -> bytes:
    return data[:at] + bytes([data[at] ^ bits]) + data[at + 1 :]


def fault_of(crafted: Crafted, data: bytes, index: int = 0) -> FailedCheck:
    with pytest.raises(FragmentRefused) as refusal:
        check_whole(data, crafted.expected(index))
    return refusal.value.fault


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("size", [0, 1, 1000, 1024, 1025, 3000])
def test_a_fragment_passes_its_own_checks(suite: Suite, size: int) -> None:
    crafted = craft(sample(size), suite=suite)
    for index, data in enumerate(crafted.fragments):
        assert check_whole(data, crafted.expected(index)) == check_whole(data)
        shape = crafted.ending.shape
        ends = check_ends(data[:HEAD_BYTES], data[-shape.trailer_bytes :], crafted.expected(index))
        assert ends == check_whole(data)
        assert parse_header(data).pack() == data[:HEAD_BYTES]
        assert len(data) == shape.fragment_bytes


@pytest.mark.parametrize("suite", SUITES)
def test_a_flip_of_any_byte_is_refused(suite: Suite) -> None:
    crafted = craft(sample(1500), suite=suite)
    data = crafted.fragments[1]
    for at in range(len(data)):
        for bits in (1, 0x80):
            fault_of(crafted, flipped(data, at, bits=bits), 1)


def test_without_records_only_the_seal_is_left_to_the_keys() -> None:
    crafted = craft(sample(1500))
    data = crafted.fragments[2]
    believed = []
    for at in range(len(data)):
        try:
            check_whole(flipped(data, at))
            believed.append(at)
        except FragmentRefused:
            pass
    assert believed == list(range(len(data) - 40, len(data) - 8))


@pytest.mark.parametrize("suite", SUITES)
def test_a_fragment_of_any_other_length_is_refused(suite: Suite) -> None:
    crafted = craft(sample(1500), suite=suite)
    data = crafted.fragments[0]
    for length in range(len(data)):
        expected = FailedCheck.TRUNCATED if length < HEAD_BYTES else FailedCheck.LENGTH
        assert fault_of(crafted, data[:length]) is expected
    assert fault_of(crafted, data + b"\0") is FailedCheck.LENGTH


def test_each_kind_of_damage_is_named() -> None:
    crafted = craft(sample(1500))
    data = crafted.fragments[0]
    end = len(data)
    named = {
        0: FailedCheck.MAGIC,
        5: FailedCheck.HEADER_LENGTH,
        6: FailedCheck.FORMAT,
        7: FailedCheck.SUITE,
        40: FailedCheck.SHAPE,
        43: FailedCheck.SHAPE,
        60: FailedCheck.HEADER_HASH,
        116: FailedCheck.LOCKS,
        120: FailedCheck.FRAGMENT_ROOT,
        HEAD_BYTES: FailedCheck.LEAF,
        end - 8: FailedCheck.TRAILER,
        end - 1: FailedCheck.TRAILER,
        end - 10: FailedCheck.SEAL,
        end - 70: FailedCheck.OBJECT_ROOT,
    }
    for at, fault in named.items():
        assert fault_of(crafted, flipped(data, at, bits=0x40)) is fault, at


def test_a_fragment_of_something_else_is_refused() -> None:
    crafted = craft(sample(1500))
    strangers = {
        "another object": craft(sample(1500), seed=4).fragments[0],
        "another index": crafted.fragments[1],
        "another generation": craft(sample(1500), generation=2).fragments[0],
        "another realm": craft(sample(1500), realm_id=b"other---").fragments[0],
        "another suite": craft(sample(1500), suite=Suite.SEALED_SHA256).fragments[0],
        "another length": craft(sample(1600)).fragments[0],
    }
    for name, data in strangers.items():
        check_whole(data)
        assert fault_of(crafted, data) is FailedCheck.IDENTITY, name


def test_a_stranger_with_the_right_identity_fails_at_the_root() -> None:
    """Same object id, generation, index and sizes: only the bytes differ."""
    crafted, other = craft(sample(1500)), craft(sample(1500, seed=9))
    assert fault_of(crafted, other.fragments[0]) is FailedCheck.FRAGMENT_ROOT


def test_a_block_from_anywhere_else_fails_at_its_leaf() -> None:
    """Leaves bind realm, object, generation, index and chunk: a swapped block never reaches the decoder."""
    crafted = craft(sample(3000), suite=Suite.MEDIA)
    fragment = check_whole(crafted.fragments[0])
    shape = crafted.ending.shape

    def blocks(data: bytes) -> list[memoryview]:
        body = memoryview(data)[HEAD_BYTES:]
        return list(split_blocks(shape, body, ChunkWindow(0, shape.chunk_count)))

    own = blocks(crafted.fragments[0])
    fragment.check_blocks(0, own)
    with pytest.raises(FragmentRefused):
        fragment.check_blocks(0, [own[1], own[0], own[2]])
    for other in (
        craft(sample(3000), suite=Suite.MEDIA, seed=4),
        craft(sample(3000), suite=Suite.MEDIA, generation=2),
        craft(sample(3000), suite=Suite.MEDIA, realm_id=b"other---"),
    ):
        # The media suite does not encrypt, so the blocks are the same bytes: only the leaves tell them apart.
        assert blocks(other.fragments[0]) == own
        assert check_whole(other.fragments[0]).trailer.leaves[0] != fragment.trailer.leaves[0]
        with pytest.raises(FragmentRefused):
            check_whole(other.fragments[0]).check_blocks(0, blocks(crafted.fragments[1]))


@given(st.binary(max_size=700))
def test_no_bytes_make_the_parser_fail_in_its_own_way(data: bytes) -> None:
    for tail in (data, b"RVF1\x00\xcf\x01\x01" + data):
        try:
            check_whole(tail)
        except VaultError:
            continue
        raise AssertionError("noise was believed")


@given(
    at=st.integers(0, HEAD_BYTES - 1),
    replacement=st.binary(min_size=1, max_size=40),
    keep=st.integers(0, 2000),
)
def test_no_change_to_a_real_fragment_makes_the_parser_fail_in_its_own_way(
    at: int, replacement: bytes, keep: int
) -> None:
    data = craft(b"x" * 900).fragments[0]
    changed = (data[:at] + replacement + data[at + len(replacement) :])[:keep]
    try:
        check_whole(changed)
    except VaultError:
        return
    assert changed == data


def test_a_header_that_claims_terabytes_allocates_nothing() -> None:
    data = craft(sample(900)).fragments[0]
    claim = (1 << 47).to_bytes(8, "big")
    lying = data[:44] + claim + data[52:]
    header = parse_header(lying)
    assert header.padded_bytes == 1 << 47
    tracemalloc.start()
    for check in (lambda: check_whole(lying), lambda: parse_trailer(lying, header.shape)):
        with pytest.raises(FragmentRefused):
            check()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 18


@given(
    size=st.integers(0, 1 << 33),
    chunk_log2=st.integers(10, 24),
    suite=st.sampled_from(SUITES),
    k=st.integers(2, 12),
)
def test_blocks_lie_behind_each_other_without_a_gap(size: int, chunk_log2: int, suite: Suite, k: int) -> None:
    shape = FragmentShape(suite, k, k + 2, chunk_log2, size)
    count = shape.chunk_count
    for chunk in {0, count // 2, count - 1}:
        assert shape.block_at(chunk) + shape.block_bytes(chunk) == shape.block_at(chunk + 1)
        assert 0 <= k * shape.block_bytes(chunk) - shape.stripe_bytes(chunk) < k
    assert shape.fragment_bytes == shape.block_at(count) + 32 * (count + k + 2 + 2) + 32
    assert shape.plain_bytes(count - 1) + (count - 1) * shape.chunk_bytes == size


def test_the_header_starts_with_the_realm_and_the_object() -> None:
    data = craft(b"").fragments[0]
    assert data[:6] == b"RVF1\x00\xcf"
    assert data[8:16] == REALM_ID
