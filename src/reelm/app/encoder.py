"""Run an encoder elsewhere: ``./reelm worker --only encode`` on a machine that is no part of the realm.

It asks the realm for work, fetches one source, encodes and encrypts, and sends the ciphertext back. It holds
no database and no keys but those of the lease in hand; its spool is private and wiped at start and after each
lease, however that ended.
"""

import asyncio
import base64
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import msgspec

import reelm
from reelm.base import (
    DestinationFailed,
    Endpoint,
    Entropy,
    Invalid,
    Outbound,
    OutboundLimits,
    ReelmError,
    Secret,
    SystemClock,
    SystemEntropy,
    UploadId,
    cancel_all,
    mint,
    telemetry,
)
from reelm.media import Cut, EncryptedRendition, Media, MediaConfig, Probe, SourceLimits, plan

BLOCK_BYTES = 4 * 1024 * 1024
IDLE_SECONDS = 1.0
AWAY_SECONDS = 5.0
_TRIES, _TRY_AGAIN_SECONDS = 5, 1.0
_LEASES = "/api/encoding/leases"
_LOCAL = frozenset({"127.0.0.1", "::1", "localhost"})
_LEASE_OVER = 410
# The realm has looked at the source; here only the machine's own disk sets a limit.
_LIMITS = SourceLimits(max_source_bytes=4 * 1024**3 - 1, max_duration_ms=3_600_000)

_log = telemetry.logger(__name__)


class RealmRefused(ReelmError):
    """The realm answered with a problem; its code and words are in the message."""

    code = "app.realm-refused"
    title = "The realm refused"

    def __init__(self, detail: str, *, status: int) -> None:
        super().__init__(detail, status=status)
        self.status = status


class BadRealmAddress(Invalid):
    code = "app.bad-realm-address"
    title = "Not an address of a realm"


class _Lease(msgspec.Struct):
    id: str
    probe: Probe
    cut: Cut
    keys: dict[str, str]
    source_bytes: int
    lease_seconds: int


class _Work(msgspec.Struct):
    lease: _Lease | None


@dataclass(frozen=True)
class Post:
    """The address, token and folder that an encoder works with."""

    realm: str
    token: str
    spool: Path
    at_once: int = 1


@dataclass
class _Desk:
    """The work on one lease: its folder, and how far it is."""

    realm: "Realm"
    media: Media
    place: UploadId
    ratio: float = 0.0

    def note(self, ratio: float) -> None:
        self.ratio = ratio


class Realm:
    """The realm as an encoder sees it: one address, one token, six requests."""

    def __init__(self, outbound: Outbound, post: Post) -> None:
        self._outbound = outbound
        self._url = post.realm.rstrip("/") + _LEASES
        self._headers = {"authorization": f"Bearer {post.token}"}

    async def take(self) -> _Lease | None:
        body = {"version": reelm.__version__}
        return msgspec.json.decode(await self._json("POST", "", body), type=_Work).lease

    async def source(self, lease: _Lease) -> AsyncIterator[bytes]:
        start = 0
        while start < lease.source_bytes:
            ask = partial(self._send, "GET", f"/{lease.id}/source?start={start}")
            block = await _again(ask)
            if not block:
                return
            start += len(block)
            yield block

    async def renew(self, lease: _Lease, ratio: float) -> None:
        await self._json("PUT", f"/{lease.id}/progress", {"ratio": ratio})

    async def send(self, lease: _Lease, rendition: EncryptedRendition) -> None:
        start = 0
        with rendition.path.open("rb") as file:
            while block := await asyncio.to_thread(file.read, BLOCK_BYTES):
                path = f"/{lease.id}/renditions/{rendition.name}?start={start}"
                await _again(partial(self._send, "PUT", path, block))
                start += len(block)

    async def deliver(self, lease: _Lease, made: list[EncryptedRendition]) -> None:
        said = {
            each.name: [
                {"length_bytes": piece.length, "iv": base64.b64encode(piece.iv).decode()}
                for piece in each.pieces
            ]
            for each in made
        }
        await _again(partial(self._json, "POST", f"/{lease.id}/delivery", {"renditions": said}))

    async def give_back(self, lease: _Lease) -> None:
        await self._send("DELETE", f"/{lease.id}")

    async def _json(self, method: str, path: str, body: Any) -> bytes:
        return await self._send(method, path, msgspec.json.encode(body), kind="application/json")

    async def _send(
        self, method: str, path: str, body: bytes | None = None, *, kind: str = "application/octet-stream"
    ) -> bytes:
        headers = self._headers | ({"content-type": kind} if body is not None else {})
        answer = await self._outbound.request(method, self._url + path, headers=headers, body=body)
        if answer.status >= 400:
            said = answer.body[:500].decode("utf-8", "replace")
            raise RealmRefused(f"The realm answered {answer.status}: {said}", status=answer.status)
        return answer.body


async def encode_elsewhere(post: Post, stopping: asyncio.Event, *, entropy: Entropy | None = None) -> None:
    """Work for a realm until told to stop; what is in hand then is given back.

    Raises:
        BadRealmAddress: the address is none, or would send sources over a network in the clear.
    """
    _check_address(post.realm)
    clock, drawn = SystemClock(), entropy or SystemEntropy()
    media = Media(MediaConfig(spool=post.spool, limits=_LIMITS), clock=clock, entropy=drawn)
    media.spool.sweep(keep=set(), arriving=set())
    limits = OutboundLimits(total_seconds=120.0)
    async with Outbound([post.realm], limits=limits) as outbound:
        realm = Realm(outbound, post)
        work: asyncio.Future[list[None]] = asyncio.gather(
            *(_work(realm, media, partial(mint, clock, drawn)) for _ in range(post.at_once))
        )
        ending: asyncio.Future[Literal[True]] = asyncio.create_task(stopping.wait())
        await asyncio.wait((work, ending), return_when=asyncio.FIRST_COMPLETED)
        work.cancel()
        ending.cancel()
        with suppress(asyncio.CancelledError):
            await work
    await asyncio.to_thread(shutil.rmtree, post.spool, ignore_errors=True)


async def _work(realm: Realm, media: Media, draw: Callable[[], str]) -> None:
    while True:
        try:
            lease = await realm.take()
            if lease is None:
                await asyncio.sleep(IDLE_SECONDS)
            else:
                await _serve(realm, media, lease, UploadId(draw()))
        except ReelmError as error:  # away, restarting, or this machine is let in no more
            _log.warning("encoder.no-work", code=error.code, detail=error.detail, exc_info=error)
            await asyncio.sleep(AWAY_SECONDS)
        except Exception as error:  # noqa: BLE001 - the worker loop: one bad lease must not end the others
            _log.error("encoder.fault", exc_info=error)
            await asyncio.sleep(AWAY_SECONDS)


async def _serve(realm: Realm, media: Media, lease: _Lease, place: UploadId) -> None:
    """Serve one lease from source to delivery. Whatever happens, nothing of it stays on this machine."""
    desk = _Desk(realm, media, place)
    work = asyncio.create_task(_encode(desk, lease))
    renewing = asyncio.create_task(_keep(desk, lease))
    try:
        await asyncio.wait({work, renewing}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            _log.warning("encoder.lease-over", lease=lease.id)
            return
        if (error := work.exception()) is not None:
            _log.warning("encoder.gave-back", lease=lease.id, exc_info=error)
            with suppress(ReelmError):
                await realm.give_back(lease)
    except asyncio.CancelledError:
        with suppress(ReelmError):
            await realm.give_back(lease)
        raise
    finally:
        await cancel_all([work, renewing])
        media.spool.discard(place)


async def _encode(desk: "_Desk", lease: _Lease) -> None:
    media, planned = desk.media, plan(lease.probe, lease.cut)
    rungs = tuple(rung for rung in planned.every_rung if rung.name in lease.keys)
    arriving = desk.realm.source(lease)
    source = await media.spool.receive(arriving, upload=desk.place, declared_bytes=lease.source_bytes)
    folder = media.spool.workspace(desk.place)
    encoded = await media.encode(source.path, planned, rungs, into=folder, progress=desk.note)
    made = []
    for each in encoded:
        key = Secret(base64.b64decode(lease.keys[each.rung.name]))
        made.append(await media.package(each, into=folder, key=key))
        await desk.realm.send(lease, made[-1])
    await desk.realm.deliver(lease, made)


async def _keep(desk: "_Desk", lease: _Lease) -> None:
    """Renew the lease until it ends; a realm that is away for a moment ends nothing."""
    while True:
        try:
            await desk.realm.renew(lease, desk.ratio)
        except RealmRefused as refused:
            if refused.status in {_LEASE_OVER, 401}:
                return
        except DestinationFailed:
            pass
        await asyncio.sleep(min(2.0, lease.lease_seconds / 4))


async def _again(ask: Callable[[], Awaitable[bytes]]) -> bytes:
    """Ask a few times while the realm does not answer, or says that it cannot now."""
    for _ in range(_TRIES - 1):
        try:
            return await ask()
        except DestinationFailed:
            pass
        except RealmRefused as refused:
            if refused.status != 503:
                raise
        await asyncio.sleep(_TRY_AGAIN_SECONDS)
    return await ask()


def _check_address(url: str) -> None:
    try:
        endpoint = Endpoint.of(url)
    except ValueError as error:
        raise BadRealmAddress(
            f"{url!r} is {error}. Nothing was started. Give the realm's address."
        ) from error
    if endpoint.scheme != "https" and endpoint.host not in _LOCAL:
        raise BadRealmAddress(
            f"{url} is not encrypted, and sources of clips would be sent over it in the clear. Nothing was "
            "started. Use the realm's https address."
        )
