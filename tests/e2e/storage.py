"""A store that goes away and comes back, and a page that learns of it."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.async_api import Locator, expect

from e2e.visitor import Visitor
from support.machine.running import Running

# The realm counts anew when its last count is ten seconds old.
_COUNT_SECONDS = 15


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
