"""A large file by tus over loopback until it is durable; limit: one plain streaming PUT with one fsync."""

import hashlib
import http.client
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.figure import Figure, report
from bench.house.guest import Guest
from bench.house.realm import free_port, process, wait_for, web_alone
from bench.house.source import make

REPEATS = 5
SIZE_BYTES = 256 * 1024**2
_BLOCK_BYTES = 1024 * 1024
_TUS = "/api/uploads/tus"
_SPOKEN = {"tus-resumable": "1.0.0"}


def large(folder: Path) -> Path:
    """A short clip with a long box behind it that is skipped when it is read."""
    path = make(folder / "source.mp4", size="540x960", seconds=2)
    rest_bytes = SIZE_BYTES - path.stat().st_size
    noise = hashlib.shake_128(b"noise").digest(_BLOCK_BYTES)
    with path.open("ab") as file:
        file.write(rest_bytes.to_bytes(4, "big") + b"free")
        for start in range(0, rest_bytes - 8, _BLOCK_BYTES):
            file.write(noise[: rest_bytes - 8 - start])
    return path


@dataclass(frozen=True, slots=True)
class Call:
    """A request without its body."""

    method: str
    path: str
    headers: Mapping[str, str]


def send(port: int, call: Call, body: Path, *, size_bytes: int) -> None:
    """Stream the first bytes of a file and wait for the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.putrequest(call.method, call.path)
    for name, value in {**call.headers, "content-length": str(size_bytes)}.items():
        connection.putheader(name, value)
    connection.endheaders()
    with body.open("rb") as file:
        left_bytes = size_bytes
        while left_bytes:
            block = file.read(min(left_bytes, _BLOCK_BYTES))
            connection.send(block)
            left_bytes -= len(block)
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    if answer.status not in {http.client.OK, http.client.NO_CONTENT}:
        raise RuntimeError(f"{call.method} {call.path}: {answer.status} {said[:300]!r}")


def seconds(job: Callable[[], object]) -> float:
    started = time.perf_counter()
    job()
    return time.perf_counter() - started


class Realm:
    """Takes in files by tus."""

    def __init__(self, port: int, source: Path) -> None:
        self._port, self._source = port, source
        self._guest = Guest(port)
        self._guest.join("ingest")

    def ingest(self) -> tuple[float, float]:
        """Seconds until all but one byte are durable, and until the last one has had the file looked at."""
        place = self._guest.begin(SIZE_BYTES)
        headers = self._guest.headers | _SPOKEN | {"content-type": "application/offset+octet-stream"}
        most = SIZE_BYTES - 1
        first = Call("PATCH", place, headers | {"upload-offset": "0"})
        durable = seconds(lambda: send(self._port, first, self._source, size_bytes=most))
        with tempfile.NamedTemporaryFile() as last:
            last.write(self._source.read_bytes()[-1:])
            last.flush()
            rest = Call("PATCH", place, headers | {"upload-offset": str(most)})
            looked = seconds(lambda: send(self._port, rest, Path(last.name), size_bytes=1))
        self._guest.ask("DELETE", place, more=_SPOKEN)
        return durable, looked


def measure(folder: Path) -> tuple[list[float], list[float], list[float]]:
    """Ratios of pace, seconds of the plain way, seconds of the look; the two ways by turns."""
    source, port, log = large(folder), free_port(), folder / "plain.log"
    plain_command = [sys.executable, "-m", "bench.media.plain", str(folder), str(port)]
    ratios, plains, looks = [], [], []
    with web_alone(folder / "realm") as running, process(plain_command, log=log):
        wait_for(port, "/", log)
        realm = Realm(running.port, source)
        for number in range(REPEATS + 1):
            plain = seconds(lambda: send(port, Call("PUT", "/", {}), source, size_bytes=SIZE_BYTES))
            durable, looked = realm.ingest()
            if number:  # the first round warms both; after it each follows the other
                ratios.append(plain / durable)
                plains.append(plain)
                looks.append(looked)
    return ratios, plains, looks


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        ratios, plains, looks = measure(Path(folder))
    mebibytes = SIZE_BYTES / 1024**2
    report(
        Figure(
            name="media.tus-ingest",
            values=tuple(ratios),
            unit="of the limit",
            bar=0.7,
            direction="at least",
            note=f"pace of {mebibytes:.0f} MiB, durable; the limit is one streaming PUT with one fsync",
        ),
        Figure(
            name="media.plain-ingest",
            values=tuple(mebibytes / each for each in plains),
            unit="MiB/s",
            note="that limit, by the same server",
        ),
        Figure(
            name="media.last-byte-to-upload",
            values=tuple(each * 1000 for each in looks),
            unit="ms",
            note="a PATCH with the last byte: durable, looked at by a confined process, answered",
        ),
    )


if __name__ == "__main__":
    main()
