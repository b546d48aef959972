"""What a clip is recognised by and its preview strip, made when the clip plays and every rung is stored.

Nobody waits for it, and a clip that cannot be looked through stays as it is: that its fingerprints are
missing is written down with the reason, where those who moderate find it.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeAlias

from reelm.delivery import NoSuchStrip
from reelm.media import Footage, NoChromaprint, Plan, Scheme, rung_footage, source_footage
from reelm.social import ClipRemoved
from reelm.workflows.order import Order, kept_unless_removed, put_picture
from reelm.workflows.ports import Json
from reelm.workflows.realm import OpenRealm
from reelm.workflows.steps import Refused
from reelm.workflows.turns import Turn

Tell: TypeAlias = Callable[[str, Callable[[], Awaitable[Json]]], Awaitable[Json]]


async def skimmed(tell: Tell, order: Order, planned: Plan, *, at: OpenRealm) -> None:
    """Look through the clip once, whatever comes of it; ``tell`` runs a named step of the story.

    Raises:
        Refused: its creator took it back meanwhile, or the records cannot be written.
    """
    try:
        await tell("skim", lambda: _skim(order, planned, at))
    except Refused as refused:
        code = refused.refusal.code
        if code == ClipRemoved.code:
            raise
        await tell("note what is missing", lambda: _note(order, code, at))


async def _skim(order: Order, planned: Plan, at: OpenRealm) -> Json:
    if await _has_strip(order, at):  # an earlier attempt got this far
        return None
    # A realm that has all encoding done elsewhere still looks through its clips itself.
    turns = at.turns if at.turns.places else at.remux_turns
    async with turns.hold(Turn.SKIM, order.round):
        folder = at.media.workspace(order.upload_id) / "skim"
        found = await at.media.skim(_footage(order, planned, at), into=folder)
    object_id = await put_picture(order, "strip", found.path, at)
    missing = dict.fromkeys(found.absent, NoChromaprint.code)
    async with kept_unless_removed(object_id, at), at.database.write() as tx:
        await at.social.lay_strip(tx, order.clip_id, found.strip)
        await at.delivery.announce_strip(tx, order.clip_id, order.owner, object_id)
        await at.media.record_fingerprints(tx, order.clip_id, found.fingerprints, missing=missing)
    return None


async def _has_strip(order: Order, at: OpenRealm) -> bool:
    async with at.database.read() as tx:
        with suppress(NoSuchStrip):
            await at.delivery.strip(tx, order.clip_id)
            return True
    return False


def _footage(order: Order, planned: Plan, at: OpenRealm) -> Footage:
    """The lowest rung that was encoded here: it is what viewers see, and quick to decode."""
    workspace = at.media.workspace(order.upload_id)
    for rung in planned.rungs:
        for folder in ("first_rung", "more_rungs"):
            path = workspace / folder / f"{rung.name}.mp4"
            if path.is_file():
                return rung_footage(path, rung, planned)
    return source_footage(at.media.source(order.upload_id), planned)


async def _note(order: Order, code: str, at: OpenRealm) -> Json:
    async with at.database.write() as tx:
        await at.social.require_watchable(tx, order.clip_id, order.owner)
        await at.media.record_fingerprints(tx, order.clip_id, (), missing=dict.fromkeys(Scheme, code))
    return None
