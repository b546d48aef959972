"""A process that appends to a ledger until it is killed, and says after each batch what is acknowledged.

``ledger_program.py FOLDER FIRST`` sequences in the same process; leaf N says N.
"""

import asyncio
import json
import sys
from itertools import count
from pathlib import Path

from reelm.ledger import Sequencer
from reelm.ledger.outbox import Draft, Outbox
from support.ledger.recording import opened_log

AT_ONCE = 40


async def append_for_good(folder: Path, first: int) -> None:
    async with opened_log(folder) as outside:
        sequencing = asyncio.create_task(Sequencer(outside).run())
        outbox = Outbox(outside)
        for start in count(first, AT_ONCE):
            numbers = range(start, start + AT_ONCE)
            appends = (outbox.record(Draft(b'{"leaf":%d}' % number)) for number in numbers)
            indices = await asyncio.gather(*appends)
            assert not sequencing.done(), sequencing
            print(json.dumps(dict(zip(numbers, indices, strict=True))), flush=True)  # noqa: T201 - the parent reads


asyncio.run(append_for_good(Path(sys.argv[1]), int(sys.argv[2])))
