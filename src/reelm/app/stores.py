"""Open the stores that a manifest declares, and try out one that is not part of a realm yet."""

from collections.abc import Collection
from pathlib import Path
from typing import TypeAlias

from reelm import vault
from reelm.app.settings import Settings
from reelm.base import Clock, Entropy, SystemClock, SystemEntropy
from reelm.realm import Manifest, StorePlace
from reelm.vault.adapters.credentials import read_credentials
from reelm.vault.adapters.folder import FolderStore
from reelm.vault.adapters.qualify_bucket import qualify_bucket
from reelm.vault.adapters.qualify_folder import qualify_folder
from reelm.vault.adapters.s3 import DEFAULT_REGION, S3Store

OpenStore: TypeAlias = FolderStore | S3Store


def open_store(
    settings: Settings,
    manifest: Manifest,
    store: StorePlace,
    clock: Clock,
    *,
    known: Collection[vault.ProviderId],
) -> OpenStore:
    """Open one declared store. A folder is only made when the database does not know it.

    Later on a missing one stays missing: it may be a disk that is not mounted.
    """
    provider = vault.ProviderId(store.id)
    place = vault.ProviderPlace(provider, manifest.groups_of(store), manifest.site_of(store).country)
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


async def examine_place(
    target: str,
    *,
    credentials: Path | None,
    region: str | None,
    beside: Path,
    clock: Clock | None = None,
    entropy: Entropy | None = None,
) -> vault.Qualification:
    """Try out a bucket's address or a folder, and leave nothing behind.

    Raises:
        StoreRefused: it is neither, or not an address that may be used.
        StoreKeyMissing, StoreKeyUnsafe: the bucket's credentials cannot be used.
    """
    clock, entropy = clock or SystemClock(), entropy or SystemEntropy()
    if "://" not in target:
        return await qualify_folder(Path(target), beside, clock=clock, entropy=entropy)
    if credentials is None:
        raise vault.StoreKeyMissing("A bucket needs its credentials. Give their file with --credentials.")
    place = vault.ProviderPlace(vault.ProviderId("probe"))
    keys = read_credentials(credentials)
    store = S3Store.open(target, place, keys, clock=clock, region=region or DEFAULT_REGION)
    try:
        return await qualify_bucket(store, clock=clock, entropy=entropy)
    finally:
        await store.close()
