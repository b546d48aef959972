"""Pictures of every page, on a phone and a desktop, dark and light, for people to look at."""

import re

import pytest

from e2e import sources
from e2e.conftest import ARTIFACTS, Town, Visit
from e2e.person import Person
from e2e.visitor import Scheme, Screen, Visitor

SCREENS = ARTIFACTS / "screens"
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
# A phone's window grows with what is too wide for it, so its width is given.
_WIDER = "(width) => document.documentElement.scrollWidth > width"


@pytest.mark.parametrize("screen", ["phone", "desktop"])
async def test_every_page_is_shown_whole(visit: Visit, town: Town, newcomer: Person, screen: Screen) -> None:
    member = await visit(screen=screen, state=await newcomer.state())
    member.expects("404", "/api/uploads")
    stranger, author = await visit(screen=screen), await visit(screen=screen, state=await town.ann.state())
    others = {"stranger": stranger, "author": author}
    wide = []
    for name, path in places(town, newcomer).items():
        who = others.get(name.partition("-")[0], member)
        await who.go(path)
        wide += await keep(who, name)
    await author.button("More, for your clip").click()
    wide += await keep(author, "author-clip-more")
    await author.button("Edit caption and alt text").click()
    wide += await keep(author, "author-clip-edit")
    await author.go(f"/c/{town.clips[0]}")
    await author.current_clip()
    await author.button("More, for your clip").click()
    await author.page.get_by_role("dialog").get_by_role("button", name="Subtitles").click()
    spoken = b"1\n00:00:00,000 --> 00:00:06,000\nThe sun comes up behind the hills.\nNobody is awake yet.\n"
    files = author.page.locator("input[type=file]")
    await files.set_input_files({"name": "dawn.srt", "mimeType": "text/plain", "buffer": spoken})
    await author.page.get_by_text("English saved.").wait_for()
    wide += await keep(author, "author-clip-subtitles")
    await author.go(f"/c/{town.clips[0]}")
    await author.current_clip()
    await author.button("Subtitles").click()
    await author.page.get_by_text("Nobody is awake yet.").wait_for()
    wide += await keep(author, "author-clip-subtitled")
    for name, show in SHOWN.items():
        await show(member, town)
        wide += await keep(member, name)
    assert wide == [], "a page is wider than its window"


def places(town: Town, person: Person) -> dict[str, str]:
    return {
        "feed": "/",
        "stranger-feed": "/",
        "following-empty": "/following",
        "stranger-following": "/following",
        "discover": "/discover",
        "inbox": "/inbox",
        "clip": f"/c/{town.clips[2]}",
        "clip-gone": "/c/01k0000000000000000000000a",
        "profile": "/@ann",
        "profile-own-empty": f"/@{person.handle}",
        "profile-missing": "/@nobody_at_all",
        "tag": "/tag/reelm",
        "sound": f"/sounds/{town.clips[0]}",
        "upload": "/upload",
        "stranger-upload": "/upload",
        "stranger-sign-in": "/sign-in",
        "stranger-sign-up": "/sign-up",
        "settings": "/settings",
        "stranger-settings": "/settings",
        "stranger-storage": "/storage",
        "stranger-transparency": "/transparency",
        "missing": "/no/such/page",
        "author-profile": "/@ann",
        "author-clip": f"/c/{town.clips[0]}",
    }


async def keep(visitor: Visitor, name: str) -> list[str]:
    """Take the pictures of a page that has settled; its name, should it be wider than its window."""
    width, _ = visitor.size
    for scheme in SCHEMES:
        await visitor.page.emulate_media(color_scheme=scheme)
        await visitor.settles()
        await visitor.page.screenshot(path=SCREENS / f"{width}-{scheme}-{name}.png")
    return [name] if await visitor.page.evaluate(_WIDER, width) else []


async def comments(visitor: Visitor, town: Town) -> None:
    await visitor.go(f"/c/{town.clips[2]}")
    await visitor.current_clip()
    await visitor.page.keyboard.press("c")


async def share(visitor: Visitor, town: Town) -> None:
    await visitor.go(f"/c/{town.clips[2]}")
    await visitor.current.get_by_role("button", name="Share").click()


async def shortcuts(visitor: Visitor, town: Town) -> None:
    await visitor.go("/discover")
    await visitor.page.keyboard.press("?")


async def draft(visitor: Visitor, town: Town) -> None:
    await visitor.go("/upload")
    await visitor.page.locator("input[type=file]").set_input_files(sources.upright("tide"))
    await visitor.page.get_by_label("Caption").fill("High water at the pier #tide #reelm, with @ann")
    await visitor.page.get_by_text("Uploaded. Post it when you are ready").wait_for()
    await visitor.page.get_by_role("slider", name="Start").fill("1.5")
    await visitor.page.get_by_role("slider", name="Cover").fill("2.5")


async def refused(visitor: Visitor, town: Town) -> None:
    await visitor.go("/upload")
    await visitor.button("Choose another file").click()  # the draft of before is still there
    await visitor.page.locator("input[type=file]").set_input_files(sources.not_a_video())
    await visitor.page.get_by_role("alert").wait_for()


async def end(visitor: Visitor, town: Town) -> None:
    await visitor.go()
    await visitor.current_clip()
    last = visitor.page.get_by_text("You have seen everything")
    while not await last.is_visible():
        await visitor.page.keyboard.press("ArrowDown")
        await visitor.page.wait_for_timeout(100)
    await last.scroll_into_view_if_needed()


async def editing(visitor: Visitor, town: Town) -> None:
    await visitor.go("/settings")
    await visitor.link(re.compile("^@")).first.click()
    await visitor.button("Edit profile").click()


async def kept(visitor: Visitor, town: Town) -> None:
    await draft(visitor, town)
    await visitor.button("Save draft").click()
    await visitor.page.get_by_text("Kept as a draft").wait_for()


async def planning(visitor: Visitor, town: Town) -> None:
    await visitor.link("Go to your clips").click()
    await visitor.button("Publish or plan the draft").first.click()


SHOWN = {
    "clip-comments": comments,
    "clip-share": share,
    "shortcuts": shortcuts,
    "upload-draft": draft,
    "upload-refused": refused,
    "upload-kept": kept,
    "draft-planning": planning,
    "feed-end": end,
    "profile-editing": editing,
}
