"""What a screen reader gets: names for everything that does something, landmarks, headings, a language."""

from typing import Any

import pytest

from e2e.conftest import Town, Visit
from e2e.person import Person
from e2e.visitor import Screen, Visitor

_DOING = {"button", "link", "textbox", "checkbox", "switch", "radio", "slider", "combobox", "menuitem", "tab"}
_FACTS = """() => ({
  language: document.documentElement.lang,
  title: document.title,
  mains: document.querySelectorAll("main").length,
  levels: [...document.querySelectorAll("h1, h2, h3, h4")]
    .filter((node) => node.checkVisibility() && !node.closest("[inert]"))
    .map((node) => Number(node.localName[1])),
  unnamed_pictures: [...document.querySelectorAll("img:not([alt])")].map((node) => node.outerHTML),
  ids: [...document.querySelectorAll("[id]")].map((node) => node.id),
  small: [...document.querySelectorAll("button, a.button, nav a, [role=switch]")]
    .filter((node) => node.checkVisibility() && !node.closest("[inert]"))
    .map((node) => [node.outerHTML.slice(0, 140), node.getBoundingClientRect()])
    .filter(([, box]) => box.width > 0 && (box.width < 24 || box.height < 24))
    .map(([html, box]) => `${html} ${box.width}x${box.height}`),
})"""


def pages(town: Town, person: Person) -> dict[str, str]:
    return {
        "feed": "/",
        "following": "/following",
        "discover": "/discover",
        "inbox": "/inbox",
        "clip": f"/c/{town.clips[0]}",
        "profile": "/@ann",
        "own profile": f"/@{person.handle}",
        "tag": "/tag/reelm",
        "sound": f"/sounds/{town.clips[0]}",
        "upload": "/upload",
        "settings": "/settings",
        "storage": "/storage",
        "transparency": "/transparency",
        "missing": "/no/such/page",
    }


@pytest.mark.parametrize("screen", ["phone", "desktop"])
async def test_every_page_can_be_used_without_seeing_it(
    visit: Visit, town: Town, newcomer: Person, screen: Screen
) -> None:
    member = await visit(screen=screen, state=await newcomer.state())
    member.expects("404")
    faults = []
    for name, path in pages(town, newcomer).items():
        faults += [f"{name}: {fault}" for fault in await faults_of(member, path)]
    stranger = await visit(screen=screen)
    for path in ("/sign-in", "/sign-up", "/upload", "/following"):
        faults += [f"{path}: {fault}" for fault in await faults_of(stranger, path)]
    assert faults == []


async def faults_of(visitor: Visitor, path: str) -> list[str]:
    await visitor.go(path)
    await visitor.settles()
    facts = await visitor.page.evaluate(_FACTS)
    faults = [f"{each} without a name" for each in await nameless(visitor)]
    faults += [f"picture without alt: {each}" for each in facts["unnamed_pictures"]]
    faults += [f"smaller than 24 by 24 pixels: {each}" for each in facts["small"]]
    faults += [f"id used twice: {each}" for each in set(facts["ids"]) if facts["ids"].count(each) > 1]
    if facts["language"] != "en":
        faults.append(f"language {facts['language']!r}")
    if not facts["title"].endswith("Reelm"):
        faults.append(f"title {facts['title']!r}")
    if facts["mains"] != 1:
        faults.append(f"{facts['mains']} main landmarks")
    return faults + heading_faults(facts["levels"])


def heading_faults(levels: list[int]) -> list[str]:
    faults = [] if levels.count(1) == 1 else [f"{levels.count(1)} first-level headings"]
    steps = zip([0, *levels], levels, strict=False)
    return faults + [f"heading level jumps from {up} to {down}" for up, down in steps if down > up + 1]


async def nameless(visitor: Visitor) -> list[str]:
    """What Chromium hands to a screen reader as something to use, but without a name."""
    session = await visitor.context.new_cdp_session(visitor.page)
    tree = await session.send("Accessibility.getFullAXTree")
    await session.detach()
    return [_told(node) for node in tree["nodes"] if _is_nameless(node)]


def _is_nameless(node: dict[str, Any]) -> bool:
    if node.get("ignored") or node.get("role", {}).get("value") not in _DOING:
        return False
    return not str(node.get("name", {}).get("value", "")).strip()


def _told(node: dict[str, Any]) -> str:
    return f"{node['role']['value']} {node.get('description', {}).get('value', '')}".strip()
