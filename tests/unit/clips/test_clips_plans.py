"""Lists stay quick in a large realm: each is read from an index, none by walking through a table."""

from typing import Any

from sqlalchemy import event

from reelm.base import Tx
from support.realm.town import Town


async def ask_everything(town: Town, tx: Tx) -> None:
    (newest,) = await town.clips.candidates.recent(tx, 1)
    viewer, place = newest.account_id, newest.place
    await town.people.profile(tx, "ana", viewer)
    await town.clips.candidates.recent(tx, 5, before=place)
    await town.clips.candidates.recent(tx, 5, after=place)
    await town.clips.candidates.followed(tx, viewer, 5)
    await town.clips.candidates.followed(tx, viewer, 5, before=place)
    await town.clips.candidates.followed(tx, viewer, 5, after=place)
    await town.clips.view(tx, newest.clip_id, viewer)
    await town.clips.by_author(tx, "ana", viewer)
    await town.clips.by_author(tx, "ana", None)
    await town.clips.tagged(tx, "sea", None)
    await town.clips.sounds.recent(tx, viewer)
    await town.clips.sounds.recent(tx, viewer, cursor=newest.clip_id)
    await town.clips.sounds.most_used(tx, viewer)
    await town.clips.sounds.find(tx, "ana", viewer)
    await town.clips.sounds.view(tx, newest.clip_id, viewer)
    await town.clips.with_sound(tx, newest.clip_id, viewer)
    await town.clips.comments.page(tx, newest.clip_id, None)
    await town.clips.publishing.due(tx, 5)


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
