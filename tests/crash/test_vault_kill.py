"""kill -9 of a process that stores into folders: what it had a receipt for is safe, and no more is left."""

import asyncio
import json
import os
import subprocess
import sys
import time
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path

import pytest

from reelm.base import Database, DataClass, ObjectId, SystemEntropy
from reelm.vault import PutReceipt, Vault
from reelm.vault.adapters.folder import FolderStore
from reelm.vault.model import FragmentState
from reelm.vault.store import find, objects
from support.machine.determinism import ManualClock, SeededEntropy
from support.vault.vaulting import OwnerKey, open_vault, records, sample, stream

SIZE = 300_000
ROUNDS = 8


class LateFolder(FolderStore):
    """Always the last: most kills fall between the receipt and its fragment."""

    def publish(self, name: str) -> None:
        time.sleep(0.05)
        super().publish(name)


class Realm:
    """The folders, the records and the vault of one process."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder = folder
        self.database = database
        self.stores = [
            kind.open(folder / f"f{number}", provider=f"folder-{number}", create=True)
            for number, kind in enumerate([*[FolderStore] * 4, LateFolder])
        ]
        self.vault: Vault = open_vault(database, self.stores, entropy=SystemEntropy())

    async def put(self, number: int) -> PutReceipt:
        data = stream(sample(SIZE, seed=number), piece_bytes=20_000)
        key = OwnerKey(entropy=SystemEntropy())
        return await self.vault.put(data, reference=f"clip:{number}", klass=DataClass.PUBLIC, key=key)

    async def close(self) -> None:
        await self.vault.close()
        for store in self.stores:
            await store.close()


async def keep_storing(folder: Path, first: int) -> None:
    """Store objects one after the other, and say after each that its receipt is here."""
    async with records(folder) as database:
        realm = Realm(folder, database)
        for number in count(first):
            await realm.put(number)
            print(number, flush=True)  # noqa: T201 - the parent reads it


@pytest.mark.slow
async def test_a_killed_writer_loses_nothing_it_had_a_receipt_for(tmp_path: Path) -> None:
    chance, acknowledged, next_number = SeededEntropy(), set[int](), 0
    for _ in range(ROUNDS):
        seen = await _run_and_kill(tmp_path, first=next_number, after_seconds=chance.draw(1)[0] / 600)
        acknowledged |= seen
        next_number = max(seen, default=next_number - 1) + 1
        async with AsyncExitStack() as stack:
            database = await stack.enter_async_context(records(tmp_path))
            realm = Realm(tmp_path, database)
            stack.push_async_callback(realm.close)
            receipt = await realm.put(next_number)
            acknowledged.add(next_number)
            next_number += 1
            assert await realm.vault.read(receipt.object_id, key=OwnerKey()) == sample(
                SIZE, seed=next_number - 1
            )
            await realm.vault.close()
            await _check(realm, acknowledged)
    assert len(acknowledged) > ROUNDS


@pytest.mark.slow
def test_a_writer_killed_at_any_step_loses_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    """Right before and right after every write, flush, rename and commit; see kill_program.py."""
    done = subprocess.run(  # noqa: S603 - our own Python
        [sys.executable, str(Path(__file__).with_name("kill_program.py")), str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=_environment(),
    )
    last = json.loads(done.stdout)
    steps = ("write", "flush", "rename", "unlink", "commit")
    assert last.keys() == {f"{when} {step}" for when in ("before", "after") for step in steps}


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


async def _run_and_kill(folder: Path, *, first: int, after_seconds: float) -> set[int]:
    """The numbers that the child had a receipt for when it was killed."""
    command = (sys.executable, __file__, str(folder), str(first))
    child = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, env=_environment())
    assert child.stdout is not None
    line = await child.stdout.readline()
    await asyncio.sleep(after_seconds)
    child.kill()
    rest, _ = await child.communicate()
    return {int(number) for number in (line + rest).split()}


async def _check(realm: Realm, acknowledged: set[int]) -> None:
    """Every acknowledged object is safe, no reference twice, and every file belongs to an object."""
    clock = ManualClock()
    clock.advance(seconds=1)
    await realm.vault.sweep(intents_before=clock.now())
    async with realm.database.read() as tx:
        rows = (await tx.execute(objects.select())).all()
        found = [await find(tx, ObjectId(row.object_id)) for row in rows]
    numbers = [int(row.reference.removeprefix("clip:")) for row in rows]
    assert len(numbers) == len(set(numbers))
    assert acknowledged <= set(numbers)
    for row in rows[-3:]:
        data = sample(SIZE, seed=int(row.reference.removeprefix("clip:")))
        assert await realm.vault.read(ObjectId(row.object_id), key=OwnerKey()) == data
    pieces = [piece for record in found if record for piece in record.fragments]
    held = {path.name for path in realm.folder.glob("f?/??/*")}
    assert held <= {piece.name for piece in pieces}
    # What was on its way after the receipt may be there or not, and is for repair to look at.
    assert held >= {piece.name for piece in pieces if piece.state is not FragmentState.INTENDED}
    assert all(record.receipt().fragments_stored >= 4 for record in found if record)
    assert not list(realm.folder.glob("f?/unfinished/*"))


if __name__ == "__main__":
    asyncio.run(keep_storing(Path(sys.argv[1]), int(sys.argv[2])))
