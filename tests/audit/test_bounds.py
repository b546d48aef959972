"""Whatever a realm serves, an audit ends within its budget, says what it found, and leaves nobody behind."""

import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reelm_audit.ledger import Audited, Demand, audit_ledger
from reelm_audit.tlog import base64
from reelm_audit.tlog.note import Note
from reelm_audit.verdict import Verdict
from support.ledger.auditing import failed, verdicts
from support.ledger.hostile import Trick, dripping, hiding, honest, serving
from support.ledger.logs import START, SomeLog
from support.machine.source import ROOT

ABOUT_ENTRIES = {"complete", "tiles", "shape", "time"}


def audited(
    log: SomeLog, home: Path, trick: Trick = honest, *, max_seconds: float = 30, processes: int = 1
) -> Audited:
    with serving(log.folder, trick) as address:
        demand = Demand(
            location=address,
            state_path=home / "state.json",
            evidence_folder=home / "evidence",
            policy=log.policy(),
            processes=processes,
            max_seconds=max_seconds,
        )
        return audit_ledger(demand, now_seconds=START + 60)


def claiming(log: SomeLog, size: int) -> None:
    """The log signs a size of which it has nothing."""
    text = f"{log.key.name}\n{size}\n{base64.encode(bytes(32))}\n"
    signed = Note(text, (log.key.sign(text), *(each.sign(text, seconds=START) for each in log.witnesses)))
    for name in ("checkpoint", "checkpoint.cosigned"):
        (log.folder / name).write_bytes(bytes(signed))


@pytest.fixture
def log(tmp_path: Path) -> SomeLog:
    return SomeLog.of(tmp_path / "log", 700)


@pytest.mark.parametrize("size", [1_000_000, 1 << 62])
def test_a_size_with_nothing_behind_it_is_found_at_once(log: SomeLog, tmp_path: Path, size: int) -> None:
    claiming(log, size)
    found = audited(log, tmp_path)
    assert {"complete", "tiles"} <= failed(found)
    assert verdicts(found)["shape"] is not Verdict.PROVEN


@pytest.mark.slow
@pytest.mark.parametrize("in_headers", [False, True])
def test_a_server_that_drips_does_not_hold_an_audit(log: SomeLog, tmp_path: Path, in_headers: bool) -> None:  # noqa: FBT001 - a parameter of the test
    over = threading.Event()
    begun = time.monotonic()
    trick = dripping(over, every_seconds=0.2, in_headers=in_headers)
    found = audited(log, tmp_path, trick, max_seconds=2)
    over.set()
    assert time.monotonic() - begun < 15  # it would be for ever
    assert {verdicts(found)[name] for name in ABOUT_ENTRIES} == {Verdict.NOT_CHECKED}
    assert (verdicts(found)["signed"], verdicts(found)["shared"]) == (Verdict.PROVEN, Verdict.PROVEN)


@pytest.mark.slow
def test_processes_that_are_held_do_not_hold_an_audit(log: SomeLog, tmp_path: Path) -> None:
    claiming(log, 1 << 20)
    over = threading.Event()
    begun = time.monotonic()
    found = audited(log, tmp_path, dripping(over, every_seconds=0.2), max_seconds=3, processes=3)
    over.set()
    assert time.monotonic() - begun < 30  # it would be for ever
    assert {verdicts(found)[name] for name in ABOUT_ENTRIES} == {Verdict.NOT_CHECKED}
    assert multiprocessing.active_children() == []


@pytest.fixture
def _no_collector() -> Iterator[None]:
    """What only the garbage collector would end goes on."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("how", ["503", "302", "closed"])
@pytest.mark.usefixtures("_no_collector")
def test_an_audit_leaves_no_thread_to_the_garbage_collector(log: SomeLog, tmp_path: Path, how: str) -> None:
    """That comes in the midst of anything, and the end of a thread needs locks that may be held there."""
    before = set(threading.enumerate())
    audited(log, tmp_path, hiding("tile/0/001", how))
    left = [each.name for each in set(threading.enumerate()) - before if not each.daemon]
    assert left == []


@pytest.mark.parametrize("how", ["503", "302", "closed"])
@pytest.mark.parametrize("name", ["tile/entries/000", "tile/0/001", "tile/1/000.p/2"])
def test_a_file_that_is_hidden_is_not_checked_and_hides_nothing_else(
    log: SomeLog, tmp_path: Path, name: str, how: str
) -> None:
    found = audited(log, tmp_path, hiding(name, how))
    assert failed(found) == set()
    assert verdicts(found)["tiles"] is Verdict.NOT_CHECKED
    assert verdicts(found)["shared"] is Verdict.PROVEN
    path = log.folder / "tile" / "entries" / "001"
    raw = bytearray(path.read_bytes())
    raw[5000] ^= 1
    path.write_bytes(raw)
    assert "tiles" in failed(audited(log, tmp_path, hiding("tile/entries/000", how)))


@pytest.mark.parametrize("how", ["503", "302", "closed"])
@pytest.mark.parametrize(("name", "unknown"), [("policy", "witnesses"), ("checkpoint.cosigned", "shared")])
def test_what_stands_beside_the_tiles_may_be_hidden_as_well(
    tmp_path: Path, name: str, unknown: str, how: str
) -> None:
    log = SomeLog.of(tmp_path / "log", 300)
    found = verdicts(audited(log, tmp_path, hiding(name, how)))
    assert found[unknown] is Verdict.NOT_CHECKED
    assert found["complete"] is Verdict.PROVEN


def test_a_log_that_never_answers_proves_nothing(log: SomeLog, tmp_path: Path) -> None:
    found = verdicts(audited(log, tmp_path, hiding("checkpoint", "503")))
    assert found == {"signed": Verdict.NOT_CHECKED}


def test_a_file_that_cannot_end_is_not_waited_for(log: SomeLog, tmp_path: Path) -> None:
    path = log.folder / "tile" / "entries" / "000"
    path.unlink()
    os.mkfifo(path)
    demand = Demand(
        location=str(log.folder),
        state_path=tmp_path / "state.json",
        evidence_folder=tmp_path / "evidence",
        policy=log.policy(),
        processes=1,
    )
    assert "complete" in failed(audit_ledger(demand, now_seconds=START + 60))


def test_no_more_entries_are_held_than_there_is_room_for(tmp_path: Path) -> None:
    log = SomeLog.of(tmp_path / "log", 256 * 40)
    demand = Demand(
        location=str(log.folder),
        state_path=tmp_path / "state.json",
        evidence_folder=tmp_path / "evidence",
        policy=log.policy(),
        processes=1,
        wanted=("mod.",),
        most_leaves=1_000,
    )
    found = audit_ledger(demand, now_seconds=START + 60)
    assert {verdicts(found)[name] for name in ABOUT_ENTRIES} == {Verdict.NOT_CHECKED}
    assert len(found.leaves) < 256 * 20


def children_of(pid: int) -> set[int]:
    """The processes that a process began, and those that these did."""
    text = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout  # noqa: S607 - of the system
    parents = {int(child): int(parent) for child, parent in (line.split() for line in text.splitlines())}
    found: set[int] = set()
    while more := {child for child, parent in parents.items() if parent in {pid, *found}} - found:
        found |= more
    return found


def is_running(pid: int) -> bool:
    found = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S603, S607 - of the system
    return found.returncode == 0 and not found.stdout.strip().startswith("Z")


@pytest.mark.slow
@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM])
def test_an_audit_that_is_killed_leaves_no_process_behind(
    log: SomeLog, tmp_path: Path, by: signal.Signals
) -> None:
    claiming(log, 1 << 20)
    over = threading.Event()
    with serving(log.folder, dripping(over, every_seconds=0.2)) as address:
        command = [sys.executable, "-m", "reelm_audit", "ledger", address, "--key", str(log.key.verifier)]
        command += ["--processes", "3", "--state", str(tmp_path / "state.json")]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "audit" / "src")}
        with subprocess.Popen(command, env=environment) as audit:  # noqa: S603 - our own program
            try:
                # Three, and the one that multiprocessing has beside them.
                while len(begun := children_of(audit.pid)) < 4:
                    assert audit.poll() is None
                    time.sleep(0.1)
                audit.send_signal(by)
                audit.wait(20)
            finally:
                audit.kill()
        deadline = time.monotonic() + 20
        while (left := {pid for pid in begun if is_running(pid)}) and time.monotonic() < deadline:
            time.sleep(0.1)
        over.set()
    assert len(begun) >= 4
    assert left == set()
