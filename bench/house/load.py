"""Load from a small client: wrk when it is installed, else one of our own."""

import asyncio
import re
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bench.house.cost import cpu_seconds

_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}
_P99 = re.compile(r"99%\s+([\d.]+)(us|ms|s)")
_COUNT = re.compile(r"(\d+) requests in ([\d.]+)(ms|s|m)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a server did during one repeat.

    Attributes:
        per_second: answers per second.
        p99_ms: 99 of 100 answers were complete after this long.
        server_seconds: processor seconds the server spent.
    """

    count: int
    per_second: float
    p99_ms: float
    server_seconds: float

    @property
    def per_core(self) -> float:
        """Answers per processor second: what one core does that does nothing else."""
        return self.count / self.server_seconds

    @property
    def cost_ms(self) -> float:
        """Processor time per answer."""
        return self.server_seconds * 1000 / self.count


def load(
    url: str, *, pid: int, seconds: float = 3, connections: int = 8, headers: dict[str, str] | None = None
) -> Load:
    """Ask for one address over and over.

    Raises:
        RuntimeError: an answer was not 2xx.
    """
    program = shutil.which("wrk")
    before = cpu_seconds(pid)
    if program:
        count, per_second, p99_ms = _wrk(
            program, url, seconds, connections=connections, headers=headers or {}
        )
    else:
        own = _own(url, seconds, connections=connections, headers=headers or {})
        count, per_second, p99_ms = asyncio.run(own)
    spent = cpu_seconds(pid) - before
    return Load(count=count, per_second=per_second, p99_ms=p99_ms, server_seconds=max(spent, 0.01))


def _wrk(
    program: str, url: str, seconds: float, *, connections: int, headers: dict[str, str]
) -> tuple[int, float, float]:
    command = [program, "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "--latency"]
    command += [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    said = subprocess.run([*command, url], check=True, capture_output=True, text=True).stdout  # noqa: S603 - wrk
    counted, p99 = _COUNT.search(said), _P99.search(said)
    if counted is None or p99 is None or "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(f"the load on {url} went wrong:\n{said}")
    count = int(counted[1])
    took = float(counted[2]) * {"ms": 0.001, "s": 1.0, "m": 60.0}[counted[3]]
    return count, count / took, float(p99[1]) * _UNITS[p99[2]]


@dataclass
class _Tally:
    until: float
    took_ms: list[float] = field(default_factory=list)


async def _own(
    url: str, seconds: float, *, connections: int, headers: dict[str, str]
) -> tuple[int, float, float]:
    begun = time.monotonic()
    tally = _Tally(begun + seconds)
    await asyncio.gather(*(_connection(url, headers, tally) for _ in range(connections)))
    took_ms = sorted(tally.took_ms)
    count = len(took_ms)
    return count, count / (time.monotonic() - begun), took_ms[int(count * 0.99)]


async def _connection(url: str, headers: dict[str, str], tally: _Tally) -> None:
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    lines = [f"GET {path} HTTP/1.1", f"Host: {parts.netloc}", *(f"{n}: {v}" for n, v in headers.items())]
    asked = "\r\n".join([*lines, "", ""]).encode()
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=1 << 20)
    while (begun := time.monotonic()) < tally.until:
        writer.write(asked)
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        if not head.startswith(b"HTTP/1.1 2") or length is None:
            raise RuntimeError(f"the load on {url} went wrong: {head!r}")
        await reader.readexactly(int(length[1]))
        tally.took_ms.append((time.monotonic() - begun) * 1000)
    writer.close()
    await writer.wait_closed()
