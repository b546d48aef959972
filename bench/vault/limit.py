"""The physical limit of a put: the same bytes written to as many files at once, with nothing done to them."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_PIECE_BYTES = 1 << 20


def write_seconds(folder: Path, *, object_bytes: int, k: int = 3, n: int = 5) -> float:
    """Write n new files of a k-th of the size in n threads; each flushed, then its folder."""
    homes = [folder / str(number) for number in range(n)]
    for home in homes:
        home.mkdir(parents=True, exist_ok=True)
    length = -(-object_bytes // k)
    piece = os.urandom(_PIECE_BYTES)  # noqa: TID251 - bytes that no disk can compress
    with ThreadPoolExecutor(n) as pool:
        list(pool.map(str, homes))  # the threads, before the clock runs
        begun = time.monotonic()
        list(pool.map(lambda home: _write(home, piece, length), homes))
        took = time.monotonic() - begun
    for home in homes:
        (home / "file").unlink()
    return took


def _write(home: Path, piece: bytes, length: int) -> None:
    descriptor = os.open(home / "file", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    left = memoryview(piece)
    while length:
        length -= os.write(descriptor, left[: min(length, len(left))])
    os.fsync(descriptor)
    os.close(descriptor)
    above = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(above)
    os.close(above)
