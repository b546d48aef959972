"""What PDQ is good for: the same picture is near however it comes, another one is far."""

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from reelm.media import FingerprintScheme
from reelm.media.fingerprint import Fingerprint
from reelm.media.pdq import (
    MARK_BYTES,
    MATCH_DISTANCE,
    SIDE,
    Pdq,
    distance,
    exchanged,
    nearest,
    pdq,
    variants,
)
from support.media.spots import spots

Picture = NDArray[np.uint8]


def seen(*pictures: Picture) -> Fingerprint:
    return Pdq().read(b"".join(picture.tobytes() for picture in pictures))


@cache
def square(seed: int) -> Picture:
    return spots(seed, height=SIDE, width=SIDE)


def apart(fingerprint: Fingerprint, picture: Picture) -> int:
    found = nearest(fingerprint, pdq(picture)[0])
    assert found is not None
    return found.distance


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_picture_in_another_size_is_the_same_picture(seed: int) -> None:
    large = spots(seed, height=1080, width=607)
    halved = large[: 1080 // 2 * 2, : 607 // 2 * 2].reshape(540, 2, 303, 2).mean(axis=(1, 3)).astype(np.uint8)
    assert distance(pdq(large)[0], pdq(halved)[0]) <= 12


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_dimmed_a_grainy_and_a_slightly_cropped_picture_match(seed: int) -> None:
    picture = square(seed)
    grain = np.random.default_rng(seed).integers(-12, 13, picture.shape)
    for other in (
        (picture * 0.6 + 20).astype(np.uint8),
        np.clip(picture + grain, 0, 255).astype(np.uint8),
        picture[3:-3, 3:-3],
    ):
        assert apart(seen(picture), other) <= MATCH_DISTANCE


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_turned_or_mirrored_picture_matches_and_says_which_second(seed: int) -> None:
    clip = seen(square(seed + 100), square(seed), square(seed + 200))
    for turns in range(4):
        turned = np.rot90(square(seed), turns)
        for picture in (turned, np.fliplr(turned)):
            found = nearest(clip, pdq(picture)[0])
            assert found is not None
            assert (found.is_match, found.second) == (True, 1)
            assert found.distance <= 4


@pytest.mark.slow
def test_other_pictures_are_far_away() -> None:
    hashes = [pdq(square(seed))[0] for seed in range(60)]
    distances = [distance(one, other) for place, one in enumerate(hashes) for other in hashes[place + 1 :]]
    assert 110 < np.mean(distances) < 135
    assert min(distances) > 2 * MATCH_DISTANCE


def test_a_plain_picture_matches_nothing_not_even_itself() -> None:
    plain = np.full((SIDE, SIDE), 90, np.uint8)
    clip = seen(plain)
    assert clip.qualities == b"\0"
    assert nearest(clip, pdq(plain)[0]) is None
    found = nearest(seen(plain, square(1)), pdq(plain)[0])
    assert found is not None
    assert found.second == 1


def test_a_mark_is_eight_hashes_and_exchanging_twice_changes_nothing() -> None:
    clip = seen(square(1))
    assert len(clip.marks) == MARK_BYTES
    assert len(set(variants(clip.marks))) == 8
    one = variants(clip.marks)[0]
    assert exchanged(exchanged(one)) == one


def test_half_a_picture_and_no_picture_are_read_as_far_as_they_go() -> None:
    assert Pdq().read(b"") == Fingerprint(FingerprintScheme.PDQ, b"")
    whole = square(1).tobytes()
    assert Pdq().read(whole + whole[:999]) == Pdq().read(whole)
    assert nearest(Pdq().read(b""), bytes(32)) is None
