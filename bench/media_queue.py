"""Two hundred clips wait, half of them from one account: how long everybody waits, and what memory it takes.

The peer is the line that anybody would build first: in the order of posting. What it would have done is
worked out from the same clips, at the pace that was measured.
"""

import asyncio
import os
import re
import statistics
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import imageio_ffmpeg  # type: ignore[import-untyped]  # it ships no types
from bench.figure import Figure, report
from bench.house.realm import realm
from sqlalchemy import func, select

from reelm.accounts import PasswordHash
from reelm.app import open_realm, settings
from reelm.base import AccountId, Database, UploadId, metadata, mint
from reelm.media import Upload
from reelm.media.spool import Spooled
from reelm.workflows import OpenRealm
from reelm.workflows.join import join
from reelm.workflows.publish import Posting, post
from reelm.workflows.upload import receive

ACCOUNTS, GREEDY_CLIPS, CLIPS = 20, 100, 200
FIRST_CLIPS = 5  # of each account: what the others have at least
BAR_RATIO, BAR_MIB = 2.0, 1.2 * 1024
_LONGEST_SECONDS = 1800
_LOOK_SECONDS = 0.5
_PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Watched:
    """When each clip could be watched, in seconds after the start, by account; in the order of posting."""

    by_account: dict[str, list[float]]
    posted: list[str]
    peak_mib: float

    def waits(self) -> dict[str, float]:
        """Mean wait of each account's first clips."""
        return {who: statistics.fmean(sorted(at)[:FIRST_CLIPS]) for who, at in self.by_account.items()}

    def waits_in_line(self) -> dict[str, float]:
        """The same, had the clips been served in the order of posting, at the same moments."""
        moments = sorted(moment for at in self.by_account.values() for moment in at)
        served: dict[str, list[float]] = defaultdict(list)
        for who, moment in zip(self.posted, moments, strict=True):
            served[who].append(moment)
        return {who: statistics.fmean(at[:FIRST_CLIPS]) for who, at in served.items()}


def film(path: Path) -> Path:
    """One upright second whose sound has to be encoded, and with it the picture."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-loglevel", "error", "-y"]
    command += ["-f", "lavfi", "-i", "testsrc2=size=480x854:rate=30:duration=1"]
    command += ["-f", "lavfi", "-i", "sine=frequency=330:sample_rate=48000", "-t", "1"]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "libmp3lame"]
    subprocess.run([*command, str(path)], check=True, capture_output=True)  # noqa: S603 - our own program
    return path


async def fill(data: Path, source: Path) -> None:
    """Post everything before anything is prepared: the greedy one first."""
    async with open_realm(settings.load(data)) as realm:
        people = [await _person(f"person{number}", realm) for number in range(ACCOUNTS)]
        sent = {each: await _upload(source, each, realm) for each in people}
        for who in _posting(people):
            twin = await _twin(sent[who], realm)
            async with realm.database.write() as tx:
                await post(tx, twin, Posting(), by=who, realm=realm)


def _posting(people: list[AccountId]) -> Iterator[AccountId]:
    greedy, *others = people
    yield from [greedy] * GREEDY_CLIPS
    yield from (others[number % len(others)] for number in range(CLIPS - GREEDY_CLIPS))


async def _person(handle: str, realm: OpenRealm) -> AccountId:
    password = PasswordHash("a hash that nobody checks here")
    async with realm.database.write() as tx:
        made = await join(
            tx,
            email=f"{handle}@example.org",
            password=password,
            handle=handle,
            display_name=None,
            realm=realm,
        )
    return made.id


async def _upload(source: Path, owner: AccountId, realm: OpenRealm) -> Upload:
    async def blocks() -> AsyncIterator[bytes]:
        yield await asyncio.to_thread(source.read_bytes)

    return await receive(blocks(), declared_bytes=None, owner=owner, realm=realm)


async def _twin(upload: Upload, realm: OpenRealm) -> UploadId:
    """The same file once more, without looking at it again."""
    twin = UploadId(mint(realm.clock, realm.entropy))
    path = realm.media.spool.source(upload.id).with_name(f"{twin}.source")
    await asyncio.to_thread(os.link, realm.media.spool.source(upload.id), path)
    async with realm.database.write() as tx:
        spooled = Spooled(path, upload.size_bytes)
        await realm.media.uploads.record(tx, spooled, upload=twin, owner=upload.owner, probe=upload.probe)
    return twin


def watch(data: Path) -> float:
    """Run the realm until everything is published; the most memory that all of it took at once, in MiB."""
    peak = 0.0
    with realm(data) as running:
        deadline = time.monotonic() + _LONGEST_SECONDS
        while asyncio.run(_left(data)):
            if time.monotonic() > deadline:
                raise RuntimeError("not everything was published in time")
            peak = max(peak, memory_mib(running.pid))
            time.sleep(_LOOK_SECONDS)
    return peak


async def _left(data: Path) -> int:
    clips = metadata.tables["clips"]
    database = Database.open(settings.load(data).database_url)
    try:
        async with database.read() as tx:
            count = await tx.scalar(select(func.count()).where(clips.c.due_at.is_not(None)))
            return int(count or 0)
    finally:
        await database.close()


def memory_mib(pid: int) -> float:
    """Of a process and all below it; what they share counts once."""
    total, waiting = 0, [pid]
    while waiting:
        one = waiting.pop()
        try:
            total += sum(map(int, _PSS.findall(Path(f"/proc/{one}/smaps_rollup").read_text())))
            for task in Path(f"/proc/{one}/task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
        except (OSError, ValueError):
            continue  # it ended just now
    return total / 1024


async def read(data: Path, begun: datetime, peak_mib: float) -> Watched:
    clips = metadata.tables["clips"]
    async with open_realm(settings.load(data)) as realm, realm.database.read() as tx:
        columns = (clips.c.account_id, clips.c.published_at)
        rows = (await tx.execute(select(*columns).order_by(clips.c.id))).all()
    by_account: dict[str, list[float]] = defaultdict(list)
    for who, moment in rows:
        by_account[who].append((moment - begun).total_seconds())
    return Watched(dict(by_account), [who for who, _ in rows], peak_mib)


def figures(found: Watched) -> list[Figure]:
    fair, line = found.waits(), found.waits_in_line()
    note = f"{CLIPS} clips of {ACCOUNTS} accounts, {GREEDY_CLIPS} of them one's; mean wait of the first five"
    ratios = [max(waits.values()) / statistics.median(waits.values()) for waits in (fair, line)]
    shortest = [max(waits.values()) / min(waits.values()) for waits in (fair, line)]
    return [
        Figure(
            name="media.queue-longest-wait",
            values=(ratios[0],),
            unit="of the median",
            bar=BAR_RATIO,
            note=f"{note}; in the order of posting it would be {ratios[1]:.2f}",
        ),
        Figure(
            name="media.queue-wait-ratio",
            values=(shortest[0],),
            unit="longest to shortest",
            note=f"in the order of posting it would be {shortest[1]:.1f}",
        ),
        Figure(
            name="media.queue-memory",
            values=(found.peak_mib,),
            unit="MiB",
            bar=BAR_MIB,
            note="all processes of the realm and two encoders, shared pages once; the most at any moment",
        ),
    ]


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="reelm-bench-") as place:
        data = Path(place) / "realm"
        asyncio.run(fill(data, film(Path(place) / "clip.mp4")))
        begun = asyncio.run(_now(data))
        found = asyncio.run(read(data, begun, watch(data)))
    report(*figures(found))


async def _now(data: Path) -> datetime:
    async with open_realm(settings.load(data)) as realm:
        return realm.clock.now()


if __name__ == "__main__":
    main()
