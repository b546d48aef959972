"""Where the data is, as anybody sees it: five stores, one that is away, and a realm that cannot count."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.async_api import Locator, expect

from e2e.conftest import Town, Visit
from e2e.test_screens import keep
from e2e.visitor import Screen, Visitor
from support.machine.running import Running

# Cumulative layout shift; up to 0.1 counts as good.
_CALM = 0.02
# The realm counts anew when its last count is ten seconds old.
_COUNT_SECONDS = 15
_SCREENS: tuple[Screen, ...] = ("phone", "desktop")


def stores(visitor: Visitor, screen: Screen) -> Locator:
    """A row or a card for each."""
    if screen == "desktop":
        return visitor.page.get_by_role("table").locator("tbody").get_by_role("row")
    return visitor.page.get_by_role("list", name="Stores").get_by_role("listitem")


@pytest.mark.parametrize("screen", _SCREENS)
async def test_five_stores_are_shown_and_nothing_moves_while_they_are_counted(
    visit: Visit, town: Town, screen: Screen
) -> None:
    stranger = await visit(screen=screen)
    await stranger.go("/storage")
    await stranger.settles()
    await expect(stranger.page.get_by_text("no store alone can decode what is sealed")).to_be_visible()
    await expect(stranger.page.get_by_text("One machine: no independence")).to_be_visible()
    await expect(stores(stranger, screen)).to_have_count(5)
    for number in range(5):
        await expect(stores(stranger, screen).nth(number)).to_contain_text(f"store-{number + 1}")
        await expect(stores(stranger, screen).nth(number)).to_contain_text("In use, answers")
    noticed = await stranger.noticed()
    assert noticed.shift < _CALM, noticed


async def test_the_table_has_a_caption_and_a_head_for_every_row_and_column(visit: Visit, town: Town) -> None:
    stranger = await visit()
    await stranger.go("/storage")
    table = stranger.page.get_by_role("table", name="Every store")
    await expect(table.get_by_role("rowheader")).to_have_count(6)
    for column in await table.get_by_role("columnheader").all():
        rule = await column.get_attribute("aria-describedby")
        await expect(stranger.page.locator(f"#{rule}")).not_to_be_empty()


async def test_a_folder_that_is_moved_away_does_not_answer_until_it_is_back(
    visit: Visit, town: Town, realm: Running
) -> None:
    strangers = {screen: await visit(screen=screen) for screen in _SCREENS}
    silent = {
        screen: stores(stranger, screen).nth(1).get_by_text("Does not answer")
        for screen, stranger in strangers.items()
    }
    for stranger in strangers.values():
        await stranger.go("/storage")
    with away(realm, "2"):
        for screen, stranger in strangers.items():
            await sees(stranger, silent[screen])
            await expect(stranger.page.get_by_text("1 store does not answer")).to_be_visible()
            await expect(stranger.page.get_by_text("4 of 5")).to_be_visible()
            assert await keep(stranger, "storage-degraded") == []
    for screen, stranger in strangers.items():
        await sees(stranger, silent[screen], is_there=False)


@contextmanager
def away(realm: Running, store: str) -> Iterator[None]:
    """While a disk is not mounted."""
    folder = realm.paths.stores / store
    elsewhere = folder.rename(folder.with_name(f"{store}-away"))
    try:
        yield
    finally:
        elsewhere.rename(folder)


async def sees(visitor: Visitor, wanted: Locator, *, is_there: bool = True) -> None:
    """Wait until a fresh count shows it."""
    for _ in range(_COUNT_SECONDS):
        await visitor.button("Count again").click()
        await visitor.page.wait_for_timeout(1_000)
        if await wanted.is_visible() is is_there:
            return
    await expect(wanted).to_be_visible(visible=is_there)


async def test_a_realm_that_cannot_count_says_so_and_is_asked_again(visit: Visit, town: Town) -> None:
    stranger = await visit()
    stranger.expects("/api/storage")
    await stranger.page.route("**/api/storage", lambda route: route.abort())
    await stranger.go("/storage")
    await expect(stranger.page.get_by_role("alert")).to_contain_text("does not answer")
    await stranger.page.unroute("**/api/storage")
    await stranger.page.get_by_role("main").get_by_role("button", name="Try again").click()
    await expect(stores(stranger, "desktop")).to_have_count(5)


async def test_it_is_found_from_the_settings_and_by_keyboard(visit: Visit, town: Town) -> None:
    stranger = await visit(screen="phone")
    await stranger.go("/settings")
    await stranger.link("Where the data is").focus()
    await stranger.page.keyboard.press("Enter")
    await expect(stranger.page.get_by_role("heading", level=1)).to_have_text("Where the data is")
    await expect(stranger.page).to_have_title("Where the data is · Reelm")
