"""The manifest in the ledger: the realm only runs under the version that was put there, and signed.

A manifest that was edited is another manifest. It counts once it is in the ledger as the next version, with
the signatures that this takes; until then the realm does not start with it.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, TypeAlias

from reelm.base import Clock, SigningKey, Tx
from reelm.realm.changes import Change, changes
from reelm.realm.countersign import Attestation, Countersignature, attestations, countersigned_text
from reelm.realm.errors import ManifestChanged, ManifestSuperseded, SignatureRefused
from reelm.realm.model import Manifest
from reelm.realm.signing import signed_line
from reelm.realm.store import declarations as store
from reelm.realm.version import Version, declares, first_version, lacks, next_version

__all__ = [
    "Change",
    "countersign",
    "countersignatures",
    "declares",
    "differences",
    "following",
    "history",
    "hold_to_published",
    "lacks",
    "newest_version",
    "provider_attestations",
    "publish",
    "sign",
    "versions",
]

_MOST_CHANGES = 20

# Says a version in public, in the transaction that puts it in the ledger: never the one without the other.
Say: TypeAlias = Callable[[Tx, Version], Awaitable[None]]


async def versions(tx: Tx) -> tuple[Version, ...]:
    """Return every version there was, oldest first; none is ever removed."""
    return tuple(row.version for row in await store.manifests(tx))


async def history(tx: Tx) -> tuple[tuple[Version, datetime], ...]:
    """Return every version with the time it was published, oldest first."""
    return tuple((row.version, row.recorded_at) for row in await store.manifests(tx))


async def newest_version(tx: Tx) -> Version | None:
    """Return the version in force."""
    row = await store.newest_manifest(tx)
    return None if row is None else row.version


async def hold_to_published(tx: Tx, manifest: Manifest, *, clock: Clock, say: Say) -> Version:
    """Return the version in force if the manifest says the same; publish a new realm's as version 1.

    Raises:
        ManifestChanged: it is not the version in force, or it is the first and lacks signatures.
    """
    newest = await newest_version(tx)
    if newest is None:
        return await publish(tx, first_version(manifest), clock=clock, say=say)
    if not declares(newest, manifest):
        raise _changed(newest, following(newest, manifest))
    return newest


def following(newest: Version | None, manifest: Manifest) -> Version:
    """Return the version that the manifest would be, not signed yet."""
    return first_version(manifest) if newest is None else next_version(manifest, newest)


async def publish(tx: Tx, version: Version, *, clock: Clock, say: Say) -> Version:
    """Put the next version in the ledger and say so in public; it is in force once ``tx`` is durable.

    Raises:
        ManifestChanged: it is not signed by enough keys, or changes what never changes.
        ManifestSuperseded: it does not follow the newest version any more.
    """
    newest = await newest_version(tx)
    if version.number != (newest.number + 1 if newest else 1):
        raise _superseded(version)
    problems = lacks(version, newest)
    if problems:
        raise ManifestChanged(
            f"Version {version.number} of the manifest cannot be put in the ledger: {'; '.join(problems)}. "
            "Nothing was changed. Have it signed: ./reelm manifest sign --key FILE.",
            version=version.number,
        )
    if not await store.add_manifest(tx, store.VersionRow(version, clock.now())):
        raise _superseded(version)
    await say(tx, version)
    return version


def sign(version: Version, newest: Version | None, key: SigningKey) -> Version:
    """Return the version with one more signature.

    Raises:
        SignatureRefused: the key is declared neither in it nor in the version before.
    """
    declared = [*version.signers.values(), *(newest.signers.values() if newest else ())]
    if key.verifier not in declared:
        raise SignatureRefused(
            f"The key {key.verifier.name} is not one of the [[keys]] of this manifest, nor of the one "
            "before. Nothing was signed. Use the key of somebody who is declared there."
        )
    return version.with_signatures([signed_line(key, version.text)])


async def countersign(tx: Tx, version: Version, provider: str, key: SigningKey, *, clock: Clock) -> None:
    """Put in the ledger that a provider confirms its own entry; safe to repeat.

    Raises:
        SignatureRefused: there is no such provider, or it declares another key.
    """
    signed_on = clock.now().date().isoformat()
    text = countersigned_text(version.manifest, provider, signed_on=signed_on)
    declared = {each["id"]: each.get("key") for each in version.manifest["providers"]}
    if text is None or declared.get(provider) != str(key.verifier):
        raise SignatureRefused(
            f'The manifest declares no provider "{provider}" with the key {key.verifier.name}. Nothing was '
            "signed. Put the key into the provider's entry first, and that version in the ledger."
        )
    await store.add_countersignature(
        tx, store.CountersignatureRow(provider, signed_on, signed_line(key, text))
    )


async def provider_attestations(
    tx: Tx, version: Version, *, today: date
) -> Mapping[str, tuple[Attestation, str | None]]:
    """Return the attestation of each provider, and the day it was last confirmed."""
    return attestations(version.manifest, await countersignatures(tx), today=today)


async def countersignatures(tx: Tx) -> tuple[Countersignature, ...]:
    rows = await store.all_countersignatures(tx)
    return tuple(Countersignature(row.provider, row.signed_on, row.signature) for row in rows)


def differences(before: Version | None, after: Version) -> list[Change]:
    """Return what the later version changes; each is a sentence as text."""
    return changes(_declared(before), after.manifest)


def _declared(version: Version | None) -> Mapping[str, Any]:
    return {} if version is None else version.manifest


def _changed(newest: Version, edited: Version) -> ManifestChanged:
    found = differences(newest, edited)
    return ManifestChanged(
        f"manifest.toml is not version {newest.number}, which is in the ledger. The realm was not started. "
        "Undo what is listed below, or put it in the ledger as the next version with ./reelm manifest sign, "
        f"and start again.{_listed(found)}",
        version=newest.number,
        change_count=len(found),
    )


def _listed(found: Iterable[Change]) -> str:
    lines = [str(change) for change in found]
    more = [f"and {len(lines) - _MOST_CHANGES} more"] if len(lines) > _MOST_CHANGES else []
    return "".join(f"\n  {line}" for line in (*lines[:_MOST_CHANGES], *more))


def _superseded(version: Version) -> ManifestSuperseded:
    return ManifestSuperseded(
        f"Somebody else has put a version {version.number} of the manifest in the ledger. Nothing was "
        "changed. See what it says with ./reelm manifest show, and sign anew."
    )
