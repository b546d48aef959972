"""Every route, through each outage: how many refusals are no problem documents, or faults of the realm.

The disk takes no byte more, the database is away, stores hang: all of it is real, and so is the log, which is
written to a device without room meanwhile.
"""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bench.figure import Figure, report

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.machine.outages import full_disk_log, hanging, no_room
from support.web.asking import ENDING, Asking, prepared, refusals_without_document
from support.web.visiting import lose_database, populate, recording

STORES = ("store-1", "store-2", "store-3")


@asynccontextmanager
async def stores_hang(asking: Asking) -> AsyncIterator[None]:
    realm = asking.walk.site.stage.realm
    async with recording(realm), hanging(realm.vault, STORES):
        await realm.vault.health()
        await asyncio.sleep(realm.vault.config.probe_stall_seconds)
        yield


@asynccontextmanager
async def disk_full(asking: Asking) -> AsyncIterator[None]:
    await asking.walk.site.stage.realm.database.check()
    with no_room():
        yield


@asynccontextmanager
async def database_away(asking: Asking) -> AsyncIterator[None]:
    await lose_database(asking.walk.site)
    yield


async def count() -> tuple[int, int]:
    """Return how many answers there were in all outages, and how many were wrong."""
    answered = wrong = 0
    with tempfile.TemporaryDirectory(prefix="reelm-bench-") as folder:
        data = Path(folder, "populated")
        known = await populate(data)
        async with prepared((data, known), Path(folder, "asked")) as asking:
            for outage in (stores_hang, disk_full, database_away):
                with full_disk_log():
                    async with outage(asking):
                        answers = await asking.ask_all(but=ENDING)
                answered += len(answers)
                wrong += len(refusals_without_document(answers))
    return answered, wrong


def main() -> None:
    answered, wrong = asyncio.run(count())
    report(
        Figure(
            name="abuse.outages-without-document",
            values=(float(wrong),),
            unit="answers",
            bar=0,
            note=f"of {answered:,}: every route while 3 stores hang, the disk is full, the database is away",
        )
    )


if __name__ == "__main__":
    main()
