"""Sealing and wrapping: what goes in comes out with the same key and purpose, and with nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelm.base import SealedBytes, Secret
from reelm.realm import SealingKey
from reelm.realm.errors import SealBroken
from reelm.realm.seal import SEAL_OVERHEAD_BYTES, WRAPPED_BYTES, UserKey
from support.machine.determinism import SeededEntropy


def sealing_key(seed: int = 3) -> SealingKey:
    return UserKey(Secret(SeededEntropy(seed).draw(32)), epoch=1, entropy=SeededEntropy(seed + 1))


@given(st.binary(max_size=300), st.text(max_size=20))
def test_sealing_gives_back_any_bytes_for_any_purpose(plaintext: bytes, purpose: str) -> None:
    key = sealing_key()
    sealed = key.seal(plaintext, purpose=purpose)
    assert isinstance(sealed, SealedBytes)
    assert len(sealed) == len(plaintext) + SEAL_OVERHEAD_BYTES
    assert key.open(sealed, purpose=purpose) == plaintext
    with pytest.raises(SealBroken):
        key.open(sealed, purpose=purpose + "x")


@given(st.binary(max_size=40), st.data())
def test_any_change_to_a_sealed_value_is_noticed(plaintext: bytes, data: st.DataObject) -> None:
    key = sealing_key()
    sealed = key.seal(plaintext, purpose="test")
    at = data.draw(st.integers(0, len(sealed) - 1))
    flip = data.draw(st.integers(1, 255))
    changed = sealed[:at] + bytes([sealed[at] ^ flip]) + sealed[at + 1 :]
    for broken in (changed, sealed[:at], sealed + b"\0"):
        with pytest.raises(SealBroken, match="Nothing was altered"):
            key.open(broken, purpose="test")


@given(st.integers(0, WRAPPED_BYTES - 1), st.integers(1, 255))
def test_a_wrapped_data_key_has_sixty_bytes_and_any_change_is_noticed(at: int, flip: int) -> None:
    key, dek = sealing_key(), Secret(bytes(range(32)))
    wrapped = key.wrap(dek)
    assert len(wrapped) == 60
    assert key.unwrap(wrapped) == dek
    for broken in (
        wrapped[:at] + bytes([wrapped[at] ^ flip]) + wrapped[at + 1 :],
        wrapped[:at],
        wrapped + b"\0",
    ):
        with pytest.raises(SealBroken):
            key.unwrap(broken)


def test_sealing_and_wrapping_do_not_share_a_key() -> None:
    key = sealing_key()
    wrapped = key.wrap(Secret(b"d" * 32))
    with pytest.raises(SealBroken):
        key.open(b"\x01" + wrapped, purpose="")


def test_only_a_data_key_is_wrapped() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        sealing_key().wrap(Secret(b"short"))


def test_equal_values_do_not_look_equal_when_sealed() -> None:
    key = sealing_key()
    assert key.seal(b"same", purpose="test") != key.seal(b"same", purpose="test")
