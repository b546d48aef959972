"""What another machine encoded is watched like any other clip."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Playwright, expect

from e2e.person import Person
from e2e.visitor import Visitor
from support.machine.running import Running, running
from support.media import footage
from support.media.elsewhere import encoder


@pytest.fixture(scope="module")
def bare_realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A realm that encodes nothing itself."""
    data = tmp_path_factory.mktemp("elsewhere") / "realm"
    data.mkdir()
    (data / "settings.toml").write_text("encoders = 0\n")
    with running(data) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def author(playwright: Playwright, bare_realm: Running) -> AsyncIterator[Person]:
    person = await Person.join(playwright, bare_realm.url, "zoe")
    yield person
    await person.api.dispose()


def film() -> Path:
    """Needs encoding, because of its colours."""
    return footage.clip(size="720x1280", seconds=6.0, video=footage.FINE)


@pytest.mark.timeout(240)
async def test_what_another_machine_encoded_is_watched_with_sound(
    browser: Browser, bare_realm: Running, author: Person
) -> None:
    visitor = await Visitor.open(
        browser, bare_realm.url, screen="desktop", scheme="dark", state=await author.state()
    )
    try:
        await visitor.go("/upload")
        await visitor.page.locator("input[type=file]").set_input_files(await asyncio.to_thread(film))
        await visitor.button("Post").click()
        progress = visitor.page.get_by_role("progressbar", name="Posting")
        await expect(progress).to_have_text("Preparing", timeout=30_000)
        with encoder(bare_realm, "attic") as attic:
            await asyncio.to_thread(attic.start)
            link = visitor.link("Watch it")
            await expect(link).to_be_visible(timeout=90_000)
            clip_id = str(await link.get_attribute("href")).rpartition("/")[2]
            await link.click()
            await visitor.sees_moving(clip_id)
            await author.wait_for(clip_id)
            assert attic.spooled() == []
        await visitor.go(f"/c/{clip_id}")
        await visitor.sees_moving(clip_id)
        await visitor.button("Sound").click()
        await visitor.hears(clip_id)
        assert await visitor.check() == []
    finally:
        await visitor.context.close()
