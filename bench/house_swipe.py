"""A swipe to the preloaded next clip in a real Chromium: key down until its first new frame is on screen.

The peer in the same run is a clip that nothing was loaded of: two swipes at once pass over the preloaded one.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from bench.figure import Figure, report
from bench.house.guest import Guest
from bench.house.realm import realm
from bench.house.source import make
from playwright.sync_api import Page, sync_playwright

CLIPS = 13
BAR_MS = 50
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
_FLAGS += ["--disable-component-update", "--disable-sync"]
_PLACES = """
window.place = (video) => Number(/translateY\\((-?\\d+)%/.exec(video.parentElement.style.transform)[1]) / 100;
window.videos = () => [...document.querySelectorAll("video[data-state]")];
window.watched = () => videos().find((video) => video.dataset.state === "playing");
"""
# The watched clip plays and `steps` ahead of it stands a clip at its first frame.
_IS_SETTLED = """(steps) => {
  const at = watched();
  return at && videos().some((video) =>
    place(video) === place(at) + steps && video.readyState >= 2 && video.dataset.state === "ready");
}"""
# Milliseconds from the last of `steps` key presses until the clip they lead to shows a picture in motion.
# The still one before it, at media time 0, is on screen already when the clip was preloaded.
_ARM = """(steps) => {
  const target = place(watched()) + steps;
  let pressed = Infinity, count = 0;
  window.shown = new Promise((resolve) => {
    addEventListener("keydown", function press({ timeStamp }) {
      if ((count += 1) < steps) return;
      pressed = timeStamp;
      removeEventListener("keydown", press, true);
    }, true);
    for (const video of videos()) {
      const look = (_, { presentationTime, mediaTime }) => {
        const isNew = presentationTime >= pressed && mediaTime > 0;
        if (place(video) === target && isNew) resolve(presentationTime - pressed);
        else video.requestVideoFrameCallback(look);
      };
      video.requestVideoFrameCallback(look);
    }
  });
}"""


def settle(data: Path, folder: Path) -> None:
    """A realm with enough clips to swipe through."""
    with realm(data) as running:
        guest = Guest(running.port)
        guest.join("swiper")
        sources = [
            make(folder / f"{turn}.mp4", size="540x960", seconds=4, noise=8, turn=turn)
            for turn in range(0, CLIPS * 25, 25)
        ]
        clips = [guest.post(source, f"Clip {source.stem}") for source in sources]
        for clip in clips:
            guest.wait_until_done(clip)


def swipe(page: Page, *, steps: int) -> float:
    """Milliseconds until the clip ``steps`` ahead moves."""
    page.wait_for_function(_IS_SETTLED, arg=1)
    page.wait_for_timeout(400)
    page.evaluate(_ARM, steps)
    for _ in range(steps):
        page.keyboard.press("ArrowDown")
    return float(page.evaluate("window.shown"))


def measure(url: str) -> tuple[list[float], list[float]]:
    """The preloaded clips from top to bottom, then cold ones over a fresh feed."""
    program = next((found for name in _CHROMIUM if (found := shutil.which(name))), None)
    if program is None:
        sys.exit("house.swipe needs a Chromium; none was measured.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_FLAGS)
        page = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
        page.add_init_script(_PLACES)
        page.goto(url)
        preloaded = [swipe(page, steps=1) for _ in range(CLIPS - 2)]
        cold = []
        for _ in range(2):
            page.goto(url)
            cold += [swipe(page, steps=2) for _ in range(CLIPS // 2 - 1)]
        browser.close()
    return preloaded, cold


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="reelm-bench-") as place:
        folder = Path(place)
        settle(folder / "realm", folder)
        with realm(folder / "realm") as running:
            preloaded, cold = measure(running.url)
    note = "540 by 960, 30 frames/s: 33 ms of it pass between the still first frame and the one after"
    report(
        Figure(name="house.swipe", values=tuple(preloaded), unit="ms", bar=BAR_MS, note=note),
        Figure(name="house.swipe-cold", values=tuple(cold), unit="ms", note="nothing of the clip was loaded"),
    )


if __name__ == "__main__":
    main()
