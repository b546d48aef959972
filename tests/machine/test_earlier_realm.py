"""A realm whose folder earlier code made goes on under this code, with everything that people left there."""

import asyncio
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from reelm_audit.cli import main as audit
from support.machine.running import ROOT, Running, environment, join, publish, running, sign_in
from support.media import footage
from support.web.visiting import Visitor
from support.web.watching import watch_whole

# The last one before `social` became people and clips.
EARLIER = "b13b1d03f3b2"
REELM = (sys.executable, "-P", "-m", "reelm")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@dataclass(frozen=True)
class Left:
    """What earlier code left: a data folder, and what its API said at the end."""

    data: Path
    clip_id: str
    seen: dict[str, Any]


@pytest.fixture(scope="module")
def earlier_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkout of the earlier commit, with this build of the page."""
    folder = tmp_path_factory.mktemp("earlier")
    archive = subprocess.run(  # noqa: S603 - git, on our own history
        ["git", "archive", EARLIER, "src", "audit"],  # noqa: S607 - the git of the machine
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    if archive.returncode:
        pytest.skip(f"the history of this checkout does not reach back to {EARLIER}")
    with tarfile.open(fileobj=BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")
    static = "src/reelm/web/static"
    shutil.copytree(ROOT / static, folder / static)
    return folder / "src"


@pytest.fixture(scope="module")
def left(earlier_code: Path, tmp_path_factory: pytest.TempPathFactory) -> Left:
    data = tmp_path_factory.mktemp("left") / "realm"
    with running(data, code=earlier_code, command=REELM) as realm:
        clip_id, seen = asyncio.run(leave(realm))
        realm.stop()
    return Left(data, clip_id, seen)


async def leave(realm: Running) -> tuple[str, dict[str, Any]]:
    """Ann posts a clip, takes another one back and keeps a draft; ben follows, likes and comments."""
    async with realm.visit() as ann, realm.visit() as ben:
        await join(ann, "ann")
        await join(ben, "ben")
        clip_id = await publish(ann, footage.clip(seconds=1.0), "The #sea")
        regretted = await publish(ann, footage.clip(seconds=0.6), "I will regret this")
        assert (await ben.put(f"/api/clips/{regretted}/like")).is_success
        assert (await ann.delete(f"/api/clips/{regretted}")).is_success
        assert (await ben.put("/api/profiles/ann/follow")).is_success
        assert (await ben.put(f"/api/clips/{clip_id}/like")).is_success
        said = await ben.post(f"/api/clips/{clip_id}/comments", json={"text": "Well done"})
        assert said.is_success, said.text
        sent = await ann.upload(footage.clip(seconds=0.4).read_bytes())
        draft = await ann.post(
            "/api/clips", json={"upload_id": sent.json()["id"], "caption": "Later", "is_draft": True}
        )
        assert draft.is_success, draft.text
        return clip_id, await look(ann, clip_id)


async def look(ann: Visitor, clip_id: str) -> dict[str, Any]:
    """What the API says of everything that was left."""
    addresses = [
        "/api/session",
        f"/api/clips/{clip_id}",
        f"/api/clips/{clip_id}/comments",
        "/api/profiles/ann",
        "/api/profiles/ben",
        "/api/profiles/ann/clips",
        "/api/tags/sea/clips",
        "/api/manifest",
    ]
    answers = {address: await ann.get(address) for address in addresses}
    assert all(answer.is_success for answer in answers.values())
    return {address: answer.json() for address, answer in answers.items()}


def kept(before: Any, now: Any) -> Any:
    """Return what is said now without new members: an answer may only get more of them."""
    if isinstance(before, dict) and isinstance(now, dict):
        return {name: kept(before[name], value) for name, value in now.items() if name in before}
    if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        return [kept(*pair) for pair in zip(before, now, strict=True)]
    return now


def put_release_in_ledger(data: Path) -> None:
    """Publish this release, as an operator does: a realm runs no code that its ledger does not name."""
    command = [*REELM, "release", "publish", "--data", str(data)]
    subprocess.run(command, env=environment(), check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - the product


def entries(data: Path) -> bytes:
    """Return the entries of the ledger, which are fewer than one full tile of 256."""
    partial = (data / "ledger" / "tile" / "entries" / "000.p").iterdir()
    return max(partial, key=lambda path: int(path.name)).read_bytes()


def audited(data: Path, state: Path) -> int:
    """Run the auditor, which compares with what it saw before; return its exit code."""
    return audit(["ledger", str(data / "ledger"), "--state", str(state)])


async def test_all_that_was_left_is_there_plays_and_goes_on(left: Left, tmp_path: Path) -> None:
    data = await asyncio.to_thread(shutil.copytree, left.data, tmp_path / "realm")
    await asyncio.to_thread(put_release_in_ledger, data)
    with running(data, command=REELM) as realm:
        async with realm.visit() as ann:
            await sign_in(ann, "ann")
            assert kept(left.seen, await look(ann, left.clip_id)) == left.seen
            await watch_whole(ann, left.clip_id)
            drafts = (await ann.get("/api/profiles/ann/clips")).json()
            (draft,) = [clip for clip in drafts["clips"] if clip["state"] == "draft"]
            assert (await ann.post(f"/api/clips/{draft['id']}/publish")).is_success
            new = await publish(ann, footage.clip(seconds=0.6), "Under new code")
            await watch_whole(ann, new)
            told = await ann.get(f"/api/clips/{draft['id']}/progress", timeout=120)
            assert '"step":"done"' in told.text
            await watch_whole(ann, draft["id"])
        realm.stop()
    assert (await asyncio.to_thread(entries, data)).startswith(await asyncio.to_thread(entries, left.data))
    for folder in (left.data, data):
        assert await asyncio.to_thread(audited, folder, tmp_path / "audit" / "state") == 0
