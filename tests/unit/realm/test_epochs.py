"""The files of epoch keys: private, whole or absent, never overwritten, and gone when destroyed."""

import os
from pathlib import Path

import pytest

from reelm.base import SealedBytes, Secret
from reelm.realm import EpochFiles, RootKey
from reelm.realm.epochs import Epochs
from reelm.realm.errors import EpochKeyMissing, EpochKeyUnsafe, RootKeyMismatch
from support.machine.determinism import SeededEntropy

ROOT = RootKey(Secret(SeededEntropy(1).draw(32)))
WRAPPED = SealedBytes(SeededEntropy(2).draw(60))


@pytest.fixture
def files(tmp_path: Path) -> EpochFiles:
    return EpochFiles(tmp_path / "epochs")


def epochs_of(files: EpochFiles, root: RootKey = ROOT, *, seed: int = 3) -> Epochs:
    return Epochs(root, files, entropy=SeededEntropy(seed))


def test_a_key_is_a_file_that_only_its_owner_may_read(files: EpochFiles) -> None:
    before = os.umask(0)
    try:
        files.add(1, WRAPPED)
    finally:
        os.umask(before)
    assert files.folder.stat().st_mode & 0o777 == 0o700
    assert files.path(1).stat().st_mode & 0o777 == 0o600
    assert files.find(1) == WRAPPED
    assert [path.name for path in files.folder.iterdir()] == ["1.key"]


def test_the_first_of_two_wins(files: EpochFiles) -> None:
    files.add(1, WRAPPED)
    files.add(1, SealedBytes(b"x" * 60))
    assert files.find(1) == WRAPPED


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o610])
def test_a_file_that_others_may_read_is_refused(files: EpochFiles, mode: int) -> None:
    files.add(1, WRAPPED)
    files.path(1).chmod(mode)
    with pytest.raises(EpochKeyUnsafe, match="chmod 600"):
        files.find(1)


def test_a_file_of_another_size_or_kind_is_refused(files: EpochFiles) -> None:
    files.add(1, WRAPPED)
    files.path(1).write_bytes(b"short")
    with pytest.raises(EpochKeyUnsafe, match="5 bytes instead of 60"):
        files.find(1)
    files.path(2).mkdir()
    with pytest.raises(EpochKeyUnsafe, match="not a regular file"):
        files.find(2)


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "epochs").write_text("a file")
    with pytest.raises(EpochKeyUnsafe, match="Nothing was changed"):
        EpochFiles(tmp_path / "epochs").add(1, WRAPPED)


def test_a_destroyed_key_is_overwritten_before_it_goes_and_so_is_what_a_crash_left_of_it(
    files: EpochFiles, tmp_path: Path
) -> None:
    files.add(1, WRAPPED)
    names = (files.path(1), files.folder / "1.0011223344556677.part")
    os.link(*names)
    os.link(files.path(1), tmp_path / "the same blocks")
    for _ in range(2):
        files.destroy(1)
        assert not any(name.exists() for name in names)
    assert (tmp_path / "the same blocks").read_bytes() == bytes(60)


def test_one_that_was_overwritten_and_not_removed_counts_as_gone_and_can_be_made_anew(
    files: EpochFiles,
) -> None:
    files.add(1, SealedBytes(bytes(60)))
    assert files.find(1) is None
    mark = epochs_of(files).make(1)
    epochs_of(files).check(1, mark)


def test_what_is_no_key_is_not_listed(files: EpochFiles) -> None:
    for epoch in (10, 9):
        files.add(epoch, WRAPPED)
    (files.folder / "notes.key").touch()
    (files.folder / "ring").touch()
    assert files.present() == (9, 10)


def test_another_root_neither_opens_nor_marks(files: EpochFiles) -> None:
    mark = epochs_of(files).make(1)
    stranger = epochs_of(files, RootKey(Secret(b"r" * 32)))
    for refused in (lambda: stranger.cipher(1), lambda: stranger.check_root(1, mark)):
        with pytest.raises(RootKeyMismatch):
            refused()


def test_a_mark_is_of_one_epoch_and_one_file(files: EpochFiles) -> None:
    epochs = epochs_of(files)
    mark = epochs.make(1)
    with pytest.raises(RootKeyMismatch):
        epochs.check_root(2, mark)
    files.destroy(1)
    other = epochs_of(files, seed=4)
    other.make(1)
    with pytest.raises(EpochKeyMissing, match="another one"):
        other.check(1, mark)


def test_only_the_last_two_keys_are_remembered(files: EpochFiles) -> None:
    epochs = epochs_of(files)
    for epoch in (1, 2, 3):
        epochs.make(epoch)
        epochs.cipher(epoch)
        files.destroy(epoch)
    epochs.cipher(2)
    epochs.cipher(3)
    with pytest.raises(EpochKeyMissing):
        epochs.cipher(1)
