import hashlib
import struct
from fractions import Fraction
from pathlib import Path

import pytest

from reelm.media import BadEncoding, EncryptedRendition, Media, Rung, plan
from reelm.media.encode import Encoded
from reelm.media.package import package
from support.machine.determinism import SeededEntropy
from support.media import footage, playback

RUNG = Rung(name="128p", width=128, height=228, frame_rate=Fraction(30), crf=24, max_bits_per_second=800_000)


_encoded: list[Encoded] = []


async def encoded(media: Media) -> Encoded:
    """Return a rung in the clear, made once; nothing may change it."""
    if not _encoded:
        source, into = footage.clip(seconds=3.0), footage.folder() / "package"
        made = plan(await media.probe(source))
        _encoded.extend(await media.encode(source, made, made.rungs, into=into, progress=lambda _: None))
    return _encoded[0]


def sealed(rendition: EncryptedRendition) -> bytes:
    return rendition.path.read_bytes()


async def test_the_file_is_the_pieces_and_nothing_else(media: Media, tmp_path: Path) -> None:
    rendition = await media.package(await encoded(media), into=tmp_path)
    data, at = sealed(rendition), 0
    for piece in rendition.pieces:
        assert piece.offset == at
        assert piece.length % 16 == 0
        assert piece.name == hashlib.sha256(data[at : at + piece.length]).hexdigest()
        at += piece.length
    assert at == len(data)


async def test_decrypting_gives_back_what_was_encoded(media: Media, tmp_path: Path) -> None:
    rung = await encoded(media)
    rendition = await media.package(rung, into=tmp_path)
    plain = playback.unseal(rendition.path, rendition.key.reveal(), rendition.pieces)
    whole = rung.path.read_bytes()
    assert b"".join(plain) == whole
    assert plain[0][4:8] == b"ftyp"
    assert all(piece[4:8] == b"moof" for piece in plain[1:])


async def test_nothing_of_the_plain_file_can_be_seen(media: Media, tmp_path: Path) -> None:
    rendition = await media.package(await encoded(media), into=tmp_path)
    data = sealed(rendition)
    assert not any(word in data for word in (b"ftyp", b"moov", b"moof", b"mdat", b"avc1", b"x264"))


async def test_every_piece_has_its_own_iv_and_every_rendition_its_own_key(
    media: Media, tmp_path: Path
) -> None:
    rung = await encoded(media)
    first, second = [await media.package(rung, into=tmp_path / str(n)) for n in range(2)]
    ivs = {piece.iv for rendition in (first, second) for piece in rendition.pieces}
    assert len(ivs) == len(first.pieces) + len(second.pieces)
    assert first.key != second.key
    assert len(first.key.reveal()) == 16
    assert not {piece.name for piece in first.pieces} & {piece.name for piece in second.pieces}


async def test_rates_are_those_of_the_bytes(media: Media, tmp_path: Path) -> None:
    rendition = await media.package(await encoded(media), into=tmp_path)
    pieces = rendition.pieces[1:]
    size_bytes = sum(piece.length for piece in pieces)
    assert rendition.average_bits_per_second == pytest.approx(size_bytes * 8 / 3, abs=1)
    assert rendition.peak_bits_per_second >= rendition.average_bits_per_second
    assert rendition.duration_ms == 3000


async def test_a_key_never_shows_in_a_rendition(media: Media, tmp_path: Path) -> None:
    rendition = await media.package(await encoded(media), into=tmp_path)
    assert repr(rendition.key.reveal()) not in repr(rendition)


def box(kind: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\x00",
        box(b"ftyp"),
        box(b"ftyp") + box(b"moof"),
        box(b"ftyp") + box(b"moov"),
        box(b"ftyp") + struct.pack(">I4s", 900, b"mdat"),
        struct.pack(">I4s", 0, b"moov"),
        box(b"moov", box(b"trak", b"\x00" * 40)),
    ],
)
async def test_output_that_no_player_could_use_is_refused_and_leaves_nothing(
    tmp_path: Path, data: bytes
) -> None:
    path = tmp_path / "128p.mp4"
    path.write_bytes(data)
    broken = Encoded(rung=RUNG, path=path, size_bytes=len(data))
    with pytest.raises(BadEncoding):
        await package(broken, into=tmp_path / "out", entropy=SeededEntropy())
    assert list((tmp_path / "out").iterdir()) == []
