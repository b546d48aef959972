"""All rungs of a clip, told as the worker tells it; the peer: one plain ffmpeg that makes the same outputs.

The peer decodes once, is as polite as our encoder, and neither encrypts nor stores. A clip whose picture
players take is decoded once too, whatever its sound is. One whose picture they do not take is decoded twice,
because the lowest rung comes first, long before the others; that price has a figure and no bar.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from bench.figure import Figure, report
from bench.media.footage import FAR, SECONDS, film, sampled

from reelm.accounts import PasswordHash
from reelm.app import open_realm, settings
from reelm.base import AccountId
from reelm.media import Plan, Rung
from reelm.media.encode import Encoded
from reelm.media.ffmpeg import Effort, find_ffmpeg
from reelm.workflows import Json, OpenRealm, Run
from reelm.workflows.join import join
from reelm.workflows.publish import Posting, post, publish, publish_job
from reelm.workflows.upload import receive
from support.realm.inline_jobs import InlineJobs

REPEATS = 3
BAR_RATIO, BAR_SHARE = 1.15, 0.10
# What is neither encoding nor a picture.
_KEEPING = ("store first rung", "playable", "store remaining rungs", "done")


@dataclass(frozen=True, slots=True)
class Told:
    """Seconds of each step of the story of one clip."""

    steps: dict[str, float]

    @property
    def whole(self) -> float:
        return sum(self.steps.values())

    @property
    def keeping(self) -> float:
        return sum(self.steps.get(name, 0.0) for name in _KEEPING)


@dataclass(frozen=True, slots=True)
class Peer:
    """Seconds of the plain ffmpeg, and of encrypting what it made."""

    encoding: float
    encryption: float


class Timed:
    """A run that notes how long each step takes."""

    def __init__(self, run: Run, seconds: dict[str, float]) -> None:
        self._run = run
        self._seconds = seconds

    async def step(self, name: str, action: Callable[[], Awaitable[Json]]) -> Json:
        begun = time.monotonic()
        result = await self._run.step(name, action)
        self._seconds[name] = time.monotonic() - begun
        return result


async def tell(source: Path, owner: AccountId, realm: OpenRealm) -> Told:
    """Upload and publish a file; uploading does not count."""
    seconds: dict[str, float] = {}

    async def story(run: Run, arguments: dict[str, Json]) -> None:
        await publish(Timed(run, seconds), arguments, realm=realm)

    sent = await receive(_blocks(source), declared_bytes=None, owner=owner, realm=realm)
    async with realm.database.write() as tx:
        await post(tx, sent.id, Posting(), by=owner, realm=realm)
    async with realm.database.read() as tx:
        (waiting,) = await realm.clips.publishing.due(tx, 1)
    await InlineJobs(workflows={"publish": story}).start(publish_job(waiting))
    return Told(seconds)


async def plain(source: Path, folder: Path, realm: OpenRealm) -> Peer:
    """The same rungs as anybody would make them, then each of them encrypted."""
    planned = await sampled(source, realm.media)
    polite = ["nice", "-n", str(Effort().niceness), str(await find_ffmpeg())]
    command = [*polite, "-nostdin", "-loglevel", "error", "-y", "-i", str(source)]
    outputs = [folder / f"{rung.name}.mp4" for rung in planned.rungs]
    for rung, output in zip(planned.rungs, outputs, strict=True):
        command += [*_output(planned, rung), str(output)]
    begun = time.monotonic()
    await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True)
    encoded = time.monotonic()
    for rung, path in zip(planned.rungs, outputs, strict=True):
        await realm.media.package(Encoded(rung, path, path.stat().st_size), into=folder)
    return Peer(encoded - begun, time.monotonic() - encoded)


def _output(planned: Plan, rung: Rung) -> list[str]:
    most = str(rung.max_bits_per_second)
    keys = ",".join(f"{float(at):.6f}" for at in planned.keyframe_seconds)
    options = ["-map", "0:v:0", "-map", "0:a:0", "-vf", f"scale={rung.width}:{rung.height}:flags=bicubic"]
    options += ["-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-pix_fmt", "yuv420p"]
    options += ["-crf", str(rung.crf), "-maxrate", most, "-bufsize", most, "-bf", "0", "-g", "100000"]
    options += [
        "-trellis",
        "1",
        "-force_key_frames",
        keys,
        "-c:a",
        "aac",
        "-b:a",
        "96k",
        "-ac",
        "2",
        "-ar",
        "48000",
    ]
    return [*options, "-movflags", "+frag_keyframe+delay_moov+default_base_moof", "-f", "mp4"]


async def _blocks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while block := await asyncio.to_thread(file.read, 1024 * 1024):
            yield block


async def measure(folder: Path) -> tuple[dict[str, list[Told]], list[Peer]]:
    """Remuxed first, with its sound encoded, encoded first, and the peer: by turns."""
    other = film(folder / "other.mp4", sound="libmp3lame")
    sources = {
        "remuxed": film(folder / "phone.mp4"),
        "sound-encoded": other,
        "encoded": film(folder / "far.mp4", group=FAR),
    }
    told: dict[str, list[Told]] = {name: [] for name in sources}
    peers: list[Peer] = []
    async with open_realm(settings.load(folder / "realm")) as realm:
        owner = await _person(realm)
        for _ in range(REPEATS):
            peers.append(await plain(other, folder, realm))
            for name, source in sources.items():
                told[name].append(await tell(source, owner, realm))
    return told, peers


async def _person(realm: OpenRealm) -> AccountId:
    password = PasswordHash("a hash that nobody checks here")
    async with realm.database.write() as tx:
        account = await join(
            tx, email="ladder@example.org", password=password, handle="ladder", display_name=None, realm=realm
        )
    return account.id


def figures(told: dict[str, list[Told]], peers: list[Peer]) -> list[Figure]:
    made = []
    for name, each_told in told.items():
        pairs = list(zip(each_told, peers, strict=True))
        note = f"{SECONDS} s at 1080p, three rungs, {name} first; 1 is one plain ffmpeg"
        ratios = tuple(each.whole / peer.encoding for each, peer in pairs)
        bar = None if name == "encoded" else BAR_RATIO
        made.append(
            Figure(name=f"media.ladder-{name}-first", values=ratios, unit="ratio", bar=bar, note=note)
        )
        shares = tuple((each.keeping + peer.encryption) / each.whole for each, peer in pairs)
        note = "encryption, vault and rows, as a share of the whole"
        made.append(
            Figure(name=f"media.keeping-{name}-first", values=shares, unit="ratio", bar=BAR_SHARE, note=note)
        )
    seconds = tuple(each.encoding for each in peers)
    note = "the peer: one plain ffmpeg, three outputs"
    return [*made, Figure(name="media.ladder-plain", values=seconds, unit="s", note=note)]


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="reelm-bench-") as folder:
        found = asyncio.run(measure(Path(folder)))
    report(*figures(*found))


if __name__ == "__main__":
    main()
