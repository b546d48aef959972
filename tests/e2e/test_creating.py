"""What creators do with a clip beside posting it."""

from playwright.async_api import expect

from e2e import sources
from e2e.conftest import Visit
from e2e.person import Person


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
