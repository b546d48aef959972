"""What 10,000 hostile requests leave behind in the memory of the process that answers them."""

import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from bench.abuse.crowd import SETTINGS, Client, Tally, network, resident_bytes
from bench.figure import Figure, report
from bench.house.realm import Running, web_alone

REQUESTS = 10_000
WARM_REQUESTS = 2_000
LARGE = 14_000
NO_CLIP = "0" * 26
TUS = {"tus-resumable": "1.0.0"}


def hostile(visitor: dict[str, str]) -> Iterator[tuple[str, str, dict[str, str], object]]:
    """Yield requests that are each counted, cached or looked up by something invented, without end."""
    number = 0
    while True:
        number += 1
        name, value = visitor["cookie"].split("=", 1)
        invented = visitor | {
            "x-forwarded-for": f"2001:db8:{number % 65_536:x}:{number // 7:x}::1",
            "cookie": f"{name}={value}; invented-{number}={number:043d}; large={'x' * LARGE}",
        }
        view = {"watched_ms": 3_000}
        yield "POST", f"/api/clips/{NO_CLIP}/views", invented, view
        yield "GET", f"/api/feed?tab=for-you&cursor={number}", invented, None
        yield "GET", f"/segments/{number:064x}.m4s", invented, None
        yield "GET", f"/api/profiles/{number}x{'y' * 500}", invented, None
        yield "POST", "/api/uploads/tus", invented | TUS | {"upload-length": str(number)}, None
        yield "GET", "/", {"x-forwarded-for": network(number), "cookie": "x" * 20_000}, None
        guess = {"email": f"{number}@example.org", "password": "x" * 30_000}
        yield "POST", "/api/session", visitor | {"x-forwarded-for": network(number % 3)}, guess


def send(web: Running, count: int, tally: Tally) -> None:
    """Send so many of them, one after the other."""
    client = Client(web.port)
    for method, path, headers, body in islice(hostile(client.visit("192.0.2.1")), count):
        status, told, _ = client.ask(method, path, headers, body)
        tally.statuses[status] += 1
        is_refusal = status >= 400
        tally.without_document += is_refusal and told.get("content-type") != "application/problem+json"
    client.close()


def main() -> None:
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="reelm-bench-") as folder:
        data = Path(folder, "realm")
        data.mkdir()
        (data / "settings.toml").write_text(SETTINGS, encoding="utf-8")
        with web_alone(data) as web:
            send(web, WARM_REQUESTS, Tally())
            before = resident_bytes(web.pid)
            send(web, REQUESTS, tally)
            after = resident_bytes(web.pid)
    told = ", ".join(f"{status}: {number:,}" for status, number in sorted(tally.statuses.items()))
    report(
        Figure(
            name="abuse.memory-after-hostile",
            values=(after / before,),
            unit="times",
            bar=1.2,
            note=f"{REQUESTS:,} requests on {before / 2**20:.0f} MiB; answered {told}",
        ),
        Figure(
            name="abuse.hostile-without-document",
            values=(float(tally.without_document),),
            unit="answers",
            bar=0,
            note="refusals that were no problem documents",
        ),
    )


if __name__ == "__main__":
    main()
