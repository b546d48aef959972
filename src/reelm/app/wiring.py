"""Builds one open realm out of the packages below. Every choice of an implementation is made here."""

import fcntl
import hashlib
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from reelm import accounts, delivery, feed, media, social, vault
from reelm.app.migrate import migrate
from reelm.app.settings import Settings
from reelm.base import Clock, Database, Entropy, SystemClock, SystemEntropy
from reelm.realm import FRAGMENT_COUNT, Keys, Manifest, RootKey, default_manifest, parse_manifest
from reelm.vault.adapters.folder import FolderStore
from reelm.workflows import OpenRealm, Turns


@dataclass(frozen=True)
class Ground:
    """What everything else is built on."""

    settings: Settings
    clock: Clock
    entropy: Entropy
    database: Database
    manifest: Manifest
    keys: Keys
    stores: Sequence[FolderStore]


@asynccontextmanager
async def open_realm(
    settings: Settings, *, clock: Clock | None = None, entropy: Entropy | None = None
) -> AsyncIterator[OpenRealm]:
    """One realm, opened: made on its first start, migrated on later ones, closed when the block ends.

    Raises:
        ManifestError: the manifest has faults; all of them are listed.
        RootKeyMissing: there are records but no root key.
        DatabaseUnavailable: the records cannot be reached.
    """
    database = Database.open(settings.database_url)
    try:
        clock, entropy = clock or SystemClock(), entropy or SystemEntropy()
        ground = await _prepare(settings, database, clock, entropy)
        realm = _assemble(ground)
        await realm.vault.enrol()
        yield realm
    finally:
        await database.close()


async def _prepare(settings: Settings, database: Database, clock: Clock, entropy: Entropy) -> Ground:
    """Make or check what a realm needs on disk; the first epoch key comes last and says the rest is there."""
    with _one_at_a_time(settings):
        manifest = _manifest(settings)
        await migrate(database)
        async with database.write() as tx:
            is_new = not await Keys.has_begun(tx)
            root = _root_key(settings.paths.root_key, entropy, is_new=is_new)
            keys = Keys(root, clock=clock, entropy=entropy)
            stores = _stores(settings, manifest, is_new=is_new)
            await keys.begin(tx)
    return Ground(settings, clock, entropy, database, manifest, keys, stores)


def _assemble(ground: Ground) -> OpenRealm:
    clock, entropy, keys = ground.clock, ground.entropy, ground.keys
    outside = _outside(ground)
    opened = vault.Vault(outside)
    people = social.Social(clock=clock, entropy=entropy, config=social.Config())
    origin_config = delivery.OriginConfig(ground.settings.paths.cache / "segments")
    return OpenRealm(
        manifest=ground.manifest,
        clock=clock,
        entropy=entropy,
        database=ground.database,
        keys=keys,
        vault=opened,
        media=media.Media(_media_config(ground.settings), clock=clock, entropy=entropy),
        accounts=accounts.Accounts(keys, clock=clock, entropy=entropy),
        social=people,
        delivery=delivery.Delivery(keys, clock=clock),
        origin=delivery.Origin(opened, database=ground.database, config=origin_config),
        feed=feed.Feed(people, clock=clock, entropy=entropy),
        turns=Turns(ground.settings.encoders),
    )


def _outside(ground: Ground) -> vault.Outside:
    return vault.Outside(
        stores=vault.by_provider(ground.stores),
        database=ground.database,
        keys=vault.VaultKeys(name=ground.keys.secret("vault/name"), seal=ground.keys.secret("vault/seal")),
        realm_id=hashlib.sha256(ground.manifest.realm.id.encode()).digest()[:8],
        clock=ground.clock,
        entropy=ground.entropy,
        config=vault.Config(),
    )


def _stores(settings: Settings, manifest: Manifest, *, is_new: bool) -> list[FolderStore]:
    """The declared folders. Later on a missing one stays missing: it may be a disk that is not mounted."""
    return [
        FolderStore.open(settings.data / place.folder, provider=place.id, create=is_new)
        for place in manifest.stores
        if place.folder is not None
    ]


def _media_config(settings: Settings) -> media.Config:
    uploads = settings.uploads
    return media.Config(
        spool=settings.paths.spool,
        limits=media.Limits(
            max_source_bytes=uploads.max_size_bytes,
            max_duration_ms=uploads.max_duration_seconds * 1000,
            max_pixels=uploads.max_pixels,
        ),
        upload_ttl_seconds=uploads.keep_seconds,
        allowance=media.Allowance(uploads.quota_bytes, uploads.max_open),
    )


def _manifest(settings: Settings) -> Manifest:
    path = settings.paths.manifest
    if not path.exists():
        stores = settings.paths.stores.relative_to(settings.data)
        folders = [str(stores / str(number)) for number in range(1, FRAGMENT_COUNT + 1)]
        _write_whole(path, default_manifest("local", folders))
    return parse_manifest(path.read_text(encoding="utf-8"), source=str(path))


def _root_key(path: Path, entropy: Entropy, *, is_new: bool) -> RootKey:
    """A new realm gets one; over existing records a missing key is never replaced."""
    if is_new and not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return RootKey.create(path, entropy)
    return RootKey.open(path)


@contextmanager
def _one_at_a_time(settings: Settings) -> Iterator[None]:
    """Web and worker open the realm at the same moment; the first makes it, the other finds it made."""
    settings.paths.run.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (settings.paths.run / "open.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _write_whole(path: Path, text: str) -> None:
    """All of the text or none of it, whenever power fails."""
    draft = path.with_suffix(".part")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
