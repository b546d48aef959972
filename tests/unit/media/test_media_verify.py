"""What an encoder elsewhere sends is believed only as far as it is proved."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from reelm.base import Secret, UploadId, mint
from reelm.media import BadDelivery, Encoding, EncryptedRendition, Media, MediaConfig, Sent, Wanted
from reelm.media.elsewhere import EncodingId, LeaseId
from support.machine.determinism import ManualClock, SeededEntropy
from support.media import footage

pytestmark = pytest.mark.slow

KEY = Secret(bytes(range(16)))
UPLOAD = UploadId(mint(ManualClock(), SeededEntropy(9)))


@dataclass
class Delivery:
    """An honest encoder's work, to be bent by hand."""

    media: Media
    encoding: Encoding
    rendition: EncryptedRendition
    folder: Path

    @property
    def path(self) -> Path:
        return self.media.lending.delivered(self.encoding, self.rendition.name)

    def bend(self, change: Callable[[list[Sent]], object]) -> None:
        sent = list((self.encoding.delivery or {})[self.rendition.name])
        change(sent)
        self.encoding = replace(self.encoding, delivery={self.rendition.name: tuple(sent)})

    async def verified(self, key: Secret = KEY) -> EncryptedRendition:
        (only,) = await self.media.verify(
            self.encoding, {self.rendition.name: key}, into=self.folder / "looked-at"
        )
        return only

    async def refused(self, key: Secret = KEY) -> str:
        with pytest.raises(BadDelivery) as bad:
            await self.verified(key)
        assert list((self.folder / "looked-at").glob("*.plain")) == []
        return " ".join(bad.value.__notes__)


@pytest.fixture
async def delivery(tmp_path: Path) -> Delivery:
    return await delivered(tmp_path, footage.clip(size="128x228", seconds=1.5))


_worked: dict[Path, tuple[Wanted, EncryptedRendition]] = {}


async def work(source: Path) -> tuple[Wanted, EncryptedRendition]:
    """Return an honest encoder's order and its work, done once; nothing may change it."""
    if source not in _worked:
        folder = footage.folder() / f"elsewhere-{len(_worked)}"
        media = Media(MediaConfig(spool=folder), clock=ManualClock(), entropy=SeededEntropy())
        wanted = Wanted(await media.probe(source), ("128p",))
        (encoded,) = await media.encode(
            source, wanted.plan, wanted.chosen, into=folder, progress=lambda _: None
        )
        _worked[source] = wanted, await media.package(encoded, into=folder, key=KEY)
    return _worked[source]


async def delivered(folder: Path, source: Path, *, asked: Path | None = None) -> Delivery:
    """What came of ``source`` where ``asked`` was asked for."""
    media = Media(MediaConfig(spool=folder / "spool"), clock=ManualClock(), entropy=SeededEntropy())
    media.spool.sweep(set(), set())
    wanted, rendition = await work(source)
    if asked is not None:
        wanted, _ = await work(asked)
    sent = tuple(Sent(piece.length, piece.iv) for piece in rendition.pieces)
    encoding = Encoding(EncodingId("1" * 26), UPLOAD, "2" * 26, 0, 0, wanted, lease=LeaseId("3" * 26))
    encoding = replace(encoding, delivery={"128p": sent})
    await media.lending.write(encoding, "128p", 0, rendition.path.read_bytes())
    return Delivery(media, encoding, rendition, folder)


@pytest.mark.every_python
async def test_honest_work_is_taken_as_it_is(delivery: Delivery) -> None:
    found = await delivery.verified()
    assert replace(found, path=delivery.rendition.path) == delivery.rendition
    assert found.path.read_bytes() == delivery.rendition.path.read_bytes()
    assert list(found.path.parent.iterdir()) == [found.path]


async def test_what_the_encoder_changes_afterwards_changes_nothing(delivery: Delivery) -> None:
    found = await delivery.verified()
    delivery.path.write_bytes(b"something else")
    assert found.path.read_bytes() == delivery.rendition.path.read_bytes()


async def test_a_single_changed_byte_is_noticed(delivery: Delivery) -> None:
    data = bytearray(delivery.path.read_bytes())
    data[delivery.rendition.pieces[1].offset + 5] ^= 1
    delivery.path.write_bytes(bytes(data))
    assert await delivery.refused()


async def test_another_key_than_that_of_the_lease_is_noticed(delivery: Delivery) -> None:
    assert "key of its lease" in await delivery.refused(Secret(bytes(16)))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda sent: sent.pop(), "pieces instead of"),
        (lambda sent: sent.append(sent[-1]), "pieces instead of"),
        (lambda sent: sent.__setitem__(0, Sent(sent[0].length - 16, sent[0].iv)), "do not add up"),
        (lambda sent: sent.__setitem__(0, Sent(sent[0].length, bytes(8))), "impossible"),
        (lambda sent: sent.__setitem__(0, Sent(2**31, sent[0].iv)), "impossible"),
        (lambda sent: sent.__setitem__(0, Sent(0, sent[0].iv)), "impossible"),
        (lambda sent: sent.__setitem__(0, Sent(sent[0].length, sent[1].iv)), "used twice"),
    ],
)
async def test_claims_that_do_not_add_up_are_noticed(
    delivery: Delivery, change: Callable[[list[Sent]], object], why: str
) -> None:
    delivery.bend(change)
    assert why in await delivery.refused()


async def test_pieces_that_end_elsewhere_than_planned_are_noticed(delivery: Delivery) -> None:
    def move(sent: list[Sent]) -> None:
        sent[1] = Sent(sent[1].length + 16, sent[1].iv)
        sent[2] = Sent(sent[2].length - 16, sent[2].iv)

    delivery.bend(move)
    assert await delivery.refused()


async def test_a_file_that_never_came_is_noticed(delivery: Delivery) -> None:
    delivery.path.unlink()
    assert "do not add up" in await delivery.refused()


@pytest.mark.parametrize(
    "other",
    [
        {"size": "128x228", "seconds": 3.0},
        {"size": "128x230", "seconds": 1.5},
        {"size": "128x228", "seconds": 1.5, "audio": None},
    ],
    ids=["longer", "larger", "silent"],
)
async def test_another_video_than_the_planned_one_is_noticed(tmp_path: Path, other: dict[str, Any]) -> None:
    asked = footage.clip(size="128x228", seconds=1.5)
    found = await delivered(tmp_path, footage.clip(**other), asked=asked)
    assert await found.refused()
