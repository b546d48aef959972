"""Profiles from before they kept their numbers of clips and of likes: what they have afterwards."""

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from reelm.app.database import SCRIPTS, migrate
from reelm.base import Database
from support.machine.determinism import ManualClock

NOW = ManualClock().now().strftime("%Y-%m-%d %H:%M:%S+00")
_ACCOUNT = (
    "INSERT INTO accounts (id, email_digest, email_sealed, password_sealed, created_at)"
    " VALUES (:id, :digest, :sealed, :sealed, '{now}')"
)
_PROFILE = (
    "INSERT INTO profiles (account_id, handle, display_name, bio, follower_count, created_at)"
    " VALUES (:id, :id, :id, '', 0, '{now}')"
)
_CLIP = (
    "INSERT INTO clips (id, account_id, upload_id, state, caption, duration_ms, width, height, created_at,"
    " like_count, comment_count, view_count, attempt, step, progress_ratio)"
    " VALUES (:id, :by, :id, :state, '', 1000, 9, 16, '{now}', :likes, 0, 0, 1, 'done', 1.0)"
)


def _version_eleven(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    command.upgrade(config, "0011")


@pytest.mark.slow
@pytest.mark.every_python
async def test_a_profile_has_the_numbers_of_its_visible_clips(empty_database: Database) -> None:
    async with empty_database.write() as tx:
        await tx.run_sync(_version_eleven)
        for person in ("ana", "ben", "cem"):
            await tx.execute(
                text(_ACCOUNT.format(now=NOW)), {"id": person, "digest": person.encode(), "sealed": b""}
            )
            await tx.execute(text(_PROFILE.format(now=NOW)), {"id": person})
        for clip_id, by, state, likes in (
            ("one", "ana", "visible", 2),
            ("two", "ana", "visible", 3),
            ("new", "ana", "processing", 0),
            ("bad", "ben", "failed", 0),
            ("old", "ben", "visible", 1),
            ("gone", "ben", "removed", 0),
        ):
            clip = {"id": clip_id, "by": by, "state": state, "likes": likes}
            await tx.execute(text(_CLIP.format(now=NOW)), clip)
    await migrate(empty_database)
    async with empty_database.read() as tx:
        rows = await tx.execute(text("SELECT handle, clip_count, like_count FROM profiles ORDER BY handle"))
        assert [tuple(row) for row in rows] == [("ana", 2, 5), ("ben", 1, 1), ("cem", 0, 0)]
