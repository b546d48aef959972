"""Make the renditions of a clip, encrypted and waiting in the workspace, and store them.

A batch is what one encoding left in the workspace. It is recorded between steps, so it holds media keys only
sealed under the creator's key. Encoding replaces its own folder and the vault stores one object per
reference, so every step is safe to repeat.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import cast

import msgspec

from reelm import media
from reelm.base import DataClass, RenditionId, SealedBytes, mint
from reelm.clips import PublishStep
from reelm.delivery import Rendition
from reelm.media import BadEncoding, Piece, Plan, Poster, Rung, Unreadable
from reelm.vault import Suite
from reelm.workflows.encode import Work, make
from reelm.workflows.gates import Priority
from reelm.workflows.ports import Json
from reelm.workflows.publish.order import Order, blocks, kept_unless_removed
from reelm.workflows.publish.steps import reporting
from reelm.workflows.realm import OpenRealm


class PackedRendition(msgspec.Struct, frozen=True):
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
    """A poster that waits in the workspace, and the blur that is painted until it is there."""

    path: str
    blurhash: str


class RenditionBatch(msgspec.Struct, frozen=True):
    """The files of one encoding, and how long it took; the first one also has the poster."""

    renditions: list[PackedRendition]
    poster: Still | None
    seconds: float | None = None


async def first_rung(order: Order, planned: Plan, realm: OpenRealm) -> Json:
    """Make the quickest rendition that plays, and the poster; return them as a batch."""
    if (remuxed := realm.media.remuxed_rung(planned)) is not None:
        with suppress(BadEncoding, Unreadable):  # not what it seemed: encoded like any other
            return await _remux(order, planned, remuxed, realm)
    async with _meanwhile(_poster(order, planned, realm)) as poster:
        async with reporting(order.clip_id, PublishStep.PREPARING, realm) as progress:
            work = _work(order, Priority.FIRST_RUNG, planned, planned.rungs[:1], realm=realm)
            made = await make(work, progress=progress, realm=realm)
        still = _still(await poster)
    packed = [await _pack(order, each, realm) for each in made.renditions]
    return cast("Json", msgspec.to_builtins(RenditionBatch(packed, still, made.seconds)))


async def _remux(order: Order, planned: Plan, rung: Rung, realm: OpenRealm) -> Json:
    source, folder = realm.media.spool.source(order.upload_id), _first_folder(order, realm)
    async with realm.gates.remux.hold(Priority.FIRST_RUNG, order.round):
        begun = realm.clock.monotonic_seconds()
        making = realm.media.poster(source, planned.probe, into=folder, cut=planned.cut)
        async with _meanwhile(making) as poster:
            remuxed = await realm.media.remux(source, planned, rung, into=folder)
            packed = await _pack(order, await realm.media.package(remuxed, into=folder), realm)
            still = _still(await poster)
    took_seconds = realm.clock.monotonic_seconds() - begun
    return cast("Json", msgspec.to_builtins(RenditionBatch([packed], still, took_seconds)))


async def _poster(order: Order, planned: Plan, realm: OpenRealm) -> Poster:
    source, folder = realm.media.spool.source(order.upload_id), _first_folder(order, realm)
    async with realm.gates.remux.hold(Priority.FIRST_RUNG, order.round):
        return await realm.media.poster(source, planned.probe, into=folder, cut=planned.cut)


def _first_folder(order: Order, realm: OpenRealm) -> Path:
    return realm.media.spool.workspace(order.upload_id) / Priority.FIRST_RUNG.name.lower()


@asynccontextmanager
async def _meanwhile(making: Coroutine[None, None, Poster]) -> AsyncIterator[asyncio.Task[Poster]]:
    """Make the poster beside something else, and give it up when that fails."""
    poster = asyncio.create_task(making)
    try:
        yield poster
    finally:
        poster.cancel()  # does nothing once it is made
        # Encoding may come next, into the same folder.
        await asyncio.gather(poster, return_exceptions=True)


def _still(poster: Poster) -> Still:
    return Still(str(poster.path), poster.blurhash)


async def more_rungs(order: Order, planned: Plan, rungs: tuple[Rung, ...], realm: OpenRealm) -> Json:
    """Encode some rungs and encrypt them; return them as a batch."""
    priority = Priority.MORE_RUNGS if rungs[0].codec == "h264" else Priority.AV1_RUNG
    async with reporting(order.clip_id, PublishStep.IMPROVING, realm) as progress:
        work = _work(order, priority, planned, rungs, realm=realm)
        made = await make(work, progress=progress, realm=realm)
    packed = [await _pack(order, each, realm) for each in made.renditions]
    return cast("Json", msgspec.to_builtins(RenditionBatch(packed, None)))


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
        folder=realm.media.spool.workspace(order.upload_id) / priority.name.lower(),
    )


async def _pack(order: Order, rendition: media.EncryptedRendition, realm: OpenRealm) -> PackedRendition:
    rendition_id = RenditionId(mint(realm.clock, realm.entropy))
    async with realm.database.read() as tx:
        sealed = await realm.delivery.seal_key(tx, rendition_id, order.owner, rendition.key)
    return PackedRendition(
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


async def store(order: Order, batch: Json, realm: OpenRealm) -> Json:
    """Store renditions and announce them; a repeat finds what the vault already has."""
    for each in msgspec.convert(batch, RenditionBatch).renditions:
        receipt = await realm.vault.put(
            blocks(Path(each.ciphertext)),
            reference=f"{order.reference}/{each.name}",
            klass=DataClass.PUBLIC,
            key=None,
            suite=Suite.MEDIA,
            owner=order.owner,
        )
        rendition = Rendition(
            id=each.id,
            clip_id=order.clip_id,
            owner=order.owner,
            name=each.name,
            codecs=each.codecs,
            width=each.width,
            height=each.height,
            peak_bits_per_second=each.peak_bits_per_second,
            average_bits_per_second=each.average_bits_per_second,
            frame_rate=each.frame_rate,
            object_id=receipt.object_id,
            pieces=each.pieces,
        )
        async with kept_unless_removed(receipt.object_id, realm), realm.database.write() as tx:
            await realm.clips.publishing.report(tx, order.clip_id, PublishStep.STORING, 1.0)
            await realm.delivery.renditions.announce(tx, rendition, SealedBytes(each.key_sealed))
    return None
