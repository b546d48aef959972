"""The whole way by keyboard alone, and always in sight of where one is."""

import re

from playwright.async_api import expect

from e2e.conftest import Town, Visit
from e2e.person import PASSWORD, Person
from e2e.visitor import Visitor

_TABS_MOST = 40
# What has the focus, by role and name as far as a keyboard user cares, and how it shows.
_FOCUS = """() => {
  const node = document.activeElement;
  if (!node || node === document.body) return null;
  const around = [node, node.parentElement, node.nextElementSibling, node.previousElementSibling];
  const marked = around
    .filter(Boolean)
    .map((each) => getComputedStyle(each))
    .some(({ outlineStyle, outlineWidth, boxShadow }) =>
      (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || boxShadow !== "none");
  const box = node.getBoundingClientRect();
  return {
    tag: node.localName,
    name: node.getAttribute("aria-label") ?? node.labels?.[0]?.textContent ?? node.textContent.trim(),
    is_shown: node.matches(":focus-visible") && marked,
    is_on_screen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
}"""


async def tab_to(visitor: Visitor, name: str, *, back: bool = False) -> None:
    """Press Tab until the focus is on what has this name; every stop on the way can be seen."""
    passed: list[str] = []
    for _ in range(_TABS_MOST):
        await visitor.page.keyboard.press("Shift+Tab" if back else "Tab")
        focus = await visitor.page.evaluate(_FOCUS)
        if focus is None:
            continue
        assert focus["is_shown"], f"the focus does not show on {focus}"
        assert focus["is_on_screen"], f"the focus is out of sight on {focus}"
        passed.append(focus["name"])
        if re.match(name, focus["name"]):
            return
    raise AssertionError(f"no way to {name!r} by Tab; passed {passed}")


async def test_signing_in_liking_and_commenting_by_keyboard_alone(
    visit: Visit, town: Town, newcomer: Person
) -> None:
    member = await visit()
    await member.go()
    await member.current_clip()
    keyboard = member.page.keyboard
    await tab_to(member, "Sign in$")
    await keyboard.press("Enter")
    await expect(member.page.get_by_role("heading", name="Sign in")).to_be_visible()
    await tab_to(member, "E-mail")
    await keyboard.type(newcomer.email)
    await tab_to(member, "Password")
    await keyboard.type(PASSWORD)
    await keyboard.press("Enter")
    await member.page.wait_for_url(member.url + "/")

    clip_id = await member.current_clip()
    await keyboard.press("l")
    await expect(member.current.get_by_role("button", name=re.compile("^Like"))).to_have_attribute(
        "aria-pressed", "true"
    )
    await keyboard.press("c")
    box = member.page.get_by_role("textbox", name="Add a comment")
    await expect(box).to_be_visible()
    await tab_to(member, "Add a comment")
    await keyboard.type("By keyboard")
    await keyboard.press("Enter")
    await expect(member.page.get_by_text("By keyboard")).to_be_visible()
    await expect(member.video(clip_id)).to_have_attribute("data-state", "playing")


async def test_the_first_stop_skips_to_the_content(visit: Visit, town: Town) -> None:
    stranger = await visit()
    await stranger.go("/discover")
    await stranger.page.get_by_role("heading", name="Discover").wait_for()
    await tab_to(stranger, "Skip to content")
    await stranger.page.keyboard.press("Enter")
    assert await stranger.page.evaluate("document.activeElement.id") == "main"


async def test_a_sheet_keeps_the_focus_and_gives_it_back(visit: Visit, town: Town) -> None:
    stranger = await visit()
    await stranger.go(f"/c/{town.clips[0]}")
    await stranger.current_clip()
    share = stranger.current.get_by_role("button", name="Share")
    await share.focus()
    await stranger.page.keyboard.press("Enter")
    sheet = stranger.page.get_by_role("dialog", name="Share this clip")
    await expect(sheet).to_be_visible()
    for _ in range(6):
        await stranger.page.keyboard.press("Tab")
        inside = (
            "document.activeElement === document.body || document.activeElement.closest('dialog') !== null"
        )
        assert await stranger.page.evaluate(inside)
    await stranger.page.keyboard.press("Escape")
    await expect(sheet).to_have_count(0)
    await expect(share).to_be_focused()
