"""Run the verbs that look after a realm's keys: status, rotate, split, combine."""

import argparse
import asyncio
from collections.abc import Callable
from datetime import timedelta

from reelm.app import Paths, open_keys
from reelm.app import settings as settings_
from reelm.base import SystemClock, SystemEntropy
from reelm.cli import ceremony
from reelm.cli.console import duration, say
from reelm.cli.realm import repository
from reelm.realm import Group, KeyStatus, RootKey, Scheme

_DIFFERENT = 1


def run(chosen: argparse.Namespace) -> int:
    """Do one job; return its exit code."""
    jobs: dict[str, Callable[[argparse.Namespace], int]] = {
        "status": _status,
        "rotate": _rotate,
        "split": _split,
        "combine": _combine,
    }
    return jobs[chosen.job](chosen)


def scheme_of(threshold: int | None, shares: int | None, groups: list[tuple[str, int, int]]) -> Scheme:
    """Return who can put the root together, from the flags.

    Without groups it is ``threshold`` of ``shares``; with groups ``threshold`` counts groups, and is all of
    them when it is not given.

    Raises:
        SchemeInvalid: it cannot be done.
    """
    if groups:
        return Scheme(threshold or len(groups), tuple(Group(*group) for group in groups))
    return Scheme(1, (Group("custodians", threshold or 0, shares or 0),))


def _split(chosen: argparse.Namespace) -> int:
    scheme = scheme_of(chosen.threshold, chosen.shares, chosen.group)
    root = RootKey.open(_settings(chosen).paths.root_key)
    at = SystemClock().now()
    if chosen.out is not None:
        for path in ceremony.write_files(chosen.out, scheme, root, at):
            say(str(path))
    else:
        ceremony.split(scheme, root, at, SystemEntropy())
    say(ceremony.afterwards(scheme, root))
    return 0


def _combine(chosen: argparse.Namespace) -> int:
    paths = _settings(chosen).paths
    root = ceremony.combine()
    if chosen.check is not None:
        return _compare(root, chosen.check)
    return _restore(root, paths)


def _compare(root: RootKey, fingerprint: str) -> int:
    if root.fingerprint.replace("-", "") == fingerprint.replace("-", "").strip().lower():
        say(f"These shares give the root key with the fingerprint {root.fingerprint}. Nothing was written.")
        return 0
    say(f"These shares give another root key: its fingerprint is {root.fingerprint}. Nothing was written.")
    return _DIFFERENT


def _restore(root: RootKey, paths: Paths) -> int:
    path = paths.root_key
    if path.exists() and RootKey.open(path).fingerprint == root.fingerprint:
        say(f"{path} is this very key already (fingerprint {root.fingerprint}). Nothing was changed.")
        return 0
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    root.store(path)
    say(f"The root key is back at {path} (fingerprint {root.fingerprint}).")
    say("Put the keys/epochs folder back too, if it is not there, and start the realm.")
    return 0


def _rotate(chosen: argparse.Namespace) -> int:
    return asyncio.run(_rotate_now(_settings(chosen)))


async def _rotate_now(settings: settings_.Settings) -> int:
    async with open_keys(settings) as (keys, database):
        async with database.read() as tx:
            total = sum((await keys.status(tx)).counts.values())
        epoch = await keys.rotate(database, _progress(total))
    say(f"Epoch {epoch} has begun, and the key before it is destroyed.")
    say("Whoever was erased up to now cannot be brought back by any copy of the database.")
    return 0


def _progress(total: int) -> Callable[[int], None]:
    """Says how far it is, at most twenty times."""
    step, following = max(1, total // 20), 0

    def tell(done: int) -> None:
        nonlocal following
        if done >= following:
            say(f"  {done:,} of {total:,} keys re-wrapped")
            following = done + step

    return tell


def _status(chosen: argparse.Namespace) -> int:
    return asyncio.run(_tell_status(_settings(chosen)))


async def _tell_status(settings: settings_.Settings) -> int:
    root = RootKey.open(settings.paths.root_key)
    async with open_keys(settings) as (keys, database), database.read() as tx:
        status = await keys.status(tx)
    for line in status_lines(status, (SystemClock().now() - status.begun_at), settings.key_epoch_days):
        say(line)
    say(f"  root         fingerprint {root.fingerprint}")
    return 0


def status_lines(status: KeyStatus, age: timedelta, epoch_days: int) -> list[str]:
    """Return what ``./reelm keys status`` prints, but for the fingerprint."""
    left = timedelta(days=epoch_days) - age
    due = f"next in {duration(left.total_seconds())}" if left > timedelta(0) else "due now"
    lines = [f"Epoch {status.epoch}, begun {duration(age.total_seconds())} ago; {due}"]
    lines += [f"  epoch {epoch:<6} {count:,} keys" for epoch, count in sorted(status.counts.items())]
    if status.is_rotating:
        lines.append(
            "  A rotation is under way, or was cut off; the worker, or ./reelm keys rotate, ends it."
        )
    return lines


def _settings(chosen: argparse.Namespace) -> settings_.Settings:
    return settings_.load(chosen.data or repository() / "reelm-data")
