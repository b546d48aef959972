"""Every page in German, in longer words and from right to left, on a phone."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from e2e.conftest import ARTIFACTS, Town, Visit
from e2e.visitor import Visitor
from reelm.web.pages import PAGES
from support.machine.running import ROOT

MESSAGES = ROOT / "ui" / "messages"
LONG = 12
_HOLE = re.compile(r"\{\w+\}|</?\w+>")
_OPEN = "(path) => { history.pushState({}, '', path); dispatchEvent(new PopStateEvent('popstate')); }"
_IS_DRAWN = """() =>
  document.querySelector("main")?.childElementCount > 0 &&
  !document.querySelector("[aria-busy=true]:not([role=feed]), li.bone, section > .bone") &&
  document.fonts.status === "loaded"
"""
# What is read or heard: texts, also those for screen readers alone, and what attributes say.
_SAID = """() => [document.title, document.body.innerText,
  ...[...document.querySelectorAll("[aria-label], [title], [placeholder]")].flatMap((each) =>
    ["aria-label", "title", "placeholder"].map((name) => each.getAttribute(name) ?? ""))].join("\\n")"""
_LANGUAGE = "[document.documentElement.lang, document.documentElement.dir]"
# A phone makes its window as wide as what is in it, so the width is that of the screen.
_WIDER = """(width) => document.documentElement.scrollWidth <= width ? [] :
  [...document.querySelectorAll("main *")].filter((each) => {
    const { left, right } = each.getBoundingClientRect();
    return right > width + 1 || left < -1;
  }).slice(0, 3).map((each) => each.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("is_member", [False, True], ids=["stranger", "member"])
async def test_no_page_speaks_english_to_a_german(visit: Visit, town: Town, *, is_member: bool) -> None:
    visitor = await _open(visit, town, "de", is_member=is_member)
    # What the realm says of its data is in its own words, and in no catalogue.
    told = await (await town.ann.api.get("/api/inventory")).text()
    english, wide = [], []
    for name, path in addresses(town):
        await _show(visitor, path)
        state = "member" if is_member else "stranger"
        await visitor.page.screenshot(path=ARTIFACTS / "languages" / f"de-{state}-{name}.png")
        said = re.sub(r"\s+", " ", await visitor.page.evaluate(_SAID))
        english += [(name, text) for text in ENGLISH if text in said and text not in told]
        wide += await _wide(visitor, name)
    assert await visitor.page.evaluate(_LANGUAGE) == ["de", "ltr"]
    assert english == []
    assert wide == [], "a page is wider than its window"


# Neither is a translation that anybody is offered: both show longer English, one of them from right to left.
@pytest.mark.parametrize(("language", "direction"), [("en-XA", "ltr"), ("ar", "rtl")])
async def test_pages_hold_longer_words_and_both_directions(
    visit: Visit, town: Town, language: str, direction: str
) -> None:
    visitor = await _open(visit, town, language, is_member=language == "ar")
    wide = []
    for name, path in addresses(town):
        await _show(visitor, path)
        await visitor.page.screenshot(path=ARTIFACTS / "languages" / f"{language}-{name}.png")
        wide += await _wide(visitor, name)
    assert await visitor.page.evaluate(_LANGUAGE) == [language, direction]
    assert wide == [], "a page is wider than its window"


async def test_a_language_is_chosen_at_once_and_remembered(visit: Visit) -> None:
    visitor = await visit(screen="phone")
    await visitor.go("/settings")
    await visitor.page.get_by_text("Deutsch").click()
    await visitor.page.get_by_role("heading", name="Einstellungen").wait_for()
    await visitor.link("Entdecken").wait_for()
    await visitor.page.reload()
    await visitor.page.get_by_role("heading", name="Einstellungen").wait_for()
    await visitor.page.get_by_text("English").click()
    await visitor.page.get_by_role("heading", name="Settings", exact=True).wait_for()
    assert await visitor.page.evaluate(_LANGUAGE) == ["en", "ltr"]


def addresses(town: Town) -> Iterator[tuple[str, str]]:
    """Yield the name and the path of every page, and of one that does not exist."""
    known = {"id": town.clips[0], "tag": "reelm", "handle": "ann"}
    for page in PAGES:
        yield page.name, page.path.format(**known)
    yield "missing", "/no/such/page"


def _texts(language: str) -> dict[str, str]:
    """Return each text of a language; the forms of a plural have keys of their own."""
    found: dict[str, Any] = {}
    for part in (MESSAGES, MESSAGES / "proof"):
        found |= json.loads((part / f"{language}.json").read_text(encoding="utf-8"))
    return {
        f"{key} {form}": text
        for key, message in found.items()
        for form, text in (message.items() if isinstance(message, dict) else [("", message)])
    }


def _english() -> Iterator[str]:
    """Yield what only English says, in pieces without placeholders."""
    german = "\n".join(_texts("de").values())
    for text in _texts("en").values():
        yield from (piece for piece in _HOLE.split(text) if len(piece) > LONG and piece not in german)


ENGLISH = sorted(set(_english()))


async def _open(visit: Visit, town: Town, language: str, *, is_member: bool) -> Visitor:
    state = await town.ann.state() if is_member else None
    visitor = await visit(screen="phone", state=state)
    visitor.expects("404", "/api/uploads")
    await visitor.context.add_init_script(f'localStorage.setItem("reelm.language", "{language}")')
    await visitor.go("/no/such/page")
    return visitor


async def _show(visitor: Visitor, path: str) -> None:
    """Open a page without loading the whole interface anew."""
    await visitor.page.evaluate(_OPEN, path)
    await visitor.page.wait_for_timeout(50)  # for the page's own request to begin
    await visitor.page.wait_for_function(_IS_DRAWN)


async def _wide(visitor: Visitor, name: str) -> list[tuple[str, str]]:
    """Return what sticks out of the window, with the name of its page."""
    return [(name, each) for each in await visitor.page.evaluate(_WIDER, visitor.size[0])]
