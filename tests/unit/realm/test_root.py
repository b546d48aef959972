"""The root key file: made once, durable, private, and refused in every other state."""

import os
from pathlib import Path

import pytest

from reelm.base import Secret
from reelm.realm import RootKey
from reelm.realm.errors import RootKeyExists, RootKeyMissing, RootKeyUnsafe
from support.machine.determinism import SeededEntropy


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "root.key"


def test_a_root_key_is_32_bytes_that_only_its_owner_may_read(path: Path) -> None:
    RootKey.create(path, SeededEntropy())
    assert path.stat().st_size == 32
    assert path.stat().st_mode & 0o7777 == 0o600


def test_a_umask_does_not_change_the_mode(path: Path) -> None:
    before = os.umask(0o777)
    try:
        RootKey.create(path, SeededEntropy())
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o7777 == 0o600


def test_the_opened_key_is_the_created_one(path: Path) -> None:
    made = RootKey.create(path, SeededEntropy())
    assert RootKey.open(path).derive("label") == made.derive("label")
    assert made.derive("label") != made.derive("other")
    assert made.derive("label", "a") != made.derive("label", "b")


def test_an_existing_file_is_never_overwritten(path: Path) -> None:
    path.write_bytes(b"precious")
    with pytest.raises(RootKeyExists, match="left as it is"):
        RootKey.create(path, SeededEntropy())
    assert path.read_bytes() == b"precious"


def test_a_link_to_nowhere_is_not_followed(path: Path) -> None:
    path.symlink_to(path.with_name("elsewhere"))
    with pytest.raises(RootKeyExists):
        RootKey.create(path, SeededEntropy())
    assert not path.with_name("elsewhere").exists()


def test_a_missing_file_is_said_to_be_missing(path: Path) -> None:
    with pytest.raises(RootKeyMissing, match="Put the file back"):
        RootKey.open(path)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o610, 0o777])
def test_a_file_that_others_may_read_is_refused_with_the_command_that_mends_it(path: Path, mode: int) -> None:
    RootKey.create(path, SeededEntropy())
    path.chmod(mode)
    with pytest.raises(RootKeyUnsafe, match=f"mode {mode:04o}.*chmod 600") as refused:
        RootKey.open(path)
    assert refused.value.facts == {"mode": f"{mode:04o}"}


def test_a_read_only_file_is_fine(path: Path) -> None:
    RootKey.create(path, SeededEntropy())
    path.chmod(0o400)
    RootKey.open(path)


@pytest.mark.parametrize("size", [0, 31, 33, 4096])
def test_a_file_of_another_size_is_refused_with_a_way_out(path: Path, size: int) -> None:
    path.write_bytes(b"k" * size)
    path.chmod(0o600)
    with pytest.raises(RootKeyUnsafe, match=f"has {size} bytes instead of 32") as refused:
        RootKey.open(path)
    assert refused.value.facts == {"size_bytes": size}


def test_what_is_no_file_is_refused(tmp_path: Path, path: Path) -> None:
    with pytest.raises(RootKeyUnsafe, match="not a regular file"):
        RootKey.open(tmp_path)
    os.mkfifo(path, 0o600)
    with pytest.raises(RootKeyUnsafe, match="not a regular file"):
        RootKey.open(path)


def test_a_path_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(RootKeyUnsafe, match="cannot be opened"):
        RootKey.open(file / "root.key")


def test_the_key_hides(path: Path) -> None:
    entropy = SeededEntropy()
    key = RootKey.create(path, entropy)
    assert path.read_bytes().hex() not in f"{key!r} {key}"
    assert repr(RootKey(Secret(b"k" * 32))) == "RootKey(hidden)"


def test_a_key_that_cannot_be_made_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(RootKeyUnsafe, match="could not be made"):
        RootKey.create(tmp_path / "no folder" / "root.key", SeededEntropy())
    assert list(tmp_path.iterdir()) == []
