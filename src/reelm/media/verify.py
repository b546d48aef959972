"""Look at what an encoder elsewhere sent, as if it were an enemy's: only what is proved is believed.

Names, counts and durations are worked out anew from the ciphertext and the key that the realm chose; the
encoder's own word is only how long each piece is and which IV it has.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from reelm.base import Secret
from reelm.media.boxes import Tracks
from reelm.media.elsewhere import Sent
from reelm.media.errors import BadDelivery, BadEncoding
from reelm.media.model import AV1, Plan, Probe, Rung
from reelm.media.package import EncryptedRendition, Piece, outline, unseal
from reelm.media.rates import Span, average_bits, peak_bits

_BLOCK_BYTES = 16
_MOST_PIECE_BYTES = 64 * 1024 * 1024
_SLACK_MS = 3
_MOST_SOUND_MS = 150
# How the codec of a rung begins in a playlist, and what the decoders are called that read it.
_PREFIXES = {"h264": "avc1.64", AV1: "av01.0."}
_DECODERS = {"h264": {"h264"}, AV1: {"av1", "libdav1d"}}


@dataclass(frozen=True, slots=True)
class Claim:
    """A rung as it came: ciphertext at ``path``, said to consist of ``sent``; the file may still change."""

    rung: Rung
    path: Path
    sent: Sequence[Sent]
    key: Secret


async def verify(claim: Claim, plan: Plan, *, into: Path) -> EncryptedRendition:
    """Return the rendition that a claim is, if every byte of it is what the plan asks for.

    Args:
        claim: what came.
        plan: what was asked for.
        into: a folder that no encoder writes to. The rendition is ``into/NAME.sealed``: the very bytes that
            were looked at. ``into/NAME.plain`` is left for ``check_picture``; its caller removes it.

    Raises:
        BadDelivery: something is not as it must be; a note says what.
    """
    return await asyncio.to_thread(_verify, claim, plan, into)


def check_picture(probe: Probe, rung: Rung, plan: Plan) -> None:
    """Hold what a decoder found in a decrypted rung against the plan; raises ``BadDelivery``."""
    video = probe.video
    if (
        video is None
        or video.codec not in _DECODERS[rung.codec]
        or (video.width, video.height) != (rung.width, rung.height)
    ):
        raise bad("the picture is not as planned")
    if video.rotation or video.is_interlaced or video.pixel_format != "yuv420p":
        raise bad("the picture is not plain")
    if (probe.audio is None) != (plan.probe.audio is None):
        raise bad("there is sound where there should be none, or the other way round")
    if abs(probe.duration_ms - float(plan.duration_seconds) * 1000) > _MOST_SOUND_MS:
        raise bad("it does not last as long as planned")


def _verify(claim: Claim, plan: Plan, into: Path) -> EncryptedRendition:
    _check_claims(claim, plan)
    sealed, plain = into / f"{claim.rung.name}.sealed", into / f"{claim.rung.name}.plain"
    with claim.path.open("rb") as source, sealed.open("wb") as kept, plain.open("wb") as sink:
        opened = [_open(_take(source, kept, each), each, sink, claim.key) for each in claim.sent]
    try:
        with plain.open("rb") as file:
            tracks, groups, durations = outline(file, plain.stat().st_size)
    except BadEncoding as error:
        raise bad("it is not fragmented MP4") from error
    if [sum(box.size for box in group) for group in groups] != [size for _, size in opened]:
        raise bad("pieces and fragments differ")
    _check_tracks(tracks, plan, claim.rung)
    _check_durations(durations, plan, claim.rung)
    return replace(_rendition(claim, tracks, [name for name, _ in opened], durations), path=sealed)


def _check_claims(claim: Claim, plan: Plan) -> None:
    if len(claim.sent) != len(plan.keyframes) + 1:
        raise bad(f"{len(claim.sent)} pieces instead of {len(plan.keyframes) + 1}")
    if any(
        len(each.iv) != _BLOCK_BYTES or each.length % _BLOCK_BYTES or not 0 < each.length <= _MOST_PIECE_BYTES
        for each in claim.sent
    ):
        raise bad("a piece has an impossible length or IV")
    if len({each.iv for each in claim.sent}) != len(claim.sent):
        raise bad("an IV is used twice")
    if not claim.path.is_file() or claim.path.stat().st_size != sum(each.length for each in claim.sent):
        raise bad("the pieces do not add up to what came")


def _take(source: BinaryIO, kept: BinaryIO, sent: Sent) -> bytes:
    sealed = source.read(sent.length)
    kept.write(sealed)
    return sealed


def _open(sealed: bytes, sent: Sent, sink: BinaryIO, key: Secret) -> tuple[str, int]:
    """The name of a piece, and how many bytes are in it."""
    try:
        plain = unseal(sealed, sent.iv, key)
    except ValueError as error:
        raise bad("a piece was not encrypted with the key of its lease") from error
    sink.write(plain)
    return hashlib.sha256(sealed).hexdigest(), len(plain)


def _check_tracks(tracks: Tracks, plan: Plan, rung: Rung) -> None:
    picture, _, sound = tracks.codecs.partition(",")
    if not picture.startswith(_PREFIXES[rung.codec]) or sound != ("mp4a.40.2" if plan.probe.audio else ""):
        raise bad(f"it has the tracks {tracks.codecs}")


def _check_durations(durations: Sequence[int], plan: Plan, rung: Rung) -> None:
    frame_ms = 1000 / rung.frame_rate
    edges = [*plan.keyframe_seconds, plan.duration_seconds]
    for number, found in enumerate(durations[1:]):
        planned_ms = (edges[number + 1] - edges[number]) * 1000
        if abs(found - planned_ms) > frame_ms + _SLACK_MS:
            raise bad(f"piece {number} lasts {found} ms instead of {float(planned_ms):.0f}")


def _rendition(
    claim: Claim, tracks: Tracks, names: Sequence[str], durations: Sequence[int]
) -> EncryptedRendition:
    pieces, offset = [], 0
    for name, each, duration in zip(names, claim.sent, durations, strict=True):
        pieces.append(Piece(name=name, offset=offset, length=each.length, iv=each.iv, duration_ms=duration))
        offset += each.length
    spans = [Span(size_bytes=piece.length, duration_ms=piece.duration_ms) for piece in pieces[1:]]
    return EncryptedRendition(
        name=claim.rung.name,
        codecs=tracks.codecs,
        width=claim.rung.width,
        height=claim.rung.height,
        frame_rate=float(claim.rung.frame_rate),
        peak_bits_per_second=peak_bits(spans),
        average_bits_per_second=average_bits(spans),
        key=claim.key,
        path=claim.path,
        pieces=tuple(pieces),
    )


def bad(what: str) -> BadDelivery:
    problem = BadDelivery("An encoder elsewhere sent something else than was asked for. Nothing was kept.")
    problem.add_note(what)
    return problem
