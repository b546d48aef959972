"""An upload becomes a clip that plays.

``probe → first rung → store → playable → remaining rungs → store → done``. The first rung is the source's own
picture where players can take it, and the lowest encoded one otherwise. The clip is visible when it is
stored; the other rungs join it later, and a remuxed one retires when they are all there. The sound of another
clip (``sound``) is brought before the first rung, and the picture is sampled before the first encoding. Where
the operator wants a rung in AV1, it is added before the end. Every step is safe to repeat: encoding replaces
its own folder, the vault stores one object per reference, and rows are written once. What is recorded between
steps holds media keys only sealed under the creator's key. A retry makes only what players do not have yet.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import cast

import msgspec

from reelm import media
from reelm.base import (
    DataClass,
    ObjectId,
    RenditionId,
    SealedBytes,
    mint,
)
from reelm.delivery import Rendition
from reelm.media import (
    REMUXED,
    BadEncoding,
    Cut,
    Piece,
    Plan,
    Poster,
    Probe,
    Rung,
    SpoolFull,
    Unreadable,
    av1_rung,
    plan,
    remuxed_rung,
    with_sound,
)
from reelm.social import ClipRemoved, ClipState, Publication, Step
from reelm.vault import Suite
from reelm.workflows.gates import Priority
from reelm.workflows.make import Work, make
from reelm.workflows.order import Order, blocks, kept_unless_removed, put_picture
from reelm.workflows.ports import Job, Json, Run
from reelm.workflows.realm import OpenRealm
from reelm.workflows.reporting import reporting
from reelm.workflows.skim import Tell, skimmed
from reelm.workflows.sound import bring_sound, check_sound
from reelm.workflows.steps import FAULT, FULL, Refusal, Refused, step


class Packed(msgspec.Struct, frozen=True):
    """A rendition that is encoded and encrypted, waiting in the workspace to be stored."""

    id: RenditionId
    name: str
    codecs: str
    width: int
    height: int
    peak_bits_per_second: int
    average_bits_per_second: int
    frame_rate: float
    key_sealed: bytes
    ciphertext: str
    pieces: tuple[Piece, ...]


class Still(msgspec.Struct, frozen=True):
    """A poster that waits in the workspace, and what is painted until it is there."""

    path: str
    blurhash: str


class Batch(msgspec.Struct, frozen=True):
    """What one encoding left in the workspace, and how long it took; the first one also has the poster."""

    renditions: list[Packed]
    poster: Still | None
    seconds: float | None = None


def publish_job(publication: Publication) -> Job:
    """The durable job of one attempt at publishing a clip."""
    order = Order.of(publication)
    return Job("publish", f"publish/{order.clip_id}/{order.attempt}", msgspec.to_builtins(order))


async def publish(run: Run, arguments: dict[str, Json], *, realm: OpenRealm) -> None:
    """Tell the story to its end: the clip is published in full, or has failed with a reason."""
    order = msgspec.convert(arguments, Order)
    try:
        await _publish(run, order, realm)
    except Refused as refused:
        refusal = refused.refusal
        await run.step("refuse", lambda: _refuse(order, refusal, realm))


async def abandon(publication: Publication, *, realm: OpenRealm) -> None:
    """Give up on an attempt whose job ended without a word, so that the creator can retry."""
    await _refuse(Order.of(publication), Refusal("publish.fault", FAULT), realm)


async def _publish(run: Run, order: Order, realm: OpenRealm) -> None:
    tell = partial(step, run, on_full=lambda: _stall(order, realm))
    probe = await tell("probe", lambda: _probe(order, realm))
    kept = await tell("earlier attempts", lambda: _keep(order, realm)) if order.attempt > 1 else []
    made = msgspec.convert(kept, list[str])
    is_copied = not made and remuxed_rung(_planned(probe)) is not None
    if not is_copied:
        probe = await tell("sample", lambda: _sample(order, probe, Priority.FIRST_RUNG, realm))
    if not made:
        first = await tell("first rung", lambda: _first_rung(order, probe, realm))
        await tell("store first rung", lambda: _store(order, first, realm))
        await tell("playable", lambda: _reveal(order, first, realm))
        made = [each.name for each in msgspec.convert(first, Batch).renditions]
    missing = tuple(rung for rung in _planned(probe).rungs if rung.name not in made)
    if missing:
        if is_copied:  # it plays by now
            probe = await tell("sample", lambda: _sample(order, probe, Priority.MORE_RUNGS, realm))
        more = await tell("remaining rungs", lambda: _more_rungs(order, probe, missing, realm))
        await tell("store remaining rungs", lambda: _store(order, more, realm))
    await skimmed(tell, order, _planned(probe), realm=realm)
    extra = _extra_rung(probe)
    if extra is not None and extra.name not in made:
        await tell("ladder is whole", lambda: _retire(order, realm))
        await _add(tell, order, probe, extra, realm=realm)
    await tell("done", lambda: _finish(order, realm))


async def _probe(order: Order, realm: OpenRealm) -> Json:
    """What was found when the file came in: it lies in the spool since then, where nobody changes it.

    The sound of another clip is brought there as well.
    """
    realm.media.source(order.upload_id)  # still there
    async with realm.database.read() as tx:
        upload = await realm.media.upload(tx, order.upload_id, owner=order.owner)
    sound = await bring_sound(order, realm=realm)
    # What the setting says now holds for the whole story: a step that was told is told again after a crash.
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
    return planned if sound is None else with_sound(planned, Path(str(sound)))


def _extra_rung(probe: Json) -> Rung | None:
    assert isinstance(probe, dict)  # noqa: S101 - as ``_probe`` made it
    return av1_rung(_planned(probe)) if probe.get("has_av1") else None


async def _sample(order: Order, probe: Json, priority: Priority, realm: OpenRealm) -> Json:
    """The probe, and how hard the picture is to encode: the same for every encoder and every try."""
    assert isinstance(probe, dict)  # noqa: S101 - as ``_probe`` made it
    async with realm.gates.remux.hold(priority, order.round):
        sampled = await realm.media.sample(realm.media.source(order.upload_id), _planned(probe))
    return {**probe, "sample": msgspec.to_builtins(sampled)}


async def _keep(order: Order, realm: OpenRealm) -> Json:
    """The rungs of earlier attempts that players have; what nobody could watch yet is made anew, whole."""
    async with realm.database.write() as tx:
        clip = await realm.social.clip(tx, order.clip_id, order.owner)
        if clip.state is ClipState.VISIBLE:
            return [each.name for each in await realm.delivery.announced(tx, order.clip_id)]
        names = await realm.delivery.withdraw(tx, order.clip_id)
    realm.delivery.origin.forget(names)
    return []


async def _first_rung(order: Order, probe: Json, realm: OpenRealm) -> Json:
    """The quickest rendition that plays, encrypted, and the poster; it holds no key in the clear."""
    planned = _planned(probe)
    if (remuxed := remuxed_rung(planned)) is not None:
        with suppress(BadEncoding, Unreadable):  # not what it seemed: encoded like any other
            return await _remux(order, planned, remuxed, realm)
    async with _meanwhile(_poster(order, planned, realm)) as poster:
        async with reporting(order.clip_id, Step.PREPARING, realm) as progress:
            work = _work(order, Priority.FIRST_RUNG, planned, planned.rungs[:1], realm=realm)
            made = await make(work, progress=progress, realm=realm)
        still = _still(await poster)
    packed = [await _pack(order, each, realm) for each in made.renditions]
    return cast("Json", msgspec.to_builtins(Batch(packed, still, made.seconds)))


async def _remux(order: Order, planned: Plan, rung: Rung, realm: OpenRealm) -> Json:
    source, folder = realm.media.source(order.upload_id), _first_folder(order, realm)
    async with realm.gates.remux.hold(Priority.FIRST_RUNG, order.round):
        begun = realm.clock.monotonic_seconds()
        making = realm.media.poster(source, planned.probe, into=folder, cut=planned.cut)
        async with _meanwhile(making) as poster:
            remuxed = await realm.media.remux(source, planned, rung, into=folder)
            packed = await _pack(order, await realm.media.package(remuxed, into=folder), realm)
            still = _still(await poster)
    took_seconds = realm.clock.monotonic_seconds() - begun
    return cast("Json", msgspec.to_builtins(Batch([packed], still, took_seconds)))


async def _poster(order: Order, planned: Plan, realm: OpenRealm) -> Poster:
    source, folder = realm.media.source(order.upload_id), _first_folder(order, realm)
    async with realm.gates.remux.hold(Priority.FIRST_RUNG, order.round):
        return await realm.media.poster(source, planned.probe, into=folder, cut=planned.cut)


def _first_folder(order: Order, realm: OpenRealm) -> Path:
    return realm.media.workspace(order.upload_id) / Priority.FIRST_RUNG.name.lower()


@asynccontextmanager
async def _meanwhile(making: Coroutine[None, None, Poster]) -> AsyncIterator[asyncio.Task[Poster]]:
    """Made beside something else, and given up when that fails."""
    poster = asyncio.create_task(making)
    try:
        yield poster
    finally:
        poster.cancel()  # does nothing once it is made
        # Encoding may come next, into the same folder.
        await asyncio.gather(poster, return_exceptions=True)


def _still(poster: Poster) -> Still:
    return Still(str(poster.path), poster.blurhash)


async def _more_rungs(order: Order, probe: Json, rungs: tuple[Rung, ...], realm: OpenRealm) -> Json:
    """Encode some rungs and encrypt them; what is returned holds no key in the clear."""
    priority = Priority.MORE_RUNGS if rungs[0].codec == "h264" else Priority.AV1_RUNG
    async with reporting(order.clip_id, Step.IMPROVING, realm) as progress:
        work = _work(order, priority, _planned(probe), rungs, realm=realm)
        made = await make(work, progress=progress, realm=realm)
    packed = [await _pack(order, each, realm) for each in made.renditions]
    return cast("Json", msgspec.to_builtins(Batch(packed, None)))


async def _add(tell: Tell, order: Order, probe: Json, extra: Rung, *, realm: OpenRealm) -> None:
    """Make and store a rung that no clip needs: that it cannot be made is in the log, and nothing else."""
    try:
        more = await tell("AV1 rung", lambda: _more_rungs(order, probe, (extra,), realm))
        await tell("store AV1 rung", lambda: _store(order, more, realm))
    except Refused as refused:
        if refused.refusal.code == ClipRemoved.code:
            raise


def _work(
    order: Order, priority: Priority, planned: Plan, rungs: tuple[Rung, ...], *, realm: OpenRealm
) -> Work:
    return Work(
        upload_id=order.upload_id,
        owner=order.owner,
        priority=priority,
        queue_round=order.round,
        plan=planned,
        rungs=rungs,
        folder=realm.media.workspace(order.upload_id) / priority.name.lower(),
    )


async def _pack(order: Order, rendition: media.Rendition, realm: OpenRealm) -> Packed:
    rendition_id = RenditionId(mint(realm.clock, realm.entropy))
    async with realm.database.read() as tx:
        sealed = await realm.delivery.seal_key(tx, rendition_id, order.owner, rendition.key)
    return Packed(
        id=rendition_id,
        name=rendition.name,
        codecs=rendition.codecs,
        width=rendition.width,
        height=rendition.height,
        peak_bits_per_second=rendition.peak_bits_per_second,
        average_bits_per_second=rendition.average_bits_per_second,
        frame_rate=rendition.frame_rate,
        key_sealed=bytes(sealed),
        ciphertext=str(rendition.path),
        pieces=rendition.pieces,
    )


async def _store(order: Order, batch: Json, realm: OpenRealm) -> Json:
    """Store renditions and announce them; a repeat finds what the vault already has."""
    for each in msgspec.convert(batch, Batch).renditions:
        receipt = await realm.vault.put(
            blocks(Path(each.ciphertext)),
            reference=f"{order.reference}/{each.name}",
            klass=DataClass.PUBLIC,
            key=None,
            suite=Suite.MEDIA,
            owner=order.owner,
        )
        rendition = _rendition(order, each, receipt.object_id)
        async with kept_unless_removed(receipt.object_id, realm), realm.database.write() as tx:
            await realm.social.report(tx, order.clip_id, Step.STORING, 1.0)
            await realm.delivery.announce(tx, rendition, SealedBytes(each.key_sealed))
    return None


async def _reveal(order: Order, first: Json, realm: OpenRealm) -> Json:
    """Store the poster and show the clip to everyone, unless its sound was taken back meanwhile."""
    await check_sound(order, realm=realm)
    made = msgspec.convert(first, Batch)
    poster = made.poster
    assert poster is not None  # noqa: S101 - the first encoding made one
    object_id = await put_picture(order, "poster", Path(poster.path), realm)
    async with kept_unless_removed(object_id, realm), realm.database.write() as tx:
        await realm.delivery.announce_poster(tx, order.clip_id, order.owner, object_id)
        await realm.social.blur(tx, order.clip_id, blurhash=poster.blurhash)
        await realm.social.make_playable(tx, order.clip_id, seconds=made.seconds)
    return None


async def _retire(order: Order, realm: OpenRealm) -> Json:
    """Players begin with encoded rungs from now on."""
    async with realm.database.write() as tx:
        await realm.delivery.retire(tx, order.clip_id, REMUXED)
    return None


async def _finish(order: Order, realm: OpenRealm) -> Json:
    """The upload's row stays until it expires, so that a late repeat of the post finds its clip."""
    async with realm.database.write() as tx:
        await realm.delivery.retire(tx, order.clip_id, REMUXED)
        await realm.social.finish(tx, order.clip_id)
        await realm.media.lending.forget(tx, order.upload_id)
    realm.media.discard(order.upload_id)
    return None


async def _refuse(order: Order, refusal: Refusal, realm: OpenRealm) -> Json:
    """The source stays for a day, so that a retry needs no second upload."""
    async with realm.database.write() as tx:
        await realm.social.fail(tx, order.clip_id, code=refusal.code, detail=refusal.detail)
        await realm.media.lending.forget(tx, order.upload_id)
    if refusal.code == ClipRemoved.code:
        realm.media.discard(order.upload_id)
    return None


async def _stall(order: Order, realm: OpenRealm) -> None:
    async with realm.database.write() as tx:
        await realm.social.stall(tx, order.clip_id, code=SpoolFull.code, detail=FULL)


def _rendition(order: Order, packed: Packed, object_id: ObjectId) -> Rendition:
    return Rendition(
        id=packed.id,
        clip_id=order.clip_id,
        owner=order.owner,
        name=packed.name,
        codecs=packed.codecs,
        width=packed.width,
        height=packed.height,
        peak_bits_per_second=packed.peak_bits_per_second,
        average_bits_per_second=packed.average_bits_per_second,
        frame_rate=packed.frame_rate,
        object_id=object_id,
        pieces=packed.pieces,
    )
