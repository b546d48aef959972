"""Somebody in front of a browser, and everything that went wrong there."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Response,
    StorageState,
    expect,
)

Screen = Literal["phone", "desktop"]
Scheme = Literal["dark", "light"]
SIZES: dict[Screen, tuple[int, int]] = {"phone": (390, 844), "desktop": (1440, 900)}
_PLAY_MS = 15_000
# Counts what no page of ours may do, before the page's first script runs.
_WATCH = """
window.noticed = { reads: 0, shift: 0, shifts: [], refusals: [] };
for (const name of ["read", "readText"]) {
  const real = Clipboard.prototype[name];
  Clipboard.prototype[name] = function () { window.noticed.reads += 1; return real.call(this); };
}
addEventListener("securitypolicyviolation", (event) =>
  window.noticed.refusals.push(`${event.violatedDirective} ${event.blockedURI}`));
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.hadRecentInput) continue;
    window.noticed.shift += entry.value;
    window.noticed.shifts.push(entry.sources.map(({ node }) => node?.outerHTML?.slice(0, 120) ?? "?"));
  }
}).observe({ type: "layout-shift", buffered: true });
"""
_IS_SETTLED = """() =>
  document.readyState === "complete" &&
  document.fonts.status === "loaded" &&
  document.querySelector("main")?.childElementCount > 0 &&
  !document.querySelector("[aria-busy=true]:not([role=feed]), li.bone") &&
  [...document.images].every((image) => image.complete || image.getBoundingClientRect().top > innerHeight) &&
  (document.querySelector("video[data-state=playing]") || !document.querySelector("article[aria-current]"))
"""
_ANIMATIONS_END = """async () => {
  // A change is drawn in the next frame and starts its transitions in the one after.
  for (let round = 0; round < 4; round += 1) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    const ending = document.getAnimations().filter(({ effect }) => effect.getComputedTiming().endTime < 2000);
    await Promise.allSettled(ending.map(({ finished }) => finished));
  }
}"""
_FACTS = """(video) => ({
  frames: video.getVideoPlaybackQuality().totalVideoFrames,
  sound_bytes: video.webkitAudioDecodedByteCount,
  time: video.currentTime,
  width: video.videoWidth,
  height: video.videoHeight,
  is_muted: video.muted,
})"""


@dataclass(frozen=True, slots=True)
class Noticed:
    """What the page did unseen.

    Attributes:
        reads: how often it read the clipboard.
        shift: the sum of its layout shifts; ``shifts`` says which elements moved.
        refusals: what the page's own policy did not allow.
    """

    reads: int
    shift: float
    shifts: list[list[str]]
    refusals: list[str]


@dataclass
class Visitor:
    """One window. What is not expected and still happens is a fault, and fails the test at its end."""

    page: Page
    context: BrowserContext
    url: str
    faults: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)
    _expected: list[str] = field(default_factory=list)

    @classmethod
    async def open(
        cls,
        browser: Browser,
        url: str,
        *,
        screen: Screen = "desktop",
        scheme: Scheme = "dark",
        state: StorageState | None = None,
    ) -> Self:
        width, height = SIZES[screen]
        context = await browser.new_context(
            base_url=url,
            viewport={"width": width, "height": height},
            has_touch=screen == "phone",
            is_mobile=screen == "phone",
            color_scheme=scheme,
            storage_state=state,
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(10_000)
        await context.add_init_script(_WATCH)
        visitor = cls(await context.new_page(), context, url)
        visitor.page.on("console", visitor._heard)
        visitor.page.on("pageerror", lambda error: visitor.faults.append(f"uncaught: {error}"))
        visitor.page.on("request", visitor._asked)
        visitor.page.on("response", visitor._answered)
        return visitor

    @property
    def size(self) -> tuple[int, int]:
        """Of the window, width first."""
        window = self.page.viewport_size
        assert window is not None
        return window["width"], window["height"]

    def expects(self, *parts: str) -> None:
        """Answers and messages with these parts are what the test is about."""
        self._expected += parts

    async def go(self, path: str = "/") -> None:
        await self.page.goto(path)

    async def settles(self) -> None:
        """Wait until the page shows what it came for: content, pictures, and the clip if there is one."""
        await self.page.wait_for_function(_IS_SETTLED, timeout=_PLAY_MS)
        await self.page.evaluate(_ANIMATIONS_END)

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("button", name=name)

    def link(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("link", name=name)

    async def sign_up(self, handle: str, password: str) -> None:
        """Through the page."""
        await self.go("/sign-up")
        await self.page.get_by_label("E-mail").fill(f"{handle}@example.org")
        await self.page.get_by_label("Password", exact=True).fill(password)
        await self.page.get_by_label("Handle").fill(handle)
        await self.button("Create an account").click()
        await self.page.wait_for_url(self.url + "/")

    async def sign_in(self, handle: str, password: str) -> None:
        """Through the page, wherever it was asked for."""
        await self.page.get_by_label("E-mail").fill(f"{handle}@example.org")
        await self.page.get_by_label("Password", exact=True).fill(password)
        await self.button("Sign in").click()

    @property
    def current(self) -> Locator:
        """The clip that is being watched."""
        return self.page.locator("article[aria-current=true]")

    def video(self, clip_id: str) -> Locator:
        return self.page.locator(f'video[data-clip-id="{clip_id}"]')

    async def current_clip(self) -> str:
        """The id of the clip that plays."""
        playing = self.page.locator("video[data-state=playing]")
        await expect(playing).to_have_count(1, timeout=_PLAY_MS)
        return str(await playing.get_attribute("data-clip-id"))

    async def facts(self, clip_id: str) -> dict[str, Any]:
        found: dict[str, Any] = await self.video(clip_id).evaluate(_FACTS)
        return found

    async def sees_moving(self, clip_id: str, *, frames: int = 8) -> dict[str, Any]:
        """Wait until the clip plays and that many further frames were decoded; what the video knows."""
        await expect(self.video(clip_id)).to_have_attribute("data-state", "playing", timeout=_PLAY_MS)
        before = (await self.facts(clip_id))["frames"]
        await self.page.wait_for_function(
            "([id, count]) => document.querySelector(`video[data-clip-id='${id}']`)"
            ".getVideoPlaybackQuality().totalVideoFrames >= count",
            arg=[clip_id, before + frames],
            timeout=_PLAY_MS,
        )
        return await self.facts(clip_id)

    async def hears(self, clip_id: str) -> None:
        """Wait until sound of the clip was decoded; muted, a browser decodes none."""
        await self.page.wait_for_function(
            "(id) => document.querySelector(`video[data-clip-id='${id}']`).webkitAudioDecodedByteCount > 0",
            arg=clip_id,
            timeout=_PLAY_MS,
        )

    async def swipe(self, *, up: bool = True) -> None:
        """A finger over the middle of a phone's screen; up shows the next clip."""
        session = await self.context.new_cdp_session(self.page)
        x, low, high = 180, 620, 180
        start, end = (low, high) if up else (high, low)
        points = [start + (end - start) * step / 8 for step in range(9)]
        await session.send("Input.dispatchTouchEvent", _touch("touchStart", x, points[0]))
        for y in points[1:]:
            await session.send("Input.dispatchTouchEvent", _touch("touchMove", x, y))
            await self.page.wait_for_timeout(12)
        await session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        await session.detach()

    async def noticed(self) -> Noticed:
        return Noticed(**await self.page.evaluate("window.noticed"))

    async def check(self) -> list[str]:
        """What went wrong so far."""
        noticed = await self.noticed()
        refusals = [f"refused by the page's policy: {each}" for each in noticed.refusals]
        return [*self.faults, *refusals, *(["read the clipboard"] if noticed.reads else [])]

    async def keep(self, folder: Path) -> None:
        """A picture and what the console said, for whoever looks into a failure."""
        await self.page.screenshot(path=folder / "page.png")
        write(folder / "console.log", "\n".join([self.page.url, *self.console, *self.faults]))

    def _is_expected(self, text: str) -> bool:
        return any(part in text for part in self._expected)

    def _heard(self, message: ConsoleMessage) -> None:
        place = message.location.get("url", "")
        text = f"{message.type}: {message.text} {place}"
        self.console.append(text)
        if message.type in {"error", "warning"} and not self._is_expected(text):
            self.faults.append(text)

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"data", "blob"} or f"{parts.scheme}://{parts.netloc}" == self.url:
            return
        self.faults.append(f"asked another host: {request.url}")

    def _answered(self, response: Response) -> None:
        text = f"{response.status} {response.request.method} {response.url}"
        if response.status >= 400 and not self._is_expected(text):
            self.faults.append(text)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{text}\n", encoding="utf-8")


def _touch(kind: str, x: float, y: float) -> dict[str, Any]:
    return {"type": kind, "touchPoints": [{"x": x, "y": y}]}


def folder_name(parts: Sequence[str]) -> str:
    return re.sub(r"[^\w-]+", "-", "-".join(parts))
