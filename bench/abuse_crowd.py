"""An honest page and honest sign-ins while others do what they can: idle sockets, and wrong passwords.

The attackers run on the same machine at its lowest priority: from elsewhere they would take nothing of it.
What they take all the same is measured in the same run by a crowd of as many sockets and requests of which
none needs a hash.
"""

import http.client
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import quantiles

from bench.abuse.crowd import SETTINGS, Client, Crowd, Tally, crowded
from bench.figure import Figure, report
from bench.house.realm import Running, web_alone

# As many networks as have each had a turn, at about six hashes a second, before the sign-ins are measured.
ATTACK = Crowd(sockets=2000, per_second=40, networks=200)
CONTROL = replace(ATTACK, is_refused_unread=True)
KNOWN_SECONDS = 40
PAGES = 400
REPEATS = 3
TRIES = 20
HERE = "198.51.100.7"
NEW_DEVICE = "198.18.{}.7"
OWNER = {"email": "owner@example.org", "password": "four words that fit"}


@dataclass
class Measured:
    """The slowest hundredth of an honest visitor's pages, in milliseconds, and seconds of sign-ins."""

    alone: list[float] = field(default_factory=list[float])
    control: list[float] = field(default_factory=list[float])
    attack: list[float] = field(default_factory=list[float])
    known: list[float] = field(default_factory=list[float])
    new_device: list[float] = field(default_factory=list[float])
    tally: Tally = field(default_factory=Tally)

    def ratios(self, below: list[float]) -> tuple[float, ...]:
        """Return the attack's pages over the others, each by those of the same repeat."""
        return tuple(one / other for one, other in zip(self.attack, below, strict=True))


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


def sign_in_seconds(port: int, address: str, known: str | None) -> float:
    """Return how long the owner takes to sign in, asking again when told that many do so at this moment."""
    client = Client(port)
    visitor, begun = client.visit(address), time.perf_counter()
    if known is not None:
        visitor["cookie"] += f"; {known}"
    for _ in range(TRIES):
        status, headers, _ = client.ask("POST", "/api/session", visitor, OWNER)
        if status == http.client.CREATED:
            client.close()
            return time.perf_counter() - begun
        time.sleep(float(headers.get("retry-after", "1")))
    raise RuntimeError(f"the owner could not sign in within {TRIES} tries: {status}")


def joined(port: int) -> str:
    """Make the owner's account, and return the cookie by which its browser is known from then on."""
    client = Client(port)
    owner = OWNER | {"handle": "the_owner"}
    status, headers, body = client.ask("POST", "/api/accounts", client.visit(HERE), owner)
    if status != http.client.CREATED:
        raise RuntimeError(f"joining answered {status}: {body!r}")
    client.close()
    return next(each for each in headers["set-cookie"].split(", ") if "-known=" in each).partition(";")[0]


def measure(web: Running) -> Measured:
    known, found = joined(web.port), Measured()
    page_p99_ms(web.port)  # warm
    for _ in range(REPEATS):
        found.alone.append(page_p99_ms(web.port))
        with crowded(web.port, CONTROL):
            time.sleep(2)
            found.control.append(page_p99_ms(web.port))
        with crowded(web.port, ATTACK) as end:
            time.sleep(2)
            found.attack.append(page_p99_ms(web.port))
            found.tally.add(end())
    with crowded(web.port, ATTACK) as end:
        time.sleep(KNOWN_SECONDS)
        for number in range(REPEATS):
            found.known.append(sign_in_seconds(web.port, HERE, known))
            found.new_device.append(sign_in_seconds(web.port, NEW_DEVICE.format(number), None))
        found.tally.add(end())
    return found


def figures(found: Measured) -> list[Figure]:
    told = ", ".join(f"{status}: {number:,}" for status, number in sorted(found.tally.statuses.items()))
    others = (
        f"{ATTACK.sockets:,} idle sockets, {ATTACK.per_second:.0f} wrong passwords a second from "
        f"{ATTACK.networks} networks"
    )
    return [
        Figure(name="abuse.page-p99-idle", values=tuple(found.alone), unit="ms", note="nobody else is there"),
        Figure(
            name="abuse.page-p99-control",
            values=tuple(found.control),
            unit="ms",
            note="as many sockets and requests, none of which needs a hash: what the crowd itself takes",
        ),
        Figure(name="abuse.page-p99-crowded", values=tuple(found.attack), unit="ms", note=others),
        Figure(
            name="abuse.page-p99-ratio",
            values=found.ratios(found.alone),
            unit="times",
            bar=3,
            note="crowded to idle, in the same repeat",
        ),
        Figure(
            name="abuse.page-p99-of-control",
            values=found.ratios(found.control),
            unit="times",
            note="crowded to control, in the same repeat: what checking passwords adds",
        ),
        Figure(
            name="abuse.owner-signs-in",
            values=tuple(found.known),
            unit="s",
            bar=5,
            note=f"at the address that is guessed at, in a known browser, retries included; guesses: {told}",
        ),
        Figure(
            name="abuse.new-device-signs-in",
            values=tuple(found.new_device),
            unit="s",
            bar=5,
            note="the same from a network that nobody guessed from, in a browser that is not known",
        ),
        Figure(
            name="abuse.guesses-without-document",
            values=(float(found.tally.without_document),),
            unit="answers",
            bar=0,
            note=f"of {found.tally.statuses.total():,}",
        ),
    ]


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="reelm-bench-") as folder:
        data = Path(folder, "realm")
        data.mkdir()
        (data / "settings.toml").write_text(SETTINGS, encoding="utf-8")
        with web_alone(data) as web:
            found = measure(web)
    report(*figures(found))


if __name__ == "__main__":
    main()
