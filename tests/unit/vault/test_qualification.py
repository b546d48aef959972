"""The examination finds each kind of unfit store, and leaves nothing behind."""

from pathlib import Path

import pytest

from reelm.base import SystemClock
from reelm.cli import main
from reelm.vault import Qualification, StoreFailed
from reelm.vault.adapters.memory import MemoryStore
from reelm.vault.adapters.qualify_folder import qualify_folder
from reelm.vault.qualification import Finding, StoreQualifier, Suitability, run_checks
from support.machine.determinism import SeededEntropy


class StaleStore(MemoryStore):
    """Never gives a name's newer bytes."""

    async def read(self, name: str, *, start: int, length: int) -> bytes:
        self.first.setdefault(name, self.fragments.get(name, b""))
        return self.first[name][start : start + length]

    def __init__(self) -> None:
        super().__init__("p1")
        self.first: dict[str, bytes] = {}


class KeepingStore(MemoryStore):
    """Says that it deleted."""

    async def delete(self, name: str) -> None:
        assert name in self.fragments


class FullStore(MemoryStore):
    async def size(self, name: str) -> int:
        raise StoreFailed(f"No {name}.", provider="p1")


class CuttingStore(MemoryStore):
    """Gives what there is when asked for more."""

    async def read(self, name: str, *, start: int, length: int) -> bytes:
        return self._find(name)[start : start + length]


def read_names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def examine(store: MemoryStore) -> list[Finding]:
    examiner = StoreQualifier(store, clock=SystemClock(), entropy=SeededEntropy(1))
    findings = await run_checks(examiner.checks())
    await examiner.clean_up()
    return findings


async def test_a_store_that_keeps_its_promises_is_fit_and_is_left_empty() -> None:
    store = MemoryStore("p1")
    findings = await examine(store)
    assert Qualification("p1", tuple(findings)).is_fit
    assert len(findings) == 7
    assert store.fragments == {}


@pytest.mark.parametrize(
    ("store", "check"),
    [
        (StaleStore(), "overwrite"),
        (KeepingStore("p1"), "deletion"),
        (CuttingStore("p1"), "part of a fragment"),
        (FullStore("p1"), "write and read"),
    ],
    ids=["stale", "keeping", "cutting", "full"],
)
async def test_a_store_that_breaks_one_is_unfit_and_told_why(store: MemoryStore, check: str) -> None:
    findings = await examine(store)
    wrong = {finding.check: finding.detail for finding in findings if finding.verdict is Suitability.UNFIT}
    assert check in wrong
    assert wrong[check]
    assert not Qualification("p1", tuple(findings)).is_fit


async def test_the_first_check_that_fails_ends_the_examination() -> None:
    assert len(await examine(FullStore("p1"))) == 1


async def test_a_folder_is_tried_out_and_left_as_it_was(tmp_path: Path) -> None:
    new = tmp_path / "a/b"
    examination = await qualify_folder(new, tmp_path, clock=SystemClock(), entropy=SeededEntropy(1))
    assert examination.is_fit
    assert not (tmp_path / "a").exists()
    told = {finding.check: finding.detail for finding in examination.findings}
    assert "The same as that of" in told["disk"]
    assert "Cannot be tried out" in told["durability"]


async def test_a_folder_with_other_files_is_unfit_and_untouched(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("dear")
    examination = await qualify_folder(tmp_path, tmp_path, clock=SystemClock(), entropy=SeededEntropy(1))
    assert not examination.is_fit
    assert read_names(tmp_path) == ["letters.txt"]


def test_the_command_prints_a_line_per_check_and_fails_for_the_unfit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["vault", "probe", str(tmp_path / "new")]) == 0
    shown = capsys.readouterr().out
    assert "\nok     write and read" in shown
    assert "is fit to be a store" in shown
    (tmp_path / "full").mkdir()
    (tmp_path / "full/letters.txt").write_text("dear")
    assert main(["vault", "probe", str(tmp_path / "full")]) == 1
    assert "unfit  marker" in capsys.readouterr().out


def test_a_bucket_without_credentials_is_a_message_and_no_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["vault", "probe", "https://s3.invalid/b"]) > 1
    assert "--credentials" in capsys.readouterr().err
