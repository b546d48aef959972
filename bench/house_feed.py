"""One page of For You from a warm realm, for a stranger and a member; the limit: an answer without work."""

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

from bench.figure import Figure, report
from bench.house.load import Load, load
from bench.house.realm import Running, answers, web_alone

from reelm.accounts import Account
from reelm.app import open_realm, settings
from reelm.base import SystemClock, Tx, UploadId, mint
from reelm.clips import ClipShape
from reelm.workflows import OpenRealm
from reelm.workflows.join import join

AUTHORS = 24
CLIPS = 1200
EVERY = timedelta(minutes=20)
REPEATS = 5
PAGE = "/api/feed?tab=for-you"
NOTHING = "/health/live"
SHAPE = ClipShape(duration_ms=12_000, width=1080, height=1920)


@dataclass
class Earlier(SystemClock):
    """The machine's clock, some time ago: a realm that is warm did not get all of its clips just now."""

    ago: timedelta = timedelta()

    def now(self) -> datetime:
        return super().now() - self.ago


async def settle(data: Path) -> str:
    """People, clips of the last weeks and follows, through the packages; the token of a session."""
    clock = Earlier()
    async with open_realm(settings.load(data), clock=clock) as realm:
        people = [await _person(f"author_{number}", realm) for number in range(AUTHORS)]
        viewer = people[0].id
        async with realm.database.write() as tx:
            for number in range(CLIPS):
                clock.ago = EVERY * (CLIPS - number)
                await _clip(tx, number, author=people[number % AUTHORS], realm=realm)
            clock.ago = timedelta()
            for number in range(1, AUTHORS, 3):
                await realm.people.follow(tx, f"author_{number}", viewer)
            return (await realm.accounts.open_session(tx, viewer)).reveal()


async def _person(handle: str, realm: OpenRealm) -> Account:
    email = f"{handle}@example.org"
    password = await realm.accounts.hash_password("four words that fit", email=email)
    async with realm.database.write() as tx:
        return await join(tx, email=email, password=password, handle=handle, display_name=None, realm=realm)


async def _clip(tx: Tx, number: int, *, author: Account, realm: OpenRealm) -> None:
    clip, _ = await realm.clips.create(
        tx,
        author.id,
        upload_id=UploadId(mint(realm.clock, realm.entropy)),
        caption=f"Morning run number {number}, along the river #running #city{number % 40}",
        shape=SHAPE,
    )
    await realm.clips.publishing.make_playable(tx, clip.id)
    await realm.clips.publishing.finish(tx, clip.id)


def measure(web: Running, token: str) -> tuple[list[Load], list[Load], list[Load]]:
    """Stranger, signed in, nothing: by turns, so that a busy moment of the machine meets all three."""
    cookie = {"Cookie": f"reelm-session={token}"}
    for _ in range(200):
        answers(web.port, PAGE)
    strangers, members, nothing = [], [], []
    for _ in range(REPEATS):
        strangers.append(load(web.url + PAGE, pid=web.pid))
        members.append(load(web.url + PAGE, pid=web.pid, headers=cookie))
        nothing.append(load(web.url + NOTHING, pid=web.pid))
    return strangers, members, nothing


def figures(strangers: list[Load], members: list[Load], nothing: list[Load]) -> list[Figure]:
    of_nothing = median(each.per_core for each in nothing)
    made = []
    for name, loads in (("feed-page", strangers), ("feed-page-signed-in", members)):
        share = median(each.per_core for each in loads) / of_nothing
        rate = median(each.per_second for each in loads)
        note = f"{rate:,.0f} req/s seen; {share:.2f} of `house.nothing`; {CLIPS:,} clips"
        per_core = _values(loads, lambda each: each.per_core)
        made.append(Figure(name=f"house.{name}", values=per_core, unit="req/s per core", note=note))
        p99_ms = _values(loads, lambda each: each.p99_ms)
        note = "8 connections that never pause, one web process, load on the same machine"
        made.append(Figure(name=f"house.{name}-p99", values=p99_ms, unit="ms", note=note))
    note = "the limit: `/health/live`, the same server and framework without any work"
    per_core = _values(nothing, lambda each: each.per_core)
    return [*made, Figure(name="house.nothing", values=per_core, unit="req/s per core", note=note)]


def _values(loads: list[Load], of: Callable[[Load], float]) -> tuple[float, ...]:
    return tuple(of(each) for each in loads)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="reelm-bench-") as folder:
        data = Path(folder, "realm")
        token = asyncio.run(settle(data))
        with web_alone(data) as web:
            found = measure(web, token)
    report(*figures(*found))


if __name__ == "__main__":
    main()
