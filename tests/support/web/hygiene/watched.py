"""A browser whose pages are watched from within: what they try, also what the browser then refuses."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from playwright.async_api import Browser, BrowserContext, Playwright, Response

from reelm_audit.headers import RULES
from reelm_audit.site import Answer

_FEATURES = (
    "AutofillServerCommunication",
    "CertificateTransparencyComponentUpdater",
    "DialMediaRouteProvider",
    "InterestFeedContentSuggestions",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "Translate",
)
# What Chromium does for itself, switched off; what is left of it is seen while a page is blank.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--no-pings",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-client-side-phishing-detection",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    # Its own services at a port that it refuses to connect to.
    "--component-updater=url-source=http://127.0.0.1:1/",
    "--gaia-url=http://127.0.0.1:1/",
    "--google-apis-url=http://127.0.0.1:1/",
    "--metrics-recording-only",
    "--autoplay-policy=no-user-gesture-required",
    f"--disable-features={','.join(_FEATURES)}",
)
# Before any script of a page: counts every attempt, and lets it go on as it would.
_WATCH = """
const tried = { push: (name) => window.tellTried(name) };
const counted = (owner, name) => {
  const real = owner?.prototype?.[name];
  if (real) owner.prototype[name] = function (...given) { tried.push(name); return real.apply(this, given); };
};
counted(globalThis.Clipboard, "read");
counted(globalThis.Clipboard, "readText");
counted(globalThis.MediaDevices, "getUserMedia");
counted(globalThis.MediaDevices, "getDisplayMedia");
counted(globalThis.Geolocation, "getCurrentPosition");
counted(globalThis.Geolocation, "watchPosition");
const command = Document.prototype.execCommand;
Document.prototype.execCommand = function (...given) {
  if (/paste/i.test(given[0])) tried.push("execCommand");
  return command.apply(this, given);
};
for (const name of ["RTCPeerConnection", "webkitRTCPeerConnection", "WebTransport"]) {
  const Real = globalThis[name];
  if (Real) globalThis[name] = new Proxy(Real, {
    construct(target, given, self) { tried.push(name); return Reflect.construct(target, given, self); },
  });
}
"""


@dataclass
class Watched:
    """One window, and what happened in it.

    Attributes:
        tried: what its pages tried, in order, whatever became of it.
        faults: of headers, on the answers of the realm.
        answers: how many answers were looked at.
    """

    context: BrowserContext
    url: str
    tried: list[str] = field(default_factory=list)
    faults: set[str] = field(default_factory=set)
    answers: int = 0

    @property
    def workers(self) -> list[str]:
        """The addresses of service workers, which outlive a page."""
        return [worker.url for worker in self.context.service_workers]

    async def look_at(self, response: Response) -> None:
        if not response.url.startswith(f"{self.url}/"):
            return
        self.answers += 1
        sent = await response.headers_array()
        headers = {each["name"].lower(): (each["value"],) for each in sent}
        path = response.url.removeprefix(self.url)
        answer = Answer(path=path, status=response.status, headers=headers, body=b"")
        rules = (rule for rule in RULES if not rule.is_for_https)
        self.faults |= {f"{path}: {fault}" for rule in rules if (fault := rule.fault(answer))}


@asynccontextmanager
async def launched(playwright: Playwright, chromium: str) -> AsyncIterator[Browser]:
    browser = await playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
    try:
        yield browser
    finally:
        await browser.close()


async def watch(context: BrowserContext, url: str) -> Watched:
    """Begin to watch a window, before its first page."""
    watched = Watched(context, url)
    await context.grant_permissions(["clipboard-read", "clipboard-write"], origin=url)
    await context.expose_binding("tellTried", lambda _source, name: watched.tried.append(name))
    await context.add_init_script(_WATCH)
    context.on("response", watched.look_at)
    return watched
