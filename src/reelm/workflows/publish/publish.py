"""Turn a posted upload into a clip that plays.

``probe → first rung → store → playable → remaining rungs → store → done``. The first rung is the source's own
picture where players can take it, and the lowest encoded one otherwise. The clip is visible when it is
stored; the other rungs join it later, and a remuxed one retires when they are all there. The sound of another
clip (``sound``) is brought before the first rung, and the picture is sampled before the first encoding. Where
the operator wants a rung in AV1, it is added before the end. Every step is safe to repeat: encoding replaces
its own folder, the vault stores one object per reference, and rows are written once. What is recorded between
steps holds media keys only sealed under the creator's key. A retry makes only what players do not have yet.
"""

from functools import partial
from pathlib import Path

import msgspec

from reelm.clips import ClipRemoved, ClipState, Publication
from reelm.media import (
    Cut,
    Plan,
    Probe,
    Rung,
    SpoolFull,
    plan,
)
from reelm.workflows.gates import Priority
from reelm.workflows.ports import Job, Json, Run
from reelm.workflows.publish.analyse import analyse
from reelm.workflows.publish.order import Order, kept_unless_removed, put_picture
from reelm.workflows.publish.renditions import RenditionBatch, first_rung, more_rungs, store
from reelm.workflows.publish.sound import bring_sound, check_sound
from reelm.workflows.publish.steps import FAULT, FULL, Refused, RunStep, StepRefusal, step
from reelm.workflows.publish.stow import bring_file, forget_file
from reelm.workflows.realm import OpenRealm


def publish_job(publication: Publication) -> Job:
    """Return the durable job of one attempt at publishing a clip."""
    order = Order.of(publication)
    return Job("publish", f"publish/{order.clip_id}/{order.attempt}", msgspec.to_builtins(order))


async def publish(run: Run, arguments: dict[str, Json], *, realm: OpenRealm) -> None:
    """Run the workflow to its end: the clip is published in full, or has failed with a reason."""
    order = msgspec.convert(arguments, Order)
    try:
        await _publish(run, order, realm)
    except Refused as refused:
        refusal = refused.refusal
        await run.step("refuse", lambda: _refuse(order, refusal, realm))


async def abandon(publication: Publication, *, realm: OpenRealm) -> None:
    """Give up on an attempt whose job ended without a word, so that the creator can retry."""
    await _refuse(Order.of(publication), StepRefusal("publish.fault", FAULT), realm)


async def _publish(run: Run, order: Order, realm: OpenRealm) -> None:
    run_step = partial(step, run, on_full=lambda: _stall(order, realm))
    probe = await run_step("probe", lambda: _probe(order, realm))
    kept = await run_step("earlier attempts", lambda: _keep(order, realm)) if order.attempt > 1 else []
    made = msgspec.convert(kept, list[str])
    is_copied = not made and realm.media.remuxed_rung(_planned(probe)) is not None
    if not is_copied:
        probe = await run_step("sample", lambda: _sample(order, probe, Priority.FIRST_RUNG, realm))
    if not made:
        first = await run_step("first rung", lambda: first_rung(order, _planned(probe), realm))
        await run_step("store first rung", lambda: store(order, first, realm))
        await run_step("playable", lambda: _reveal(order, first, realm))
        made = [each.name for each in msgspec.convert(first, RenditionBatch).renditions]
    missing = tuple(rung for rung in _planned(probe).rungs if rung.name not in made)
    if missing:
        if is_copied:  # it plays by now
            probe = await run_step("sample", lambda: _sample(order, probe, Priority.MORE_RUNGS, realm))
        more = await run_step("remaining rungs", lambda: more_rungs(order, _planned(probe), missing, realm))
        await run_step("store remaining rungs", lambda: store(order, more, realm))
    await analyse(run_step, order, _planned(probe), realm=realm)
    extra = _extra_rung(probe)
    if extra is not None and extra.name not in made:
        await run_step("ladder is whole", lambda: _retire(order, realm))
        await _add(run_step, order, probe, extra, realm=realm)
    await run_step("done", lambda: _finish(order, realm))


async def _probe(order: Order, realm: OpenRealm) -> Json:
    """Return what was found when the file came in: it lies in the spool since then, where nobody changes it.

    The file of a draft is brought back there, and so is the sound of another clip.
    """
    await bring_file(order, realm=realm)
    async with realm.database.read() as tx:
        upload = await realm.media.uploads.find(tx, order.upload_id, owner=order.owner)
    sound = await bring_sound(order, realm=realm)
    # What the setting says now holds for the whole run: a recorded step is not run again after a crash.
    return {
        **msgspec.to_builtins(upload.probe),
        "cut": msgspec.to_builtins(upload.cut),
        "sound": None if sound is None else str(sound),
        "has_av1": realm.media.has_av1,
    }


def _planned(probe: Json) -> Plan:
    assert isinstance(probe, dict)  # noqa: S101 - as ``_probe`` made it
    planned = plan(msgspec.convert(probe, Probe), msgspec.convert(probe.get("cut", {}), Cut))
    sound = probe.get("sound")
    return planned if sound is None else planned.with_sound(str(sound))


def _extra_rung(probe: Json) -> Rung | None:
    assert isinstance(probe, dict)  # noqa: S101 - as ``_probe`` made it
    return _planned(probe).av1_rung if probe.get("has_av1") else None


async def _sample(order: Order, probe: Json, priority: Priority, realm: OpenRealm) -> Json:
    """Add to the probe how hard the picture is to encode: the same for every encoder and every try."""
    assert isinstance(probe, dict)  # noqa: S101 - as ``_probe`` made it
    async with realm.gates.remux.hold(priority, order.round):
        sampled = await realm.media.sample(realm.media.spool.source(order.upload_id), _planned(probe))
    return {**probe, "sample": msgspec.to_builtins(sampled)}


async def _keep(order: Order, realm: OpenRealm) -> Json:
    """Return the rungs of earlier attempts that players have; withdraw what nobody could watch yet."""
    async with realm.database.write() as tx:
        clip = await realm.clips.view(tx, order.clip_id, order.owner)
        if clip.state is ClipState.VISIBLE:
            return [each.name for each in await realm.delivery.renditions.of_clip(tx, order.clip_id)]
        names = await realm.delivery.objects.withdraw(tx, order.clip_id)
    realm.delivery.origin.forget(names)
    return []


async def _add(run_step: RunStep, order: Order, probe: Json, extra: Rung, *, realm: OpenRealm) -> None:
    """Make and store a rung that no clip needs: that it cannot be made is in the log, and nothing else."""
    try:
        more = await run_step("AV1 rung", lambda: more_rungs(order, _planned(probe), (extra,), realm))
        await run_step("store AV1 rung", lambda: store(order, more, realm))
    except Refused as refused:
        if refused.refusal.code == ClipRemoved.code:
            raise


async def _reveal(order: Order, first: Json, realm: OpenRealm) -> Json:
    """Store the poster and show the clip to everyone, unless its sound was taken back meanwhile."""
    await check_sound(order, realm=realm)
    made = msgspec.convert(first, RenditionBatch)
    poster = made.poster
    assert poster is not None  # noqa: S101 - the first encoding made one
    object_id = await put_picture(order, "poster", Path(poster.path), realm)
    async with kept_unless_removed(object_id, realm), realm.database.write() as tx:
        await realm.delivery.pictures.announce_poster(tx, order.clip_id, order.owner, object_id)
        await realm.clips.publishing.set_blurhash(tx, order.clip_id, blurhash=poster.blurhash)
        await realm.clips.publishing.make_playable(tx, order.clip_id, seconds=made.seconds)
    return None


async def _retire(order: Order, realm: OpenRealm) -> Json:
    """Let players begin with encoded rungs from now on."""
    async with realm.database.write() as tx:
        await realm.delivery.renditions.retire(tx, order.clip_id, Rung.REMUXED)
    return None


async def _finish(order: Order, realm: OpenRealm) -> Json:
    """Finish the clip; the upload's row stays until it expires, so a late repeat of the post finds it."""
    async with realm.database.write() as tx:
        await realm.delivery.renditions.retire(tx, order.clip_id, Rung.REMUXED)
        await realm.clips.publishing.finish(tx, order.clip_id)
        await realm.media.lending.forget(tx, order.upload_id)
    await forget_file(order.upload_id, realm=realm)
    return None


async def _refuse(order: Order, refusal: StepRefusal, realm: OpenRealm) -> Json:
    """Let the clip fail; its source stays for a day, so that a retry needs no second upload."""
    async with realm.database.write() as tx:
        await realm.clips.publishing.fail(tx, order.clip_id, code=refusal.code, detail=refusal.detail)
        await realm.media.lending.forget(tx, order.upload_id)
    if refusal.code == ClipRemoved.code:
        await forget_file(order.upload_id, realm=realm)
    return None


async def _stall(order: Order, realm: OpenRealm) -> None:
    async with realm.database.write() as tx:
        await realm.clips.publishing.stall(tx, order.clip_id, code=SpoolFull.code, detail=FULL)
