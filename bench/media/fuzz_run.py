"""One hostile file after another through everything that is done to an upload until a first rung is there."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.media.mutations import mutated

from reelm.base import Broken, ReelmError, SystemClock, SystemEntropy, UploadId, mint
from reelm.media import BadEncoding, Footage, Media, MediaConfig, Unreadable, plan
from reelm.media.remuxable import remuxed_rung


@dataclass
class FuzzRun:
    """What became of many files.

    Attributes:
        ends: how often each end came: ``remuxed``, ``encoded``, or the code of a refusal.
        faults: what no file may cause: an error that is none of ours, or one that blames the installation.
        leaks: files that were still there afterwards.
        slowest_seconds: for one file.
    """

    ends: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    slowest_seconds: float = 0.0


async def fuzz(goods: Sequence[bytes], seeds: Iterable[int], folder: Path, *, at_once: int = 2) -> FuzzRun:
    """Break the ``goods`` by turns, one broken file per seed, and send each in."""
    media = Media(MediaConfig(spool=folder / "spool"), clock=SystemClock(), entropy=SystemEntropy())
    run, waiting = FuzzRun(), iter(seeds)

    async def work() -> None:
        for seed in waiting:
            begun = time.monotonic()
            await _try(media, mutated(goods[seed % len(goods)], seed=seed), seed, run)
            run.slowest_seconds = max(run.slowest_seconds, time.monotonic() - begun)

    await asyncio.gather(*(work() for _ in range(at_once)))
    run.leaks += [path.name for path in (folder / "spool").rglob("*")]
    return run


async def _try(media: Media, data: bytes, seed: int, run: FuzzRun) -> None:
    upload = UploadId(mint(SystemClock(), SystemEntropy()))
    try:
        run.ends[await _prepare(media, data, upload)] += 1
    except ReelmError as error:
        run.ends[error.code] += 1
        if isinstance(error, Broken):
            run.faults.append(f"seed {seed}: {error!r} {getattr(error, '__notes__', '')}")
    except Exception as error:  # noqa: BLE001 - this is what is looked for
        run.faults.append(f"seed {seed}: {error!r}")
    finally:
        media.spool.discard(upload)


async def _prepare(media: Media, data: bytes, upload: UploadId) -> str:
    async def stream() -> AsyncIterator[bytes]:
        yield data

    spooled = await media.spool.receive(stream(), upload=upload, declared_bytes=len(data))
    planned, into = plan(await media.probe(spooled.path)), media.spool.workspace(upload)
    if (rung := remuxed_rung(planned)) is not None:
        try:
            await media.package(await media.remux(spooled.path, planned, rung, into=into), into=into)
            await media.poster(spooled.path, planned.probe, into=into)
        except (BadEncoding, Unreadable):
            pass
        else:
            await _look(media, Footage.of_source(spooled.path, planned), into)
            return "remuxed"
    sampled = await media.sample(spooled.path, planned)
    planned = plan(replace(planned.probe, sample=sampled))
    for each in await media.encode(spooled.path, planned, planned.rungs[:1], into=into, progress=_unwatched):
        await media.package(each, into=into)
    await media.poster(spooled.path, planned.probe, into=into)
    await _look(media, Footage.of_source(spooled.path, planned), into)
    return "encoded"


async def _look(media: Media, footage: Footage, into: Path) -> None:
    """A clip that cannot be looked through plays all the same."""
    with suppress(BadEncoding, Unreadable):
        await media.analyse(footage, into=into / "skim")


def _unwatched(ratio: float) -> None:
    """Progress that nobody looks at."""


def children() -> list[int]:
    """Processes that this one started and that still run."""
    tasks = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    return [int(number) for task in tasks for number in task.read_text().split()]
