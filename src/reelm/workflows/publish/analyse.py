"""Analyse a clip once it plays and every rung is stored: fingerprints, and the storyboard for scrubbing.

Nobody waits for it, and a clip that cannot be analysed stays as it is: that its fingerprints are
missing is written down with the reason, where those who moderate find it.
"""

from contextlib import suppress

from reelm.clips import ClipRemoved
from reelm.delivery import NoSuchStrip
from reelm.media import FingerprintScheme, Footage, Plan
from reelm.workflows.gates import Priority
from reelm.workflows.ports import Json
from reelm.workflows.publish.order import Order, kept_unless_removed, put_picture
from reelm.workflows.publish.steps import Refused, RunStep
from reelm.workflows.realm import OpenRealm


async def analyse(run_step: RunStep, order: Order, planned: Plan, *, realm: OpenRealm) -> None:
    """Look through the clip once, whatever comes of it; ``run_step`` runs a named step of the workflow.

    Raises:
        Refused: its creator took it back meanwhile, or the database cannot be written.
    """
    try:
        await run_step("skim", lambda: _analyse(order, planned, realm))
    except Refused as refused:
        code = refused.refusal.code
        if code == ClipRemoved.code:
            raise
        await run_step("note what is missing", lambda: _note(order, code, realm))


async def _analyse(order: Order, planned: Plan, realm: OpenRealm) -> Json:
    if await _has_storyboard(order, realm):  # an earlier attempt got this far
        return None
    async with realm.gates.analyse.hold(Priority.ANALYSIS, order.round):
        folder = realm.media.spool.workspace(order.upload_id) / "skim"
        found = await realm.media.analyse(_footage(order, planned, realm), into=folder)
    object_id = await put_picture(order, "strip", found.path, realm)
    async with kept_unless_removed(object_id, realm), realm.database.write() as tx:
        await realm.clips.publishing.set_strip(tx, order.clip_id, found.storyboard)
        await realm.delivery.pictures.announce_strip(tx, order.clip_id, order.owner, object_id)
        fingerprints = realm.media.kept.fingerprints
        await fingerprints.record(tx, order.clip_id, found.fingerprints, missing=found.missing)
    return None


async def _has_storyboard(order: Order, realm: OpenRealm) -> bool:
    async with realm.database.read() as tx:
        with suppress(NoSuchStrip):
            await realm.delivery.pictures.strip(tx, order.clip_id)
            return True
    return False


def _footage(order: Order, planned: Plan, realm: OpenRealm) -> Footage:
    """Return the lowest rung that was encoded here: it is what viewers see, and quick to decode."""
    workspace = realm.media.spool.workspace(order.upload_id)
    for rung in planned.rungs:
        for folder in ("first_rung", "more_rungs"):
            path = workspace / folder / f"{rung.name}.mp4"
            if path.is_file():
                return Footage.of_rung(path, rung, planned)
    return Footage.of_source(realm.media.spool.source(order.upload_id), planned)


async def _note(order: Order, code: str, realm: OpenRealm) -> Json:
    async with realm.database.write() as tx:
        await realm.clips.require_watchable(tx, order.clip_id, order.owner)
        await realm.media.kept.fingerprints.record(
            tx, order.clip_id, (), missing=dict.fromkeys(FingerprintScheme, code)
        )
    return None
