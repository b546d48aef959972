"""Rotates the keys of the realm in a folder for ever, a few keys at a time, and says how far it is."""

import asyncio
import sys
from pathlib import Path

from reelm.base import Database, SystemClock, SystemEntropy
from reelm.realm import EpochFiles, KeyConfig, Keys, RootKey


async def main(folder: Path) -> None:
    database = Database.open(f"sqlite:///{folder / 'records.db'}")
    keys = Keys(
        RootKey.open(folder / "root.key"),
        EpochFiles(folder / "epochs"),
        clock=SystemClock(),
        entropy=SystemEntropy(),
        config=KeyConfig(batch_keys=7),
    )
    for _ in range(200):  # its test ends it long before
        epoch = await keys.rotate(database, say)
        say(f"epoch {epoch}")


def say(what: object) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


asyncio.run(main(Path(sys.argv[1])))
