"""An honest page and an honest sign-in while others do what they can: idle sockets, and wrong passwords.

The attackers run on the same machine at its lowest priority: from elsewhere they would take nothing of it.
"""

import http.client
import tempfile
import time
from pathlib import Path
from statistics import quantiles

from bench.abuse.crowd import SETTINGS, Client, Tally, crowd
from bench.figure import Figure, report
from bench.house.realm import Running, web_alone

IDLE_SOCKETS = 2000
WRONG_PER_SECOND = 40
PAGES = 400
REPEATS = 3
TRIES = 10
HERE = "198.51.100.7"
OWNER = {"email": "owner@example.org", "password": "four words that fit"}


def page_p99_ms(port: int) -> float:
    """Return how long the slowest hundredth of an honest visitor's pages takes, one after the other."""
    client, seconds = Client(port), []
    for _ in range(PAGES):
        begun = time.perf_counter()
        status, _, _ = client.ask("GET", "/", {"x-forwarded-for": HERE})
        if status != http.client.OK:
            raise RuntimeError(f"the page answered {status}")
        seconds.append(time.perf_counter() - begun)
        time.sleep(0.01)
    client.close()
    return quantiles(seconds, n=100)[98] * 1000


def sign_in_seconds(port: int, known: str) -> float:
    """Return how long the owner takes to sign in, asking again when told that many do so at this moment."""
    client = Client(port)
    visitor, begun = client.visit(HERE), time.perf_counter()
    visitor["cookie"] += f"; {known}"
    for _ in range(TRIES):
        status, headers, _ = client.ask("POST", "/api/session", visitor, OWNER)
        if status == http.client.CREATED:
            client.close()
            return time.perf_counter() - begun
        time.sleep(float(headers.get("retry-after", "1")))
    raise RuntimeError(f"the owner could not sign in within {TRIES} tries: {status}")


def measure(web: Running) -> list[Figure]:
    client = Client(web.port)
    status, headers, body = client.ask(
        "POST", "/api/accounts", client.visit(HERE), OWNER | {"handle": "the_owner"}
    )
    if status != http.client.CREATED:
        raise RuntimeError(f"joining answered {status}: {body!r}")
    client.close()
    known = next(each for each in headers["set-cookie"].split(", ") if "-known=" in each).partition(";")[0]
    page_p99_ms(web.port)  # warm
    idle = tuple(page_p99_ms(web.port) for _ in range(REPEATS))
    with crowd(web.port, sockets=IDLE_SOCKETS, wrong_per_second=WRONG_PER_SECOND) as end:
        time.sleep(2)
        busy = tuple(page_p99_ms(web.port) for _ in range(REPEATS))
        signing = tuple(sign_in_seconds(web.port, known) for _ in range(REPEATS))
        tally = end()
    return figures(idle, busy, signing, tally)


def figures(
    idle: tuple[float, ...],
    busy: tuple[float, ...],
    signing: tuple[float, ...],
    tally: Tally,
) -> list[Figure]:
    ratios = tuple(sorted(one / other for one, other in zip(sorted(busy), sorted(idle), strict=True)))
    told = ", ".join(f"{status}: {number}" for status, number in sorted(tally.statuses.items()))
    others = (
        f"{IDLE_SOCKETS:,} idle sockets, {WRONG_PER_SECOND} wrong passwords a second from as many networks"
    )
    return [
        Figure(name="abuse.page-p99-idle", values=idle, unit="ms", note="nobody else is there"),
        Figure(name="abuse.page-p99-crowded", values=busy, unit="ms", note="with the crowd of the next line"),
        Figure(name="abuse.page-p99-ratio", values=ratios, unit="times", bar=3, note=others),
        Figure(
            name="abuse.owner-signs-in",
            values=signing,
            unit="s",
            bar=5,
            note=f"at the address that is guessed at, in a known browser, retries included; guesses: {told}",
        ),
        Figure(
            name="abuse.guesses-without-document",
            values=(float(tally.without_document),),
            unit="answers",
            bar=0,
            note=f"of {tally.statuses.total():,}",
        ),
    ]


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="reelm-bench-") as folder:
        data = Path(folder, "realm")
        data.mkdir()
        (data / "settings.toml").write_text(SETTINGS, encoding="utf-8")
        with web_alone(data) as web:
            found = measure(web)
    report(*found)


if __name__ == "__main__":
    main()
