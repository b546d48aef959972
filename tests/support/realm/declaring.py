"""Manifests and the keys that sign them, and putting an edited one in the ledger."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from reelm.app import open_database, settings
from reelm.base import Database, Secret, SigningKey, SystemClock
from reelm.realm import Manifest, Version, declaration, default_manifest, parse_manifest
from reelm.realm.model import ManifestKey
from reelm.realm.signing import signed_line
from reelm.workflows.operate import Declaring

PLAIN = parse_manifest(default_manifest("nl", [f"stores/{number}" for number in range(1, 6)]), source="here")


def signing_key(name: str) -> SigningKey:
    """The same key for the same name."""
    return SigningKey(name, Secret(hashlib.sha256(name.encode()).digest()))


def with_keys(*names: str, threshold: int, manifest: Manifest = PLAIN) -> Manifest:
    """The manifest with these keys, ``threshold`` of which sign it."""
    keys = tuple(ManifestKey(name, f"who holds {name}", str(signing_key(name).verifier)) for name in names)
    return replace(manifest, keys=keys, realm=replace(manifest.realm, key_threshold=threshold))


def in_city(city: str, manifest: Manifest = PLAIN) -> Manifest:
    return replace(manifest, sites=tuple(replace(site, city=city) for site in manifest.sites))


def signed(version: Version, names: Sequence[str]) -> Version:
    """Signed by whoever, declared or not."""
    return version.with_signatures(signed_line(signing_key(name), version.text) for name in names)


async def put_on_record(data: Path) -> None:
    """Make what manifest.toml says the version in force, as ``./reelm manifest sign`` does without keys."""
    async with open_database(settings.load(data)) as database:
        await put_version(database, data / "manifest.toml")


async def put_version(database: Database, path: Path) -> None:
    """The same in records that are open already."""
    text = await asyncio.to_thread(path.read_text, encoding="utf-8")
    manifest, clock = parse_manifest(text, source=path.name), SystemClock()
    async with database.write() as tx:
        newest = await declaration.newest_version(tx)
        if newest is None or not declaration.declares(newest, manifest):
            await declaration.publish(
                tx, declaration.following(newest, manifest), clock=clock, say=Declaring(0, clock)
            )
