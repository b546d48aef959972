"""Lists stay quick in a large realm: each is read from an index, none by walking through a table."""

from collections.abc import Awaitable, Callable
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


async def ask_for_pages(town: Town, tx: Tx) -> None:
    (newest,) = await town.clips.candidates.recent(tx, 1)
    for cursor in (None, newest.clip_id):
        await town.clips.by_author(tx, "ana", newest.account_id, cursor=cursor)
        await town.clips.tagged(tx, "sea", None, cursor=cursor)
        await town.clips.with_sound(tx, newest.clip_id, None, cursor=cursor)
        await town.clips.sounds.recent(tx, None, cursor=cursor)


async def plans(town: Town, ask: Callable[[Town, Tx], Awaitable[None]]) -> dict[str, list[str]]:
    """Return each statement with the steps that SQLite takes for it; none from another database."""
    await town.clip(await town.person("ana"), "#sea")
    asked: dict[str, Any] = {}

    @event.listens_for(town.database.engine.sync_engine, "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if statement.startswith("SELECT"):
            asked[statement] = parameters

    async with town.database.read() as tx:
        await ask(town, tx)
        if tx.dialect.name != "sqlite":
            return {}
        found = {}
        for statement, parameters in tuple(asked.items()):
            plan = (await tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)).all()
            found[statement] = [step for *_, step in plan]
    return found


async def test_every_list_is_read_from_an_index(town: Town) -> None:
    found = await plans(town, ask_everything)
    assert not found or len(found) >= 12
    for statement, steps in found.items():
        assert not [step for step in steps if step.startswith("SCAN") and "anon" not in step], statement


async def test_a_page_of_clips_is_read_in_its_order_and_nothing_is_sorted(town: Town) -> None:
    found = await plans(town, ask_for_pages)
    pages = {statement: steps for statement, steps in found.items() if "ORDER BY" in statement}
    assert not found or len(pages) == 8 + 1  # and the newest clip
    for statement, steps in pages.items():
        assert not [step for step in steps if "ORDER BY" in step], statement
