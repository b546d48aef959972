"""The story the product exists for: somebody joins, posts a clip, and everybody can watch it."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from e2e import sources
from e2e.conftest import Visit
from e2e.person import PASSWORD, Person
from e2e.visitor import Visitor
from support.media.footage import SHARED

_PHONE_CLIP = SHARED / "one-by-one-person-detection.mp4"
_STEPS = ("Uploading", "Preparing", "Storing", "Live")


async def post(visitor: Visitor, source: Path, caption: str) -> str:
    """Through the page, seeing every step; the id of the clip."""
    await visitor.go("/upload")
    await visitor.page.locator("input[type=file]").set_input_files(source)
    await visitor.page.get_by_label("Caption").fill(caption)
    await visitor.button("Post").click()
    progress = visitor.page.get_by_role("progressbar", name="Posting")
    for step in _STEPS:
        await expect(visitor.page.get_by_text(step, exact=True).first).to_be_visible()
    await expect(progress).to_have_text("Live, in every quality", timeout=60_000)
    link = visitor.link("Watch it")
    clip_id = str(await link.get_attribute("href")).rpartition("/")[2]
    await link.click()
    return clip_id


async def watch_with_sound(visitor: Visitor, clip_id: str) -> None:
    await visitor.sees_moving(clip_id)
    await visitor.button("Sound").click()
    facts = await visitor.sees_moving(clip_id)
    assert not facts["is_muted"]
    await visitor.hears(clip_id)


async def test_somebody_joins_posts_a_clip_filmed_upright_and_strangers_watch_it(visit: Visit) -> None:
    author = await visit()
    await author.sign_up("zoe", PASSWORD)
    clip_id = await post(author, sources.rotated(), "Turned by the phone #first")
    await watch_with_sound(author, clip_id)
    facts = await author.facts(clip_id)
    assert facts["height"] > facts["width"]
    assert await top_colour(author, clip_id) == "red"

    stranger = await visit(screen="phone")
    await stranger.go(f"/c/{clip_id}")
    await watch_with_sound(stranger, clip_id)


@pytest.mark.skipif(not _PHONE_CLIP.exists(), reason="the shared footage is not beside the repository")
async def test_real_footage_is_posted_and_watched_by_a_stranger(visit: Visit, newcomer: Person) -> None:
    author = await visit(state=await newcomer.state())
    clip_id = await post(author, _PHONE_CLIP, "One by one #street")
    await author.sees_moving(clip_id)

    stranger = await visit(screen="phone")
    await stranger.go(f"/c/{clip_id}")
    await stranger.sees_moving(clip_id)


async def top_colour(visitor: Visitor, clip_id: str) -> str:
    """What is at the top of the picture."""
    pixel: list[int] = await visitor.video(clip_id).evaluate(
        """(video) => {
          const canvas = document.createElement("canvas");
          [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
          const pen = canvas.getContext("2d");
          pen.drawImage(video, 0, 0);
          return [...pen.getImageData(canvas.width / 2, canvas.height / 10, 1, 1).data];
        }"""
    )
    red, green, blue = pixel[:3]
    return "red" if red > 180 and green < 80 and blue < 80 else f"{red} {green} {blue}"
