"""Processes die at any moment while people post; afterwards every clip plays, once.

The client behaves like a real one: a request without an answer is sent again, a post with the same upload, an
upload as a new one. What was answered with success is never sent again, and must never be missing.
"""

import asyncio
import os
import random  # noqa: TID251 - seeded, so that a failure replays
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx  # noqa: TID251 - a test's client, which asks only this machine
import pytest

from reelm.base import SystemClock
from reelm.workflows.operate import repair, tidy
from support.machine.determinism import ManualClock
from support.machine.running import Running, join, running
from support.media import footage
from support.realm.realms import look, staged
from support.web.visiting import Visitor
from support.web.watching import watch_whole

SEED = int(os.environ.get("REELM_TEST_SEED", "4"))
KILLS = 10
VICTIMS = ("web", "serving", "worker", "worker", "supervisor")
PATIENCE_SECONDS = 90
SOURCES: tuple[Callable[[], Path], ...] = (
    lambda: footage.clip(size="720x1280", seconds=4.0),
    lambda: footage.clip(seconds=1.5),
    lambda: footage.clip(size="1280x720", seconds=3.0),
    lambda: footage.rotated(90),
    lambda: footage.clip(name="screen.webm", video=footage.VP9, audio=("-c:a", "libopus"), size="480x480"),
)
RUNGS = (2, 1, 2, 1, 1)
# What a killed put left is kept while a put of that time may be running, what played at first for an hour.
LATER = timedelta(hours=7)


@dataclass
class Creator:
    """Somebody who posts one clip and does not give up."""

    visitor: Visitor
    source: bytes
    caption: str
    retries: int = 0
    failures: list[str] = field(default_factory=list)

    async def post(self) -> str:
        sent = await self._insist(lambda: self.visitor.upload(self.source))
        body = {"upload_id": sent["id"], "caption": self.caption}
        made = await self._insist(lambda: self.visitor.post("/api/clips", json=body))
        clip_id: str = made["id"]
        return clip_id

    async def _insist(self, ask: Callable[[], Any]) -> dict[str, Any]:
        """Repeat what got no answer; an answer that refuses is a failure of the realm."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                answer: httpx.Response = await ask()
            except httpx.TransportError as error:
                self.failures.append(repr(error))
            else:
                if answer.status_code == httpx.codes.CREATED:
                    return dict(answer.json())
                assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE, answer.text
                self.failures.append(answer.text)
            self.retries += 1
            await asyncio.sleep(0.3)
        raise AssertionError(f"no answer in {PATIENCE_SECONDS} s: {self.failures[-3:]}")


async def kill_at_random(realm: Running, moments: random.Random) -> list[str]:
    """Ten processes, one after the other; the supervisor is started again as a person would."""
    killed: list[str] = []
    while len(killed) < KILLS:
        await asyncio.sleep(moments.uniform(0.1, 2.0))
        victim = moments.choice(VICTIMS)
        if not realm.kill(victim):
            continue  # it was killed a moment ago and is not back yet
        killed.append(victim)
        if victim == "supervisor":
            await asyncio.to_thread(realm.start)
    return killed


async def finished(visitor: Visitor, clip_id: str, realm: Running) -> None:
    """Wait until there is nothing left to publish, whoever has to come back for it."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    told = ""
    while '"step":"done"' not in told:
        assert time.monotonic() < deadline, f"{told}\n{realm.story()}"
        try:
            told = (await visitor.get(f"/api/clips/{clip_id}/progress", timeout=20)).text
        except httpx.TransportError as error:
            told = repr(error)
        assert '"step":"failed"' not in told, told + realm.story()


async def check_plays(visitor: Visitor, clip_id: str, *, rung_count: int) -> None:
    screened = await watch_whole(visitor, clip_id)
    assert len(screened) == rung_count
    assert all(each.sound_count > 0 for each in screened)
    poster = await visitor.get(f"/api/clips/{clip_id}/poster")
    assert poster.content.startswith(b"\xff\xd8")


async def check_world(data: Path, clip_ids: list[str]) -> None:
    """Nothing is stored twice, nothing is half-stored, and no file of a posted upload is left."""
    async with staged(data, clock=ManualClock(SystemClock().now() + LATER)) as stage:
        await repair(
            realm=stage.realm
        )  # as the worker does: fragments that were on their way when it was killed
        await tidy(realm=stage.realm)
        world = await look(stage)
        world.check()
        pictures = 2 * len(clip_ids)  # a poster and a strip each
        assert len(world.objects) == sum(RUNGS) + pictures
        async with stage.realm.database.read() as tx:
            known = await stage.realm.media.uploads.known(tx)
            posted = {each for each in known if await stage.realm.clips.is_posted(tx, each)}
    assert len(posted) == len(clip_ids)
    left = {name.partition(".")[0] for name in world.spooled}
    # An upload whose answer got lost is whole and waits for its day to end; nobody can know its id.
    assert left <= known
    assert left & posted == set()
    assert all(name.endswith(".source") for name in world.spooled)


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_ten_kills_during_five_uploads_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    moments = random.Random(SEED)
    sources = [await asyncio.to_thread(make) for make in SOURCES]
    with running(tmp_path / "realm") as realm:
        async with realm.visit() as visitor:
            await join(visitor, "ann")
            killing = asyncio.create_task(kill_at_random(realm, moments))
            creators, posting = [], []
            for number, source in enumerate(sources):
                body = await asyncio.to_thread(source.read_bytes)
                creators.append(Creator(visitor, body, f"Clip number {number}"))
                posting.append(asyncio.create_task(creators[-1].post()))
                await asyncio.sleep(moments.uniform(0.5, 2.5))
            clip_ids = await asyncio.gather(*posting)
            killed = await killing
            await asyncio.to_thread(realm.wait)
            for clip_id in clip_ids:
                await finished(visitor, clip_id, realm)
            assert len(set(clip_ids)) == len(sources)
            shown = (await visitor.get("/api/profiles/ann/clips")).json()["clips"]
            assert sorted(clip["id"] for clip in shown) == sorted(clip_ids)
            assert {clip["state"] for clip in shown} == {"visible"}
            assert {clip["caption"] for clip in shown} == {creator.caption for creator in creators}
            for clip_id, rung_count in zip(clip_ids, RUNGS, strict=True):
                await check_plays(visitor, clip_id, rung_count=rung_count)
        realm.stop()
    await check_world(tmp_path / "realm", clip_ids)
    retries = sum(creator.retries for creator in creators)
    sys.stdout.write(f"killed {', '.join(killed)}; the clients had to ask again {retries} times\n")
