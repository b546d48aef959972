"""Run the verb about exported files: access identify."""

import argparse
import asyncio

from reelm.access import Exports, Leak
from reelm.app import open_keys
from reelm.app import settings as settings_
from reelm.cli.console import complain, say
from reelm.cli.realm import repository

FOUND_NOTHING = 1
_MOST_BYTES = 256 << 20


def run(chosen: argparse.Namespace) -> int:
    """Do the one job; return its exit code."""
    file = chosen.file
    try:
        with file.open("rb") as opened:
            text = opened.read(_MOST_BYTES + 1).decode("utf-8", "replace")
    except OSError as error:
        complain(
            f"{file} cannot be read ({error.strerror}). Nothing was compared. Name the file that was found."
        )
        return 2
    if len(text) > _MOST_BYTES:
        complain(f"{file} is over 256 MiB. Nothing was compared. Cut a part out of it: any part will do.")
        return 2
    return asyncio.run(_identify(settings_.load(chosen.data or repository() / "reelm-data"), text))


async def _identify(settings: settings_.Settings, text: str) -> int:
    async with open_keys(settings) as (keys, database), database.read() as tx:
        leaks = await Exports(keys).identify(tx, text)
    for leak in leaks:
        say(_told(leak))
    if leaks:
        return 0
    say("This is from no export of this realm, or its marks were removed, or too few of its rows are left.")
    return FOUND_NOTHING


def _told(leak: Leak) -> str:
    signs = [f"{leak.canary_rows} rows that were made up for it"] if leak.canary_rows else []
    signs += ["the order of its rows"] if leak.is_in_order else []
    where = "a leaf that waits" if leak.leaf_index is None else f"leaf {leak.leaf_index}"
    return (
        f"Export {leak.export_id}, taken by {leak.handle} on {leak.taken_at:%Y-%m-%d %H:%M} UTC for "
        f"{leak.purpose}, on the ledger as {where}. Recognised by {' and '.join(signs)}."
    )
