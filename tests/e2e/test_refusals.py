"""Files and addresses that do not work: the page says why and what to do, and nothing is left behind."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.async_api import expect

from e2e import sources
from e2e.conftest import Visit
from e2e.person import Person


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (sources.not_a_video, ("Not a video file", "Send an MP4, MOV, WebM or MKV file")),
        (sources.sound_only, ("picture", "Choose")),
    ],
)
async def test_a_refused_file_shows_its_reason_and_what_to_do(
    visit: Visit, newcomer: Person, source: Callable[[], Path], words: tuple[str, str]
) -> None:
    author = await visit(state=await newcomer.state())
    author.expects("/api/uploads")
    await author.go("/upload")
    await author.page.locator("input[type=file]").set_input_files(source())
    alert = author.page.get_by_role("alert")
    for reason_or_way_out in words:
        await expect(alert).to_contain_text(reason_or_way_out)
    await author.button("Choose another file").click()
    await expect(author.page.get_by_text("Drop a video here")).to_be_visible()
    await author.go(f"/@{newcomer.handle}")
    await expect(author.page.get_by_text("You have not posted a clip yet.")).to_be_visible()


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("/no/such/page", "There is nothing at this address"),
        ("/@nobody_at_all", "Nobody here is called @nobody_at_all"),
        ("/c/01k0000000000000000000000a", "This clip is not here"),
    ],
)
async def test_an_address_without_anything_says_so(visit: Visit, path: str, heading: str) -> None:
    visitor = await visit()
    visitor.expects("404")
    await visitor.go(path)
    await expect(visitor.page.get_by_role("heading", name=heading)).to_be_visible()


async def test_posting_asks_a_stranger_to_sign_in(visit: Visit) -> None:
    stranger = await visit(screen="phone")
    await stranger.go("/upload")
    await expect(stranger.page.get_by_role("main").get_by_role("link", name="Sign in")).to_be_visible()
