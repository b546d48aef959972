"""A rendition in AV1 is played by browsers that decode it, and left alone by those that do not."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import pairwise
from urllib.parse import urljoin

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Playwright

from e2e import sources
from e2e.person import Person
from e2e.visitor import Visitor
from support.machine.running import Running, running
from support.media.playlists import parts

# What a browser without such a decoder answers.
_NO_AV1 = """
for (const source of [self.MediaSource, self.ManagedMediaSource]) {
  if (!source) continue;
  const real = source.isTypeSupported.bind(source);
  source.isTypeSupported = (type) => !/av01/.test(type) && real(type);
}
"""


@pytest.fixture(scope="module")
def rich_realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A realm whose operator wants AV1."""
    data = tmp_path_factory.mktemp("av1") / "realm"
    data.mkdir()
    (data / "settings.toml").write_text('av1 = "on"\n')
    with running(data) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def posted(playwright: Playwright, rich_realm: Running) -> AsyncIterator[tuple[Person, str]]:
    """Somebody, and a clip of theirs that has every rendition."""
    person = await Person.join(playwright, rich_realm.url, "ava")
    yield person, await person.publish(await asyncio.to_thread(sources.plain, 8), "In fewer bits")
    await person.api.dispose()


async def renditions(person: Person, clip_id: str) -> dict[str, set[str]]:
    """The addresses of all segments, by the codec of their picture."""
    master_url = f"/hls/{clip_id}/master.m3u8"
    lines = (await (await person.api.get(master_url)).text()).splitlines()
    found: dict[str, set[str]] = {}
    for described, uri in pairwise(lines):
        if "CODECS=" in described:
            url = urljoin(master_url, uri)
            listed = parts(await (await person.api.get(url)).text(), at=url)
            found.setdefault(described.split('CODECS="')[1][:4], set()).update(part.url for part in listed)
    return found


async def fetched(
    browser: Browser, url: str, clip_id: str, *, before: str = ""
) -> tuple[set[str], dict[str, object]]:
    """The paths that a page asked for until the clip played, and what its video was."""
    visitor = await Visitor.open(browser, url)
    asked: set[str] = set()
    visitor.page.on("request", lambda request: asked.add(request.url.removeprefix(url)))
    try:
        await visitor.context.add_init_script(before)
        await visitor.go(f"/c/{clip_id}")
        facts = await visitor.sees_moving(clip_id, frames=60)
        assert await visitor.check() == []
    finally:
        await visitor.context.close()
    return asked, facts


@pytest.mark.timeout(180)
async def test_a_browser_that_decodes_it_plays_it(
    browser: Browser, rich_realm: Running, posted: tuple[Person, str]
) -> None:
    person, clip_id = posted
    segments = await renditions(person, clip_id)
    assert set(segments) == {"av01", "avc1"}
    asked, facts = await fetched(browser, rich_realm.url, clip_id)
    assert asked & segments["av01"]
    assert facts["height"] == 1280


@pytest.mark.timeout(180)
async def test_a_browser_that_does_not_decode_it_never_asks_for_it(
    browser: Browser, rich_realm: Running, posted: tuple[Person, str]
) -> None:
    person, clip_id = posted
    segments = await renditions(person, clip_id)
    asked, _ = await fetched(browser, rich_realm.url, clip_id, before=_NO_AV1)
    assert asked & segments["avc1"]
    assert not asked & segments["av01"]
