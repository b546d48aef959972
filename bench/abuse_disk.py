"""How far into the disk's reserve uploads get whose size nobody announced, from many accounts at once."""

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

from bench.figure import Figure, report

from reelm.accounts import PasswordHash
from reelm.app import open_realm, settings
from reelm.base import AccountId, ReelmError
from reelm.media import Media, MediaConfig
from reelm.workflows import OpenRealm
from reelm.workflows.join import join
from reelm.workflows.upload import receive

SENDERS = 20
ROOM_BYTES = 200_000_000
BLOCK = bytes(256 * 1024)
LOOK_SECONDS = 0.02


async def attack(data: Path) -> tuple[int, int, int, Counter[str]]:
    """Let every account send without end.

    Returns the bytes that lay in the reserve at most, in all at most, and afterwards, and the refusals.
    The reserve is what is free at the start but for ``ROOM_BYTES``, as if the disk had been filled up to
    there; what others free meanwhile counts as room.
    """
    async with open_realm(settings.load(data)) as opened:
        spool = data / "spool"
        free_bytes = most_free_bytes = (await asyncio.to_thread(shutil.disk_usage, data)).free
        config = MediaConfig(spool=spool, reserve_bytes=free_bytes - ROOM_BYTES)
        media = Media(config, clock=opened.clock, entropy=opened.entropy)
        realm = replace(opened, media=media)
        people = [await person(f"sender_{number}", realm) for number in range(SENDERS)]
        sending = asyncio.gather(*(send(each, realm) for each in people))
        most_bytes, broken_bytes = 0, 0
        while not sending.done():
            now_bytes = await asyncio.to_thread(size_of, spool)
            most_free_bytes = max(most_free_bytes, shutil.disk_usage(data).free + now_bytes)
            most_bytes = max(most_bytes, now_bytes)
            broken_bytes = max(broken_bytes, now_bytes - (most_free_bytes - config.reserve_bytes))
            await asyncio.sleep(LOOK_SECONDS)
        return broken_bytes, most_bytes, await asyncio.to_thread(size_of, spool), Counter(await sending)


async def person(handle: str, realm: OpenRealm) -> AccountId:
    async with realm.database.write() as tx:
        made = await join(
            tx,
            email=f"{handle}@example.org",
            password=PasswordHash("a hash that nobody checks here"),
            handle=handle,
            display_name=None,
            realm=realm,
        )
    return made.id


async def send(owner: AccountId, realm: OpenRealm) -> str:
    """Send until it is refused; return the code."""

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield BLOCK
            await asyncio.sleep(0)

    try:
        await receive(endless(), declared_bytes=None, owner=owner, realm=realm)
    except ReelmError as error:
        return error.code
    return "taken"


def size_of(folder: Path) -> int:
    """Return the bytes of all files in a folder, those that go away meanwhile left out."""
    total = 0
    for path in folder.glob("*"):
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            continue
    return total


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="reelm-bench-") as folder:
        data = Path(folder, "realm")
        broken_bytes, most_bytes, left_bytes, codes = asyncio.run(attack(data))
    told = ", ".join(f"{code}: {count}" for code, count in codes.most_common())
    report(
        Figure(
            name="abuse.reserve-broken",
            values=(broken_bytes / 1e6,),
            unit="MB",
            bar=0,
            note=f"{SENDERS} senders without end, {ROOM_BYTES / 1e6:.0f} MB of room; at most "
            f"{most_bytes / 1e6:.0f} MB lay there; {told}",
        ),
        Figure(
            name="abuse.left-behind",
            values=(left_bytes / 1e6,),
            unit="MB",
            bar=0,
            note="of what was refused",
        ),
    )


if __name__ == "__main__":
    main()
