"""Where the data is: what anybody may know about it, and what nobody learns from it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from reelm.base import metadata
from reelm.vault import ProviderId
from reelm.web.storage.routes import Inventory
from support.machine.determinism import ManualClock
from support.realm.realms import staged
from support.web.visiting import Known, Site, opened_site

pytestmark = pytest.mark.asyncio(loop_scope="module")

PRICED = """
id = "store-1"
price_per_gib_month = "12.50 EUR"
"""
SIXTH = """
[[stores]]
id = "store-6"
site = "here"
folder = "stores/6"
"""


async def read(site: Site) -> dict[str, Any]:
    async with site.visit() as nobody:
        answer = await nobody.get("/api/storage")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def take_away(site: Site, store: str) -> Path:
    """A disk that is not mounted any more."""
    folder = site.stage.data / "stores" / store
    return await asyncio.to_thread(folder.rename, folder.with_name(f"{store}-away"))


async def of_store(site: Site, store: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in (await read(site))["stores"] if one["id"] == store)
    return found


@pytest_asyncio.fixture(loop_scope="module")
async def declared_site(
    populated: tuple[Path, Known], tmp_path: Path, clock: ManualClock
) -> AsyncIterator[Site]:
    """A realm whose manifest was changed: one store has a price, and there is a sixth."""
    template, known = populated
    async with opened_site(template, known, tmp_path, clock=clock, declare=declare) as opened:
        yield opened


def declare(manifest: str) -> str:
    return manifest.replace('\nid = "store-1"\n', PRICED) + SIXTH


async def test_five_stores_hold_a_fragment_of_everything_and_none_reads_anything_alone(shared: Site) -> None:
    found = await read(shared)
    assert (found["k"], found["n"], found["is_one_site"]) == (3, 5, True)
    assert [store["id"] for store in found["stores"]] == [f"store-{number}" for number in range(1, 6)]
    for store in found["stores"]:
        assert (store["stage"], store["is_answering"], store["is_hostile"]) == ("active", True, False)
        assert (store["waiting"], store["reads_alone"], store["copies_owed"]) == (0, 0, 0)
        assert store["fragments"] == store["unchecked"] > 0
        assert store["oldest_check_at"] is None
        assert store["bytes_held"] > 1_000
    assert (found["queue"], found["objects_at_risk"], found["objects_unreadable"]) == ([], 0, 0)


async def test_any_three_stores_could_decode_together_and_no_two(shared: Site) -> None:
    coalitions = (await read(shared))["coalitions"]
    assert len(coalitions) == 10
    assert {len(some) for some in coalitions} == {3}


async def test_what_the_operator_declares_is_kept_apart_from_what_was_counted(declared_site: Site) -> None:
    store = await of_store(declared_site, "store-1")
    owner = "The person who started this realm"
    declared = {key: value for key, value in store["declared"].items() if key != "price"}
    assert declared == {
        "host": "This machine",
        "parent": owner,
        "host_country": "ZZ",
        "tenure": "owned",
        "city": "not declared",
        "country": "ZZ",
    }
    price = store["declared"]["price"]
    assert (price["currency"], price["per_gib_month"]) == ("EUR", "12.50")
    assert float(price["per_month"]) == pytest.approx(12.5 * store["bytes_held"] / 2**30, abs=0.0001)
    assert (await of_store(declared_site, "store-2"))["declared"]["price"] is None


async def test_a_store_that_is_away_is_part_of_the_answer(timed_site: Site, clock: ManualClock) -> None:
    for number, (at_risk, unreadable) in enumerate([(False, False), (True, False), (True, True)], start=1):
        await take_away(timed_site, str(number))
        clock.advance(10)
        found = await read(timed_site)
        assert [store["is_answering"] for store in found["stores"]].count(False) == number
        assert (found["objects_at_risk"] > 0, found["objects_unreadable"] > 0) == (at_risk, unreadable)
        assert found["queue"] == []


async def test_what_waits_for_repair_shows_by_how_close_it_is_to_its_loss(
    timed_site: Site, clock: ManualClock
) -> None:
    folder = timed_site.stage.data / "stores" / "1"
    for fragment in await asyncio.to_thread(lambda: [*folder.glob("[0-9a-f][0-9a-f]/*")]):
        fragment.unlink()
    await timed_site.stage.realm.vault.upkeep.scrub(limit=1_000)
    found = await read(timed_site)
    lost = found["stores"][0]
    assert lost["waiting"] == lost["fragments"]
    assert found["queue"] == [{"spare": 1, "objects": lost["fragments"]}]
    await timed_site.stage.realm.vault.upkeep.repair(limit=1_000)
    clock.advance(10)
    assert (await read(timed_site))["queue"] == []


async def test_a_full_read_is_dated(timed_site: Site, clock: ManualClock) -> None:
    await timed_site.stage.realm.vault.upkeep.scrub(deep=True, limit=1_000)
    for store in (await read(timed_site))["stores"]:
        assert (store["unchecked"], store["oldest_check_at"]) == (0, "2026-01-25T12:00:00Z")


async def test_leaving_a_store_shows_how_far_it_is(declared_site: Site, clock: ManualClock) -> None:
    await declared_site.stage.realm.vault.upkeep.drain.run(ProviderId("store-2"), limit=1)
    before = await of_store(declared_site, "store-2")
    assert (before["stage"], before["moved"]) == ("draining", 1)
    assert before["fragments"] > 0
    await declared_site.stage.realm.vault.upkeep.drain.run(ProviderId("store-2"), limit=1_000)
    clock.advance(10)
    after = await of_store(declared_site, "store-2")
    assert (after["stage"], after["fragments"], after["copies_owed"]) == ("withdrawn", 0, 0)
    assert after["moved"] == after["copies_deleted"] == before["moved"] + before["fragments"]


async def test_a_new_realm_has_stores_and_nothing_in_them(tmp_path: Path) -> None:
    async with staged(tmp_path / "realm") as stage:
        found = await Inventory(stage.realm).read()
    assert [(store.fragments, store.oldest_check_at) for store in found.stores] == [(0, None)] * 5
    assert (found.queue, found.coalitions) == ([], [])


async def test_many_who_ask_cost_one_count(timed_site: Site, clock: ManualClock) -> None:
    first = await read(timed_site)
    await take_away(timed_site, "1")
    assert await asyncio.gather(*(read(timed_site) for _ in range(20))) == [first] * 20
    clock.advance(9)
    assert await read(timed_site) == first
    clock.advance(1)
    later = await read(timed_site)
    assert later["counted_at"] > first["counted_at"]
    assert not later["stores"][0]["is_answering"]


async def test_nothing_in_it_helps_an_attacker(timed_site: Site) -> None:
    """No path, no fault in words, no name or root of a fragment, no free space, no object's id."""
    await take_away(timed_site, "1")
    text = str(await read(timed_site))
    table = metadata.tables["fragments"]
    async with timed_site.stage.realm.database.read() as tx:
        rows = (await tx.execute(select(table.c.name, table.c.object_id))).all()
    assert rows
    for row in rows:
        assert row.name not in text
        assert row.object_id not in text
    for secret in ("stores/", str(timed_site.stage.data), "free", "detail", "root"):
        assert secret not in text


async def test_no_cache_makes_it_older_than_it_says(shared: Site) -> None:
    async with shared.visit() as nobody:
        assert (await nobody.get("/api/storage")).headers["cache-control"] == "no-store"


async def test_the_page_is_there(shared: Site) -> None:
    async with shared.visit() as nobody:
        assert (await nobody.get("/storage")).status_code == 200
