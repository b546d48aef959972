"""The realm's own origin: segments as files that the server can send without touching them.

A segment is rebuilt from the vault once, checked against its name, and kept as a file until the cache is
full. The cache holds ciphertext only and may be deleted at any time, so nothing in it needs to be durable.
Several processes may share its folder: a file appears whole, under the name of its content.
"""

import asyncio
import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from reelm.base import Database, LruCache, SingleFlight
from reelm.delivery import store
from reelm.delivery.errors import NoSuchSegment, SegmentDamaged
from reelm.vault import StoresAway, Vault

_PATIENCE_SECONDS = 10


@dataclass(frozen=True)
class OriginConfig:
    """The place of the cache, and how large it may grow."""

    folder: Path
    max_bytes: int = 2 * 1024**3


class Origin:
    """Segments by name, one reader of the vault per segment however many ask."""

    def __init__(self, vault: Vault, *, database: Database, config: OriginConfig) -> None:
        self._vault = vault
        self._database = database
        self._config = config
        self._files = LruCache[str, Path](config.max_bytes)
        # A viewer who swipes away must not cancel the fetch that others wait for.
        self._fetches = SingleFlight[str, Path](is_finished_unwanted=True)

    async def segment(self, name: str) -> Path:
        """Return a file that holds exactly the ciphertext called ``name``.

        Raises:
            NoSuchSegment: no announced rendition has it.
            SegmentDamaged: what the vault holds does not match the name.
            StoresAway: the stores that hold it did not answer while a player waits.
        """
        path = self._path(name)
        with suppress(FileNotFoundError):  # not fetched yet, or another process just made room
            self._hold(name, path)
            return path
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return await self._fetches.run(name, partial(self._fetch, name))
        except TimeoutError:
            raise StoresAway(
                "The stores that hold this segment do not answer. Nothing was lost. Try again later."
            ) from None

    def forget(self, names: tuple[str, ...]) -> None:
        """Drop segments of a withdrawn clip; later requests for them are refused."""
        for name in names:
            self._files.pop(name)
            self._path(name).unlink(missing_ok=True)

    async def _fetch(self, name: str) -> Path:
        place = await self._place(name)
        body = await self._vault.read(place.object_id, start=place.offset, length=place.length)
        path = self._path(name)
        await asyncio.to_thread(_keep, path, body, name)
        try:
            await self._place(name)  # the clip may have been withdrawn while its bytes were on their way
        except NoSuchSegment:
            path.unlink(missing_ok=True)
            raise
        self._hold(name, path)
        return path

    async def _place(self, name: str) -> store.SegmentPlace:
        async with self._database.read() as tx:
            place = await store.place(tx, name)
        if place is None:
            raise NoSuchSegment("This segment does not exist or was removed. Reload the clip.")
        return place

    def _hold(self, name: str, path: Path) -> None:
        """Count a file as just used; the ones not used for the longest make room."""
        size = path.stat().st_size
        for forgotten in self._files.put(name, path, weight=size):
            self._path(forgotten).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._config.folder / f"{name}.m4s"


def _keep(path: Path, body: bytes, name: str) -> None:
    if hashlib.sha256(body).hexdigest() != name:
        raise SegmentDamaged(
            "A stored segment does not match its name. The clip cannot play until it is repaired."
        )
    path.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.part")
    draft.write_bytes(body)
    draft.rename(path)
