"""Whatever is away or full, every route answers in its own words: a problem document with a code for it.

Each route is asked as somebody asks it for whom it is meant, with things that were made before. The outages
are real, and the log is written to a disk without room meanwhile: it must not take the answers away.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from support.machine.outages import full_disk_log, hanging, no_room
from support.web.asking import ENDING, Asking, check_answers, prepared
from support.web.visiting import Known, lose_database, recording
from support.web.walking import OPERATIONS, REQUESTS

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow, pytest.mark.timeout(300)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asking(
    populated: tuple[Path, Known], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Asking]:
    async with prepared(populated, tmp_path_factory.mktemp("outages")) as made:
        yield made


async def test_every_route_answers_while_the_database_is_away(
    populated: tuple[Path, Known], tmp_path: Path
) -> None:
    async with prepared(populated, tmp_path) as asking:
        await lose_database(asking.walk.site)
        with full_disk_log():
            codes = check_answers(await asking.ask_all())
    assert set(codes.values()) == {"base.database-unavailable"}
    without = {"read_abilities", "read_abilities_again", "read_liveness", "read_readiness"}
    without |= {"read_metrics", "read_holdings"}
    assert set(REQUESTS) - set(codes) <= without | {"read_offset", "read_storage"}


async def test_every_route_answers_while_the_disk_is_full(asking: Asking) -> None:
    await asking.walk.site.stage.realm.database.check()  # a realm that runs has its files open
    with full_disk_log(), no_room():
        answers = await asking.ask_all()
    codes = check_answers(answers)
    reading = {name for name, _ in answers if name in OPERATIONS and OPERATIONS[name].method == "GET"}
    assert reading & set(codes) <= {"read_source"}, "what only reads goes on; this one prolongs a lease"
    full = {"base.database-unavailable", "base.database-full", "media.disk-full"}
    # Not liking: who likes a clip already, as after another of these tests, writes nothing.
    assert {codes[name] for name in ("upload", "begin_upload", "sign_in", "post_comment")} <= full


@pytest.mark.parametrize("count", [1, 2, 3])
async def test_every_route_answers_in_time_while_stores_hang(asking: Asking, count: int) -> None:
    vault = asking.walk.site.stage.realm.vault
    visitor, _ = asking.visitors["support"]
    names = [f"store-{number}" for number in range(1, count + 1)]
    async with recording(asking.walk.site.stage.realm), hanging(vault, names):
        await vault.health()
        await asyncio.sleep(vault.config.probe_stall_seconds)  # as they were seen before, until then
        ready = await asyncio.wait_for(visitor.get("/health/ready"), 5)
        assert (ready.status_code, len(ready.json()["problems"])) == (200, count)
        codes = check_answers(await asyncio.wait_for(asking.ask_all(but=ENDING), 60))
    allowed = {"vault.stores-away", "vault.not-enough-fragments"} if count > 1 else set()
    assert {each for each in codes.values() if each.startswith("vault.")} <= allowed
    assert ("read_poster" in codes) == (count > 2)
    writing = {codes.get(name) for name in ("upload", "begin_upload", "put_subtitles")}
    assert writing == {"vault.stores-away" if count > 1 else None}
