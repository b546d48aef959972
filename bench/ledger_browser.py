"""What a visitor's browser takes to check the ledger: one receipt, a hundred thousand entries, the page.

Everything is asked of a realm's own web process on this machine, in a real Chromium. Beside the sweep, in the
same page and over the same bytes: fetching the files without looking at them, and hashing them with the
browser's own SHA-256 instead of the page's.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from bench.figure import Figure, report
from bench.house.realm import realm, web_alone

sys.path.insert(0, str(Path(__file__).parents[1] / "audit" / "src"))

from bench.ledger.written import write_log
from playwright.sync_api import Browser, Page, sync_playwright

ENTRIES = int(os.environ.get("REELM_BENCH_ENTRIES", "100000"))
REPEATS = 5
RECEIPT_BAR_MS = 200
SWEEP_BAR_SECONDS = 5
PAGE_BAR_SECONDS = 1
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
# When the newest checkpoint has been checked and the answer is on the page, since the address was entered.
_SEEN = """
new MutationObserver((_, observer) => {
  if (!document.querySelector("[data-claim='ledger.signed'].proven")) return;
  observer.disconnect();
  requestAnimationFrame(() => (window.seen = performance.now()));
}).observe(document, { childList: true, subtree: true });
"""
_RECEIPT = """async (index) => {
  const v = await import("/verify.js");
  const files = v.filesAt("/ledger");
  const text = await v.makeReceipt(index, await v.readHead(files, null), files);
  const begun = performance.now();
  const head = await v.readHead(files, null);
  const { claims } = await v.checkReceipt(new TextEncoder().encode(text), head, files);
  const passed = performance.now() - begun;
  if (claims.some(({ verdict }) => verdict === "failed")) throw new Error(JSON.stringify(claims));
  return passed;
}"""
_SWEEP = """async () => {
  const v = await import("/verify.js");
  const head = await v.readHead(v.filesAt("/ledger"), null);
  const begun = performance.now();
  const { claims } = await v.sweepBeside("/ledger", head.checkpoint, () => {}, new AbortController().signal);
  const seconds = (performance.now() - begun) / 1000;
  const isGood = ({ verdict }) => verdict === "proven" || verdict === "sampled";
  if (!claims.every(isGood)) throw new Error(JSON.stringify(claims));
  return seconds;
}"""
# Six at a time, as a browser opens connections; the tiles of the lowest level are most of the others.
_FETCH = """async (hashes) => {
  const v = await import("/verify.js");
  const files = v.filesAt("/ledger");
  const { checkpoint } = await v.readHead(files, null);
  const begun = performance.now();
  const tiles = [...v.tilesOf("entries", checkpoint.size)];
  const digest = (bytes) => crypto.subtle.digest("SHA-256", bytes);
  const node = new Uint8Array(65);
  const work = async () => {
    for (let tile = tiles.pop(); tile; tile = tiles.pop()) {
      const hashed = files(v.pathOf({ ...tile, level: 0 }));
      const [entries] = await Promise.all([v.readEntries(files, tile), hashed]);
      if (hashes) await Promise.all(entries.flatMap((entry) => [digest(entry), digest(node)]));
    }
  };
  await Promise.all(Array.from({ length: 6 }, work));
  return (performance.now() - begun) / 1000;
}"""


def program() -> str:
    found = next((found for name in _CHROMIUM if (found := shutil.which(name))), None)
    if found is None:
        sys.exit("ledger.browser needs a Chromium; none was measured.")
    return found


def opened(browser: Browser, address: str) -> Page:
    """A window that was never anywhere: nothing is in its cache."""
    page = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
    page.add_init_script(_SEEN)
    page.goto(address)
    return page


def page_cold(browser: Browser, url: str) -> float:
    """Seconds from the address to the checked checkpoint."""
    page = opened(browser, f"{url}/transparency")
    page.wait_for_function("() => window.seen")
    seen = float(page.evaluate("window.seen"))
    page.context.close()
    return seen / 1000


def asked(browser: Browser, url: str, script: str, argument: object = None) -> float:
    page = opened(browser, f"{url}/settings")
    answer = float(page.evaluate(script, argument))
    page.context.close()
    return answer


def large(data: Path, folder: Path) -> None:
    """Put a large log in place of the realm's own."""
    log = folder / "large"
    key = write_log(log, ENTRIES)
    (log / "policy").write_text(f"log {key}\nquorum none\n", encoding="ascii")
    (data / "ledger").rename(folder / "own")
    log.rename(data / "ledger")


def measure(folder: Path) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {name: [] for name in ("page", "receipt", "sweep", "fetch", "webcrypto")}
    data = folder / "realm"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=_FLAGS)
        with realm(data) as running:
            found["page"] += [page_cold(browser, running.url) for _ in range(REPEATS)]
        with web_alone(data) as running:
            large(data, folder)  # only once it runs: it puts what is new on its own record when it starts
            for number in range(REPEATS):
                found["receipt"].append(asked(browser, running.url, _RECEIPT, number * ENTRIES // REPEATS))
                found["fetch"].append(asked(browser, running.url, _FETCH, False))
                found["sweep"].append(asked(browser, running.url, _SWEEP))
                found["webcrypto"].append(asked(browser, running.url, _FETCH, True))
        browser.close()
    return found


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="reelm-bench-") as folder:
        found = measure(Path(folder))
    pairs = zip(found["sweep"], found["fetch"], strict=True)
    ratios = tuple(sweep / fetch for sweep, fetch in pairs)
    report(
        Figure(
            name="ledger.browser-page-cold",
            values=tuple(found["page"]),
            unit="s",
            bar=PAGE_BAR_SECONDS,
            note="empty cache, to the checked signature on the page",
        ),
        Figure(
            name="ledger.browser-receipt",
            values=tuple(found["receipt"]),
            unit="ms",
            bar=RECEIPT_BAR_MS,
            note=f"with a fresh checkpoint and the proof that it continues, of {ENTRIES:,} entries",
        ),
        Figure(
            name="ledger.browser-sweep",
            values=tuple(found["sweep"]),
            unit="s",
            bar=SWEEP_BAR_SECONDS,
            note=f"{ENTRIES:,} entries of 390 bytes and every tile, in a worker",
        ),
        Figure(
            name="ledger.browser-fetch",
            values=tuple(found["fetch"]),
            unit="s",
            note="the limit: the same files, not looked at",
        ),
        Figure(name="ledger.browser-to-fetch", values=ratios, unit="ratio", note="1 is not looking"),
        Figure(
            name="ledger.browser-webcrypto",
            values=tuple(found["webcrypto"]),
            unit="s",
            note="the peer: two of the browser's own digests for each entry, and no more",
        ),
    )


if __name__ == "__main__":
    main()
