"""Builds one open realm out of the packages below. Every choice of an implementation is made here."""

import fcntl
import hashlib
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from reelm import accounts, delivery, feed, ledger, media, social, vault
from reelm.app.beginning import draft_manifest, make_policies, write_whole
from reelm.app.migrate import migrate
from reelm.app.release import running_release
from reelm.app.settings import Settings
from reelm.base import (
    Clock,
    Database,
    Endpoint,
    Entropy,
    NotFound,
    Outbound,
    SigningKey,
    SystemClock,
    SystemEntropy,
    Tx,
    keep_freed_memory,
)
from reelm.ledger.adapters.folder import FolderDisk
from reelm.ledger.adapters.witness import HttpWitness
from reelm.realm import (
    EpochFiles,
    KeyConfig,
    Keys,
    Manifest,
    PoliciesRefused,
    Release,
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
from reelm.workflows import Declaring, OpenRealm, Turns, declare, publish_release

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


@asynccontextmanager
async def open_realm(
    settings: Settings,
    *,
    clock: Clock | None = None,
    entropy: Entropy | None = None,
    running: Release | None = None,
) -> AsyncIterator[OpenRealm]:
    """One realm, opened: made on its first start, migrated on later ones, closed when the block ends.

    Args:
        settings: its folder and everything else it is told.
        clock: the machine's unless another is given.
        entropy: as ``clock``.
        running: the code and page that open it, which is what this process runs.

    Raises:
        ManifestError: the manifest has faults; all of them are listed.
        ManifestChanged, PoliciesChanged, ReleaseUnlogged: it is not what is on record.
        PageAltered: the page is not as it was built.
        RootKeyMissing: there are records but no root key.
        StoreKeyMissing, StoreKeyUnsafe: a declared bucket has no usable credentials.
        DatabaseUnavailable: the records cannot be reached.
        NotRecorded: manifest and release are not on the public record yet; nothing is done by them.
        LogBroken: the public record contradicts itself.
        PolicyRefused: the file that names its witnesses has a fault.
        NoEncoder, NoAv1Encoder: AV1 is to be made, and this machine cannot.
    """
    async with _undeclared(settings, clock or SystemClock(), entropy or SystemEntropy()) as realm:
        await declare(running or running_release(), _kept_release(settings), at=realm)
        await realm.vault.enrol()
        yield realm


async def record_release(settings: Settings, description: bytes | None) -> tuple[Release, int]:
    """Put the release that is installed here on the record, so that the realm may run it; safe to repeat.

    A crash before the description is kept leaves a realm that refuses to start until this is repeated.

    Args:
        settings: of the realm, which may be running.
        description: the ``release.json`` of the build; without one, digests of what is installed alone.

    Returns:
        The release, and the index of its leaf.

    Raises:
        ReleaseRefused: the description is of something else than what is installed here.
        NotRecorded: it is not on the record yet; repeat it.
    """
    running = running_release()
    release = running if description is None else Release.parse(description)
    async with _undeclared(settings, SystemClock(), SystemEntropy()) as realm:
        index = await publish_release(release, running, at=realm)
    if release == running:
        settings.paths.release.unlink(missing_ok=True)
    else:
        write_whole(settings.paths.release, release.canonical().decode())
    return release, index


@asynccontextmanager
async def _undeclared(settings: Settings, clock: Clock, entropy: Entropy) -> AsyncIterator[OpenRealm]:
    """A realm that must not do anything yet: what it runs by may not be on the record."""
    keep_freed_memory()
    async with AsyncExitStack() as closing:
        database = Database.open(settings.database_url)
        closing.push_async_callback(database.close)
        ground = await _prepare(settings, database, clock, entropy)
        if ground.outbound is not None:
            closing.push_async_callback(ground.outbound.close)
        for opened in (*ground.stores, ground.disk):
            closing.push_async_callback(opened.close)
        realm = _assemble(ground)
        if settings.av1 == "on":
            await realm.media.check_encoder()
        closing.push_async_callback(realm.vault.close)
        closing.push_async_callback(realm.ledger.close)
        yield realm


def _kept_release(settings: Settings) -> Release | None:
    path = settings.paths.release
    return Release.parse(path.read_bytes()) if path.exists() else None


async def _prepare(settings: Settings, database: Database, clock: Clock, entropy: Entropy) -> Ground:
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
            origin = await ledger.Ledger.begin(tx, _origin(manifest.realm.id, manifest.realm.public_url))
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


@dataclass(frozen=True)
class Office:
    """What it takes to say who works for a realm."""

    version: Version
    database: Database
    staff: accounts.Staff
    social: social.Social


@asynccontextmanager
async def open_office(settings: Settings) -> AsyncIterator[Office]:
    """The staff of a realm that exists and may be running; leaves wait for the process that sequences them.

    It goes by what is on record: edits of manifest and policies that are not in effect count for nothing.

    Raises:
        RootKeyMissing: there is no realm in the data folder, or it lost its root key.
        NotFound: it was never started.
    """
    clock, entropy = SystemClock(), SystemEntropy()
    async with open_keys(settings) as (keys, database), AsyncExitStack() as closing:
        async with database.write() as tx:
            version, published = await record.newest_version(tx), await policy.published(tx)
            if version is None or published is None:
                raise NotFound(
                    "This realm was never started. Nothing was changed. Start it once, with ./reelm up."
                )
            declared = version.manifest["realm"]
            origin = await ledger.Ledger.begin(tx, _origin(declared["id"], declared.get("public_url")))
        disk = FolderDisk(settings.paths.ledger)
        closing.push_async_callback(disk.close)
        outside = ledger.Outside(
            realm=declared["id"],
            key=SigningKey(origin, keys.secret("ledger/sign")),
            database=database,
            disk=disk,
            clock=clock,
            config=ledger.Config(),
        )
        log = ledger.Ledger(outside, keys, entropy=entropy)
        staff = accounts.Staff(published.policy_set, log, realm=declared["id"], clock=clock, entropy=entropy)
        people = social.Social(clock=clock, entropy=entropy, config=social.Config())
        yield Office(version, database, staff, people)


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


def _keys(settings: Settings, root: RootKey, clock: Clock, entropy: Entropy) -> Keys:
    files = EpochFiles(settings.paths.epoch_keys)
    config = KeyConfig(epoch_seconds=settings.key_epoch_days * 86_400)
    return Keys(root, files, clock=clock, entropy=entropy, config=config)


def _assemble(ground: Ground) -> OpenRealm:
    clock, entropy, keys = ground.clock, ground.entropy, ground.keys
    outside = _outside(ground)
    opened = vault.Vault(outside)
    log = _record(ground)
    public_record = ledger.Ledger(log, keys, entropy=entropy)
    people = social.Social(clock=clock, entropy=entropy, config=social.Config())
    origin_config = delivery.OriginConfig(ground.settings.paths.cache / "segments")
    return OpenRealm(
        manifest=ground.manifest,
        version=ground.version,
        published=ground.published,
        clock=clock,
        entropy=entropy,
        database=ground.database,
        keys=keys,
        vault=opened,
        upkeep=vault.Upkeep(outside),
        media=media.Media(_media_config(ground.settings), clock=clock, entropy=entropy),
        encoders=media.Encoders(keys, clock=clock, entropy=entropy),
        accounts=accounts.Accounts(keys, clock=clock, entropy=entropy),
        staff=_staff(ground, public_record),
        exports=accounts.Exports(keys),
        social=people,
        delivery=delivery.Delivery(keys, clock=clock),
        origin=delivery.Origin(opened, database=ground.database, config=origin_config),
        feed=feed.Feed(people, clock=clock, entropy=entropy),
        ledger=public_record,
        sequencer=ledger.Sequencer(log),
        retention_days=ground.settings.ledger_retention_days,
        cosigning=ledger.Cosigning(log, _panel(ground, log)),
        turns=Turns(ground.settings.encoders),
        # Of their own: remuxing takes a moment, and must not wait until a ladder is encoded.
        remux_turns=Turns(max(1, ground.settings.encoders)),
    )


def _staff(ground: Ground, public_record: ledger.Ledger) -> accounts.Staff:
    return accounts.Staff(
        ground.published.policy_set,
        public_record,
        realm=ground.manifest.realm.id,
        clock=ground.clock,
        entropy=ground.entropy,
    )


def _record(ground: Ground) -> ledger.Outside:
    return ledger.Outside(
        realm=ground.manifest.realm.id,
        key=SigningKey(ground.ledger_origin, ground.keys.secret("ledger/sign")),
        database=ground.database,
        disk=ground.disk,
        clock=ground.clock,
        config=ledger.Config(),
    )


def _panel(ground: Ground, log: ledger.Outside) -> ledger.Panel:
    """The witnesses that the operator named; a realm without any trusts its own log alone, and says so."""
    path = ground.settings.paths.witnesses
    named = path.read_text(encoding="utf-8") if path.exists() else "quorum none\n"
    text = f"log {log.key.verifier} {ground.settings.public_url}/ledger\n{named}"
    policy = ledger.Policy.parse(text)
    witnesses = {
        name: HttpWitness(ground.outbound, witness.url)
        for name, witness in policy.witnesses.items()
        if witness.url is not None and ground.outbound is not None
    }
    return ledger.Panel(text, policy, witnesses)


def _outbound(settings: Settings, manifest: Manifest) -> Outbound | None:
    """The way to the witnesses, when there are any: making a client takes a tenth of a second."""
    if not settings.paths.witnesses.exists():
        return None
    return Outbound(destination.url for destination in manifest.destinations)


def _origin(realm: str, public_url: str | None) -> str:
    """What a new ledger is called; docs/spec/ledger.md, "Origin and key"."""
    host = Endpoint.of(public_url).host if public_url else f"{realm}.localhost"
    return f"{host}/ledger"


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
        has_av1=settings.av1 == "on",
    )


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


@contextmanager
def _one_at_a_time(settings: Settings) -> Iterator[None]:
    """Web and worker open the realm at the same moment; the first makes it, the other finds it made."""
    settings.paths.run.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (settings.paths.run / "open.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
