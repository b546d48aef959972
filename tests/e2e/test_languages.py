"""Every page in German, in longer words and from right to left, on a phone."""

import ast
import gzip
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Route
from tools.reference.errors import error_classes

from e2e import sources
from e2e.conftest import ARTIFACTS, Town, Visit
from e2e.person import Person
from e2e.verifying import Checker, witnessed_log
from e2e.visitor import Screen, Visitor
from reelm.web.pages import PAGES
from reelm.web.transparency.kept import KEPT
from support.ledger.logs import leaf
from support.machine.running import ROOT, Running

MESSAGES = ROOT / "ui" / "messages"
STATIC = ROOT / "src" / "reelm" / "web" / "static"
LONG = 12
FIRST_LOAD_BYTES = 75_000
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
    english, wide = [], []
    for name, path in addresses(town):
        await _show(visitor, path)
        state = "member" if is_member else "stranger"
        await visitor.page.screenshot(path=ARTIFACTS / "languages" / f"de-{state}-{name}.png")
        english += await _english_on(visitor, name)
        wide += await _wide(visitor, name)
    assert await visitor.page.evaluate(_LANGUAGE) == ["de", "ltr"]
    assert english == []
    assert wide == [], "a page is wider than its window"


@pytest.mark.parametrize("screen", ["phone", "desktop"])
async def test_no_refusal_speaks_english_to_a_german(visit: Visit, town: Town, screen: Screen) -> None:
    visitor = await _open(visit, town, "de", is_member=False, screen=screen)
    visitor.expects("401", "403", "404", "409", "503")
    page, english = visitor.page, []

    async def fail(route: Route) -> None:
        problem = {"title": "Too bad", "detail": "A store broke.", "code": "vault.of-tomorrow", "status": 503}
        await route.fulfill(status=503, body=json.dumps({**problem, "retryable": True, "facts": {}}))

    await _show(visitor, "/sign-in")
    await page.get_by_label("E-Mail").fill("nobody@example.org")
    await page.get_by_label("Passwort", exact=True).fill("not the password")
    await page.get_by_role("main").get_by_role("button", name="Anmelden").click()
    english += await _english_after(visitor, "wrong-password", page.get_by_text("Niemand wurde angemeldet"))
    await _show(visitor, "/sign-up")
    await page.get_by_label("E-Mail").fill("other@example.org")
    await page.get_by_label("Passwort", exact=True).fill("four words that are long")
    await page.get_by_label("Nutzername").fill("ann")
    await page.get_by_role("button", name="Konto anlegen").click()
    english += await _english_after(visitor, "handle-taken", page.get_by_text("heißt hier schon @ann"))
    await _show(visitor, "/c/01k0000000000000000000000a")
    english += await _english_after(visitor, "no-clip", page.get_by_text("Dieser Clip ist nicht hier"))
    await _show(visitor, "/@nobody_at_all")
    english += await _english_after(visitor, "no-profile", page.get_by_text("Hier heißt niemand"))
    await page.route("**/api/storage", fail)
    await _show(visitor, "/storage")
    english += await _english_after(visitor, "unknown-code", page.get_by_text("Das geht gerade nicht"))
    assert english == []


@pytest.mark.parametrize("source", [sources.not_a_video, sources.sound_only])
async def test_no_refused_file_speaks_english_to_a_german(
    visit: Visit, town: Town, newcomer: Person, source: Callable[[], Path]
) -> None:
    visitor = await _open(visit, town, "de", is_member=False, member=newcomer)
    visitor.expects("/api/uploads")
    await _show(visitor, "/upload")
    await visitor.page.locator("input[type=file]").set_input_files(source())
    shown = visitor.page.get_by_role("alert").filter(has_text=re.compile("Datei"))
    assert await _english_after(visitor, source.__name__, shown) == []


@pytest.mark.parametrize("screen", ["phone", "desktop"])
@pytest.mark.parametrize("is_sound", [True, False], ids=["verified", "failed"])
async def test_no_proof_speaks_english_to_a_german(
    visit: Visit, town: Town, tmp_path: Path, screen: Screen, *, is_sound: bool
) -> None:
    visitor = await _open(visit, town, "de", is_member=False, screen=screen)
    page, english = visitor.page, []
    log = witnessed_log(tmp_path / "log", 300)
    await Checker.open(page, log.folder)
    await _show(visitor, "/transparency")
    if not is_sound:
        log.entries[10] = b"{}"
        log.entries.append(leaf(300))
        log.publish()
        log.folder.joinpath("tile/0/000").write_bytes(bytes(256 * 32))
        await page.get_by_text("Dieses Protokoll stimmt nicht").wait_for()
    await visitor.button("Jeden Eintrag in diesem Browser prüfen").click()
    again = visitor.button("Noch einmal prüfen")
    english += await _english_after(visitor, f"swept-{screen}-{is_sound}", again)
    for what, words in [("5", "Eintrag Nummer 5"), ("9999", "ab 0 nummeriert"), ("no receipt", "kein Beleg")]:
        await page.get_by_label("Ein Beleg oder die Nummer").fill(what)
        await visitor.button("Hier prüfen").click()
        english += await _english_after(visitor, f"receipt-{screen}-{is_sound}", page.get_by_text(words))
    assert english == []


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


async def test_the_first_page_in_english_is_small(realm: Running) -> None:
    """What every visitor waits for; the texts of other languages, and of most pages, come later."""
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    files = [STATIC / path for path in set(re.findall(r'"/(assets/[^"]+\.(?:js|css))"', page))]
    sizes = {each.name: len(gzip.compress(each.read_bytes(), 9)) for each in files}
    assert sum(sizes.values()) <= FIRST_LOAD_BYTES, sizes


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
    for part in (MESSAGES, MESSAGES / "proof", MESSAGES / "verify"):
        found |= json.loads((part / f"{language}.json").read_text(encoding="utf-8"))
    return {
        f"{key} {form}": text
        for key, message in found.items()
        for form, text in (message.items() if isinstance(message, dict) else [("", message)])
    }


def _english() -> Iterator[str]:
    """Yield what only English says, in pieces without placeholders."""
    german = "\n".join(_texts("de").values())
    for text in (*_texts("en").values(), *_told_by_the_realm()):
        yield from (piece for piece in _HOLE.split(text) if len(piece) > LONG and piece not in german)


def _told_by_the_realm() -> Iterator[str]:
    """Yield the titles and the details of all errors, and what is said of the data that is kept."""
    names = set()
    for kind in error_classes():
        names.add(kind.__name__)
        yield kind.title
    for kept in KEPT:
        yield from (kept.what, kept.why, kept.until)
    for path in sorted((ROOT / "src" / "reelm").rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and call.args and getattr(call.func, "id", None) in names:
                for each in ast.walk(call.args[0]):
                    if isinstance(each, ast.Constant) and isinstance(each.value, str):
                        yield each.value


ENGLISH = sorted(set(_english()))


async def _open(
    visit: Visit,
    town: Town,
    language: str,
    *,
    is_member: bool,
    member: Person | None = None,
    screen: Screen = "phone",
) -> Visitor:
    person = town.ann if is_member else member
    visitor = await visit(screen=screen, state=await person.state() if person else None)
    visitor.expects("404", "/api/uploads")
    await visitor.context.add_init_script(f'localStorage.setItem("reelm.language", "{language}")')
    await visitor.go("/no/such/page")
    return visitor


async def _show(visitor: Visitor, path: str) -> None:
    """Open a page without loading the whole interface anew."""
    await visitor.page.evaluate(_OPEN, path)
    await visitor.page.wait_for_timeout(50)  # for the page's own request to begin
    await visitor.page.wait_for_function(_IS_DRAWN)


async def _english_after(visitor: Visitor, name: str, shown: Locator) -> list[tuple[str, str]]:
    """Wait until something is shown; return the English that is read then, with a name for the state."""
    await shown.first.wait_for()
    await visitor.page.screenshot(path=ARTIFACTS / "languages" / f"de-{name}.png", full_page=True)
    return await _english_on(visitor, name)


async def _english_on(visitor: Visitor, name: str) -> list[tuple[str, str]]:
    """Return the English texts that are read or heard, with the name of their page."""
    said = re.sub(r"\s+", " ", await visitor.page.evaluate(_SAID))
    return [(name, text) for text in ENGLISH if text in said]


async def _wide(visitor: Visitor, name: str) -> list[tuple[str, str]]:
    """Return what sticks out of the window, with the name of its page."""
    return [(name, each) for each in await visitor.page.evaluate(_WIDER, visitor.size[0])]
