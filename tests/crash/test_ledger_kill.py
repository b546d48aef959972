"""kill -9 of a process that appends and sequences: what it acknowledged stays where it was."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reelm.base import Note, check_signed
from reelm.ledger.checkpoint import Checkpoint
from reelm.ledger.files import LogFiles
from reelm.ledger.log import LogEnvironment
from support.ledger import trees
from support.ledger.recording import KEY, grow, opened_log
from support.machine.determinism import SeededEntropy

ROUNDS = 6
ROOT = Path(__file__).parents[2]


@pytest.mark.slow
async def test_a_killed_sequencer_loses_nothing_it_acknowledged_and_tells_one_history(tmp_path: Path) -> None:
    chance = SeededEntropy(9)
    acknowledged: dict[int, int] = {}
    checkpoints: dict[int, bytes] = {}
    for turn in range(ROUNDS):
        acknowledged |= _kill_one(tmp_path, first=turn * 100_000, after_seconds=0.1 + chance.draw(1)[0] / 250)
        _note_checkpoint(tmp_path, checkpoints)
        async with opened_log(tmp_path) as outside:
            size = (await grow(outside)).size
            _note_checkpoint(tmp_path, checkpoints)
            entries = await _entries(outside, size)
        assert trees.mth(entries) == checkpoints[size]
        assert len(set(entries)) == size
        for number, index in acknowledged.items():
            assert entries[index] == b'{"leaf":%d}' % number
    assert acknowledged


def _kill_one(folder: Path, *, first: int, after_seconds: float) -> dict[int, int]:
    """What a process acknowledged before it was killed, by what the leaf says."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests")])}
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, str(Path(__file__).with_name("ledger_program.py")), str(folder), str(first)],
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        time.sleep(after_seconds)
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.read().splitlines(keepends=True)
    whole = [json.loads(line) for line in lines if line.endswith("\n")]
    return {int(number): index for line in whole for number, index in line.items()}


def _note_checkpoint(folder: Path, checkpoints: dict[int, bytes]) -> None:
    note = Note.parse((folder / "ledger" / "checkpoint").read_bytes())
    check_signed(note, KEY.verifier)
    checkpoint = Checkpoint.parse(note.text)
    assert checkpoints.setdefault(checkpoint.size, checkpoint.root) == checkpoint.root


async def _entries(outside: LogEnvironment, size: int) -> list[bytes]:
    files = LogFiles(outside.disk)
    return [entry for index in range(-(-size // 256)) for entry in await files.entries(index, size)]
