"""Builds one open realm out of the packages below. Every choice of an implementation is made here."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from reelm import accounts, delivery, events, feed, ledger, media, social, vault
from reelm.app.beginning import write_whole
from reelm.app.ground import Ground, ledger_key, prepare
from reelm.app.release import running_release
from reelm.app.settings import Settings
from reelm.base import Clock, Database, Entropy, SystemClock, SystemEntropy, keep_freed_memory
from reelm.events.adapters.sqlite_log import SqliteLog
from reelm.ledger.adapters.witness import HttpWitness
from reelm.realm import Manifest, Release
from reelm.workflows import OpenRealm, Turns, declare, publish_release


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
        await declare(running or running_release(), _kept_release(settings), realm=realm)
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
        index = await publish_release(release, running, realm=realm)
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
        ground = await prepare(settings, database, clock, entropy)
        if ground.outbound is not None:
            closing.push_async_callback(ground.outbound.close)
        for opened in (*ground.stores, ground.disk):
            closing.push_async_callback(opened.close)
        realm = _assemble(ground)
        if settings.av1 == "on":
            await realm.media.check_encoder()
        closing.push_async_callback(realm.vault.close)
        closing.push_async_callback(realm.ledger.close)
        closing.push_async_callback(realm.events.close)
        yield realm


def _kept_release(settings: Settings) -> Release | None:
    path = settings.paths.release
    return Release.parse(path.read_bytes()) if path.exists() else None


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
        events=_events(ground),
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


def _events(ground: Ground) -> events.Events:
    waker = events.Waker(ground.settings.paths.wake)
    return events.Events(
        SqliteLog(ground.settings.paths.events, waker),
        waker,
        ground.keys,
        database=ground.database,
        clock=ground.clock,
        entropy=ground.entropy,
    )


def _record(ground: Ground) -> ledger.Outside:
    return ledger.Outside(
        realm=ground.manifest.realm.id,
        key=ledger_key(ground.ledger_origin, ground.keys),
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
