"""The page of an audit, opened by a real browser on a phone and on a desk."""

from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from reelm_audit.cli import main
from support.ledger.logs import START, SomeLog, leaf

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SIZES = {"phone": (390, 844), "desk": (1280, 900)}


@pytest.mark.parametrize("size", SIZES)
async def test_the_page_says_what_failed_and_asks_nobody(tmp_path: Path, chromium: str, size: str) -> None:
    log, page = SomeLog.of(tmp_path / "log", 300), tmp_path / "page.html"
    (tmp_path / "policy").write_bytes(log.policy())
    given = ["ledger", str(log.folder), "--policy", str(tmp_path / "policy"), "--html", str(page)]
    given += ["--state", str(tmp_path / "state.json")]
    assert main(given, clock=lambda: START) == 0
    log.entries[3] = leaf(9999)
    log.publish()
    assert main(given, clock=lambda: START) == 1
    width, height = SIZES[size]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        opened = await browser.new_page(viewport={"width": width, "height": height})
        asked: list[str] = []
        said: list[str] = []
        opened.on("request", lambda request: asked.append(request.url))
        opened.on("console", lambda message: said.append(message.text))
        await opened.goto(page.as_uri())
        assert "found a contradiction: “Nothing that was shown before" in await opened.inner_text(".headline")
        failed = opened.locator("article.failed")
        assert await failed.count() == 2
        assert "It forked" in await failed.first.inner_text()
        assert await opened.evaluate("document.documentElement.scrollWidth") <= width
        assert (asked, said) == ([page.as_uri()], [])
        await browser.close()
