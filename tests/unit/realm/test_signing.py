"""Signing keys: files of one person, and lines that anyone can check."""

import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelm.realm import create_signing_key, read_signing_key
from reelm.realm.errors import SigningKeyExists, SigningKeyUnsafe
from reelm.realm.signing import has_signed, signed_line, signer_key
from support.machine.determinism import SeededEntropy
from support.realm.declaring import signing_key

# The example of c2sp.org/signed-note.
EXAMPLE = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
SIGNED = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
LINE = f"— PeterNeumann {SIGNED}"


def test_the_example_of_the_specification_is_verified() -> None:
    key = signer_key(EXAMPLE)
    assert key is not None
    assert str(key) == EXAMPLE
    assert has_signed(key, TEXT, LINE)
    assert not has_signed(key, TEXT + "\n", LINE)
    assert not has_signed(key, TEXT, LINE.replace("PeterNeumann", "PeterNewman"))
    assert not has_signed(key, TEXT, f"{LINE}\n{LINE}")


def test_a_key_comes_back_from_its_file_which_only_its_owner_may_read(tmp_path: Path) -> None:
    path = tmp_path / "board.key"
    key = create_signing_key(path, "board.reelm.example", SeededEntropy(1))
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_signing_key(path).verifier == key.verifier
    assert has_signed(key.verifier, "text", signed_line(read_signing_key(path), "text"))
    with pytest.raises(SigningKeyExists):
        create_signing_key(path, "other", SeededEntropy(2))
    path.chmod(0o644)
    with pytest.raises(SigningKeyUnsafe, match="may be read by others"):
        read_signing_key(path)


@pytest.mark.parametrize("text", ["", "PRIVATE+KEY+a+00000000+AAAA", "hello", "\n"])
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "some.key"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(SigningKeyUnsafe):
        read_signing_key(path)
    with pytest.raises(SigningKeyUnsafe):
        read_signing_key(tmp_path / "absent.key")


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\n", "x" * 61])
def test_a_name_that_would_break_a_line_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SigningKeyUnsafe):
        create_signing_key(tmp_path / "some.key", name, SeededEntropy(1))
    assert list(tmp_path.iterdir()) == []


@given(st.text(max_size=80))
def test_any_text_is_a_key_or_none(text: str) -> None:
    assert signer_key(text) is None
    assert not has_signed(signing_key("ana").verifier, "text", text)


def test_a_key_shows_nothing_and_is_not_pickled() -> None:
    key = signing_key("ana")
    assert repr(key) == "SigningKey(ana, hidden)"
    with pytest.raises(TypeError):
        pickle.dumps(key)
