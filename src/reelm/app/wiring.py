"""Build one open realm out of the packages below. Every choice of an implementation is made here."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from reelm import access, accounts, clips, delivery, events, feed, ledger, media, people, vault
from reelm.app.bootstrap import Foundation, bootstrap, ledger_key, write_whole
from reelm.app.paths import Paths
from reelm.app.release import running_release
from reelm.app.settings import Settings
from reelm.base import Clock, Database, Entropy, SystemClock, SystemEntropy, keep_freed_memory
from reelm.events.adapters.sqlite_log import SqliteLog
from reelm.ledger.adapters.witness import HttpWitness
from reelm.realm import Keys, Manifest, Release
from reelm.workflows import Gates, Identity, OpenRealm
from reelm.workflows.operate import declare, publish_release


@asynccontextmanager
async def open_realm(
    settings: Settings,
    *,
    clock: Clock | None = None,
    entropy: Entropy | None = None,
    running: Release | None = None,
) -> AsyncIterator[OpenRealm]:
    """Open a realm: made on its first start, migrated on later ones, closed when the block ends.

    Args:
        settings: its folder and everything else it is told.
        clock: the machine's unless another is given.
        entropy: as ``clock``.
        running: the code and page that open it, which is what this process runs.

    Raises:
        ManifestError: the manifest has faults; all of them are listed.
        ManifestChanged, PoliciesChanged, ReleaseUnlogged: it is not what is in the ledger.
        PageAltered: the page is not as it was built.
        RootKeyMissing: there is a database but no root key.
        StoreKeyMissing, StoreKeyUnsafe: a declared bucket has no usable credentials.
        DatabaseUnavailable: the database cannot be reached.
        NotInLedger: manifest and release are not on the ledger yet; nothing is done by them.
        LogBroken: the ledger contradicts itself.
        PolicyRefused: the file that names its witnesses has a fault.
        NoEncoder, NoAv1Encoder: AV1 is to be made, and this machine cannot.
    """
    async with _undeclared(settings, clock or SystemClock(), entropy or SystemEntropy()) as realm:
        await declare(running or running_release(), _kept_release(settings), realm=realm)
        await realm.vault.enrol()
        yield realm


async def record_release(settings: Settings, description: bytes | None) -> tuple[Release, int]:
    """Put the release that is installed here on the ledger, so that the realm may run it; safe to repeat.

    A crash before the description is kept leaves a realm that refuses to start until this is repeated.

    Args:
        settings: of the realm, which may be running.
        description: the ``release.json`` of the build; without one, digests of what is installed alone.

    Returns:
        The release, and the index of its leaf.

    Raises:
        ReleaseRefused: the description is of something else than what is installed here.
        NotInLedger: it is not on the ledger yet; repeat it.
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
    """Open a realm that must not do anything yet: what it runs by may not be on the ledger."""
    keep_freed_memory()
    async with AsyncExitStack() as closing:
        database = Database.open(settings.database_url)
        closing.push_async_callback(database.close)
        base = await bootstrap(settings, database, clock, entropy)
        if base.outbound is not None:
            closing.push_async_callback(base.outbound.close)
        for opened in (*base.stores, base.disk):
            closing.push_async_callback(opened.close)
        realm = _assemble(base)
        if settings.av1 == "on":
            await realm.media.check_encoder()
        closing.push_async_callback(realm.vault.close)
        closing.push_async_callback(realm.ledger.close)
        closing.push_async_callback(realm.events.close)
        closing.push_async_callback(realm.accounts.close)
        yield realm


def _kept_release(settings: Settings) -> Release | None:
    path = settings.paths.release
    return Release.parse(path.read_bytes()) if path.exists() else None


def _assemble(base: Foundation) -> OpenRealm:
    clock, entropy, keys = base.clock, base.entropy, base.keys
    opened = vault.Vault(_outside(base))
    waker = events.Waker(base.settings.paths.wake)
    log = _log(base, waker)
    public_ledger = ledger.Ledger(log, keys, entropy=entropy, panel=_panel(base, log))
    facts = open_events(
        base.settings.paths, keys, waker, database=base.database, clock=clock, entropy=entropy
    )
    everyone = people.People(facts, clock=clock)
    all_clips = clips.Clips(everyone, facts, keys, clock=clock, entropy=entropy, config=clips.ClipsConfig())
    facts.consumers = (clips.ProfileCounts(everyone),)
    origin_config = delivery.OriginConfig(base.settings.paths.cache / "segments")
    origin = delivery.Origin(opened, database=base.database, config=origin_config)
    return OpenRealm(
        clock=clock,
        entropy=entropy,
        database=base.database,
        identity=Identity(base.manifest, base.version, base.published, keys),
        events=facts,
        ledger=public_ledger,
        vault=opened,
        media=_media(base),
        accounts=accounts.Accounts(keys, clock=clock, entropy=entropy),
        access=_access(base, public_ledger),
        people=everyone,
        clips=all_clips,
        delivery=delivery.Delivery(keys, origin=origin, clock=clock),
        feed=feed.Feed(all_clips, clock=clock, entropy=entropy),
        gates=Gates.of(base.settings.encoders),
    )


def _media(base: Foundation) -> media.Media:
    clock, entropy = base.clock, base.entropy
    kept = media.KeptMedia.of(base.keys, clock=clock, entropy=entropy)
    return media.Media(_media_config(base.settings), clock=clock, entropy=entropy, kept=kept)


def _access(base: Foundation, public_ledger: ledger.Ledger) -> access.StaffAccess:
    return access.StaffAccess(
        base.published.policy_set,
        public_ledger,
        base.keys,
        realm=base.manifest.realm.id,
        clock=base.clock,
        entropy=base.entropy,
    )


def open_events(
    paths: Paths, keys: Keys, waker: events.Waker, *, database: Database, clock: Clock, entropy: Entropy
) -> events.Events:
    """Return the log of a realm, whose file is opened at its first use; closing it closes the waker."""
    log = SqliteLog(paths.events, waker)
    return events.Events(log, waker, keys, database=database, clock=clock, entropy=entropy)


def _log(base: Foundation, waker: events.Waker) -> ledger.LogEnvironment:
    return ledger.LogEnvironment(
        realm=base.manifest.realm.id,
        key=ledger_key(base.ledger_origin, base.keys),
        database=base.database,
        disk=base.disk,
        clock=base.clock,
        config=ledger.LogConfig(retention_days=base.settings.ledger_retention_days),
        waker=waker,
    )


def _panel(base: Foundation, log: ledger.LogEnvironment) -> ledger.Panel:
    """Return the witnesses that the operator named; without any, a realm trusts its own log alone."""
    path = base.settings.paths.witnesses
    named = path.read_text(encoding="utf-8") if path.exists() else "quorum none\n"
    text = f"log {log.key.verifier} {base.settings.public_url}/ledger\n{named}"
    policy = ledger.Policy.parse(text)
    witnesses = {
        name: HttpWitness(base.outbound, witness.url)
        for name, witness in policy.witnesses.items()
        if witness.url is not None and base.outbound is not None
    }
    return ledger.Panel(text, policy, witnesses)


def _outside(base: Foundation) -> vault.VaultEnvironment:
    return vault.VaultEnvironment(
        stores=vault.by_provider(base.stores),
        database=base.database,
        keys=vault.VaultKeys(name=base.keys.secret("vault/name"), seal=base.keys.secret("vault/seal")),
        pack_key=base.keys.realm_key("vault/packs"),
        realm_id=hashlib.sha256(base.manifest.realm.id.encode()).digest()[:8],
        clock=base.clock,
        entropy=base.entropy,
        config=_vault_config(base.manifest),
    )


def _vault_config(manifest: Manifest) -> vault.VaultConfig:
    has_buckets = any(store.url is not None for store in manifest.stores)
    return vault.VaultConfig(window_bytes=vault.BUCKET_WINDOW_BYTES) if has_buckets else vault.VaultConfig()


def _media_config(settings: Settings) -> media.MediaConfig:
    uploads = settings.uploads
    return media.MediaConfig(
        spool=settings.paths.spool,
        limits=media.SourceLimits(
            max_source_bytes=uploads.max_size_bytes,
            max_duration_ms=uploads.max_duration_seconds * 1000,
            max_pixels=uploads.max_pixels,
        ),
        upload_ttl_seconds=uploads.keep_seconds,
        allowance=media.Allowance(uploads.quota_bytes, uploads.max_open),
        has_av1=settings.av1 == "on",
    )
