"""Outages that are real: a disk that takes no byte more, and stores that hang."""

import asyncio
import resource
import signal
import threading
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from reelm.vault import ProviderId, Vault
from reelm.vault.adapters.folder import FolderStore
from support.machine.loglines import logged

_THREADS = 4  # of a folder's store


@contextmanager
def no_room() -> Iterator[None]:
    """No file of this process, or of one that it starts, may grow: what a full disk does to each write."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


@contextmanager
def full_disk_log() -> Iterator[None]:
    """All logs of this process go to a device that has no room."""
    stream = Path("/dev/full").open("w", buffering=1, encoding="utf-8")  # noqa: SIM115 - closing fails as well
    try:
        with logged(stream=stream):
            yield
    finally:
        with suppress(OSError):
            stream.close()


@asynccontextmanager
async def hanging(vault: Vault, providers: Collection[str]) -> AsyncIterator[None]:
    """Every thread of these stores waits for something that does not come, as on a disk that hangs."""
    stores = vault._environment.stores
    release, stuck = threading.Event(), []
    for provider in providers:
        store = stores[ProviderId(provider)]
        assert isinstance(store, FolderStore)
        stuck += [asyncio.ensure_future(store.run(release.wait)) for _ in range(_THREADS)]
    await asyncio.sleep(0)
    try:
        yield
    finally:
        release.set()
        await asyncio.gather(*stuck)
