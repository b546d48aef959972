"""What somebody does in the app, from the first look to the last setting."""

import re
from collections.abc import Awaitable, Callable

from playwright.async_api import expect

from e2e import sources
from e2e.person import PASSWORD
from e2e.visitor import Visitor

# Such a page may go on asking for what is new, and is never done.
_LIVE_MS = 2_000


async def look_around(visitor: Visitor) -> None:
    """A stranger, before there is anything to see."""
    for path in ("/", "/discover", "/storage", "/no/such/page", "/@nobody"):
        await visitor.go(path)
        await visitor.page.wait_for_load_state("networkidle")


async def join(visitor: Visitor) -> None:
    await visitor.sign_up("ann", PASSWORD)


async def post(visitor: Visitor) -> None:
    await visitor.go("/upload")
    await visitor.page.locator("input[type=file]").set_input_files(sources.upright("dawn"))
    await visitor.page.get_by_label("Caption").fill("Dawn, as I saw it #first")
    await visitor.button("Post").click()
    progress = visitor.page.get_by_role("progressbar", name="Posting")
    await expect(progress).to_have_text("Live, in every quality", timeout=60_000)
    await visitor.link("Watch it").click()


async def watch(visitor: Visitor) -> None:
    await visitor.go("/")
    clip_id = await visitor.current_clip()
    await visitor.sees_moving(clip_id)
    await visitor.button("Sound").click()
    await visitor.hears(clip_id)
    await visitor.current.get_by_role("button", name="Share").click()
    await visitor.button("Copy link").click()
    await visitor.page.keyboard.press("Escape")


async def see_oneself(visitor: Visitor) -> None:
    for path in ("/@ann", "/inbox", "/tag/first", "/following", "/me"):
        await visitor.go(path)
        await visitor.page.wait_for_load_state("networkidle")


async def settle(visitor: Visitor) -> None:
    await visitor.go("/settings")
    await visitor.page.get_by_text("Light", exact=True).click()
    await expect(visitor.page.get_by_text("ann@example.org")).to_be_visible()


async def check_the_record(visitor: Visitor) -> None:
    """Wherever the page leads to about the realm itself."""
    await visitor.go("/settings")
    found = visitor.page.get_by_role("link", name=re.compile("transparen|record|looked at", re.IGNORECASE))
    for path in [await each.get_attribute("href") for each in await found.all()]:
        if path and path.startswith("/"):
            await visitor.go(path)
            await visitor.page.wait_for_timeout(_LIVE_MS)


async def leave(visitor: Visitor) -> None:
    await visitor.go("/settings")
    await visitor.button("Sign out").click()
    await visitor.page.wait_for_url(visitor.url + "/")
    await visitor.page.wait_for_load_state("networkidle")


JOURNEYS: tuple[Callable[[Visitor], Awaitable[None]], ...] = (
    look_around,
    join,
    post,
    watch,
    see_oneself,
    settle,
    check_the_record,
    leave,
)
