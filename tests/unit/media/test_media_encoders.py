"""Machines that may encode are known by a token that only they have."""

from pathlib import Path

import pytest

from reelm.base import Database
from reelm.media import EncoderUnknown
from reelm.media.errors import BadEncoderName, EncoderExists
from reelm.media.store import Encoders
from reelm.media.store import encoders as table
from reelm.realm import EpochFiles, KeyConfig, Keys, RootKey
from support.machine.determinism import ManualClock, SeededEntropy


def enrolment(folder: Path, clock: ManualClock) -> Encoders:
    entropy = SeededEntropy()
    root = RootKey.create(folder / "root.key", entropy)
    keys = Keys(root, EpochFiles(folder / "epochs"), clock=clock, entropy=entropy, config=KeyConfig())
    return Encoders(keys, clock=clock, entropy=entropy)


async def test_a_token_lets_its_machine_in_until_it_is_removed(database: Database, tmp_path: Path) -> None:
    clock = ManualClock()
    encoders = enrolment(tmp_path, clock)
    async with database.write() as tx:
        token = await encoders.add(tx, "attic")
        other = await encoders.add(tx, "cellar")
        attic, is_due = await encoders.recognise(tx, token)
        assert is_due
        await encoders.mark_seen(tx, attic)
        assert await encoders.recognise(tx, token) == (attic, False)
        clock.advance(11)
        assert await encoders.recognise(tx, token) == (attic, True)
        assert [(each.name, each.seen_at is None) for each in await encoders.all(tx)] == [
            ("attic", False),
            ("cellar", True),
        ]
        await encoders.remove(tx, "attic")
        with pytest.raises(EncoderUnknown):
            await encoders.recognise(tx, token)
        assert (await encoders.recognise(tx, other))[0] != attic


async def test_the_records_hold_no_token(database: Database, tmp_path: Path) -> None:
    encoders = enrolment(tmp_path, ManualClock())
    async with database.write() as tx:
        token = await encoders.add(tx, "attic")
        (row,) = (await tx.execute(table.select())).all()
    assert token.encode() not in bytes(row.token_digest)
    assert token not in repr(row)


@pytest.mark.parametrize("name", ["", "Attic", "-attic", "a/b", "a" * 41, "a\n"])
async def test_what_is_no_name_is_refused(database: Database, tmp_path: Path, name: str) -> None:
    encoders = enrolment(tmp_path, ManualClock())
    async with database.write() as tx:
        with pytest.raises(BadEncoderName):
            await encoders.add(tx, name)


async def test_two_machines_do_not_share_a_name(database: Database, tmp_path: Path) -> None:
    encoders = enrolment(tmp_path, ManualClock())
    async with database.write() as tx:
        await encoders.add(tx, "attic")
        with pytest.raises(EncoderExists):
            await encoders.add(tx, "attic")
        with pytest.raises(EncoderUnknown):
            await encoders.remove(tx, "cellar")
