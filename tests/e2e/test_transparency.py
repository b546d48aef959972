"""The public ledger as anybody sees it, and who looked at one's data as only that person does."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, Playwright, Route, expect

from e2e.conftest import Visit
from e2e.looking import Helper
from e2e.person import Person
from e2e.test_keyboard import tab_to
from e2e.test_screens import keep
from e2e.verifying import Checker, witnessed_log
from e2e.visitor import Screen
from reelm_audit.evidence import Evidence
from support.ledger.logs import leaf
from support.machine.running import Running

_CALM = 0.05
_NUMBERS = count(1)
_SCREENS: tuple[Screen, ...] = ("phone", "desktop")
CHECK = "Check every entry in this browser"


@pytest_asyncio.fixture(loop_scope="session")
async def helper(playwright: Playwright, realm: Running) -> AsyncIterator[Helper]:
    person = await Person.join(playwright, realm.url, f"helper{next(_NUMBERS)}")
    found = Helper(realm, person)
    await found.begin()
    yield found
    await person.api.dispose()


async def claim(page: Page, name: str, verdict: str | re.Pattern[str]) -> None:
    await expect(page.locator(f"[data-claim='{name}'] .word").first).to_have_text(verdict)


@pytest.mark.parametrize("screen", _SCREENS)
async def test_anybody_reads_the_record_and_checks_every_entry(visit: Visit, screen: Screen) -> None:
    stranger = await visit(screen=screen)
    page = stranger.page
    await stranger.go("/transparency")
    await stranger.settles()
    assert (await stranger.noticed()).shift < _CALM, await stranger.noticed()
    await expect(page.get_by_text("No witness signs it yet.")).to_be_visible()
    await claim(page, "ledger.signed", "Proven")
    await claim(page, "ledger.shared", "Promised")
    await stranger.button(CHECK).click()
    for name in ("ledger.complete", "ledger.tiles", "ledger.time", "manifest.recorded"):
        await claim(page, name, "Proven")
    await claim(page, "ledger.shape", "Sampled")
    await claim(page, "manifest.signed", "Not published")
    await expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    assert await keep(stranger, "transparency-checked") == []
    await stranger.go("/transparency?entry=0")
    await expect(page.get_by_text("Version 1 of the realm's manifest takes effect.").first).to_be_visible()


@pytest.mark.parametrize("screen", _SCREENS)
async def test_a_witnessed_record_with_a_kind_of_tomorrow_is_shown(
    visit: Visit, tmp_path: Path, screen: Screen
) -> None:
    log = witnessed_log(tmp_path / "log", 700)
    log.entries.append(leaf(1, "kind.of-tomorrow", {}))
    log.publish()
    stranger = await visit(screen=screen)
    await Checker.open(stranger.page, log.folder)
    await stranger.go("/transparency")
    await expect(stranger.page.get_by_text("2 of 2 witnesses agree.")).to_be_visible()
    await expect(
        stranger.page.get_by_text("a kind that this page does not know: kind.of-tomorrow")
    ).to_be_visible()
    assert await keep(stranger, "transparency-witnessed") == []


@pytest.mark.parametrize("screen", _SCREENS)
async def test_a_rewritten_record_raises_the_alarm_and_leaves_evidence(
    visit: Visit, tmp_path: Path, screen: Screen
) -> None:
    log = witnessed_log(tmp_path / "log", 300)
    stranger = await visit(screen=screen)
    page = stranger.page
    await Checker.open(page, log.folder)
    await stranger.go("/transparency")
    await claim(page, "ledger.signed", "Proven")
    log.entries[100] = leaf(9_999)
    log.entries.append(leaf(300))
    log.publish()
    await page.reload()
    await claim(page, "ledger.appended", "Failed")
    await expect(page.get_by_role("alert")).to_contain_text("This ledger does not hold")
    assert await keep(stranger, "transparency-rewritten") == []
    async with page.expect_download() as saving:
        await stranger.button("Save the evidence").click()
    saved = await (await saving.value).path()
    evidence = Evidence.parse(saved.read_bytes())
    assert "begins differently" in evidence.check(log.key.verifier)
    await stranger.button("Forget what this browser kept").click()
    # On the first visit, and on every look after it.
    await claim(page, "ledger.appended", re.compile("Promised|Proven"))
    await expect(page.get_by_role("alert")).to_have_count(0)


async def test_only_witnesses_that_the_visitor_names_prove_anything(visit: Visit, tmp_path: Path) -> None:
    log = witnessed_log(tmp_path / "log", 300)
    stranger = await visit()
    page = stranger.page
    await Checker.open(page, log.folder)
    await stranger.go("/transparency")
    await claim(page, "ledger.shared", "Promised")
    await page.get_by_text("Count witnesses of your own choice").click()
    await page.get_by_label("A trust policy").fill("garbage")
    await stranger.button("Count these").click()
    await expect(page.get_by_role("alert")).to_contain_text("Line 1 of the witness policy cannot be read")
    await page.get_by_label("A trust policy").fill(log.policy().decode())
    await stranger.button("Count these").click()
    await claim(page, "ledger.shared", "Proven")
    await claim(page, "ledger.fresh", "Proven")
    await page.reload()
    await claim(page, "ledger.shared", "Proven")


async def test_a_first_visitor_is_not_told_of_an_earlier_visit(visit: Visit, tmp_path: Path) -> None:
    log = witnessed_log(tmp_path / "log", 300)
    stranger = await visit()
    page = stranger.page
    await Checker.open(page, log.folder)
    await stranger.go("/transparency")
    await claim(page, "ledger.appended", "Promised")
    async with page.expect_response("**/ledger/checkpoint"):
        pass  # the page has looked a second time
    async with page.expect_response("**/ledger/checkpoint"):
        pass
    await claim(page, "ledger.appended", "Promised")
    await expect(page.get_by_text("when this browser first came")).to_have_count(0)


async def test_a_long_check_says_how_far_it_is_and_can_be_stopped(visit: Visit, tmp_path: Path) -> None:
    log = witnessed_log(tmp_path / "log", 1_000)
    stranger = await visit()
    page = stranger.page
    await Checker.open(page, log.folder)
    await stranger.go("/transparency")
    await expect(stranger.button(CHECK)).to_be_enabled()

    async def hold(route: Route) -> None:
        await asyncio.sleep(0.05)
        if route.request.url.endswith("entries/001"):
            return  # for good: what is asked for never comes
        await route.fallback()

    await page.route("**/ledger/tile/entries/*", hold)
    await stranger.button(CHECK).click()
    await expect(page.get_by_role("progressbar", name="Entries read")).to_be_visible()
    await expect(page.get_by_text("256 of 1,000 entries read")).to_be_visible()
    await stranger.button("Stop").click()
    await expect(page.get_by_text("Stopped. Nothing is known about the rest.")).to_be_visible()


@pytest.mark.parametrize("screen", _SCREENS)
async def test_a_receipt_is_checked_from_its_file_its_text_and_its_number(
    visit: Visit, tmp_path: Path, screen: Screen
) -> None:
    log = witnessed_log(tmp_path / "log", 300)
    stranger = await visit(screen=screen)
    page = stranger.page
    checker = await Checker.open(page, log.folder)
    await stranger.go("/transparency?entry=5")
    await expect(page.get_by_text("Entry number 5")).to_be_visible()
    await claim(page, "entry.included", "Proven")
    one, other = [(await checker.receipt(index=index))["receipt"] for index in (5, 6)]
    await page.get_by_label("A receipt, or the number").fill(_with_entry_of(one, other))
    await stranger.button("Check it here").click()
    await claim(page, "entry.included", "Failed")
    assert await keep(stranger, "transparency-receipt") == []
    await page.get_by_label("Choose a receipt file").set_input_files(
        {"name": "five.tlog-proof", "mimeType": "text/plain", "buffer": one.encode()}
    )
    for name in ("entry.included", "entry.signed", "entry.still"):
        await claim(page, name, "Proven")
    await claim(page, "entry.witnessed", "Promised")
    await page.get_by_label("A receipt, or the number").fill("301")
    await stranger.button("Check it here").click()
    await expect(page.get_by_role("alert")).to_contain_text("there is none with number 301")


async def test_it_is_found_and_used_by_keyboard(visit: Visit) -> None:
    stranger = await visit(screen="phone")
    await stranger.go("/settings")
    await stranger.link("The public ledger").focus()
    await stranger.page.keyboard.press("Enter")
    await expect(stranger.page.get_by_role("heading", level=1)).to_have_text("The public ledger")
    await stranger.settles()
    await tab_to(stranger, CHECK)
    await stranger.page.keyboard.press("Enter")
    await claim(stranger.page, "ledger.complete", "Proven")
    await tab_to(stranger, "Check entry number")
    await stranger.page.keyboard.press("Enter")
    await claim(stranger.page, "entry.included", "Proven")


async def test_a_record_that_does_not_answer_is_said_and_read_again(visit: Visit) -> None:
    stranger = await visit()
    stranger.expects("/ledger/", "ERR_FAILED")
    await stranger.page.route("**/ledger/**", lambda route: route.abort())
    await stranger.go("/transparency")
    await expect(stranger.page.get_by_role("alert")).to_contain_text("The ledger does not answer now")
    await stranger.page.unroute("**/ledger/**")
    await claim(stranger.page, "ledger.signed", "Proven")


@pytest.mark.parametrize("screen", _SCREENS)
async def test_people_see_within_seconds_who_looked_and_check_it(
    visit: Visit, helper: Helper, newcomer: Person, screen: Screen
) -> None:
    subject = await visit(screen=screen, state=await newcomer.state())
    page = subject.page
    await subject.go("/settings")
    await expect(page.get_by_text("Nobody has.")).to_be_visible()
    index = await helper.look_at(newcomer)
    await expect(page.get_by_text(f"{helper.pseudonym} (support) saw your email")).to_be_visible(
        timeout=5_000
    )
    await subject.button("Check its receipt").click()
    for name in ("look.same", "entry.included", "entry.signed", "entry.still"):
        await claim(page, name, "Proven")
    assert await keep(subject, "settings-looked") == []
    async with page.expect_download() as saving:
        await subject.link("Save the receipt").click()
    saved = await (await saving.value).path()
    assert saved.read_text().startswith("c2sp.org/tlog-proof@v1\nextra ")
    await subject.link(f"entry number {index}").click()
    await claim(page, "entry.included", "Proven")


async def test_a_receipt_of_another_look_is_refused(visit: Visit, helper: Helper, newcomer: Person) -> None:
    await helper.look_at(newcomer)
    subject = await visit(state=await newcomer.state())
    await subject.page.route(
        "**/api/me/access", _bent(lambda text: text.replace(helper.pseudonym, "somebody-else", 1))
    )
    await subject.go("/settings")
    await expect(subject.page.get_by_text("somebody-else (support)")).to_be_visible()
    await subject.button("Check its receipt").click()
    await claim(subject.page, "look.same", "Failed")
    await claim(subject.page, "entry.included", "Proven")


async def test_who_looked_is_asked_again_when_the_realm_was_away(visit: Visit, newcomer: Person) -> None:
    subject = await visit(state=await newcomer.state())
    subject.expects("/api/me/access", "ERR_FAILED")
    await subject.page.route("**/api/me/access", lambda route: route.abort())
    await subject.go("/settings")
    await expect(subject.page.get_by_role("alert")).to_contain_text("does not answer")
    await subject.page.unroute("**/api/me/access")
    await subject.page.get_by_role("main").get_by_role("button", name="Try again").click()
    await expect(subject.page.get_by_text(re.compile("^Nobody has"))).to_be_visible()


def _with_entry_of(receipt: str, other: str) -> str:
    lines, others = receipt.split("\n"), other.split("\n")
    return "\n".join([lines[0], others[1], *lines[2:]])


def _bent(change: Callable[[str], str]) -> Callable[[Route], object]:
    async def answer(route: Route) -> None:
        response = await route.fetch()
        await route.fulfill(response=response, body=change(await response.text()))

    return answer
