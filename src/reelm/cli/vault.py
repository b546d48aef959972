"""Run the verbs about stored bytes: vault status, where, scrub, audit, drain, keep, probe."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

from reelm.app import examine_place, open_realm
from reelm.app import settings as settings_
from reelm.base import ClipId
from reelm.cli import holdings
from reelm.cli.console import say, size
from reelm.cli.realm import repository
from reelm.vault import DrainReport, ProviderId
from reelm.workflows import OpenRealm
from reelm.workflows.operate import locate, withdraw

FOUND_WANTING = 1
_PAUSE_SECONDS = 2.0
_LIMIT = 200


def run(chosen: argparse.Namespace) -> int:
    """Do one job; return its exit code."""
    if chosen.job == "probe":
        return _probe(chosen)
    jobs: dict[str, Callable[[OpenRealm, argparse.Namespace], Awaitable[int]]] = {
        "status": _status,
        "where": _where,
        "scrub": _scrub,
        "audit": _audit,
        "drain": _drain,
        "keep": _keep,
    }
    return asyncio.run(_in_realm(jobs[chosen.job], chosen))


async def _in_realm(
    job: Callable[[OpenRealm, argparse.Namespace], Awaitable[int]], chosen: argparse.Namespace
) -> int:
    """Open the realm, which may be running: its processes and this one share the database."""
    data: Path = chosen.data or repository() / "reelm-data"
    async with open_realm(settings_.load(data)) as realm:
        return await job(realm, chosen)


async def _status(realm: OpenRealm, _chosen: argparse.Namespace) -> int:
    status = await realm.vault.upkeep.status()
    for line in holdings.lines(status, realm.identity.manifest, now=realm.clock.now()):
        say(line)
    return FOUND_WANTING if status.objects_at_risk else 0


async def _where(realm: OpenRealm, chosen: argparse.Namespace) -> int:
    clip_id = ClipId(chosen.clip.rstrip("/").rpartition("/")[2])
    for name, fragments in await locate(clip_id, realm=realm):
        say(name)
        for each in fragments:
            when = f"{each.checked_at:%Y-%m-%d %H:%M} UTC" if each.checked_at else "not since it was written"
            say(f"  fragment {each.index}  {each.provider:<16} {each.state:<9} read in full: {when}")
            say(f"              root {each.root}")
    return 0


async def _scrub(realm: OpenRealm, chosen: argparse.Namespace) -> int:
    bad, checked, began = 0, 0, realm.clock.now()
    while True:
        report = await realm.vault.upkeep.scrub(
            deep=chosen.deep,
            limit=_LIMIT,
            bytes_per_second=chosen.mib_per_second * (1 << 20),
            every_days=(realm.clock.now() - began) / timedelta(days=1),
        )
        bad += report.missing + report.damaged
        checked += report.checked
        say(
            f"  {checked:,} fragments good, {bad:,} to repair, {report.unanswered:,} not answered just now"
            f"{f', {size(report.bytes_read)} read' if chosen.deep else ''}"
        )
        if report.is_complete or not (report.checked or report.missing or report.damaged):
            break
    say("The worker repairs what is in the queue." if bad else "All is well.")
    return FOUND_WANTING if bad else 0


async def _audit(realm: OpenRealm, chosen: argparse.Namespace) -> int:
    report = await realm.vault.upkeep.audit(chosen.samples)
    for provider, found in sorted(report.providers.items()):
        say(
            f"  {provider:<16} {found.samples:>6,} blocks proven, {found.failures} wrong or missing, "
            f"{found.unanswered} not answered: with 99 % confidence at most "
            f"{found.share_excluded:.1%} of its fragments are lost"
        )
    total = report.total
    say(
        f"In all {total.samples:,} samples, {total.failures} failures: with 99 % confidence at most "
        f"{total.share_excluded:.2%} of all fragments are lost."
    )
    return FOUND_WANTING if total.failures else 0


async def _drain(realm: OpenRealm, chosen: argparse.Namespace) -> int:
    """Drain until it is over; what is interrupted, the worker goes on with, or the same command."""
    provider = ProviderId(chosen.provider)
    last = ""
    while True:
        report = await withdraw(provider, hostile=chosen.hostile, realm=realm)
        line = _progress(report)
        if line != last:
            say(line)
        for problem in report.problems:
            say(f"    {problem}")
        if report.is_finished:
            break
        last = line
        await asyncio.sleep(_PAUSE_SECONDS)
    say(_farewell(report))
    return 0


def _progress(report: DrainReport) -> str:
    return (
        f"  {report.stage:<10} {report.fragments_left:,} fragments left, {report.moved:,} moved "
        f"({report.rebuilt:,} rebuilt, {size(report.bytes_moved)}), {report.copies_deleted:,} old copies "
        f"deleted, {report.copies_left:,} not yet{f', {report.waiting:,} waiting' if report.waiting else ''}"
    )


def _farewell(report: DrainReport) -> str:
    kept = (
        f" It was sent no request, and may keep {report.copies_left:,} copies: fewer of any object than a "
        "reader needs."
        if report.is_hostile
        else ""
    )
    return (
        f"{report.provider} is withdrawn.{kept} Take its store out of manifest.toml, run "
        "./reelm manifest sign, restart the realm, and revoke its credentials."
    )


async def _keep(realm: OpenRealm, chosen: argparse.Namespace) -> int:
    await realm.vault.upkeep.drain.keep(ProviderId(chosen.provider))
    say(f"{chosen.provider} takes new fragments again. What was moved stays where it is now.")
    return 0


def _probe(chosen: argparse.Namespace) -> int:
    credentials: Path | None = chosen.credentials
    examination = asyncio.run(
        examine_place(chosen.place, credentials=credentials, region=chosen.region, beside=Path.cwd())
    )
    width = max(len(finding.check) for finding in examination.findings)
    for finding in examination.findings:
        say(f"{finding.verdict:<6} {finding.check:<{width}}  {finding.detail}")
    verdict = "fit to be a store" if examination.is_fit else "unfit to be a store"
    say(f"{examination.target} is {verdict}. docs/how-to/enrol-a-provider.md says what each line means.")
    return 0 if examination.is_fit else FOUND_WANTING
