"""Builds one open realm out of the packages below. Every choice of an implementation is made here."""

import fcntl
import hashlib
import os
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from reelm import accounts, delivery, feed, media, social, vault
from reelm.app.migrate import migrate
from reelm.app.settings import Settings
from reelm.base import Clock, Database, Entropy, SystemClock, SystemEntropy, keep_freed_memory
from reelm.realm import (
    FRAGMENT_COUNT,
    EpochFiles,
    KeyConfig,
    Keys,
    Manifest,
    RootKey,
    StorePlace,
    default_manifest,
    parse_manifest,
)
from reelm.vault.adapters.credentials import read_credentials
from reelm.vault.adapters.folder import FolderStore
from reelm.vault.adapters.s3 import DEFAULT_REGION, S3Store
from reelm.workflows import OpenRealm, Turns

OpenStore: TypeAlias = FolderStore | S3Store


@dataclass(frozen=True)
class Ground:
    """What everything else is built on."""

    settings: Settings
    clock: Clock
    entropy: Entropy
    database: Database
    manifest: Manifest
    keys: Keys
    stores: Sequence[OpenStore]


@asynccontextmanager
async def open_realm(
    settings: Settings, *, clock: Clock | None = None, entropy: Entropy | None = None
) -> AsyncIterator[OpenRealm]:
    """One realm, opened: made on its first start, migrated on later ones, closed when the block ends.

    Raises:
        ManifestError: the manifest has faults; all of them are listed.
        RootKeyMissing: there are records but no root key.
        StoreKeyMissing, StoreKeyUnsafe: a declared bucket has no usable credentials.
        DatabaseUnavailable: the records cannot be reached.
    """
    keep_freed_memory()
    async with AsyncExitStack() as closing:
        database = Database.open(settings.database_url)
        closing.push_async_callback(database.close)
        clock, entropy = clock or SystemClock(), entropy or SystemEntropy()
        ground = await _prepare(settings, database, clock, entropy)
        for store in ground.stores:
            closing.push_async_callback(store.close)
        realm = _assemble(ground)
        closing.push_async_callback(realm.vault.close)
        await realm.vault.enrol()
        yield realm


async def _prepare(settings: Settings, database: Database, clock: Clock, entropy: Entropy) -> Ground:
    """Make or check what a realm needs on disk; the first epoch key comes last and says the rest is there."""
    with _one_at_a_time(settings):
        manifest = _manifest(settings)
        await migrate(database)
        async with database.write() as tx:
            is_new = not await Keys.has_begun(tx)
            root = _root_key(settings.paths.root_key, entropy, is_new=is_new)
            keys = _keys(settings, root, clock, entropy)
            known = {record.place.provider for record in await vault.all_providers(tx)}
            stores = [_store(settings, manifest, store, clock, known=known) for store in manifest.stores]
            await keys.begin(tx)
    return Ground(settings, clock, entropy, database, manifest, keys, stores)


@asynccontextmanager
async def open_keys(settings: Settings) -> AsyncIterator[tuple[Keys, Database]]:
    """The keys and records of a realm that exists and may be running; nothing else of it is touched.

    Raises:
        RootKeyMissing: there is no realm in the data folder, or it lost its root key.
    """
    root = RootKey.open(settings.paths.root_key)
    database = Database.open(settings.database_url)
    try:
        keys = _keys(settings, root, SystemClock(), SystemEntropy())
        with _one_at_a_time(settings):
            await migrate(database)
            async with database.write() as tx:
                await keys.begin(tx)
        yield keys, database
    finally:
        await database.close()


def _keys(settings: Settings, root: RootKey, clock: Clock, entropy: Entropy) -> Keys:
    files = EpochFiles(settings.paths.epoch_keys)
    config = KeyConfig(epoch_seconds=settings.key_epoch_days * 86_400)
    return Keys(root, files, clock=clock, entropy=entropy, config=config)


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
        upkeep=vault.Upkeep(outside),
        media=media.Media(_media_config(ground.settings), clock=clock, entropy=entropy),
        encoders=media.Encoders(keys, clock=clock, entropy=entropy),
        accounts=accounts.Accounts(keys, clock=clock, entropy=entropy),
        social=people,
        delivery=delivery.Delivery(keys, clock=clock),
        origin=delivery.Origin(opened, database=ground.database, config=origin_config),
        feed=feed.Feed(people, clock=clock, entropy=entropy),
        turns=Turns(ground.settings.encoders),
        # Of their own: remuxing takes a moment, and must not wait until a ladder is encoded.
        remux_turns=Turns(max(1, ground.settings.encoders)),
    )


def _outside(ground: Ground) -> vault.Outside:
    return vault.Outside(
        stores=vault.by_provider(ground.stores),
        database=ground.database,
        keys=vault.VaultKeys(name=ground.keys.secret("vault/name"), seal=ground.keys.secret("vault/seal")),
        pack_key=ground.keys.realm_key("vault/packs"),
        realm_id=hashlib.sha256(ground.manifest.realm.id.encode()).digest()[:8],
        clock=ground.clock,
        entropy=ground.entropy,
        config=_vault_config(ground.manifest),
    )


def _vault_config(manifest: Manifest) -> vault.Config:
    has_buckets = any(store.url is not None for store in manifest.stores)
    return vault.Config(window_bytes=vault.BUCKET_WINDOW_BYTES) if has_buckets else vault.Config()


def _store(
    settings: Settings,
    manifest: Manifest,
    store: StorePlace,
    clock: Clock,
    *,
    known: Collection[vault.ProviderId],
) -> OpenStore:
    """One declared store. A folder is only made when the records do not know it.

    Later on a missing one stays missing: it may be a disk that is not mounted.
    """
    provider = vault.ProviderId(store.id)
    place = vault.Place(provider, manifest.groups_of(store), manifest.site_of(store).country)
    if store.url is None:
        return FolderStore.open(
            settings.data / (store.folder or ""),
            provider=provider,
            groups=place.groups,
            country=place.country,
            create=provider not in known,
        )
    credentials = read_credentials(settings.paths.store_key(store.id))
    return S3Store.open(store.url, place, credentials, clock=clock, region=store.region or DEFAULT_REGION)


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
