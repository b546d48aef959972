"""The rung in AV1: made like the others, cut where they are cut, and told from them by its codec."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reelm.base import Secret
from reelm.media import BadDelivery, EncryptedRendition, Media, MediaConfig, Plan, Rung, Sent, Wanted, plan
from reelm.media.boxes import read_tracks
from reelm.media.verify import Claim, check_picture, verify
from support.machine.determinism import ManualClock, SeededEntropy
from support.media import footage, playback

KEY = Secret(bytes(range(16)))


async def planned(media: Media, size: str) -> Plan:
    return plan(await media.probe(footage.clip(size=size, seconds=0.5)))


def extra(made: Plan) -> Rung:
    found = made.av1_rung
    assert found is not None
    return found


_encoded: list[tuple[Plan, list[EncryptedRendition]]] = []


async def encoded() -> tuple[Plan, list[EncryptedRendition]]:
    """Return the 720p rung and the one in AV1, made once; nothing may change them."""
    if not _encoded:
        _encoded.append(await encode(footage.folder() / "av1"))
    return _encoded[0]


async def encode(folder: Path) -> tuple[Plan, list[EncryptedRendition]]:
    media = Media(MediaConfig(spool=folder / "spool"), clock=ManualClock(), entropy=SeededEntropy())
    source = footage.clip(size="720x1280", seconds=1.7)
    made = plan(await media.probe(source))
    rungs = (made.rungs[1], extra(made))
    files = [
        each
        for rung in rungs
        for each in await media.encode(source, made, (rung,), into=folder, progress=lambda _: None)
    ]
    return made, [await media.package(each, into=folder, key=KEY) for each in files]


def claim(rung: Rung, rendition: EncryptedRendition) -> Claim:
    sent = [Sent(piece.length, piece.iv) for piece in rendition.pieces]
    return Claim(rung, rendition.path, sent, KEY)


async def test_it_has_the_picture_of_the_720p_rung_in_fewer_bits(media: Media) -> None:
    made = await planned(media, "1080x1920")
    like = next(rung for rung in made.rungs if rung.name == "720p")
    found = extra(made)
    assert found == replace(
        like, name="720p-av1", codec="av1", crf=found.crf, max_bits_per_second=found.max_bits_per_second
    )
    assert found.max_bits_per_second < like.max_bits_per_second


async def test_small_sources_have_none(media: Media) -> None:
    assert (await planned(media, "480x854")).av1_rung is None


async def test_an_encoder_elsewhere_may_be_asked_for_it_and_for_nothing_unknown(media: Media) -> None:
    made = await planned(media, "720x1280")
    wanted = Wanted(made.probe, ("720p-av1", "720p-vp9"))
    assert wanted.chosen == (extra(made),)


@pytest.mark.slow
async def test_it_plays_as_long_and_is_cut_where_the_others_are() -> None:
    made, (like, found) = await encoded()
    assert like.codecs.startswith("avc1.64")
    assert found.codecs == "av01.0.05M.08,mp4a.40.2"
    assert (found.width, found.height, found.frame_rate) == (like.width, like.height, like.frame_rate)
    assert [piece.duration_ms for piece in found.pieces] == [piece.duration_ms for piece in like.pieces]
    seen = playback.watch(found.path, KEY.reveal(), found.pieces)
    assert seen.times[0] == 0
    assert np.allclose(np.diff(seen.times), 1 / found.frame_rate, atol=0.0001)
    assert seen.is_in_order
    assert [is_key for _, is_key in seen.piece_starts] == [True] * len(made.keyframes)
    assert np.allclose([at for at, _ in seen.piece_starts], [float(at) for at in made.keyframe_seconds])
    assert seen.frames[0].shape == (1280, 720, 3)
    red, green, blue = seen.frames[0][20, 300]
    assert red > 180
    assert max(green, blue) < 80


@pytest.mark.slow
async def test_its_codec_says_level_tier_and_depth() -> None:
    """As other encoders than ours may make them: the four bytes of an av1C tell."""
    _, (_, found) = await encoded()
    initial = playback.unseal(found.path, KEY.reveal(), found.pieces)[0]
    moov = initial[initial.index(b"moov") + 4 :]
    at = moov.index(b"av1C") + 5
    bent = moov[:at] + bytes([0b001_01101, 0b1100_1100]) + moov[at + 2 :]
    assert read_tracks(bent).codecs.startswith("av01.1.13H.10,")
    assert read_tracks(bent[: at + 1] + bytes([0b0110_1100]) + bent[at + 2 :]).codecs.startswith(
        "av01.1.13M.12,"
    )


@pytest.mark.slow
async def test_what_comes_from_elsewhere_is_of_the_codec_that_was_asked_for(
    media: Media, tmp_path: Path
) -> None:
    made, (like, found) = await encoded()
    kept = tmp_path / "kept"
    kept.mkdir()
    verified = await verify(claim(extra(made), found), made, into=kept)
    assert verified.codecs == found.codecs
    probe = await media.probe(kept / "720p-av1.plain")
    check_picture(probe, extra(made), made)
    with pytest.raises(BadDelivery):
        check_picture(probe, made.rungs[1], made)
    with pytest.raises(BadDelivery):
        await verify(claim(extra(made), like), made, into=kept)
    with pytest.raises(BadDelivery):
        await verify(claim(made.rungs[1], found), made, into=kept)
