"""Watching without an account: by key, by finger, with sound, to the end of the feed."""

import re
from urllib.parse import urljoin

from playwright.async_api import expect

from e2e.conftest import Town, Visit
from e2e.visitor import Screen, Visitor
from support.machine.running import ROOT
from support.media.playlists import parts, variants

# Cumulative layout shift; up to 0.1 counts as good.
_CALM = 0.05
_PLAYER = ROOT / "ui" / "src" / "player" / "player.svelte.ts"
_BUFFERED = """(video) => ({
  ahead: video.buffered.end(0) - video.currentTime,
  duration: video.duration,
})"""
# The id of the clip that plays and is not the one before; true when the feed's end is on screen.
_NEXT_OR_END = """(before) => {
  const { top } = document.querySelector(".after")?.getBoundingClientRect() ?? { top: innerHeight };
  if (Math.abs(top) < 2 && document.querySelector(".after button")) return true;
  const playing = document.querySelector("video[data-state=playing]")?.dataset.clipId;
  return playing !== undefined && playing !== before ? playing : null;
}"""


async def test_keys_move_through_the_feed_and_back(visit: Visit, town: Town) -> None:
    stranger = await visit()
    await stranger.go()
    first = await stranger.current_clip()
    await stranger.sees_moving(first)
    await stranger.page.keyboard.press("ArrowDown")
    second = await next_clip(stranger, first)
    await stranger.sees_moving(second)
    await stranger.page.keyboard.press("ArrowUp")
    assert await next_clip(stranger, second) == first
    await stranger.sees_moving(first)


async def test_a_finger_moves_through_the_feed_and_back(visit: Visit, town: Town) -> None:
    stranger = await visit(screen="phone")
    await stranger.go()
    first = await stranger.current_clip()
    await stranger.sees_moving(first)
    await stranger.swipe()
    second = await next_clip(stranger, first)
    await stranger.sees_moving(second)
    await stranger.swipe(up=False)
    assert await next_clip(stranger, second) == first
    await stranger.sees_moving(first)


async def test_keys_pause_and_turn_on_sound_that_is_remembered(visit: Visit, town: Town) -> None:
    stranger = await visit()
    await stranger.go()
    clip_id = await stranger.current_clip()
    await stranger.page.keyboard.press("Space")
    await expect(stranger.video(clip_id)).to_have_attribute("data-state", "paused")
    await stranger.page.keyboard.press("Space")
    await stranger.page.keyboard.press("m")
    facts = await stranger.sees_moving(clip_id)
    assert not facts["is_muted"]
    await stranger.hears(clip_id)
    await stranger.page.keyboard.press("ArrowDown")
    following = await next_clip(stranger, clip_id)
    assert not (await stranger.sees_moving(following))["is_muted"]
    await stranger.page.reload()
    again = await stranger.current_clip()
    # A browser allows no sound before the first key or touch; from then on the remembered choice counts.
    await stranger.page.keyboard.press("ArrowDown")
    following = await next_clip(stranger, again)
    assert not (await stranger.sees_moving(following))["is_muted"]


async def test_a_tap_pauses_and_another_plays_on(visit: Visit, town: Town) -> None:
    stranger = await visit(screen="phone")
    await stranger.go()
    clip_id = await stranger.current_clip()
    await stranger.page.touchscreen.tap(180, 400)
    await expect(stranger.video(clip_id)).to_have_attribute("data-state", "paused")
    await stranger.page.touchscreen.tap(180, 400)
    await stranger.sees_moving(clip_id)


async def test_the_feed_shows_every_clip_once_and_says_so_at_its_end(visit: Visit, town: Town) -> None:
    stranger = await visit()
    await stranger.go()
    seen = [await stranger.current_clip()]
    while (following := await next_or_end(stranger, seen[-1])) is not None:
        seen.append(following)
    await expect(stranger.page.get_by_text("You have seen everything")).to_be_in_viewport()
    assert len(set(seen)) == len(seen)
    assert set(town.clips) <= set(seen)
    await stranger.button("Start again from the top").click()
    await stranger.sees_moving(await stranger.current_clip())


async def test_nothing_moves_while_the_feed_loads(visit: Visit, town: Town) -> None:
    screens: tuple[Screen, ...] = ("phone", "desktop")
    for screen in screens:
        stranger = await visit(screen=screen)
        await stranger.go()
        await stranger.sees_moving(await stranger.current_clip(), frames=20)
        noticed = await stranger.noticed()
        assert noticed.shift < _CALM, (screen, noticed)


async def test_without_a_connection_the_page_says_so_and_plays_on(visit: Visit, town: Town) -> None:
    stranger = await visit()
    stranger.expects("ERR_INTERNET_DISCONNECTED")
    await stranger.go()
    clip_id = await stranger.current_clip()
    await stranger.context.set_offline(offline=True)
    bar = stranger.page.get_by_role("status").get_by_text("You are offline")
    await expect(bar).to_be_visible()
    await stranger.sees_moving(clip_id)
    await stranger.context.set_offline(offline=False)
    await expect(bar).to_have_count(0)
    await stranger.page.keyboard.press("ArrowDown")
    await stranger.sees_moving(await next_clip(stranger, clip_id))


async def test_the_next_clip_is_loaded_as_far_as_its_first_moments(visit: Visit, town: Town) -> None:
    """Its first picture is there before anybody swipes, and the rest of it is not.

    The player asks for one more piece as long as it holds less than ``WAITING_SECONDS``: so what it holds can
    be short of that by a hair, and then grows by a whole piece, at most the longest.
    """
    stranger = await visit()
    await stranger.go()
    ahead, most_seconds, duration = await _waiting(stranger)
    while duration <= most_seconds:  # a clip this short says nothing: there is no rest of it
        await stranger.page.keyboard.press("ArrowDown")
        ahead, most_seconds, duration = await _waiting(stranger)
    assert 0.4 < ahead <= most_seconds


async def _waiting(visitor: Visitor) -> tuple[float, float, float]:
    """Of the clip that waits beside the watched one: what is loaded, the most that may be, its length."""
    first = await visitor.current_clip()
    await visitor.sees_moving(first)
    waiting = visitor.page.locator(f"video[data-state=ready]:not([data-clip-id='{first}'])").first
    await expect(waiting).to_be_attached()
    buffered = await waiting.evaluate(_BUFFERED)
    clip_id = str(await waiting.get_attribute("data-clip-id"))
    most_seconds = _waiting_seconds() + await longest_piece_seconds(visitor, clip_id)
    return buffered["ahead"], most_seconds, buffered["duration"]


def _waiting_seconds() -> float:
    """How much of a clip the player holds while it waits beside the one that is watched."""
    said = re.search(
        r"^const WAITING_SECONDS = ([\d.]+);$", _PLAYER.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert said is not None
    return float(said[1])


async def longest_piece_seconds(visitor: Visitor, clip_id: str) -> float:
    """Of all renditions of the clip."""
    master_url = f"/hls/{clip_id}/master.m3u8"
    master = await (await visitor.context.request.get(master_url)).text()
    urls = [urljoin(master_url, uri) for uri in variants(master)]
    lists = [parts(await (await visitor.context.request.get(url)).text(), at=url) for url in urls]
    return max(part.seconds for listed in lists for part in listed)


async def next_clip(visitor: Visitor, before: str) -> str:
    """The id of the clip that plays once ``before`` no longer does."""
    playing = visitor.page.locator(f"video[data-state=playing]:not([data-clip-id='{before}'])")
    await expect(playing).to_have_count(1)
    return str(await playing.get_attribute("data-clip-id"))


async def next_or_end(visitor: Visitor, before: str) -> str | None:
    """Press the key; the id of the clip that plays then, None at the end of the feed."""
    await visitor.page.keyboard.press("ArrowDown")
    found = await visitor.page.wait_for_function(_NEXT_OR_END, arg=before)
    return str(await found.json_value()) if await found.evaluate("(value) => value !== true") else None
