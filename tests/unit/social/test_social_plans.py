"""Lists stay quick in a large realm: each is read from an index, none by walking through a table."""

from typing import Any

from sqlalchemy import event

from reelm.base import Tx
from support.realm.town import Town


async def ask_everything(town: Town, tx: Tx) -> None:
    (newest,) = await town.social.recent(tx, 1)
    viewer, place = newest.account_id, newest.place
    await town.social.profile(tx, "ana", viewer)
    await town.social.recent(tx, 5, before=place)
    await town.social.recent(tx, 5, after=place)
    await town.social.followed(tx, viewer, 5)
    await town.social.followed(tx, viewer, 5, before=place)
    await town.social.followed(tx, viewer, 5, after=place)
    await town.social.clip(tx, newest.clip_id, viewer)
    await town.social.clips_of(tx, "ana", viewer)
    await town.social.clips_of(tx, "ana", None)
    await town.social.clips_tagged(tx, "sea", None)
    await town.social.recent_sounds(tx, viewer)
    await town.social.recent_sounds(tx, viewer, cursor=newest.clip_id)
    await town.social.most_used_sounds(tx, viewer)
    await town.social.find_sounds(tx, "ana", viewer)
    await town.social.sound(tx, newest.clip_id, viewer)
    await town.social.clips_with_sound(tx, newest.clip_id, viewer)
    await town.social.comments(tx, newest.clip_id, None)
    await town.social.due(tx, 5)


async def test_every_list_is_read_from_an_index(town: Town) -> None:
    await town.clip(await town.person("ana"), "#sea")
    asked: dict[str, Any] = {}

    @event.listens_for(town.database.engine.sync_engine, "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if statement.startswith("SELECT"):
            asked[statement] = parameters

    async with town.database.read() as tx:
        await ask_everything(town, tx)
        if tx.dialect.name != "sqlite":
            return
        assert len(asked) >= 12
        for statement, parameters in tuple(asked.items()):
            plan = (await tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)).all()
            walks = [step for *_, step in plan if step.startswith("SCAN") and "anon" not in step]
            assert not walks, statement
