"""Run the verbs about encoders elsewhere: ``encoders`` in a realm, ``worker`` on the other machine."""

import argparse
import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from functools import partial

from reelm.app import Post, encode_elsewhere, open_keys
from reelm.app import settings as settings_
from reelm.base import Database, SystemClock, SystemEntropy, telemetry
from reelm.cli.console import complain, duration, say
from reelm.cli.realm import repository
from reelm.media import KeptMedia

_WRONG_USE = 2
_UNSAFE_BITS = 0o077


def run(chosen: argparse.Namespace) -> int:
    """Do one job in a realm that exists and may be running; its exit code."""
    jobs: dict[str, Callable[[KeptMedia, Database, argparse.Namespace], Awaitable[None]]] = {
        "add": _add,
        "list": _list,
        "remove": _remove,
    }
    asyncio.run(_in_realm(jobs[chosen.job], chosen))
    return 0


def work(chosen: argparse.Namespace) -> int:
    """Encode for a realm elsewhere until told to stop."""
    if chosen.only != "encode":
        complain("A worker elsewhere only encodes: give --only encode.")
        return _WRONG_USE
    if chosen.token.stat().st_mode & _UNSAFE_BITS:
        complain(f"Others can read {chosen.token}. Nothing was started. Run: chmod 600 {chosen.token}")
        return _WRONG_USE
    token = chosen.token.read_text(encoding="utf-8").strip()
    spool = (chosen.spool or repository() / "reelm-encoder").expanduser().absolute()
    telemetry.configure_logs(clock=SystemClock(), level="info")
    say(f"Encoding for {chosen.realm}; Ctrl-C stops it.")
    asyncio.run(_until_stopped(Post(chosen.realm, token, spool / "spool", chosen.at_once)))
    return 0


async def _until_stopped(post: Post) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, partial(stopping.set))
    await encode_elsewhere(post, stopping)


async def _in_realm(
    job: Callable[[KeptMedia, Database, argparse.Namespace], Awaitable[None]], chosen: argparse.Namespace
) -> None:
    data = chosen.data or repository() / "reelm-data"
    async with open_keys(settings_.load(data)) as (keys, database):
        await job(KeptMedia.of(keys, clock=SystemClock(), entropy=SystemEntropy()), database, chosen)


async def _add(kept: KeptMedia, database: Database, chosen: argparse.Namespace) -> None:
    async with database.write() as tx:
        token = await kept.encoders.add(tx, chosen.name)
    say(token)
    if os.isatty(1):
        say("This token is shown once. Write it to a file of mode 600 on the other machine, then run there:")
        say("  ./reelm worker --only encode --realm https://ADDRESS --token FILE")


async def _list(kept: KeptMedia, database: Database, chosen: argparse.Namespace) -> None:
    del chosen
    async with database.read() as tx:
        found = await kept.encoders.all(tx)
    now = SystemClock().now()
    for each in found:
        seen = (
            "never seen"
            if each.seen_at is None
            else f"seen {duration((now - each.seen_at).total_seconds())} ago"
        )
        say(f"  {each.name:<24} {seen}")
    if not found:
        say("There are no encoders elsewhere. `./reelm encoders add NAME` makes a token for one.")


async def _remove(kept: KeptMedia, database: Database, chosen: argparse.Namespace) -> None:
    async with database.write() as tx:
        await kept.encoders.remove(tx, chosen.name)
    say(f"{chosen.name} is let in no more. What it had in work is encoded elsewhere.")
