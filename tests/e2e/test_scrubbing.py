"""Looking for a moment of a clip: its picture shows above the line, and nothing else moves."""

import re

import pytest
from playwright.async_api import Locator, Route, expect

from e2e.conftest import Town, Visit
from e2e.visitor import Screen, Visitor

_LINE = "Position in the clip"


def preview(visitor: Visitor) -> Locator:
    return visitor.current.locator(".preview")


async def open_clip(visitor: Visitor, clip_id: str) -> Locator:
    await visitor.go(f"/c/{clip_id}")
    await visitor.current_clip()
    return visitor.current.get_by_label(_LINE)


async def point_at(visitor: Visitor, line: Locator, ratio: float) -> float:
    """Move the mouse to a place on the line; its horizontal place on the screen."""
    box = await line.bounding_box()
    assert box is not None
    x = box["x"] + ratio * box["width"]
    await visitor.page.mouse.move(x, box["y"] + box["height"] / 2)
    return x


async def place_of(tile: Locator) -> tuple[float, float]:
    """Shares of the strip's picture, across and down."""
    across, down = await tile.evaluate("(node) => getComputedStyle(node).backgroundPosition.split(' ')")
    return float(across.rstrip("%")), float(down.rstrip("%"))


@pytest.mark.parametrize("screen", ["phone", "desktop"])
async def test_a_mouse_on_the_line_shows_the_moment_it_points_at(
    visit: Visit, town: Town, screen: Screen
) -> None:
    visitor = await visit(screen=screen)
    line = await open_clip(visitor, town.clips[0])
    x = await point_at(visitor, line, 0.55)
    tile = preview(visitor)
    await expect(tile).to_have_text("0:03")
    assert await place_of(tile) == pytest.approx((3 / 5 * 100, 0.0), abs=0.1), "the fourth of six"
    box = await tile.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] / 2 == pytest.approx(x, abs=2)
    assert box["width"] / box["height"] == pytest.approx(9 / 16, abs=0.02)
    await point_at(visitor, line, 0.99)
    assert (await place_of(tile))[0] == 100.0
    box, (width, _) = await tile.bounding_box(), visitor.size
    assert box is not None
    assert box["x"] + box["width"] <= width, "the last moment's picture stays on the screen"
    await visitor.page.mouse.move(40, 200)
    await expect(tile).to_have_count(0)
    assert (await visitor.noticed()).shift == 0


async def test_dragging_shows_it_and_a_key_does_for_a_moment(visit: Visit, town: Town) -> None:
    visitor = await visit(screen="phone")
    line = await open_clip(visitor, town.clips[0])
    await point_at(visitor, line, 0.1)
    await visitor.page.mouse.down()
    await point_at(visitor, line, 0.8)
    await expect(preview(visitor)).to_have_text("0:04")
    await expect(visitor.current.locator(".words")).to_have_css("opacity", "0")
    await visitor.page.mouse.up()
    await visitor.page.mouse.move(40, 200)
    await expect(preview(visitor)).to_have_count(0)
    await expect(visitor.current.locator(".words")).to_have_css("opacity", "1")
    await line.focus()
    await visitor.page.keyboard.press("Home")
    await expect(preview(visitor)).to_be_visible()
    await expect(preview(visitor)).to_have_count(0)
    assert (await visitor.noticed()).shift == 0


async def test_without_a_strip_the_line_works_and_tells_the_time(visit: Visit, town: Town) -> None:
    visitor = await visit(screen="phone")

    async def strip_off(route: Route) -> None:
        answer = await route.fetch()
        await route.fulfill(response=answer, json={**await answer.json(), "strip": None})

    await visitor.page.route(re.compile(rf"/api/clips/{town.clips[0]}$"), strip_off)
    line = await open_clip(visitor, town.clips[0])
    await point_at(visitor, line, 0.1)
    await visitor.page.mouse.down()
    await point_at(visitor, line, 0.8)
    await expect(visitor.current.locator("output")).to_have_text(re.compile("^0:04 / "))
    await expect(preview(visitor)).to_have_count(0)
    await visitor.page.mouse.up()


@pytest.mark.parametrize("page", ["clip", "profile"])
async def test_a_blurred_picture_stands_where_the_poster_will_be(visit: Visit, town: Town, page: str) -> None:
    visitor = await visit(screen="phone")
    visitor.expects("poster")
    await visitor.page.route("**/poster", lambda route: route.abort())
    await visitor.page.route("**/hls/**", lambda route: route.abort())
    visitor.expects("hls", "ERR_FAILED")
    if page == "clip":
        await visitor.go(f"/c/{town.clips[0]}")
        painted = visitor.current.locator("img[src^='data:image/png']")
        await expect(painted).to_be_visible()
        assert await painted.evaluate("(image) => image.naturalWidth / image.naturalHeight") == 18 / 32
    else:
        await visitor.go(f"/@{town.ann.handle}")
        painted = visitor.page.locator(f"a[href='/c/{town.clips[0]}']")
        await expect(painted).to_have_css("background-image", re.compile("^url..data:image/png"))
    assert (await visitor.noticed()).shift < 0.01
