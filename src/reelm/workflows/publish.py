"""An upload becomes a clip that plays.

``probe → first rung → store → playable → remaining rungs → store → done``. The first rung is the source's own
picture where players can take it, and the lowest encoded one otherwise. The clip is visible when it is
stored; the other rungs join it later, and a remuxed one retires when they are all there. Every step is safe
to repeat: encoding replaces its own folder, the vault stores one object per reference, and rows are written
once. What is recorded between steps holds media keys only sealed under the creator's key. A retry makes only
what players do not have yet.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import cast

import msgspec

from reelm.base import (
    AccountId,
    ClipId,
    DataClass,
    ObjectId,
    RenditionId,
    SealedBytes,
    UploadId,
    mint,
)
from reelm.delivery import Rendition
from reelm.media import (
    REMUXED,
    BadEncoding,
    Cut,
    Encoded,
    Piece,
    Plan,
    Probe,
    Rung,
    Unreadable,
    plan,
    remuxed_rung,
)
from reelm.social import ClipRemoved, ClipState, Publication, Step
from reelm.vault import DeletionUnfinished, Suite
from reelm.workflows.ports import Job, Json, Run
from reelm.workflows.realm import OpenRealm
from reelm.workflows.steps import FAULT, Refusal, Refused, step
from reelm.workflows.turns import Turn

REPORT_SECONDS = 0.4
BLOCK_BYTES = 1024 * 1024


class Order(msgspec.Struct, frozen=True):
    """What to publish; ``attempt`` counts the creator's retries."""

    clip_id: ClipId
    upload_id: UploadId
    owner: AccountId
    attempt: int

    @property
    def reference(self) -> str:
        return f"clip/{self.clip_id}/{self.attempt}"


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


class Batch(msgspec.Struct, frozen=True):
    """What one encoding left in the workspace; the first one also has the poster."""

    renditions: list[Packed]
    poster: str | None


def publish_job(publication: Publication) -> Job:
    """The durable job of one attempt at publishing a clip."""
    order = Order(publication.clip_id, publication.upload_id, publication.account_id, publication.attempt)
    return Job("publish", f"publish/{order.clip_id}/{order.attempt}", msgspec.to_builtins(order))


async def publish(run: Run, arguments: dict[str, Json], *, at: OpenRealm) -> None:
    """Tell the story to its end: the clip is published in full, or has failed with a reason."""
    order = msgspec.convert(arguments, Order)
    try:
        await _publish(run, order, at)
    except Refused as refused:
        refusal = refused.refusal
        await run.step("refuse", lambda: _refuse(order, refusal, at))


async def abandon(publication: Publication, *, at: OpenRealm) -> None:
    """Give up on an attempt whose job ended without a word, so that the creator can retry."""
    order = Order(publication.clip_id, publication.upload_id, publication.account_id, publication.attempt)
    await _refuse(order, Refusal("publish.fault", FAULT), at)


async def _publish(run: Run, order: Order, at: OpenRealm) -> None:
    probe = await step(run, "probe", lambda: _probe(order, at))
    kept = await step(run, "earlier attempts", lambda: _keep(order, at)) if order.attempt > 1 else []
    made = msgspec.convert(kept, list[str])
    if not made:
        first = await step(run, "first rung", lambda: _first_rung(order, probe, at))
        await step(run, "store first rung", lambda: _store(order, first, at))
        await step(run, "playable", lambda: _reveal(order, first, at))
        made = [each.name for each in msgspec.convert(first, Batch).renditions]
    missing = tuple(rung for rung in _planned(probe).rungs if rung.name not in made)
    if missing:
        more = await step(run, "remaining rungs", lambda: _more_rungs(order, probe, missing, at))
        await step(run, "store remaining rungs", lambda: _store(order, more, at))
    await step(run, "done", lambda: _finish(order, at))


async def _probe(order: Order, at: OpenRealm) -> Json:
    """What was found when the file came in: it lies in the spool since then, where nobody changes it."""
    at.media.source(order.upload_id)  # still there
    async with at.database.read() as tx:
        upload = await at.media.upload(tx, order.upload_id, owner=order.owner)
    return {**msgspec.to_builtins(upload.probe), "cut": msgspec.to_builtins(upload.cut)}


def _planned(probe: Json) -> Plan:
    assert isinstance(probe, dict)  # noqa: S101 - as ``_probe`` made it
    return plan(msgspec.convert(probe, Probe), msgspec.convert(probe.get("cut", {}), Cut))


async def _keep(order: Order, at: OpenRealm) -> Json:
    """The rungs of earlier attempts that players have; what nobody could watch yet is made anew, whole."""
    async with at.database.write() as tx:
        clip = await at.social.clip(tx, order.clip_id, order.owner)
        if clip.state is ClipState.VISIBLE:
            return [each.name for each in await at.delivery.announced(tx, order.clip_id)]
        names = await at.delivery.withdraw(tx, order.clip_id)
    at.origin.forget(names)
    return []


async def _first_rung(order: Order, probe: Json, at: OpenRealm) -> Json:
    """The quickest rendition that plays, encrypted, and the poster; it holds no key in the clear."""
    planned = _planned(probe)
    source, folder = at.media.source(order.upload_id), at.media.workspace(order.upload_id) / "first_rung"
    if (remuxed := remuxed_rung(planned)) is not None:
        with suppress(BadEncoding, Unreadable):  # not what it seemed: encoded like any other
            return await _remux(order, planned, remuxed, at)
    async with at.turns.hold(Turn.FIRST_RUNG), _reporting(order, Step.PREPARING, at) as progress:
        encoded = await at.media.encode(source, planned, planned.rungs[:1], into=folder, progress=progress)
        packed = [await _pack(order, each, folder, at) for each in encoded]
        poster = await at.media.poster(source, planned.probe, into=folder, cut=planned.cut)
    return cast("Json", msgspec.to_builtins(Batch(packed, str(poster))))


async def _remux(order: Order, planned: Plan, rung: Rung, at: OpenRealm) -> Json:
    source, folder = at.media.source(order.upload_id), at.media.workspace(order.upload_id) / "first_rung"
    async with at.remux_turns.hold(Turn.FIRST_RUNG):
        poster = asyncio.create_task(at.media.poster(source, planned.probe, into=folder, cut=planned.cut))
        try:
            packed = await _pack(order, await at.media.remux(source, planned, rung, into=folder), folder, at)
        finally:
            await asyncio.wait([poster])  # encoding may come next, into the same folder
    return cast("Json", msgspec.to_builtins(Batch([packed], str(poster.result()))))


async def _more_rungs(order: Order, probe: Json, rungs: tuple[Rung, ...], at: OpenRealm) -> Json:
    """Encode some rungs and encrypt them; what is returned holds no key in the clear."""
    source, folder = at.media.source(order.upload_id), at.media.workspace(order.upload_id) / "more_rungs"
    async with at.turns.hold(Turn.MORE_RUNGS), _reporting(order, Step.IMPROVING, at) as progress:
        encoded = await at.media.encode(source, _planned(probe), rungs, into=folder, progress=progress)
        packed = [await _pack(order, each, folder, at) for each in encoded]
    return cast("Json", msgspec.to_builtins(Batch(packed, None)))


async def _pack(order: Order, encoded: Encoded, folder: Path, at: OpenRealm) -> Packed:
    rendition_id = RenditionId(mint(at.clock, at.entropy))
    rendition = await at.media.package(encoded, into=folder)
    async with at.database.read() as tx:
        sealed = await at.delivery.seal_key(tx, rendition_id, order.owner, rendition.key)
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


async def _store(order: Order, batch: Json, at: OpenRealm) -> Json:
    """Store renditions and announce them; a repeat finds what the vault already has."""
    for each in msgspec.convert(batch, Batch).renditions:
        receipt = await at.vault.put(
            _blocks(Path(each.ciphertext)),
            reference=f"{order.reference}/{each.name}",
            klass=DataClass.PUBLIC,
            key=None,
            suite=Suite.MEDIA,
            owner=order.owner,
        )
        rendition = _rendition(order, each, receipt.object_id)
        async with _kept_unless_removed(receipt.object_id, at), at.database.write() as tx:
            await at.social.report(tx, order.clip_id, Step.STORING, 1.0)
            await at.delivery.announce(tx, rendition, SealedBytes(each.key_sealed))
    return None


async def _reveal(order: Order, first: Json, at: OpenRealm) -> Json:
    """Store the poster and show the clip to everyone."""
    poster = msgspec.convert(first, Batch).poster
    assert poster is not None  # noqa: S101 - the first encoding made one
    async with at.database.read() as tx:
        user_key = await at.keys.user_key(tx, order.owner)
    receipt = await at.vault.put(
        _blocks(Path(poster)),
        reference=f"{order.reference}/poster",
        klass=DataClass.PUBLIC,
        key=user_key,
        owner=order.owner,
    )
    async with _kept_unless_removed(receipt.object_id, at), at.database.write() as tx:
        await at.delivery.announce_poster(tx, order.clip_id, order.owner, receipt.object_id)
        await at.social.make_playable(tx, order.clip_id)
    return None


async def _finish(order: Order, at: OpenRealm) -> Json:
    """The upload's row stays until it expires, so that a late repeat of the post finds its clip."""
    async with at.database.write() as tx:
        await at.delivery.retire(tx, order.clip_id, REMUXED)
        await at.social.finish(tx, order.clip_id)
    at.media.discard(order.upload_id)
    return None


async def _refuse(order: Order, refusal: Refusal, at: OpenRealm) -> Json:
    """The source stays for a day, so that a retry needs no second upload."""
    async with at.database.write() as tx:
        await at.social.fail(tx, order.clip_id, code=refusal.code, detail=refusal.detail)
    if refusal.code == ClipRemoved.code:
        at.media.discard(order.upload_id)
    return None


async def _report(order: Order, step: Step, ratio: float, at: OpenRealm) -> None:
    async with at.database.write() as tx:
        await at.social.report(tx, order.clip_id, step, ratio)


@asynccontextmanager
async def _reporting(order: Order, step: Step, at: OpenRealm) -> AsyncIterator[Callable[[float], None]]:
    """A callback for progress; what it is told reaches the creator a few times a second."""
    told = [0.0]

    async def pass_on() -> None:
        said = -1.0
        while True:
            if told[0] != said:
                said = told[0]
                await _report(order, step, said, at)
            await asyncio.sleep(REPORT_SECONDS)

    task = asyncio.create_task(pass_on(), name=f"progress of {order.clip_id}")
    try:
        yield lambda ratio: told.__setitem__(0, min(max(ratio, 0.0), 1.0))
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def _kept_unless_removed(object_id: ObjectId, at: OpenRealm) -> AsyncIterator[None]:
    """The creator may take the clip back while its bytes are on their way; then they go as well."""
    try:
        yield
    except ClipRemoved:
        with suppress(DeletionUnfinished):  # a store is away; ``tidy`` deletes there later
            await at.vault.delete(object_id)
        raise


async def _blocks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while block := await asyncio.to_thread(file.read, BLOCK_BYTES):
            yield block


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
