"""A rotation in a process of its own, killed again and again while people join and are erased here."""

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from reelm.base import AccountId, Database
from reelm.realm import KeyDestroyed
from support.realm.keyed import NOTE, Realm, opened, sealed_for

pytestmark = pytest.mark.slow

PROGRAM = Path(__file__).with_name("rotation_program.py")
SOURCES = Path(__file__).parents[2] / "src"
OWNERS = [AccountId(f"{number:026d}") for number in range(60)]


@pytest.fixture
async def realm(tmp_path: Path) -> AsyncIterator[Realm]:
    database = Database.open(f"sqlite:///{tmp_path / 'records.db'}")
    async with opened(database, tmp_path) as realm:
        yield realm
    await database.close()


def rotate_and_be_killed(realm: Realm, after_lines: int) -> None:
    """Each line is a batch or an epoch; the next step is under way when the kill comes."""
    command = [sys.executable, str(PROGRAM), str(realm.folder)]
    with subprocess.Popen(  # noqa: S603 - our own program
        command, stdout=subprocess.PIPE, env={"PYTHONPATH": str(SOURCES)}
    ) as program:
        assert program.stdout is not None
        for _ in range(after_lines):
            assert program.stdout.readline()
        program.kill()


async def test_nobody_is_lost_and_nobody_erased_comes_back(realm: Realm) -> None:
    sealed = await sealed_for(realm, *OWNERS[:40])
    erased: set[AccountId] = set()
    for after_lines in (1, 4, 7, 8, 9, 10, 13, 18):
        rotate_and_be_killed(realm, after_lines)
        gone, joins = OWNERS[len(erased)], OWNERS[40 + len(erased)]
        await realm.destroy(gone)
        erased.add(gone)
        sealed.update(await sealed_for(realm, joins))
        # The keys of this process have seen none of those rotations.
        await everyone_is_as_they_should_be(realm, sealed, erased)
    await realm.keys.rotate(realm.database)
    assert len(realm.files.present()) == 1
    await everyone_is_as_they_should_be(realm, sealed, erased)


async def everyone_is_as_they_should_be(
    realm: Realm, sealed: dict[AccountId, bytes], erased: set[AccountId]
) -> None:
    for keys in (realm.keys, realm.another_process()):
        await realm.begin(keys)
        for owner, its in sealed.items():
            if owner in erased:
                with pytest.raises(KeyDestroyed):
                    await realm.read(owner, keys)
            else:
                assert (await realm.read(owner, keys)).open(its, purpose="test") == NOTE
