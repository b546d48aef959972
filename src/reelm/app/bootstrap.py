"""Make the folder, database, keys and stores of a realm at its first start, and check them later."""

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from reelm import clips, ledger, media, vault
from reelm.app.database import migrate, one_at_a_time, open_database
from reelm.app.paths import Paths
from reelm.app.settings import Settings
from reelm.app.stores import OpenStore, open_store
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
    FRAGMENT_COUNT,
    EpochFiles,
    KeyConfig,
    Keys,
    Manifest,
    PoliciesRefused,
    RootKey,
    Version,
    declaration,
    default_manifest,
    parse_manifest,
    policy,
)
from reelm.workflows.operate import Declaring


@dataclass(frozen=True)
class Foundation:
    """The parts of a realm that its packages are built on."""

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


async def bootstrap(settings: Settings, database: Database, clock: Clock, entropy: Entropy) -> Foundation:
    """Make or check what a realm needs on disk; the first epoch key comes last and says the rest is there."""
    with one_at_a_time(settings):
        manifest = _manifest(settings)
        await migrate(database)
        async with database.write() as tx:
            say = Declaring(settings.ledger_retention_days, clock)
            version = await declaration.hold_to_published(tx, manifest, clock=clock, say=say)
            published = await _policies(tx, settings.paths.policies, clock)
            is_new = not await Keys.has_begun(tx)
            root = _root_key(settings.paths.root_key, entropy, is_new=is_new)
            keys = _keys(settings, root, clock, entropy)
            known = {record.place.provider for record in await vault.all_providers(tx)}
            stores = [open_store(settings, manifest, store, clock, known=known) for store in manifest.stores]
            await keys.begin(tx)
            await clips.seal_unpublished(tx, keys)
            await media.KeptMedia.of(keys, clock=clock, entropy=entropy).fingerprints.seal_plain(tx)
            origin = await ledger.Ledger.begin(
                tx, ledger_origin(manifest.realm.id, manifest.realm.public_url)
            )
        disk = FolderDisk(settings.paths.ledger)
    outbound = _outbound(settings, manifest)
    return Foundation(
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
    """Open the keys and the database of a realm that exists and may run; nothing else of it is touched.

    Raises:
        RootKeyMissing: there is no realm in the data folder, or it lost its root key.
    """
    root = RootKey.open(settings.paths.root_key)
    async with open_database(settings) as database:
        keys = _keys(settings, root, SystemClock(), SystemEntropy())
        with one_at_a_time(settings):
            async with database.write() as tx:
                await keys.begin(tx)
        yield keys, database


def read_policies(folder: Path) -> dict[str, str]:
    """Return the realm's files of policies, by name.

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
    """Read the policies; a realm without their folder gets what is in effect, or is shipped, as files."""
    known = await policy.published(tx)
    make_policies(folder, known.policy_set.files if known else policy.shipped_policies())
    return await policy.hold_to_published(tx, read_policies(folder), clock=clock)


def _root_key(path: Path, entropy: Entropy, *, is_new: bool) -> RootKey:
    """Open the root key; a new realm gets one, over an existing database a missing key is never replaced."""
    if is_new and not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return RootKey.create(path, entropy)
    return RootKey.open(path)


def _keys(settings: Settings, root: RootKey, clock: Clock, entropy: Entropy) -> Keys:
    files = EpochFiles(settings.paths.epoch_keys)
    config = KeyConfig(epoch_seconds=settings.key_epoch_days * 86_400)
    return Keys(root, files, clock=clock, entropy=entropy, config=config)


def ledger_key(origin: str, keys: Keys) -> SigningKey:
    """Return the key that signs the ledger of this name; docs/spec/ledger.md, "Origin and key"."""
    return SigningKey(origin, keys.secret("ledger/sign"))


def ledger_origin(realm: str, public_url: str | None) -> str:
    """Return the name of a new ledger; docs/spec/ledger.md, "Origin and key"."""
    host = Endpoint.of(public_url).host if public_url else f"{realm}.localhost"
    return f"{host}/ledger"


def _outbound(settings: Settings, manifest: Manifest) -> Outbound | None:
    """Return a client for the witnesses, when there are any: making one takes a tenth of a second."""
    if not settings.paths.witnesses.exists():
        return None
    return Outbound(destination.url for destination in manifest.destinations)


def draft_manifest(paths: Paths) -> str:
    """Return the manifest of a realm on one machine that nobody has edited yet."""
    stores = paths.stores.relative_to(paths.data)
    folders = [str(stores / str(number)) for number in range(1, FRAGMENT_COUNT + 1)]
    return default_manifest("local", folders)


def make_policies(folder: Path, files: Mapping[str, str]) -> None:
    """Write all of the files, unless there is a folder; a draft that a crash left is written over."""
    if folder.exists():
        return
    draft = folder.with_suffix(".part")
    draft.mkdir(exist_ok=True)
    for name, text in files.items():
        write_whole(draft / name, text)
    draft.replace(folder)


def write_whole(path: Path, text: str) -> None:
    """Write all of the text or none of it, whenever power fails."""
    draft = path.with_suffix(".part")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
