"""One realm and one Chromium for the tests of this folder; a window of its own for each."""

from collections.abc import AsyncIterator, Awaitable, Generator, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Protocol

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Playwright, StorageState, async_playwright

from e2e import sources
from e2e.person import Person
from e2e.visitor import Scheme, Screen, Visitor, folder_name
from support.machine.running import ROOT, Running, running

ARTIFACTS = ROOT / "test-artifacts"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_NUMBERS = count(1)
_HAS_FAILED = pytest.StashKey[bool]()
_HERE = Path(__file__).parent
in_session_loop = pytest_asyncio.fixture(loop_scope="session", scope="session")


@dataclass(frozen=True, slots=True)
class Town:
    """Who and what is there already; ``clips`` are ids, the oldest first."""

    ann: Person
    bob: Person
    clips: tuple[str, ...]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All in one event loop of one test process, where they share a realm and a browser."""
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            if item.get_closest_marker("xdist_group") is None:
                item.add_marker(pytest.mark.xdist_group("browser"))
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.slow)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[_HAS_FAILED] = item.stash.get(_HAS_FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
def realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data = tmp_path_factory.mktemp("e2e") / "realm"
    data.mkdir()
    (data / "settings.toml").write_text('trusted_proxies = "127.0.0.1"\n')
    with running(data) as started:
        yield started


@in_session_loop
async def playwright() -> AsyncIterator[Playwright]:
    async with async_playwright() as opened:
        yield opened


@in_session_loop
async def browser(playwright: Playwright, chromium: str) -> AsyncIterator[Browser]:
    opened = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
    yield opened
    await opened.close()


@in_session_loop
async def town(playwright: Playwright, realm: Running) -> AsyncIterator[Town]:
    """Two authors with clips that stay; what a test changes it makes itself."""
    ann = await Person.join(playwright, realm.url, "ann")
    bob = await Person.join(playwright, realm.url, "bob")
    clips = {}
    for number, look in enumerate(sources.looks()):
        author = (ann, bob)[number % 2]
        clip_id = await author.post(sources.upright(look), f"The {look} of today #{look} #reelm")
        clips[clip_id] = author
    for clip_id, author in clips.items():
        await author.wait_for(clip_id)
    yield Town(ann, bob, tuple(clips))
    await ann.api.dispose()
    await bob.api.dispose()


class Visit(Protocol):
    """Opens a window; whatever goes wrong in it fails the test at its end."""

    def __call__(
        self, *, screen: Screen = "desktop", scheme: Scheme = "dark", state: StorageState | None = None
    ) -> Awaitable[Visitor]: ...


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser: Browser, realm: Running, request: pytest.FixtureRequest) -> AsyncIterator[Visit]:
    opened: list[Visitor] = []

    async def open_window(
        *, screen: Screen = "desktop", scheme: Scheme = "dark", state: StorageState | None = None
    ) -> Visitor:
        opened.append(await Visitor.open(browser, realm.url, screen=screen, scheme=scheme, state=state))
        return opened[-1]

    yield open_window
    faults = [fault for visitor in opened for fault in await visitor.check()]
    for number, visitor in enumerate(opened):
        if faults or request.node.stash.get(_HAS_FAILED, False):
            await visitor.keep(ARTIFACTS / folder_name([request.node.name, str(number)]))
        await visitor.context.close()
    assert faults == []


@pytest_asyncio.fixture(loop_scope="session")
async def newcomer(
    playwright: Playwright, realm: Running, request: pytest.FixtureRequest
) -> AsyncIterator[Person]:
    """Somebody with an account of their own, for tests that change things."""
    person = await Person.join(playwright, realm.url, f"new_{next(_NUMBERS)}")
    yield person
    await person.api.dispose()
