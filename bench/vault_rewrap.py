"""Rotating the keys of a million people: new epoch key, every user key re-wrapped, durable records.

The whole path that an operator runs: SQLite records with their index, synced to the disk batch by batch, the
ring written and the old key destroyed. In the same run: the re-wrapping alone, which is the limit of this
processor, and the same rows updated by the bare driver in one transaction, which is the limit of SQLite.
"""

import asyncio
import tempfile
import time
from pathlib import Path

from bench.figure import Figure, report
from sqlalchemy import Connection, insert

from reelm.base import AccountId, Database, SealedBytes, Secret, SystemClock, SystemEntropy, metadata
from reelm.realm import EpochFiles, KeyConfig, Keys, RootKey
from reelm.realm import store as records
from reelm.realm.epochs import Epochs, owner_data
from reelm.realm.rewrap import Wrapped, rewrap
from reelm.realm.seal import wrap_key

KEYS = 1_000_000
REPEATS = 5
BAR_SECONDS = 10
_SLICE = 50_000
_PURE_KEYS = 100_000
_TABLES = ("epoch_keys", "user_keys", "destroyed_keys")
_BARE = "UPDATE user_keys SET wrapped = ?, wrapped_in_epoch = ? WHERE owner = ?"


class Peopled:
    """A realm's keys and records with very many owners."""

    def __init__(self, folder: Path) -> None:
        self.entropy = SystemEntropy()
        self.database = Database.open(f"sqlite:///{folder / 'records.sqlite'}")
        root, files = RootKey.create(folder / "root.key", self.entropy), EpochFiles(folder / "epochs")
        self.keys = Keys(root, files, clock=SystemClock(), entropy=self.entropy)
        self.epochs = Epochs(root, files, entropy=self.entropy)

    async def fill(self, count: int) -> None:
        async with self.database.engine.begin() as connection:
            await connection.run_sync(_create_tables)
        async with self.database.write() as tx:
            await self.keys.begin(tx)
        for start in range(0, count, _SLICE):
            keys = self.wrapped(start, min(count, start + _SLICE))
            async with self.database.write() as tx:
                await tx.execute(insert(records.user_keys), [_row(key) for key in keys])

    def wrapped(self, start: int, end: int) -> list[Wrapped]:
        """Keys of these owners, wrapped in the first epoch."""
        made = []
        for number in range(start, end):
            owner = AccountId(f"{number:026d}")
            key, data = Secret(self.entropy.draw(32)), owner_data(owner, 1)
            made.append((owner, wrap_key(self.epochs.cipher(1), key, data=data, entropy=self.entropy), 1))
        return made

    async def rotate(self) -> float:
        """Seconds of a whole rotation."""
        begun = time.monotonic()
        await self.keys.rotate(self.database)
        return time.monotonic() - begun

    async def update_bare(self) -> float:
        """Seconds in which SQLite's driver updates the same rows with the same batches and syncs."""
        begun = time.monotonic()
        batch = KeyConfig().batch_keys
        for start in range(0, KEYS, batch):
            rows = [(bytes(60), 1, f"{number:026d}") for number in range(start, start + batch)]
            async with self.database.write() as tx:
                await tx.exec_driver_sql(_BARE, rows)
        return time.monotonic() - begun


def pure(peopled: Peopled, keys: list[Wrapped]) -> float:
    """Microseconds per key of the re-wrapping alone."""
    opening, into = {1: peopled.epochs.cipher(1)}, (1, peopled.epochs.cipher(1))
    begun = time.monotonic()
    rewrap(keys, opening=opening, into=into, entropy=peopled.entropy)
    return (time.monotonic() - begun) / len(keys) * 1e6


def _create_tables(connection: Connection) -> None:
    metadata.create_all(connection, tables=[metadata.tables[name] for name in _TABLES])


def _row(key: Wrapped) -> dict[str, object]:
    owner, wrapped, epoch = key
    return {
        "owner": owner,
        "epoch": epoch,
        "wrapped_in_epoch": epoch,
        "wrapped": SealedBytes(wrapped),
        "created_at": SystemClock().now(),
    }


async def main() -> tuple[list[float], list[float], list[float]]:
    whole, alone, bare = [], [], []
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        peopled, peer = Peopled(Path(one)), Peopled(Path(two))
        await peopled.fill(KEYS)
        await peer.fill(KEYS)
        sample = peer.wrapped(0, _PURE_KEYS)
        for _ in range(REPEATS):
            whole.append(await peopled.rotate())
            alone.append(pure(peer, sample))
            bare.append(await peer.update_bare())
        await peopled.database.close()
        await peer.database.close()
    return whole, alone, bare


if __name__ == "__main__":
    whole, alone, bare = asyncio.run(main())
    report(
        Figure(
            name="vault.rotation-of-a-million-user-keys",
            values=tuple(whole),
            unit="s",
            bar=BAR_SECONDS,
            note="SQLite, synced batch by batch, with the ring and the old key's end",
        ),
        Figure(
            name="vault.rotation-to-bare-updates",
            values=tuple(ours / theirs for ours, theirs in zip(whole, bare, strict=True)),
            unit="ratio",
            note="the driver alone, updating the same million rows in the same batches",
        ),
        Figure(name="vault.re-wrap-of-one-user-key", values=tuple(alone), unit="us", note="AES-GCM twice"),
    )
