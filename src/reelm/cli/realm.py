"""Run the verbs that run a realm: up, demo, status, down, settings."""

import argparse
import asyncio
import os
import shutil
import signal
import time
from pathlib import Path

from reelm.app import (
    Paths,
    Supervisor,
    clear_leftovers,
    holder,
    is_held,
    make_witnesses,
    read_beat,
    realm_children,
    require_demo,
    state,
)
from reelm.app import settings as settings_
from reelm.cli.console import duration, say, size

NOT_RUNNING = 3
_DOWN_SECONDS = 30
_FOLDERS = {"up": "reelm-data", "demo": "reelm-demo"}


def run(verb: str, chosen: argparse.Namespace) -> int:
    if verb in {"up", "demo"}:
        return _start(verb, chosen)
    if verb == "settings":
        return _settings(chosen)
    running = _running(chosen.data)
    if not running:
        say(f"Nothing runs in {chosen.data or ' or '.join(_FOLDERS.values())}.")
        return NOT_RUNNING if verb == "status" else 0
    act = _status if verb == "status" else _down
    return max(act(paths) for paths in running)


def repository() -> Path:
    """Return the folder of the launcher; the current folder when the package was installed some other way."""
    above = Path(__file__).resolve().parents[3]
    return above if (above / "reelm").is_file() else Path.cwd()


def _start(verb: str, chosen: argparse.Namespace) -> int:
    if verb == "demo":
        require_demo()
    settings = _load(chosen, verb)
    say(f"Starting the realm in {settings.data} ...")
    if verb == "demo":
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        _accept_update(settings)
        if not make_witnesses(settings.paths):
            say("Nobody witnesses its ledger: only a demo in a new folder gets witnesses of its own.")
    Supervisor(
        children=realm_children(settings, with_samples=verb == "demo"),
        paths=settings.paths,
        host=settings.host,
        port=settings.port,
        url=settings.public_url,
        say=say,
    ).run()
    return 0


def _accept_update(settings: settings_.Settings) -> None:
    """Put an updated release on the ledger: whoever starts a demo means the code that is there."""
    if settings.paths.manifest.exists():
        from reelm.app import record_release  # noqa: PLC0415 - needs the installed packages; `status` does not

        asyncio.run(record_release(settings, None))


def _settings(chosen: argparse.Namespace) -> int:
    rows = [(name, str(value), origin) for name, value, origin in settings_.effective(_load(chosen, "up"))]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for name, value, origin in rows:
        say(f"{name:<{widths[0]}}  {value:<{widths[1]}}  {origin}")
    return 0


def _load(chosen: argparse.Namespace, verb: str) -> settings_.Settings:
    data = chosen.data or repository() / _FOLDERS[verb]
    flags = {"host": chosen.host, "port": chosen.port, "public_url": chosen.public_url}
    return settings_.load(data, flags=flags)


def _running(data: Path | None) -> list[Paths]:
    """Return the folder that was named, or the usual ones, as far as something runs or is left over there."""
    folders = [data] if data else [repository() / name for name in _FOLDERS.values()]
    found = [Paths(folder.expanduser().absolute()) for folder in folders]
    return [paths for paths in found if is_held(state.supervisor_lock(paths)) or state.read_state(paths)]


def _status(paths: Paths) -> int:
    recorded = state.read_state(paths)
    if recorded is None:
        say(f"{paths.data}: starting or stopping right now.")
        return 0
    is_alive = is_held(state.supervisor_lock(paths))
    if not is_alive:
        say(f"{paths.data}: the supervisor was killed. The next start, or ./reelm down, clears up after it.")
    say(f"Reelm at {recorded.url}  (port {recorded.port})")
    _row("supervisor", recorded.pid if is_alive else 0, _age(recorded), "")
    for child in recorded.children:
        word = child.ending or ("running" if child.is_ready else "starting")
        restarts = f", restarts: {child.restart_count}" if child.restart_count else ""
        beat = read_beat(state.ready_file(paths, child.name))
        facts = (
            "".join(f", {name.replace('_', ' ')} {value}" for name, value in beat[1].items()) if beat else ""
        )
        _row(child.name, child.pid, _age(child), f"{word}{restarts}{facts}")
    say(
        f"  disk        {size(_used_bytes(paths.data))} in {paths.data}, {size(_free_bytes(paths.data))} free"
    )
    return 0 if is_alive else NOT_RUNNING


def _row(name: str, pid: int, age: str, text: str) -> None:
    who = f"pid {pid}" if pid else "-"
    say(f"  {name:<11} {who:<12} {age:<14} {text}".rstrip())


def _age(started: state.RunState | state.ChildState) -> str:
    return duration((state.now() - started.started_at).total_seconds())


def _down(paths: Paths) -> int:
    lock = state.supervisor_lock(paths)
    note = holder(lock)
    if note and (pid := note.get("pid")):
        say(f"Stopping the realm in {paths.data} (process {pid}) ...")
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + _DOWN_SECONDS
        while is_held(lock):
            if time.monotonic() > deadline:
                _refuse_slow(paths, pid)
            time.sleep(0.05)
    recorded = state.read_state(paths)
    if recorded is not None:  # the supervisor was killed and could not clear up itself
        clear_leftovers(paths, [child.name for child in recorded.children], wait_seconds=10, say=say)
    say(f"Stopped the realm in {paths.data}.")
    return 0


def _refuse_slow(paths: Paths, pid: int) -> None:
    from reelm.app import StopIncomplete  # noqa: PLC0415 - reelm.base costs half a second

    raise StopIncomplete(
        f"Process {pid} still runs after {_DOWN_SECONDS} s. The realm in {paths.data} may be half stopped. "
        f"End it with `kill -9 {pid}`; its data stays whole, and the next start clears up."
    )


def _used_bytes(folder: Path) -> int:
    used = 0
    for above, _, names in os.walk(folder):
        for name in names:
            try:
                used += os.lstat(os.path.join(above, name)).st_blocks * 512  # noqa: PTH118 - many thousand files
            except FileNotFoundError:  # removed meanwhile
                continue
    return used


def _free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free
