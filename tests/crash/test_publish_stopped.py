"""Stopping a realm in good order is as safe as killing it: its work is finished after the next start."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from reelm.base import SystemClock
from reelm.workflows.operate import repair, tidy
from support.machine.determinism import ManualClock
from support.machine.running import join, running, sign_in
from support.media import footage
from support.realm.realms import look, staged

# Until then what a stopped put left may still be on its way.
LATER = timedelta(hours=7)


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_a_clip_in_work_outlives_a_stop(tmp_path: Path) -> None:
    source = await asyncio.to_thread(footage.clip(size="720x1280", seconds=8.0).read_bytes)
    with running(tmp_path / "realm") as realm:
        async with realm.visit() as visitor:
            await join(visitor, "ann")
            sent = await visitor.upload(source)
            made = await visitor.post("/api/clips", json={"upload_id": sent.json()["id"], "caption": "Mine"})
            clip_id = made.json()["id"]
        for work_seconds in (0.5, 1.0, 2.0):
            await asyncio.sleep(work_seconds)
            await asyncio.to_thread(realm.stop)
            await asyncio.to_thread(realm.start)
        async with realm.visit() as visitor:
            await sign_in(visitor, "ann")
            told = await visitor.get(f"/api/clips/{clip_id}/progress", timeout=120)
            assert '"step":"done"' in told.text, told.text + realm.story()
        realm.stop()
        assert "Traceback" not in realm.story()
        assert "Task was destroyed" not in realm.story()
    async with staged(tmp_path / "realm", clock=ManualClock(SystemClock().now() + LATER)) as stage:
        await repair(
            realm=stage.realm
        )  # as the worker does: a fragment that was on its way when it was stopped
        await tidy(realm=stage.realm)
        (await look(stage)).check()
