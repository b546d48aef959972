"""What is encoded while somebody watches joins the clip that plays: no reload, no pause, no silence.

An ffmpeg behind a gate decides when the further rungs are made, so no test depends on who is quicker.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from urllib.parse import urljoin

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Playwright, expect

from e2e import sources
from e2e.person import Person
from e2e.visitor import Visitor
from support.machine.running import Running, running
from support.media import footage
from support.media.elsewhere import encoder
from support.media.gate import Gate
from support.media.playlists import parts, variants

_PLAY_MS = 30_000
_LOOK_SECONDS = 0.1
# More than a player holds.
_LONG_SECONDS = 50
_NUMBERS = count(1)
# Every rung above the first is in the run of ffmpeg that also makes this one.
_HELD = "720p.part"
# What a viewer would notice, from now on; leaving the page would lose it.
_WATCH = """(id) => {
  const video = document.querySelector(`video[data-clip-id='${id}']`);
  window.disturbances = [];
  window.rounds = 0;
  video.addEventListener("seeked", () => (window.rounds += 1));
  new MutationObserver(() => {
    if (video.dataset.state !== "playing") window.disturbances.push(video.dataset.state);
    if (!video.classList.contains("isShown")) window.disturbances.push("the poster is back");
  }).observe(video, { attributes: true });
  video.addEventListener("emptied", () => window.disturbances.push("another source"));
  // The word of its own click on Sound may come late; what counts is that it is never silenced.
  video.addEventListener("volumechange", () => video.muted && window.disturbances.push("silenced"));
}"""
_HAS_HEIGHT = "([id, height]) => document.querySelector(`video[data-clip-id='${id}']`).videoHeight === height"


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    return Gate(tmp_path_factory.mktemp("gate") / "bin", held=_HELD)


@pytest.fixture(autouse=True)
def closed(gate: Gate) -> None:
    gate.close()


@pytest.fixture(scope="module")
def held_realm(tmp_path_factory: pytest.TempPathFactory, gate: Gate) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("joining") / "realm", tools=gate.tools) as started:
        yield started


@pytest.fixture(scope="module")
def bare_realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A realm that encodes nothing itself."""
    data = tmp_path_factory.mktemp("joining-bare") / "realm"
    data.mkdir()
    (data / "settings.toml").write_text("encoders = 0\n")
    with running(data) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def author(playwright: Playwright, held_realm: Running) -> AsyncIterator[Person]:
    person = await Person.join(playwright, held_realm.url, f"joan_{next(_NUMBERS)}")
    yield person
    await person.api.dispose()


@pytest_asyncio.fixture(loop_scope="session")
async def far_author(playwright: Playwright, bare_realm: Running) -> AsyncIterator[Person]:
    person = await Person.join(playwright, bare_realm.url, "kit")
    yield person
    await person.api.dispose()


@dataclass
class Watching:
    """Somebody before one clip, and every address that their page asked for."""

    visitor: Visitor
    clip_id: str
    asked: set[str] = field(default_factory=set)

    @property
    def master_url(self) -> str:
        return f"{self.visitor.url}/hls/{self.clip_id}/master.m3u8"

    async def offered(self) -> set[str]:
        """The renditions of the clip, by the address of their playlist."""
        answer = await self.visitor.context.request.get(self.master_url)
        return {urljoin(self.master_url, uri) for uri in variants(await answer.text())}

    async def segments(self, media_url: str) -> set[str]:
        listed = parts(await (await self.visitor.context.request.get(media_url)).text(), at=media_url)
        return {part.url for part in listed[1:]}

    async def has_fetched_of(self, renditions: set[str]) -> bool:
        wanted = [await self.segments(each) for each in renditions]
        return any(self.asked & each for each in wanted)

    async def height_becomes(self, height: int) -> None:
        await self.visitor.page.wait_for_function(_HAS_HEIGHT, arg=[self.clip_id, height], timeout=_PLAY_MS)

    async def asks_for_one_of(self, urls: set[str]) -> None:
        if not self.asked & urls:
            await self.visitor.page.wait_for_event(
                "request", predicate=lambda asked: asked.url in urls, timeout=_PLAY_MS
            )


@asynccontextmanager
async def watching(browser: Browser, url: str, clip_id: str) -> AsyncIterator[Watching]:
    """A stranger who opens the clip's page; whatever went wrong there fails the test."""
    visitor = await Visitor.open(browser, url)
    found = Watching(visitor, clip_id)
    visitor.page.on("request", lambda request: found.asked.add(request.url))
    try:
        await visitor.go(f"/c/{clip_id}")
        yield found
        assert await visitor.check() == []
    finally:
        await visitor.context.close()


async def playable(author: Person, clip_id: str) -> None:
    """Until everybody can watch the clip."""
    async with asyncio.timeout(_PLAY_MS / 1000):
        while (await author.tell("GET", f"/api/clips/{clip_id}"))["state"] != "visible":  # noqa: ASYNC110 - of the realm
            await asyncio.sleep(_LOOK_SECONDS)


def film() -> Path:
    """Needs encoding, because of its colours."""
    return footage.clip(size="720x1280", seconds=6.0, video=footage.FINE)


async def sees_it_become_sharper(watched: Watching, author: Person, gate: Gate) -> None:
    """From the first rung alone to one that joined while the clip played on, with its sound."""
    visitor, clip_id = watched.visitor, watched.clip_id
    first = await watched.offered()
    assert (await visitor.sees_moving(clip_id))["height"] == 854
    await visitor.button("Sound").click()
    await visitor.hears(clip_id)
    await visitor.page.evaluate(_WATCH, clip_id)
    gate.open()
    await author.wait_for(clip_id)
    joined = await watched.offered() - first
    assert joined
    await watched.height_becomes(1280)
    assert await watched.has_fetched_of(joined)
    before = await visitor.facts(clip_id)
    rounds = await visitor.page.evaluate("window.rounds")
    await visitor.page.wait_for_function("(rounds) => window.rounds > rounds", arg=rounds, timeout=_PLAY_MS)
    after = await visitor.sees_moving(clip_id, frames=20)
    assert after["height"] == 1280
    assert not after["is_muted"]
    assert after["sound_bytes"] > before["sound_bytes"]
    assert await visitor.page.evaluate("window.disturbances") == []
    assert (await visitor.noticed()).shift == 0


@pytest.mark.timeout(240)
async def test_a_rung_that_is_encoded_later_joins_a_clip_that_plays(
    browser: Browser, held_realm: Running, author: Person, gate: Gate
) -> None:
    clip_id = await author.post(await asyncio.to_thread(film), "Sharper while you watch")
    await playable(author, clip_id)
    async with watching(browser, held_realm.url, clip_id) as watched:
        await sees_it_become_sharper(watched, author, gate)


@pytest.mark.timeout(240)
async def test_a_rung_that_another_machine_encodes_joins_a_clip_that_plays(
    browser: Browser, bare_realm: Running, far_author: Person, gate: Gate
) -> None:
    clip_id = await far_author.post(await asyncio.to_thread(film), "Made in the attic")
    with encoder(bare_realm, "attic", tools=gate.tools) as attic:
        await asyncio.to_thread(attic.start)
        await playable(far_author, clip_id)
        async with watching(browser, bare_realm.url, clip_id) as watched:
            await sees_it_become_sharper(watched, far_author, gate)


@pytest.mark.timeout(240)
async def test_the_ladder_takes_over_from_a_source_that_played_as_it_is(
    browser: Browser, held_realm: Running, author: Person, gate: Gate
) -> None:
    """What was fetched of the source is played to its end; what comes after it is of a rung."""
    clip_id = await author.post(
        await asyncio.to_thread(sources.plain, _LONG_SECONDS), "As the phone wrote it"
    )
    await playable(author, clip_id)
    async with watching(browser, held_realm.url, clip_id) as watched:
        visitor = watched.visitor
        first = await watched.offered()
        assert (await visitor.sees_moving(clip_id))["height"] == 1422
        # Pausing keeps the rest of the clip from being fetched before there is something to fetch.
        await visitor.page.keyboard.press("Space")
        await expect(visitor.video(clip_id)).to_have_attribute("data-state", "paused")
        gate.open()
        await author.wait_for(clip_id)
        joined = await watched.offered()
        assert not first & joined
        await watched.asks_for_one_of(joined)
        await visitor.page.keyboard.press("Space")
        await visitor.sees_moving(clip_id)
        assert (await visitor.facts(clip_id))["height"] == 1422, "what is there is not fetched again"
        await seek(visitor, 0.9)
        await watched.height_becomes(1280)
        await visitor.sees_moving(clip_id)
        assert await watched.has_fetched_of(joined)


async def seek(visitor: Visitor, ratio: float) -> None:
    """Click a place on the progress line."""
    box = await visitor.current.get_by_label("Position in the clip").bounding_box()
    assert box is not None
    await visitor.page.mouse.click(box["x"] + ratio * box["width"], box["y"] + box["height"] / 2)
