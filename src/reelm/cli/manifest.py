"""Run the verbs about what the realm declares: manifest show, diff, sign, check, key."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from reelm.app import Paths, open_database
from reelm.app import settings as settings_
from reelm.base import Clock, Database, SystemClock, SystemEntropy
from reelm.cli.console import say
from reelm.cli.realm import repository
from reelm.realm import (
    Attestation,
    Manifest,
    Version,
    chain_faults,
    create_signing_key,
    declaration,
    parse_manifest,
    read_signing_key,
)
from reelm.workflows.operate import Declaring

FOUND_WANTING = 1


@dataclass(frozen=True, slots=True)
class Desk:
    """The manifest at hand, and the database to hold it against."""

    paths: Paths
    database: Database
    clock: Clock
    retention_days: int

    def manifest(self) -> Manifest:
        path = self.paths.manifest
        return parse_manifest(path.read_text(encoding="utf-8"), source=str(path))

    async def newest(self) -> Version | None:
        async with self.database.read() as tx:
            return await declaration.newest_version(tx)

    async def versions(self) -> tuple[Version, ...]:
        async with self.database.read() as tx:
            return await declaration.versions(tx)


def run(chosen: argparse.Namespace) -> int:
    """Do one job; return its exit code."""
    if chosen.job == "key":
        return _key(chosen)
    jobs: dict[str, Callable[[Desk, argparse.Namespace], Awaitable[int]]] = {
        "show": _show,
        "diff": _diff,
        "sign": _sign,
        "check": _check,
    }
    return asyncio.run(_at_desk(jobs[chosen.job], chosen))


async def _at_desk(
    job: Callable[[Desk, argparse.Namespace], Awaitable[int]], chosen: argparse.Namespace
) -> int:
    settings = settings_.load(chosen.data or repository() / "reelm-data")
    async with open_database(settings) as database:
        desk = Desk(settings.paths, database, SystemClock(), settings.ledger_retention_days)
        return await job(desk, chosen)


def _key(chosen: argparse.Namespace) -> int:
    path: Path = chosen.file
    key = create_signing_key(path, chosen.name, SystemEntropy())
    say(f"The private part is {path}: keep it away from this realm's machines, and keep a copy of it.")
    say("The public part, for the manifest:")
    say(f'  key = "{key.verifier}"')
    return 0


async def _show(desk: Desk, chosen: argparse.Namespace) -> int:
    versions = await desk.versions()
    wanted = chosen.version or len(versions)
    found = next((version for version in versions if version.number == wanted), None)
    if found is None:
        say(f"There is no version {wanted} in the ledger; there are {len(versions)}.")
        return FOUND_WANTING
    say(found.text + "".join(f"\n{line}" for line in found.signatures))
    return 0


async def _diff(desk: Desk, chosen: argparse.Namespace) -> int:
    versions = {version.number: version for version in await desk.versions()}
    numbers: list[int] = chosen.versions
    unknown = [number for number in numbers if number not in versions]
    if unknown:
        say(f"There is no version {unknown[0]} in the ledger; there are {len(versions)}.")
        return FOUND_WANTING
    before = versions[numbers[0]] if numbers else versions.get(len(versions))
    after = versions[numbers[1]] if len(numbers) > 1 else declaration.following(before, desk.manifest())
    changes = [str(change) for change in declaration.differences(before, after)]
    for line in changes or ["Nothing is different."]:
        say(line)
    return 0


async def _sign(desk: Desk, chosen: argparse.Namespace) -> int:
    newest = await desk.newest()
    if chosen.provider is not None:
        return await _countersign(desk, newest, chosen)
    manifest = desk.manifest()
    if newest is not None and declaration.declares(newest, manifest):
        say(f"manifest.toml is version {newest.number}, which is in the ledger. There is nothing to sign.")
        return 0
    version = declaration.following(newest, manifest).with_signatures(_gathered(desk.paths.signatures))
    if chosen.key is not None:
        version = declaration.sign(version, newest, read_signing_key(chosen.key))
    for line in declaration.differences(newest, version) if newest else ():
        say(f"  {line}")
    return await _put(desk, version, newest)


async def _put(desk: Desk, version: Version, newest: Version | None) -> int:
    """Put it on the ledger, or let it wait for the next signature."""
    problems = declaration.lacks(version, newest)
    if problems:
        desk.paths.signatures.write_text(
            "".join(f"{line}\n" for line in version.signatures), encoding="utf-8"
        )
        say(f"Version {version.number} is not in the ledger yet:")
        for problem in problems:
            say(f"  {problem}")
        return FOUND_WANTING
    async with desk.database.write() as tx:
        declaring = Declaring(desk.retention_days, desk.clock)
        await declaration.publish(tx, version, clock=desk.clock, say=declaring)
    desk.paths.signatures.unlink(missing_ok=True)
    say(f"Version {version.number} is in the ledger, with the digest {version.digest}.")
    say("Restart the realm, if it runs.")
    return 0


async def _countersign(desk: Desk, newest: Version | None, chosen: argparse.Namespace) -> int:
    if newest is None or chosen.key is None:
        say("A provider countersigns what is in the ledger, with its own key: start the realm; use --key.")
        return FOUND_WANTING
    async with desk.database.write() as tx:
        key = read_signing_key(chosen.key)
        await declaration.countersign(tx, newest, chosen.provider, key, clock=desk.clock)
    say(f"{chosen.provider} has confirmed its entry in version {newest.number}.")
    return 0


async def _check(desk: Desk, _chosen: argparse.Namespace) -> int:
    versions = await desk.versions()
    faults = chain_faults(versions)
    if versions and not declaration.declares(versions[-1], desk.manifest()):
        faults.append(f"manifest.toml is not version {versions[-1].number}; see ./reelm manifest diff")
    for fault in faults:
        say(fault)
    if versions and not faults:
        await _say_standing(desk, versions[-1])
    return FOUND_WANTING if faults else 0


async def _say_standing(desk: Desk, newest: Version) -> None:
    signed = ", ".join(newest.signed_by(newest.signers)) or "nobody: it declares no keys"
    say(f"Versions 1 to {newest.number} follow one another and are signed as they declare.")
    say(f"Version {newest.number} is in force, with the digest {newest.digest}. Signed by {signed}.")
    async with desk.database.read() as tx:
        standings = await declaration.provider_attestations(tx, newest, today=desk.clock.now().date())
    words = {
        Attestation.CONFIRMED: "confirmed by the provider on",
        Attestation.STALE: "confirmed long ago, on",
        Attestation.DECLARED: "only declared; the provider has not confirmed it",
    }
    for provider, (standing, day) in standings.items():
        say(f"  {provider:<20} {words[standing]}{f' {day}' if day else ''}")


def _gathered(path: Path) -> list[str]:
    """Signatures from before; whoever signed something else in the meantime does not count."""
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []
