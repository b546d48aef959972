"""Run in a network namespace of its own: ``program.py FOLDER CHROMIUM``; writes FOLDER/seen.json."""

import asyncio
import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import astuple
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Error, async_playwright

from e2e.visitor import Visitor
from support.machine.running import running
from support.web.hygiene.journeys import JOURNEYS
from support.web.hygiene.offences import OFFENCES, offending
from support.web.hygiene.watched import Watched, launched, watch
from support.web.hygiene.wire import Contact, Wire

# Until what was just asked for has left; until nothing more of it leaves; what Chromium does by itself.
_SENT_MS, _QUIET_MS, _IDLE_MS = 300, 700, 4_000


async def main(folder: Path, chromium: str) -> None:
    wire = Wire.laid(folder)
    with running(folder / "realm") as realm, offending() as elsewhere:
        own = Contact("connection", "127.0.0.1", realm.port)
        other = Contact("connection", "127.0.0.1", int(elsewhere.rpartition(":")[2]))
        async with async_playwright() as playwright:
            async with launched(playwright, chromium) as browser:
                idle = await stay_blank(wire, browser)
                walked = await walk(wire, browser, realm.url, without={own, *idle})
                held = await offend_within(wire, browser, realm.url, without={own, *idle})
            # Another one, since the first may still try to reach what it could not.
            async with launched(playwright, chromium) as browser:
                caught = await offend(wire, browser, elsewhere, without={other, *idle})
    seen = {"idle": told(idle), "journeys": walked, "offences": caught, "held": held, "missed": wire.missed()}
    (folder / "seen.json").write_text(json.dumps(seen, indent=1))


async def stay_blank(wire: Wire, browser: Browser) -> Sequence[Contact]:
    """What a Chromium does on its own."""
    mark = len(wire.contacts)
    page = await browser.new_page()
    await page.goto("about:blank")
    await page.wait_for_timeout(_IDLE_MS)
    await page.close()
    return wire.since(mark, without=set())


async def walk(wire: Wire, browser: Browser, url: str, *, without: set[Contact]) -> dict[str, Any]:
    """One person's window, from journey to journey."""
    context = await browser.new_context(base_url=url, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(10_000)
    watched = await watch(context, url)
    visitor = Visitor(await context.new_page(), context, url)
    found = {}
    for journey in JOURNEYS:
        mark = len(wire.contacts)
        await journey(visitor)
        await visitor.page.wait_for_timeout(_QUIET_MS)
        contacts = told(wire.since(mark, without=without))
        found[journey.__name__] = {"contacts": contacts, **of_window(watched)}
    await context.close()
    return found


async def offend(wire: Wire, browser: Browser, url: str, *, without: set[Contact]) -> dict[str, Any]:
    """Every offence, each towards a place of its own."""
    context = await browser.new_context()
    watched = await watch(context, url)
    page = await context.new_page()
    mark = len(wire.contacts)
    for name in OFFENCES:
        await page.goto(f"{url}/{name.replace(' ', '-')}", wait_until="commit")
        await page.wait_for_timeout(_SENT_MS)
    await page.wait_for_timeout(_QUIET_MS)
    return {"contacts": told(wire.since(mark, without=without)), **of_window(watched)}


async def offend_within(wire: Wire, browser: Browser, url: str, *, without: set[Contact]) -> list[Any]:
    """What leaves when the realm's own page is made to do it all."""
    mark = len(wire.contacts)
    page = await browser.new_page()
    await page.goto(url)
    for script in OFFENCES.values():
        with suppress(Error):  # refused, as it should be
            await page.evaluate(f"() => {{ {script} }}")
            await page.wait_for_timeout(_SENT_MS)
    await page.wait_for_timeout(_QUIET_MS)
    return told(wire.since(mark, without=without))


def of_window(watched: Watched) -> dict[str, Any]:
    """So far."""
    return {
        "tried": list(watched.tried),
        "workers": watched.workers,
        "faults": sorted(watched.faults),
        "answers": watched.answers,
    }


def told(contacts: Sequence[Contact]) -> list[list[str | int]]:
    return [list(astuple(each)) for each in contacts]


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
