"""Clips of a realm that encodes nothing itself are prepared by machines that may vanish, or lie."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx  # noqa: TID251 - a test's client, which asks only this machine
import pytest

import reelm
from support.machine.running import Running, join, publish, running, until
from support.media import footage
from support.media.elsewhere import EncoderProcess, encoder, enrol
from support.media.playlists import screen
from support.realm.realms import look, staged
from support.web.visiting import Visitor

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

LEASES = "/api/encoding/leases"
SMALL: dict[str, Any] = {"size": "480x854", "seconds": 1.0, "video": footage.FINE}


@pytest.fixture
def realm(tmp_path: Path) -> Iterator[Running]:
    """It has no encoders of its own."""
    data = tmp_path / "realm"
    data.mkdir()
    (data / "settings.toml").write_text("encoders = 0\n")
    with running(data) as started:
        yield started


async def post(visitor: Visitor, source: Path) -> str:
    """A clip that waits to be published."""
    sent = await visitor.upload(await asyncio.to_thread(source.read_bytes))
    made = await visitor.post("/api/clips", json={"upload_id": sent.json()["id"], "caption": ""})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def is_done(visitor: Visitor, clip_id: str) -> bool:
    told = await visitor.get(f"/api/clips/{clip_id}/progress", timeout=120)
    return '"step":"done"' in told.text


def fetcher(visitor: Visitor) -> Any:
    async def fetch(url: str) -> bytes:
        answer = await visitor.get(url)
        assert answer.status_code == 200, answer.text
        return answer.content

    return fetch


async def test_a_clip_is_encoded_elsewhere_and_nothing_of_it_stays_there(realm: Running) -> None:
    with encoder(realm, "attic") as attic:
        attic.start()
        async with realm.visit() as visitor:
            await join(visitor, "ann")
            clip_id = await publish(visitor, footage.clip(size="720x1280", seconds=1.5, video=footage.FINE))
            shown = await screen(fetcher(visitor), clip_id)
        assert [(each.width, each.height) for each in shown] == [(480, 854), (720, 1280)]
        assert all(each.sound_count > 0 for each in shown)
        assert attic.spooled() == []
        assert attic.stop() == 0, attic.story()
        assert not attic.spool.exists()
    realm.stop()
    async with staged(realm.data) as stage:
        world = await look(stage)
        world.check()
        assert world.spooled == ()


async def test_a_rung_in_av1_is_encoded_elsewhere_too(tmp_path: Path) -> None:
    data = tmp_path / "realm"
    data.mkdir()
    (data / "settings.toml").write_text('encoders = 0\nav1 = "on"\n')
    with running(data) as realm, encoder(realm, "attic") as attic:
        attic.start()
        async with realm.visit() as visitor:
            await join(visitor, "ann")
            clip_id = await publish(visitor, footage.clip(size="720x1280", seconds=1.5, video=footage.FINE))
            shown = await screen(fetcher(visitor), clip_id)
    assert sorted((each.height, b"av01" in each.plain[0]) for each in shown) == [
        (854, False),
        (1280, False),
        (1280, True),
    ]
    assert all(each.sound_count > 0 for each in shown)


async def test_an_encoder_killed_in_the_middle_costs_its_lease_and_no_clip(realm: Running) -> None:
    with encoder(realm, "lost") as lost, encoder(realm, "found") as found:
        lost.start()
        async with realm.visit() as visitor:
            await join(visitor, "ann")
            clip_id = await post(visitor, footage.clip(size="1080x1920", seconds=8.0, video=footage.FINE))
            until(lambda: any(name.endswith(".part") for name in lost.spooled()), 60, realm.story)
            lost.kill()
            assert lost.spooled() != []
            found.start()
            assert await is_done(visitor, clip_id), realm.story() + found.story()
            assert len(await screen(fetcher(visitor), clip_id)) == 3
        await restart(lost)


async def restart(lost: EncoderProcess) -> None:
    """What a power failure left is wiped before anything else."""
    lost.start()
    await asyncio.to_thread(until, lambda: lost.spooled() == [], 20, lost.story)


class Liar:
    """An enrolled encoder whose owner wrote it himself."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def take(self) -> dict[str, Any]:
        for _ in range(100):
            answer = await self.client.post(LEASES, json={"version": reelm.__version__})
            assert answer.status_code == 200, answer.text
            if (lease := answer.json()["lease"]) is not None:
                return dict(lease)
            await asyncio.sleep(0.2)
        raise AssertionError("there was nothing to do")

    async def send(self, lease: str, rung: str, block: bytes, start: int = 0) -> httpx.Response:
        place = f"{LEASES}/{lease}/renditions/{rung}"
        return await self.client.put(place, params={"start": start}, content=block)

    async def deliver(self, lease: str, **renditions: list[dict[str, Any]]) -> httpx.Response:
        return await self.client.post(f"{LEASES}/{lease}/delivery", json={"renditions": renditions})


@asynccontextmanager
async def liar(realm: Running, name: str) -> AsyncIterator[Liar]:
    headers = {"authorization": f"Bearer {await asyncio.to_thread(enrol, realm, name)}"}
    async with httpx.AsyncClient(base_url=realm.url, headers=headers, timeout=30) as client:
        yield Liar(client)


async def test_a_lying_encoder_writes_nothing_that_anybody_sees(realm: Running) -> None:
    async with realm.visit() as visitor, liar(realm, "liar") as bad, liar(realm, "other") as other:
        await join(visitor, "ann")
        clip_id = await post(visitor, footage.clip(**SMALL))
        lease = (await bad.take())["id"]
        assert (await bad.send(lease, "1080p", b"x" * 16)).status_code == 422
        assert (await bad.send(lease, "480p", b"x" * 16, start=2**34)).status_code == 413
        assert (await other.send(lease, "480p", b"x" * 16)).status_code == 410
        assert (await other.deliver(lease)).status_code == 410
        assert (await bad.deliver(lease)).status_code == 422
        assert (await bad.send(lease, "480p", b"x" * 64)).status_code == 204
        pieces = [{"length_bytes": 16, "iv": "AAAAAAAAAAAAAAAAAAAAAA=="}] * 4
        assert (await bad.deliver(lease, **{"480p": pieces})).status_code == 204
        assert (await bad.deliver(lease, **{"480p": pieces})).status_code == 410  # a replay
        assert (await bad.send(lease, "480p", b"y" * 64)).status_code == 410

        again = await other.take()  # the realm looked, refused, and lent it to somebody else
        assert again["id"] != lease
        assert (await bad.client.get(f"{LEASES}/{again['id']}/source?start=0")).status_code == 410
        assert (await other.client.delete(f"{LEASES}/{again['id']}")).status_code == 204
        with encoder(realm, "honest") as honest:
            honest.start()
            assert await is_done(visitor, clip_id), realm.story() + honest.story()
            assert len(await screen(fetcher(visitor), clip_id)) == 1


async def test_who_has_no_token_or_another_version_gets_nothing(realm: Running) -> None:
    async with realm.visit() as nobody, liar(realm, "old") as old:
        for headers in ({}, {"authorization": "Bearer guessed"}, {"authorization": "Basic eA=="}):
            answer = await nobody.client.post(LEASES, json={"version": reelm.__version__}, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, "media.encoder-unknown")
        answer = await old.client.post(LEASES, json={"version": "0.0.0"})
        assert (answer.status_code, answer.json()["code"]) == (409, "web.other-version")
