"""Records of the first version become those of this one, and their epoch key a file."""

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from reelm.app.database import SCRIPTS, migrate
from reelm.base import Database
from reelm.realm import EpochFiles, Keys, RootKey
from reelm.realm import store as records
from reelm.realm.epochs import Epochs
from support.machine.determinism import ManualClock, SeededEntropy
from support.realm.keyed import ANA, NOTE


def _first_version(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    command.upgrade(config, "0001")


@pytest.mark.slow
@pytest.mark.every_python
async def test_the_epoch_key_of_the_first_version_becomes_a_file(
    empty_database: Database, tmp_path: Path
) -> None:
    entropy = SeededEntropy()
    root = RootKey.create(tmp_path / "root.key", entropy)
    files = EpochFiles(tmp_path / "epochs")
    Epochs(root, files, entropy=entropy).make(1)
    wrapped = files.find(1)
    files.path(1).unlink()
    async with empty_database.write() as tx:
        await tx.run_sync(_first_version)
        insertion = text("INSERT INTO epoch_keys (epoch, wrapped, created_at) VALUES (1, :wrapped, :at)")
        await tx.execute(insertion.bindparams(wrapped=wrapped, at=ManualClock().now().replace(tzinfo=None)))
    await migrate(empty_database)

    keys = Keys(root, files, clock=ManualClock(), entropy=entropy)
    async with empty_database.write() as tx:
        await keys.begin(tx)
        sealed = (await keys.create_user_key(tx, ANA)).seal(NOTE, purpose="test")
    assert files.find(1) == wrapped
    await keys.rotate(empty_database)
    async with empty_database.read() as tx:
        assert (await keys.user_key(tx, ANA)).open(sealed, purpose="test") == NOTE
        assert [row.closed_at is None for row in await records.epochs(tx)] == [False, True]
