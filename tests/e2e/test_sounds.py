"""Original sounds: found, listened to, used, and followed back to where they come from."""

import re

from playwright.async_api import Locator, expect

from e2e import sources
from e2e.conftest import Town, Visit
from e2e.person import Person
from e2e.visitor import Visitor

_NAME = "original sound \N{EN DASH} @{}"
BY_ANN = _NAME.format("ann")
BY_BOB = _NAME.format("bob")


def sheet(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("dialog", name="Choose a sound")


async def listens(visitor: Visitor, play: Locator) -> None:
    """Press play, and wait for the bytes that are played."""
    async with visitor.page.expect_response(re.compile(r"/segments/")):
        await play.click()
    await expect(play).to_have_attribute("aria-pressed", "true")
    await play.click()
    await expect(play).to_have_attribute("aria-pressed", "false")


async def published(visitor: Visitor) -> str:
    """Choose a file, post it and go to it; the id of the clip."""
    await visitor.page.locator("input[type=file]").set_input_files(sources.upright("grid"))
    await visitor.page.get_by_label("Caption").fill("With another sound")
    await visitor.button("Post").click()
    progress = visitor.page.get_by_role("progressbar", name="Posting")
    await expect(progress).to_have_text("Live, in every quality", timeout=60_000)
    link = visitor.link("Watch it")
    clip_id = str(await link.get_attribute("href")).rpartition("/")[2]
    await link.click()
    return clip_id


async def test_a_sound_is_used_from_its_page_and_leads_back_to_it(
    visit: Visit, town: Town, newcomer: Person
) -> None:
    member = await visit(screen="phone", state=await newcomer.state())
    await member.go(f"/c/{town.clips[0]}")
    await member.current.get_by_role("link", name=f"Sound: {BY_ANN}").click()
    await expect(member.page.get_by_role("heading", name=BY_ANN)).to_be_visible()
    await listens(member, member.button(f"Play {BY_ANN}"))
    await member.link("Use this sound").click()
    await expect(member.page.get_by_role("group", name="Sound")).to_contain_text(BY_ANN)

    clip_id = await published(member)
    await member.sees_moving(clip_id)
    await member.button("Sound").click()
    await member.hears(clip_id)
    await member.current.get_by_role("link", name=f"Sound: {BY_ANN}").click()
    grid = member.page.get_by_role("list", name="Clips with this sound")
    await expect(grid.locator(f'a[href="/c/{clip_id}"]')).to_be_visible()
    await expect(grid.locator(f'a[href="/c/{town.clips[0]}"]')).to_be_visible()
    await member.link("Watch the original").click()
    assert await member.current_clip() == town.clips[0]
    await newcomer.tell("DELETE", f"/api/clips/{clip_id}")


async def test_a_sound_is_searched_listened_to_and_chosen_while_posting(
    visit: Visit, town: Town, newcomer: Person
) -> None:
    author = await visit(state=await newcomer.state())
    await author.go("/upload")
    await author.page.locator("input[type=file]").set_input_files(sources.upright("moss"))
    await expect(author.page.get_by_label("Others may use this clip's sound")).to_be_checked()
    await author.button("Choose a sound").click()
    dialog = sheet(author)
    await expect(dialog.get_by_text(BY_ANN).first).to_be_visible()
    await dialog.get_by_label("Search sounds").fill("nobody.at.all")
    await expect(dialog.get_by_text("No sound of “nobody.at.all”")).to_be_visible()
    await dialog.get_by_label("Search sounds").fill("#tide")
    found = dialog.get_by_role("listitem").filter(has_text=BY_BOB).first
    await expect(found).to_be_visible()
    await listens(author, found.get_by_role("button", name=re.compile("^Play")))
    await found.get_by_role("button", name=re.compile("^Use")).click()
    await expect(dialog).to_have_count(0)
    chosen = author.page.get_by_role("group", name="Sound")
    await expect(chosen).to_contain_text(BY_BOB)
    await expect(author.page.get_by_label("Others may use this clip's sound")).to_have_count(0)
    await author.button("Use the file's own").click()
    await expect(chosen).to_contain_text("The file's own sound")


async def test_a_sound_that_is_taken_away_is_told_and_replaced(visit: Visit, newcomer: Person) -> None:
    gone = await newcomer.publish(sources.upright("ember"), "Soon gone")
    name = _NAME.format(newcomer.handle)
    author = await visit(state=await newcomer.state())
    await author.go(f"/upload?sound={gone}")
    await expect(author.page.get_by_role("group", name="Sound")).to_contain_text(name)
    await newcomer.tell("DELETE", f"/api/clips/{gone}")
    author.expects("410")
    await author.page.locator("input[type=file]").set_input_files(sources.upright("moss"))
    await author.button("Post").click()
    await expect(author.page.get_by_role("alert")).to_contain_text("The sound is no longer available")
    await author.button("Use the file's own").click()
    await author.button("Post").click()
    progress = author.page.get_by_role("progressbar", name="Posting")
    await expect(progress).to_have_text("Live, in every quality", timeout=60_000)
