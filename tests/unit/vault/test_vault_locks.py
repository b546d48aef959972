"""A thief with one lock's key reads nothing. Each test attempts the decryption with all the thief holds."""

from itertools import combinations

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from reelm.base import Secret
from reelm.vault import KeyRefused
from reelm.vault.codec import open_codec
from reelm.vault.format import HEAD_BYTES, ChunkWindow
from reelm.vault.fragment import Fragment, check_whole, split_blocks
from reelm.vault.keys import ContentKey
from reelm.vault.share import combine
from support.vault.vaulting import OwnerKey, craft, sample

DATA = b"a secret that nobody else may read. " * 20
CRAFTED = craft(DATA)
FRAGMENTS = [check_whole(data) for data in CRAFTED.fragments]


def ciphertext(indices: tuple[int, ...]) -> bytes:
    """The first chunk's ciphertext, which any k providers hold together."""
    shape = CRAFTED.ending.shape
    blocks = {
        index: next(split_blocks(shape, memoryview(CRAFTED.fragments[index])[HEAD_BYTES:], ChunkWindow(0, 1)))
        for index in indices
    }
    return open_codec(3, 5).decode(blocks, stripe_bytes=shape.stripe_bytes(0))


def attempt(fragment: Fragment, *, dek: bytes, shared: bytes, sealed: bytes) -> bytes:
    """Decrypt as the format says, without the code under test and without its commitment check."""
    common = fragment.header.common
    hkdf = HKDF(SHA256(), length=32, salt=common.object_id, info=b"reelm/vault/1" + common.hash)
    return AESGCM(hkdf.derive(dek + shared)).decrypt(bytes(11) + b"\x01", sealed, common.hash)


def test_both_locks_together_open_it() -> None:
    """The attempts below fail for want of a key, not because they are made wrongly."""
    shared = combine({index: FRAGMENTS[index].header.share for index in (0, 2, 4)})
    dek = OwnerKey().unwrap(FRAGMENTS[0].header.common.wrapped_dek)
    sealed = ciphertext((0, 2, 4))
    opened = attempt(FRAGMENTS[0], dek=dek.reveal(), shared=shared.reveal(), sealed=sealed)
    assert opened[: len(DATA)] == DATA


@pytest.mark.parametrize("held", list(combinations(range(5), 2)))
def test_the_owners_key_and_k_minus_one_providers_read_nothing(held: tuple[int, ...]) -> None:
    """Even when the thief is given the whole ciphertext, which k - 1 providers do not hold."""
    dek = OwnerKey().unwrap(FRAGMENTS[0].header.common.wrapped_dek).reveal()
    shares = {index: FRAGMENTS[index].header.share for index in held}
    guesses = [bytes(32), combine(shares).reveal(), *shares.values()]
    missing = next(index for index in range(5) if index not in held)
    guesses += [combine({**shares, missing: guess}).reveal() for guess in (bytes(32), *shares.values())]
    for guess in guesses:
        with pytest.raises(InvalidTag):
            attempt(FRAGMENTS[0], dek=dek, shared=guess, sealed=ciphertext((0, 1, 2)))
        with pytest.raises(KeyRefused):
            ContentKey(FRAGMENTS[0].header.common, dek=Secret(dek), shared=Secret(guess)).check(
                FRAGMENTS[0].header.commitment
            )


@pytest.mark.parametrize("held", [*combinations(range(5), 3), tuple(range(5))])
def test_k_or_all_providers_without_the_owners_key_read_nothing(held: tuple[int, ...]) -> None:
    shared = combine({index: FRAGMENTS[index].header.share for index in held[:3]}).reveal()
    header = FRAGMENTS[0].header
    guesses = [bytes(32), shared, header.common.wrapped_dek[12:44], header.commitment, header.common.hash]
    for guess in guesses:
        with pytest.raises(InvalidTag):
            attempt(FRAGMENTS[0], dek=guess, shared=shared, sealed=ciphertext(held[:3]))


def test_no_fragment_holds_any_part_of_the_plaintext() -> None:
    """Encrypt-then-fragment alone would leave the first k fragments in the clear to whoever has the key."""
    pieces = [DATA[at : at + 8] for at in range(len(DATA) - 8)]
    for data in CRAFTED.fragments:
        assert not any(piece in data for piece in pieces)


def test_two_objects_of_the_same_bytes_have_nothing_in_common() -> None:
    """No deduplication: equal content must not show."""
    other = craft(DATA, seed=11)
    for mine, theirs in zip(CRAFTED.fragments, other.fragments, strict=True):
        shape = CRAFTED.ending.shape
        body = slice(HEAD_BYTES, shape.block_at(shape.chunk_count))
        assert mine[body] != theirs[body]


def test_sizes_at_the_stores_fall_into_classes() -> None:
    sizes = {len(craft(sample(length)).fragments[0]) for length in range(961, 993)}
    assert len(sizes) == 1
