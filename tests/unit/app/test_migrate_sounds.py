"""Clips from before sounds could be used: which have one, and that nobody else may use it."""

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, DateTime, bindparam, text

from reelm.app.database import SCRIPTS, migrate
from reelm.base import Database
from support.machine.determinism import ManualClock

NOW = ManualClock().now()
_ACCOUNT = (
    "INSERT INTO accounts (id, email_digest, email_sealed, password_sealed, created_at)"
    " VALUES ('ana', :none, :none, :none, :now)"
)
_PROFILE = (
    "INSERT INTO profiles (account_id, handle, display_name, bio, follower_count, created_at)"
    " VALUES ('ana', 'ana', 'Ana', '', 0, :now)"
)
_CLIP = (
    "INSERT INTO clips (id, account_id, upload_id, state, caption, duration_ms, width, height, created_at,"
    " like_count, comment_count, view_count, attempt, step, progress_ratio)"
    " VALUES (:id, 'ana', :id, :state, '', 1000, 9, 16, :now, 0, 0, 0, 1, 'done', 1.0)"
)
_RENDITION = (
    "INSERT INTO renditions (id, clip_id, owner, name, codecs, width, height, peak_bits_per_second,"
    " average_bits_per_second, frame_rate, object_id, key_sealed)"
    " VALUES (:id, :id, 'ana', '480p', :codecs, 9, 16, 1, 1, 30.0, :id, :none)"
)
_UPLOAD = (
    "INSERT INTO uploads (id, owner, size_bytes, probe, cut, created_at, expires_at)"
    " VALUES (:id, 'ana', 1, :probe, :cut, :now, :now)"
)


def _version_nine(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    command.upgrade(config, "0009")


@pytest.mark.slow
@pytest.mark.every_python
async def test_a_clip_that_can_be_heard_has_its_own_sound_which_nobody_else_may_use(
    empty_database: Database,
) -> None:
    known = {"none": b"", "now": NOW.replace(tzinfo=None)}
    async with empty_database.write() as tx:
        await tx.run_sync(_version_nine)

        async def put(statement: str, **values: str | None) -> None:
            names = {each for each in (*known, *values) if f":{each}" in statement}
            typed = [bindparam(name, type_=DateTime()) for name in names & {"now"}]
            given = {name: {**known, **values}[name] for name in names}
            await tx.execute(text(statement).bindparams(*typed), given)

        await put(_ACCOUNT)
        await put(_PROFILE)
        for clip, state in (("heard", "visible"), ("silent", "visible"), ("gone", "removed")):
            await put(_CLIP, id=clip, state=state)
            await put(_RENDITION, id=clip, codecs="avc1" if clip == "silent" else "avc1,mp4a")
        for clip, probe, cut in (
            ("loud", '{"audio":{}}', None),
            ("mute", '{"audio":null}', None),
            ("muted", '{"audio":{}}', '{"is_muted":true}'),
        ):
            await put(_CLIP, id=clip, state="draft")
            await put(_UPLOAD, id=clip, probe=probe, cut=cut)
    await migrate(empty_database)
    async with empty_database.read() as tx:
        rows = (await tx.execute(text("SELECT id, sound_id, allows_reuse FROM clips"))).all()
    assert {row.id for row in rows if row.sound_id is not None} == {"heard", "loud"}
    assert all(row.sound_id in {None, row.id} and not row.allows_reuse for row in rows)
