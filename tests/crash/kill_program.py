"""Kill -9 at every numbered step of a put and a delete over real folders and real SQLite.

``kill_program.py FOLDER`` forks a child per step: it stores, is acknowledged, and deletes, and is killed
right before or after its step N: a write, a flush, a rename, the flush of a directory, a commit. A fresh
child then starts over the same files and checks what must be true. Ends when a child lives through all of it,
and prints how often each step was the last.
"""

import asyncio
import json
import os
import shutil
import signal
import sys
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from reelm.base import Database, DataClass, ObjectId, SystemEntropy, Tx
from reelm.vault import ObjectMissing, PutReceipt, Vault
from reelm.vault.adapters.folder import FolderStore
from reelm.vault.model import FragmentState
from reelm.vault.store import FragmentRecord, find, objects
from support.machine.determinism import ManualClock
from support.vault.campaign.steps import watch_system
from support.vault.vaulting import OwnerKey, open_vault, records, sample, stream

DATA = sample(5_000)
_KILLED = "killed"


class Countdown:
    """Counts steps, and leaves no time for anything at one of them."""

    def __init__(self, steps: int, last: Path) -> None:
        self._left = steps
        self._last = last

    def seen(self, when: str, what: str) -> None:
        self._left -= 1
        if self._left == 0:
            self._last.write_text(f"{when} {what}")
            os.kill(os.getpid(), signal.SIGKILL)


class CountedDatabase(Database):
    countdown: Countdown

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        async with super().write() as tx:
            yield tx
            self.countdown.seen("before", "commit")
        self.countdown.seen("after", "commit")


def open_stores(folder: Path) -> list[FolderStore]:
    return [
        FolderStore.open(folder / f"f{number}", provider=f"folder-{number}", create=True)
        for number in range(5)
    ]


async def prepare(folder: Path) -> None:
    async with records(folder):
        for store in open_stores(folder):
            await store.close()


async def work(folder: Path, step: int) -> None:
    """Store and delete; what was acknowledged is said in files beside the stores."""
    database = CountedDatabase.open(f"sqlite:///{folder / 'records.sqlite'}")
    assert isinstance(database, CountedDatabase)
    database.countdown = Countdown(step, folder / _KILLED)
    watch_system(database.countdown.seen)
    vault = open_vault(database, open_stores(folder), entropy=SystemEntropy())
    receipt = await put(vault, "clip:1")
    (folder / "acknowledged").write_text(receipt.object_id)
    (folder / "deleting").touch()
    await vault.delete(receipt.object_id)
    (folder / "deleted").touch()


async def put(vault: Vault, reference: str) -> PutReceipt:
    key = OwnerKey(entropy=SystemEntropy())
    return await vault.put(stream(DATA), reference=reference, klass=DataClass.PUBLIC, key=key)


async def check(folder: Path) -> None:
    """What a process that starts over these files must find."""
    database = Database.open(f"sqlite:///{folder / 'records.sqlite'}")
    stores = open_stores(folder)
    vault = open_vault(database, stores, entropy=SystemEntropy())
    await vault.sweep(intents_before=ManualClock().now() + timedelta(seconds=1))
    acknowledged = folder / "acknowledged"
    if acknowledged.exists():
        await check_acknowledged(vault, ObjectId(acknowledged.read_text()), folder)
    repeated = await put(vault, "clip:1")
    assert await vault.read(repeated.object_id, key=OwnerKey()) == DATA
    await vault.close()
    async with database.read() as tx:
        found = [await find(tx, row.object_id) for row in await tx.execute(objects.select())]
    assert [record.object_id for record in found if record] == [repeated.object_id]
    check_files(folder, [piece for record in found if record for piece in record.fragments])
    for store in stores:
        await store.close()
    await database.close()


def check_files(folder: Path, pieces: Sequence[FragmentRecord]) -> None:
    """A fragment that was still on its way when its object was safe may be there or not."""
    held = {path.name for path in folder.glob("f?/??/*")}
    assert held <= {piece.name for piece in pieces}
    assert held >= {piece.name for piece in pieces if piece.state is FragmentState.STORED}
    assert not list(folder.glob("f?/unfinished/*"))


async def check_acknowledged(vault: Vault, object_id: ObjectId, folder: Path) -> None:
    try:
        assert await vault.read(object_id, key=OwnerKey()) == DATA
        assert not (folder / "deleted").exists()
    except ObjectMissing:
        assert (folder / "deleting").exists()


def in_child(task: Coroutine[Any, Any, None]) -> int:
    """How a forked process that does this ends: 0, 1 when it raised, or the negative signal."""
    child = os.fork()
    if child:
        task.close()
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        asyncio.run(task)
    except BaseException:  # noqa: BLE001 - the child ends here, whatever it was
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def main(folder: Path) -> None:
    last: Counter[str] = Counter()
    fresh = folder / "fresh"
    fresh.mkdir()
    assert in_child(prepare(fresh)) == 0
    for step in count(1):
        place = folder / str(step)
        shutil.copytree(fresh, place)
        end = in_child(work(place, step))
        assert in_child(check(place)) == 0, f"killed at step {step}"
        if end == 0:
            break
        assert end == -signal.SIGKILL
        last[(place / _KILLED).read_text()] += 1
    sys.stdout.write(json.dumps(last))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
