"""What creators do with a clip beside posting it."""

import re

from playwright.async_api import expect

from e2e import sources
from e2e.conftest import Visit
from e2e.person import Person

_STYLED = b"WEBVTT\n\nSTYLE\n::cue { color: transparent }\n"
_SPOKEN = b"1\n00:00:00,000 --> 00:00:06,000 X1:40\nListen: a bird & its song\n"
# What the preview shows once it has come to its start, a time per frame.
_PREVIEWED = """() => new Promise((resolve) => {
  const video = document.querySelector("video"), times = [];
  const took = (_, { mediaTime }) => {
    if (times.length > 0 || Math.abs(mediaTime - 1) < 0.2) times.push(mediaTime);
    if (times.length < 50) video.requestVideoFrameCallback(took);
    else resolve(times);
  };
  video.requestVideoFrameCallback(took);
})"""


async def test_a_caption_is_edited_for_everyone_to_see(visit: Visit, newcomer: Person) -> None:
    clip_id = await newcomer.publish(sources.upright("tide"), "Low water")
    author = await visit(state=await newcomer.state(), screen="phone")
    await author.go(f"/c/{clip_id}")
    await author.current_clip()
    await author.button("More, for your clip").click()
    await author.button("Edit caption and alt text").click()
    await author.page.get_by_label("Caption").fill("High water #tide")
    await author.page.get_by_label("Alt text").fill("Waves roll over a pier")
    await author.button("Save").click()
    await expect(author.current.get_by_text("High water")).to_be_visible()

    stranger = await visit()
    await stranger.go(f"/c/{clip_id}")
    await expect(stranger.current.get_by_text("edited", exact=True)).to_be_visible()
    await expect(stranger.current.get_by_role("img", name="Waves roll over a pier")).to_have_count(1)


async def test_a_clip_is_trimmed_by_keyboard_and_previewed_as_it_will_be(
    visit: Visit, newcomer: Person
) -> None:
    author = await visit(state=await newcomer.state(), screen="phone")
    await author.go("/upload")
    await author.page.locator("input[type=file]").set_input_files(sources.upright("grid"))
    start, end, cover = [author.page.get_by_role("slider", name=name) for name in ("Start", "End", "Cover")]
    await start.press("ArrowRight", delay=5)
    await start.fill("1")
    await expect(start).to_have_attribute("aria-valuetext", "1.00 seconds")
    await end.fill("2")
    await expect(author.page.get_by_text("1.00 s kept")).to_be_visible()
    await cover.fill("1.5")
    await author.button("With sound").click()
    await end.press("ArrowLeft")
    times = await author.page.evaluate(_PREVIEWED)
    assert min(times) > 0.95
    assert max(times) < 2.0
    await expect(author.page.get_by_text("Trimmed to the frame")).to_be_visible()
    await author.button("Post").click()
    await expect(author.page.get_by_text("Live, in every quality")).to_be_visible(timeout=60_000)
    clip_id = str(await author.link("Watch it").get_attribute("href")).rpartition("/")[2]
    assert (await newcomer.tell("GET", f"/api/clips/{clip_id}"))["duration_ms"] == 950
    # Without sound, it must not be the first clip of those who come here to hear one.
    await newcomer.tell("DELETE", f"/api/clips/{clip_id}")


async def test_subtitles_are_given_and_read_and_the_choice_is_remembered(
    visit: Visit, newcomer: Person
) -> None:
    clip_id = await newcomer.publish(sources.upright("moss"), "In the wood")
    author = await visit(state=await newcomer.state())
    await author.go(f"/c/{clip_id}")
    await author.current_clip()
    await author.button("More, for your clip").click()
    await author.button("Subtitles").click()
    sheet = author.page.get_by_role("dialog", name="Subtitles")
    await expect(sheet.get_by_text("Automatic subtitles: not installed on this realm.")).to_be_visible()
    author.expects("422 PUT", "status of 422")
    files = sheet.locator("input[type=file]")
    await files.set_input_files({"name": "a.vtt", "mimeType": "text/vtt", "buffer": _STYLED})
    await expect(sheet.get_by_role("alert")).to_contain_text("Line 3 begins a STYLE block")
    await files.set_input_files({"name": "a.srt", "mimeType": "application/x-subrip", "buffer": _SPOKEN})
    await expect(sheet.get_by_text("English saved. Not kept: 1 position.")).to_be_visible()

    stranger = await visit(screen="phone")
    await stranger.go(f"/c/{clip_id}")
    await stranger.sees_moving(clip_id)
    words = stranger.current.get_by_text("Listen: a bird & its song")
    await expect(words).to_have_count(0)
    await stranger.button("Subtitles").click()
    await expect(words).to_be_visible(timeout=15_000)
    await stranger.go(f"/c/{clip_id}")
    await expect(words).to_be_visible(timeout=15_000)


async def test_a_draft_is_kept_planned_and_published_from_the_profile(visit: Visit, newcomer: Person) -> None:
    author = await visit(state=await newcomer.state(), screen="phone")
    await author.go("/upload")
    await author.page.locator("input[type=file]").set_input_files(sources.upright("ember"))
    await author.page.get_by_label("Caption").fill("For tomorrow")
    await author.button("Save draft").click()
    await expect(author.page.get_by_text("Kept as a draft. Only you see it.")).to_be_visible()
    await author.link("Go to your clips").click()
    await author.button("Publish or plan the draft").click()
    field = author.page.get_by_label("Publish at")
    await field.fill(str(await field.get_attribute("max")))
    await author.button("Save the time").click()
    await expect(author.page.get_by_role("list").get_by_text("Planned")).to_be_visible()
    await author.button("Publish or plan the draft").click()
    await author.button("Publish now").click()
    await expect(author.link(re.compile("For tomorrow"))).to_be_visible(timeout=60_000)
