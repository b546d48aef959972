"""Entries as bytes: what one key sealed, no other opens; whole and in its place, or not at all."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelm.vault import KeyNeeded, KeyRefused, ObjectBroken, Suite, VaultError, digest
from reelm.vault.errors import FailedCheck
from reelm.vault.pack import HEAD_BYTES, ExpectedEntry, open_entry, parse_head, seal_entry, walk
from support.machine.determinism import SeededEntropy
from support.vault.vaulting import REALM_ID, OwnerKey, sample

ENTRY_ID = bytes(range(16))
SUITES = pytest.mark.parametrize("suite", list(Suite))


def seal(data: bytes, *, suite: Suite = Suite.SEALED, entry_id: bytes = ENTRY_ID, seed: int = 5) -> bytes:
    key, entropy = OwnerKey(), SeededEntropy(seed)
    return seal_entry(data, suite=suite, realm_id=REALM_ID, entry_id=entry_id, wrapper=key, entropy=entropy)


def expected(packed: bytes, length: int, *, suite: Suite = Suite.SEALED) -> ExpectedEntry:
    return ExpectedEntry(suite, REALM_ID, ENTRY_ID, length, digest.entry_root(suite, packed))


@given(data=st.binary(max_size=3000), suite=st.sampled_from(list(Suite)))
def test_an_entry_opens_again(data: bytes, suite: Suite) -> None:
    packed = seal(data, suite=suite)
    assert open_entry(packed, expected(packed, len(data), suite=suite), OwnerKey()) == data
    assert len(packed) == HEAD_BYTES + len(data) + (16 if suite.is_sealed else 0)


def test_a_media_entry_is_the_bytes_as_they_are_and_needs_no_key() -> None:
    packed = seal(b"encrypted already", suite=Suite.MEDIA)
    assert packed[HEAD_BYTES:] == b"encrypted already"
    assert open_entry(packed, expected(packed, 17, suite=Suite.MEDIA), None) == b"encrypted already"


def test_a_sealed_entry_shows_nothing_of_its_bytes() -> None:
    packed = seal(b"plain words, plain words")
    assert b"plain" not in packed


def test_two_entries_of_the_same_bytes_have_nothing_in_common() -> None:
    one, other = seal(b"the same"), seal(b"the same", seed=6)
    assert one[HEAD_BYTES:] != other[HEAD_BYTES:]


@SUITES
def test_every_changed_byte_is_noticed_with_records(suite: Suite) -> None:
    packed = seal(sample(40), suite=suite)
    wanted = expected(packed, 40, suite=suite)
    for at in range(len(packed)):
        bent = packed[:at] + bytes([packed[at] ^ 1]) + packed[at + 1 :]
        with pytest.raises(VaultError):
            open_entry(bent, wanted, OwnerKey())


def test_every_changed_byte_of_a_sealed_entry_is_noticed_without_a_root() -> None:
    """A reader that has lost the records relies on the keys alone."""
    packed = seal(sample(40))
    for at in range(len(packed)):
        bent = packed[:at] + bytes([packed[at] ^ 1]) + packed[at + 1 :]
        with pytest.raises(VaultError):
            open_entry(bent, expected(bent, 40), OwnerKey())


@SUITES
def test_every_length_but_its_own_is_refused(suite: Suite) -> None:
    packed = seal(sample(40), suite=suite)
    for length in range(len(packed)):
        with pytest.raises(ObjectBroken) as refused:
            open_entry(packed[:length], expected(packed[:length], 40, suite=suite), OwnerKey())
        assert refused.value.fault is (FailedCheck.TRUNCATED if length < HEAD_BYTES else FailedCheck.LENGTH)
    with pytest.raises(ObjectBroken):
        open_entry(packed + b"\0", expected(packed + b"\0", 40, suite=suite), OwnerKey())


def test_another_entry_in_its_place_is_refused() -> None:
    other = seal(sample(40), entry_id=bytes(16))
    with pytest.raises(ObjectBroken) as refused:
        open_entry(other, expected(other, 40), OwnerKey())
    assert refused.value.fault is FailedCheck.IDENTITY


def test_it_wants_the_key_it_was_sealed_with() -> None:
    packed = seal(b"mine")
    with pytest.raises(KeyNeeded):
        open_entry(packed, expected(packed, 4), None)
    with pytest.raises(KeyRefused) as refused:
        open_entry(packed, expected(packed, 4), OwnerKey(bytes(32)))
    assert refused.value.fault is FailedCheck.KEY


def test_a_data_key_of_another_entry_is_refused_by_the_commitment() -> None:
    """AES-GCM alone would open under more than one key."""
    packed, other = seal(b"mine"), seal(b"also", seed=6)
    mixed = packed[:38] + other[38:98] + packed[98:]
    with pytest.raises(KeyRefused) as refused:
        open_entry(mixed, expected(mixed, 4), OwnerKey())
    assert refused.value.fault is FailedCheck.COMMITMENT


def test_key_fields_in_the_media_suite_are_refused() -> None:
    packed = bytearray(seal(b"media", suite=Suite.MEDIA))
    packed[60] = 1
    with pytest.raises(ObjectBroken) as refused:
        parse_head(bytes(packed))
    assert refused.value.fault is FailedCheck.LOCKS


def test_a_pack_is_walked_without_records_or_keys() -> None:
    packed = [seal(sample(size), entry_id=bytes([size]) * 16) for size in (0, 1, 200)]
    found = list(walk(b"".join(packed)))
    assert [head.length_bytes for _, head in found] == [0, 1, 200]
    assert [start for start, _ in found] == [0, len(packed[0]), len(packed[0]) + len(packed[1])]
    with pytest.raises(ObjectBroken) as refused:
        list(walk(b"".join(packed)[:-1]))
    assert refused.value.fault is FailedCheck.LENGTH


def test_the_root_is_of_the_whole_entry_and_its_suite() -> None:
    packed = seal(b"mine")
    wrong = replace(expected(packed, 4), root=digest.entry_root(Suite.SEALED_SHA256, packed))
    with pytest.raises(ObjectBroken) as refused:
        open_entry(packed, wrong, OwnerKey())
    assert refused.value.fault is FailedCheck.OBJECT_ROOT
