"""A process that states facts and records signals until its power is cut, and says what is acknowledged.

``events_power_program.py FOLDER FILES SEED FIRST``: keys are in FOLDER, the databases in FILES.
"""

import asyncio
import sys
from itertools import count
from pathlib import Path

from support.events.logs import Counted, NoteTaker, opened_again


async def tell_for_good(folder: Path, files: Path, seed: int, first: int) -> None:
    async with opened_again(folder, seed=seed, files=files) as (events, database):
        tasks = [asyncio.create_task(events.relay.run()), asyncio.create_task(events.consume(NoteTaker()))]
        for number in count(first, 2):
            async with database.write() as tx:
                await events.append(tx, Counted(number))
            print(number, flush=True)  # noqa: T201 - the parent reads
            await events.record(Counted(number + 1))
            print(number + 1, flush=True)  # noqa: T201 - as above
            assert not any(task.done() for task in tasks)


asyncio.run(tell_for_good(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
