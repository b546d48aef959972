"""What a realm stands on: folder, records, keys and stores, made at the first start and checked later."""

import fcntl
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from reelm import ledger, vault
from reelm.app.beginning import draft_manifest, make_policies, write_whole
from reelm.app.migrate import migrate
from reelm.app.settings import Settings
from reelm.base import (
    Clock,
    Database,
    Endpoint,
    Entropy,
    Outbound,
    SigningKey,
    SystemClock,
    SystemEntropy,
    Tx,
)
from reelm.ledger.adapters.folder import FolderDisk
from reelm.realm import (
    EpochFiles,
    KeyConfig,
    Keys,
    Manifest,
    PoliciesRefused,
    RootKey,
    StorePlace,
    Version,
    parse_manifest,
    policy,
    record,
)
from reelm.vault.adapters.credentials import read_credentials
from reelm.vault.adapters.folder import FolderStore
from reelm.vault.adapters.s3 import DEFAULT_REGION, S3Store
from reelm.workflows.operate import Declaring

OpenStore: TypeAlias = FolderStore | S3Store


@dataclass(frozen=True)
class Ground:
    """What everything else is built on."""

    settings: Settings
    clock: Clock
    entropy: Entropy
    database: Database
    manifest: Manifest
    version: Version
    published: policy.Published
    keys: Keys
    stores: Sequence[OpenStore]
    disk: FolderDisk
    ledger_origin: str
    outbound: Outbound | None


async def prepare(settings: Settings, database: Database, clock: Clock, entropy: Entropy) -> Ground:
    """Make or check what a realm needs on disk; the first epoch key comes last and says the rest is there."""
    with _one_at_a_time(settings):
        manifest = _manifest(settings)
        await migrate(database)
        async with database.write() as tx:
            say = Declaring(settings.ledger_retention_days, clock)
            version = await record.hold_to_record(tx, manifest, clock=clock, say=say)
            published = await _policies(tx, settings.paths.policies, clock)
            is_new = not await Keys.has_begun(tx)
            root = _root_key(settings.paths.root_key, entropy, is_new=is_new)
            keys = _keys(settings, root, clock, entropy)
            known = {record.place.provider for record in await vault.all_providers(tx)}
            stores = [_store(settings, manifest, store, clock, known=known) for store in manifest.stores]
            await keys.begin(tx)
            origin = await ledger.Ledger.begin(
                tx, ledger_origin(manifest.realm.id, manifest.realm.public_url)
            )
        disk = FolderDisk(settings.paths.ledger)
    outbound = _outbound(settings, manifest)
    return Ground(
        settings=settings,
        clock=clock,
        entropy=entropy,
        database=database,
        manifest=manifest,
        version=version,
        published=published,
        keys=keys,
        stores=stores,
        disk=disk,
        ledger_origin=origin,
        outbound=outbound,
    )


@asynccontextmanager
async def open_keys(settings: Settings) -> AsyncIterator[tuple[Keys, Database]]:
    """The keys and records of a realm that exists and may be running; nothing else of it is touched.

    Raises:
        RootKeyMissing: there is no realm in the data folder, or it lost its root key.
    """
    root = RootKey.open(settings.paths.root_key)
    async with open_records(settings) as database:
        keys = _keys(settings, root, SystemClock(), SystemEntropy())
        with _one_at_a_time(settings):
            async with database.write() as tx:
                await keys.begin(tx)
        yield keys, database


@asynccontextmanager
async def open_records(settings: Settings) -> AsyncIterator[Database]:
    """The records of a realm that may be running, or has not been started yet; nothing else is touched."""
    database = Database.open(settings.database_url)
    try:
        with _one_at_a_time(settings):
            await migrate(database)
        yield database
    finally:
        await database.close()


def read_policies(folder: Path) -> dict[str, str]:
    """The realm's files of policies, by name.

    Raises:
        PoliciesRefused: one of them is not text.
    """
    try:
        return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.cedar"))}
    except UnicodeDecodeError as error:
        raise PoliciesRefused(["a file is not UTF-8 text"]) from error


def _manifest(settings: Settings) -> Manifest:
    path = settings.paths.manifest
    if not path.exists():
        write_whole(path, draft_manifest(settings.paths))
    return parse_manifest(path.read_text(encoding="utf-8"), source=str(path))


async def _policies(tx: Tx, folder: Path, clock: Clock) -> policy.Published:
    """A realm without the folder gets what is in effect, or what this version ships, as files to edit."""
    known = await policy.published(tx)
    make_policies(folder, known.policy_set.files if known else policy.shipped_policies())
    return await policy.hold_to_published(tx, read_policies(folder), clock=clock)


def _root_key(path: Path, entropy: Entropy, *, is_new: bool) -> RootKey:
    """A new realm gets one; over existing records a missing key is never replaced."""
    if is_new and not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return RootKey.create(path, entropy)
    return RootKey.open(path)


def _keys(settings: Settings, root: RootKey, clock: Clock, entropy: Entropy) -> Keys:
    files = EpochFiles(settings.paths.epoch_keys)
    config = KeyConfig(epoch_seconds=settings.key_epoch_days * 86_400)
    return Keys(root, files, clock=clock, entropy=entropy, config=config)


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


def ledger_key(origin: str, keys: Keys) -> SigningKey:
    """What the ledger of this name is signed with; docs/spec/ledger.md, "Origin and key"."""
    return SigningKey(origin, keys.secret("ledger/sign"))


def ledger_origin(realm: str, public_url: str | None) -> str:
    """What a new ledger is called; docs/spec/ledger.md, "Origin and key"."""
    host = Endpoint.of(public_url).host if public_url else f"{realm}.localhost"
    return f"{host}/ledger"


def _outbound(settings: Settings, manifest: Manifest) -> Outbound | None:
    """The way to the witnesses, when there are any: making a client takes a tenth of a second."""
    if not settings.paths.witnesses.exists():
        return None
    return Outbound(destination.url for destination in manifest.destinations)


@contextmanager
def _one_at_a_time(settings: Settings) -> Iterator[None]:
    """Web and worker open the realm at the same moment; the first makes it, the other finds it made."""
    settings.paths.run.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (settings.paths.run / "open.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
