"""Playlists as pure text. Source: RFC 8216, sections 4.3 and 5.2."""

from collections.abc import Sequence
from dataclasses import dataclass

from reelm.base import AccountId, ClipId, ObjectId, RenditionId
from reelm.media import Piece


@dataclass(frozen=True)
class Rendition:
    """One encoding of a clip, as stored and as announced to players.

    Attributes:
        name: the rung, such as ``720p``.
        codecs: RFC 6381, such as ``avc1.64001f,mp4a.40.2``.
        pieces: in playing order, init segment first.
    """

    id: RenditionId
    clip_id: ClipId
    owner: AccountId
    name: str
    codecs: str
    width: int
    height: int
    peak_bits_per_second: int
    average_bits_per_second: int
    frame_rate: float
    object_id: ObjectId
    pieces: tuple[Piece, ...]


# Session data (RFC 8216, 4.3.4.4) of a playlist that more renditions will join: our page reads it again.
_GROWING = '#EXT-X-SESSION-DATA:DATA-ID="reelm.is-growing",VALUE="YES"'


def master_playlist(renditions: Sequence[Rendition], *, is_growing: bool = False) -> str:
    """Write the multivariant playlist, lowest rung first: players start on the first they can afford.

    Args:
        renditions: those that players may begin with.
        is_growing: more are being made; said in the playlist.
    """
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    lines += [_GROWING] if is_growing else []
    for rendition in sorted(renditions, key=lambda each: each.peak_bits_per_second):
        lines.append(
            f"#EXT-X-STREAM-INF:BANDWIDTH={rendition.peak_bits_per_second},"
            f"AVERAGE-BANDWIDTH={rendition.average_bits_per_second},"
            f'CODECS="{rendition.codecs}",RESOLUTION={rendition.width}x{rendition.height},'
            f"FRAME-RATE={rendition.frame_rate:.3f},VIDEO-RANGE=SDR"
        )
        lines.append(f"{rendition.id}/media.m3u8")
    return "\n".join(lines) + "\n"


def media_playlist(rendition: Rendition, *, segment_url: str) -> str:
    """Write the playlist of one rendition.

    Args:
        rendition: with its pieces, init segment first.
        segment_url: a format string with ``{name}``, such as ``/segments/{name}.m4s``.
    """
    init, *segments = rendition.pieces
    longest_ms = max((piece.duration_ms for piece in segments), default=0)
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{max(1, round(longest_ms / 1000))}",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        _key_line(init),
        f'#EXT-X-MAP:URI="{segment_url.format(name=init.name)}"',
    ]
    for piece in segments:
        lines += [
            _key_line(piece),
            f"#EXTINF:{piece.duration_ms / 1000:.3f},",
            segment_url.format(name=piece.name),
        ]
    lines.append("#EXT-X-ENDLIST")
    return "\n".join(lines) + "\n"


def _key_line(piece: Piece) -> str:
    return f'#EXT-X-KEY:METHOD=AES-128,URI="key",IV=0x{piece.iv.hex()}'
