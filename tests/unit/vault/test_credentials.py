"""A bucket's credentials are read only from a file that nobody else can read."""

from pathlib import Path

import pytest

from reelm.base import Secret
from reelm.vault import StoreKeyMissing
from reelm.vault.adapters.credentials import Credentials, read_credentials
from reelm.vault.errors import StoreKeyUnsafe


def write(path: Path, text: str, *, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def test_two_lines_are_an_id_and_a_secret(tmp_path: Path) -> None:
    path = write(tmp_path / "a.key", "AKID\nsecret/with+signs=\n")
    assert read_credentials(path) == Credentials("AKID", Secret(b"secret/with+signs="))


def test_a_missing_file_says_what_to_write_where(tmp_path: Path) -> None:
    with pytest.raises(StoreKeyMissing, match=r"a\.key"):
        read_credentials(tmp_path / "a.key")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(StoreKeyUnsafe, match="chmod 600"):
        read_credentials(write(tmp_path / "a.key", "AKID\nsecret\n", mode=mode))


@pytest.mark.parametrize("text", ["", "AKID\n", "AKID\nsecret\nmore\n", "AKID\nsécret\n"])
def test_anything_but_two_lines_is_refused_without_being_quoted(tmp_path: Path, text: str) -> None:
    with pytest.raises(StoreKeyUnsafe) as refusal:
        read_credentials(write(tmp_path / "a.key", text))
    assert "secret\n" not in str(refusal.value)
    assert "AKID" not in str(refusal.value)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "a.key").mkdir(mode=0o700)
    with pytest.raises(StoreKeyUnsafe):
        read_credentials(tmp_path / "a.key")
