"""A log of the test's own in place of the realm's, and the page's module that checks it."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page, Route

from reelm_audit.tlog.keys import Kind
from support.ledger.logs import START, SomeLog, leaf, signer

ORIGIN = "reelm.example/ledger"
SEEN_SECONDS = START + 60
_HEAD = """async ([kept, nowSeconds]) => {
  const v = await import("/verify.js");
  try {
    const head = await v.readHead(v.filesAt("/ledger"), kept, { nowSeconds });
    return { claims: head.claims, kept: v.keeping(head, kept, 1), witnesses: head.witnesses };
  } catch (error) { return { refused: error.message, name: error.name }; }
}"""
_FRESH = """async ([seconds]) => {
  const v = await import("/verify.js");
  const head = await v.readHead(v.filesAt("/ledger"), null, { nowSeconds: seconds });
  return { claims: head.claims.filter(({ id }) => id === "ledger.fresh") };
}"""
_RECEIPT = """async ([text, index]) => {
  const v = await import("/verify.js");
  const files = v.filesAt("/ledger");
  try {
    const head = await v.readHead(files, null);
    const receipt = text ?? await v.makeReceipt(index, head, files);
    const { leaf, claims } = await v.checkReceipt(new TextEncoder().encode(receipt), head, files);
    return { leaf, claims, receipt };
  } catch (error) { return { refused: error.message, name: error.name }; }
}"""
_SWEEP = """async () => {
  const v = await import("/verify.js");
  const head = await v.readHead(v.filesAt("/ledger"), null);
  const progress = [];
  const onprogress = (done, of) => progress.push([done, of]);
  const swept = await v.sweepBeside("/ledger", head.checkpoint, onprogress, new AbortController().signal);
  return { ...swept, progress };
}"""


def witnessed_log(folder: Path, count: int) -> SomeLog:
    """A log with two witnesses whose signatures a browser can check, and that must both agree."""
    witnesses = (signer("one.example/w", 11), signer("two.example/w", 12))
    log = SomeLog(
        folder, [leaf(number) for number in range(count)], signer(ORIGIN, 1, Kind.ED25519), witnesses
    )
    log.publish()
    return log


class Checker:
    """The module in a page that is shown a log in a folder, whatever that holds at the moment."""

    def __init__(self, page: Page, folder: Path) -> None:
        self._page = page
        self.folder = folder
        self.pruned: set[str] = set()
        # What is served once in place of a file, by its name.
        self.once: dict[str, bytes] = {}

    @classmethod
    async def open(cls, page: Page, folder: Path) -> "Checker":
        checker = cls(page, folder)
        await page.clock.set_fixed_time(SEEN_SECONDS)
        await page.route("**/ledger/**", checker._answer)
        return checker

    async def head(
        self, kept: dict[str, Any] | None = None, *, now_seconds: int = SEEN_SECONDS
    ) -> dict[str, Any]:
        return await self._asked(_HEAD, [kept, now_seconds])

    async def fresh(self, *, seconds: int) -> dict[str, Any]:
        """Whether witnesses have looked lately, at that time."""
        return await self._asked(_FRESH, [seconds])

    async def receipt(self, *, text: str | None = None, index: int = 0) -> dict[str, Any]:
        """Of a file, or made from the log for an index."""
        return await self._asked(_RECEIPT, [text, index])

    async def sweep(self) -> dict[str, Any]:
        return await self._asked(_SWEEP, [])

    async def _asked(self, script: str, argument: list[Any]) -> dict[str, Any]:
        answer: dict[str, Any] = await self._page.evaluate(script, argument)
        return answer

    async def _answer(self, route: Route) -> None:
        name = route.request.url.partition("/ledger/")[2]
        path = self.folder / name
        if name in self.once:
            await route.fulfill(body=self.once.pop(name))
        elif name in self.pruned:
            await route.fulfill(status=410)
        elif path.is_file():
            await route.fulfill(body=path.read_bytes(), content_type="application/octet-stream")
        else:
            await route.fulfill(status=404)


def verdicts(answer: dict[str, Any]) -> dict[str, str]:
    """By the name of the claim."""
    return {claim["id"].rpartition(".")[2]: claim["verdict"] for claim in answer["claims"]}


def found(answer: dict[str, Any], name: str) -> str:
    """What the page says about one claim."""
    (said,) = [claim["found"] for claim in answer["claims"] if claim["id"].endswith(f".{name}")]
    return str(said)
