"""Try out a store that is not part of a realm yet."""

from pathlib import Path

from reelm import vault
from reelm.base import Clock, Entropy, SystemClock, SystemEntropy
from reelm.vault.adapters.credentials import read_credentials
from reelm.vault.adapters.qualify_bucket import qualify_bucket
from reelm.vault.adapters.qualify_folder import qualify_folder
from reelm.vault.adapters.s3 import DEFAULT_REGION, S3Store


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
