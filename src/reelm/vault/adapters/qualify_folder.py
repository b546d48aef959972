"""Qualify a folder: what lies in it, how much fits, and which disk it shares."""

import json
import shutil
from pathlib import Path

from reelm.base import Clock, Entropy
from reelm.vault.adapters.folder import FolderStore
from reelm.vault.errors import StoreFailed, StoreRefused
from reelm.vault.qualification import Finding, Qualification, StoreQualifier, noted, ok, run_checks, unfit

# What a folder store calls the file that says whose it is.
_MARKER = "reelm-store"
_SUBFOLDER = "reelm-probe"
_ROOM_BYTES = 1 << 30


async def qualify_folder(folder: Path, beside: Path, *, clock: Clock, entropy: Entropy) -> Qualification:
    """Try a folder out in a subfolder of its own and return the findings.

    The subfolder is removed again with all that had to be made.

    ``beside`` is where the realm's other data lies.
    """
    made = _missing_parents(folder)
    subfolder = folder / _SUBFOLDER
    try:
        owner = _look_at_owner(folder)
        try:
            store = FolderStore.open(subfolder, provider="probe", create=True)
        except (StoreRefused, StoreFailed) as error:
            return Qualification(str(folder), (owner, unfit("write and read", error.detail)))
        try:
            findings = await run_checks(StoreQualifier(store, clock=clock, entropy=entropy).checks())
        finally:
            await store.close()
        return Qualification(
            str(folder), (owner, *findings, _look_at_room(folder), _look_at_disk(folder, beside))
        )
    finally:
        shutil.rmtree(subfolder, ignore_errors=True)
        for path in made:
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()


def _look_at_owner(folder: Path) -> Finding:
    try:
        owner = json.loads((folder / _MARKER).read_bytes())["provider"]
    except FileNotFoundError:
        if folder.is_dir() and any(folder.iterdir()):
            return unfit("marker", "Holds other files and is no store. Choose an empty folder.")
        return ok("marker", "Empty: it can become a store.")
    except (OSError, ValueError, TypeError, KeyError):
        return unfit("marker", "Its marker cannot be read.")
    return noted("marker", f"Is the store of {owner} already.")


def _look_at_room(folder: Path) -> Finding:
    free_bytes = shutil.disk_usage(folder).free
    told = f"{free_bytes / (1 << 30):,.1f} GiB are free."
    return (
        ok("room", told) if free_bytes >= _ROOM_BYTES else unfit("room", f"{told} At least 1 GiB is needed.")
    )


def _look_at_disk(folder: Path, beside: Path) -> Finding:
    if folder.stat().st_dev == beside.stat().st_dev:
        return noted("disk", f"The same as that of {beside}: whoever holds or loses it has both.")
    return ok("disk", f"Another than that of {beside}.")


def _missing_parents(folder: Path) -> list[Path]:
    """Return the folders that trying this one out will make, innermost first."""
    return [path for path in (folder, *folder.parents) if not path.exists()]
