"""Taking data away is not reading it: another action, a second person, everybody in it told, and marked."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from reelm.access import AccessRefused, Export, Exports, Leak
from reelm.base import Database, DatabaseUnavailable
from reelm.ledger import NotInLedger, read_leaf
from support.access.staffing import HELP, TAKE, Office, opened
from support.ledger.cutting import Cut, CutLater
from support.ledger.recording import grow

WHO = ("ana", "ben")


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with opened(tmp_path) as office:
        yield office


async def approve(office: Office, *, about: Sequence[str] = WHO, by: str = "privacy") -> str:
    people = [office.people[name] for name in about]
    database = office.book.outside.database
    return await office.access.approve(database, office.people[by], "records-1", TAKE, subjects=people)


async def take(
    office: Office, approval_id: str | None, *, about: Sequence[str] = WHO, role: str = "records"
) -> Export:
    return await office.access.export(
        office.book.outside.database,
        office.people[role],
        TAKE,
        subjects=[office.people[name] for name in about],
        approval_id=approval_id,
    )


async def leaked(office: Office, text: str) -> Sequence[Leak]:
    async with office.book.outside.database.read() as tx:
        return await Exports(office.book.keys).identify(tx, text)


async def test_an_export_is_on_record_with_its_rows_and_shown_to_everybody_in_it(office: Office) -> None:
    export = await take(office, await approve(office))
    leaf = (await office.leaves())[export.leaf_index]
    public = leaf.public
    assert leaf.kind == "access.export"
    assert (getattr(public, "rows"), getattr(public, "approved_by")) == (2, "privacy-1")  # noqa: B009 - of one kind
    assert (getattr(public, "purpose"), getattr(public, "ticket")) == ("legal-request", "t-3")  # noqa: B009 - as above
    async with office.book.outside.database.read() as tx:
        for name in WHO:
            (look,) = await office.access.reads_of(tx, office.people[name])
            assert (look.action, look.handle, look.leaf_index) == (
                "access.export",
                "records-1",
                export.leaf_index,
            )
        assert await office.access.reads_of(tx, office.people["nobody"]) == []


@pytest.mark.parametrize("role", ["support", "safety", "privacy", "people"])
async def test_whoever_may_only_read_takes_nothing_away(office: Office, role: str) -> None:
    approval = await approve(office)
    for given in (None, approval):
        with pytest.raises(AccessRefused):
            await take(office, given, role=role)
    denied = [leaf.public for leaf in await office.leaves() if leaf.kind == "access.deny"]
    assert {(getattr(each, "actor"), getattr(each, "action")) for each in denied} == {  # noqa: B009 - of one kind
        (f"{role}-1", "access.export")
    }
    assert await office.looks() == []


async def test_the_one_door_does_not_open_the_other(office: Office) -> None:
    with pytest.raises(AccessRefused):
        await office.see("records", TAKE, await approve(office))
    with pytest.raises(AccessRefused):
        await office.access.export(
            office.book.outside.database,
            office.people["support"],
            HELP,
            subjects=[office.people["ana"]],
        )


async def test_nobody_takes_anything_away_alone_or_twice(office: Office) -> None:
    with pytest.raises(AccessRefused):
        await take(office, None)
    approval = await approve(office)
    await take(office, approval)
    with pytest.raises(AccessRefused):
        await take(office, approval)
    with pytest.raises(AccessRefused):
        await approve(office, by="records")


async def test_an_approval_is_of_exactly_these_people(office: Office) -> None:
    approval = await approve(office)
    for about in (("ana",), ("ana", "ben", "nobody"), ("ana", "nobody"), ()):
        with pytest.raises(AccessRefused):
            await take(office, approval, about=about)
    await take(office, approval, about=("ben", "ana", "ben"))


@pytest.mark.slow
async def test_of_a_hundred_who_use_one_approval_at_once_one_takes_it(office: Office) -> None:
    approval = await approve(office)
    ended = await asyncio.gather(*(take(office, approval) for _ in range(100)), return_exceptions=True)
    assert sum(isinstance(each, Export) for each in ended) == 1
    assert len(await office.looks()) == 1


async def test_an_emergency_opens_no_way_out(office: Office) -> None:
    await office.access.break_glass(office.book.outside.database, office.people["safety"], "threat-to-life")
    urgent = replace(TAKE, purpose="threat-to-life")
    with pytest.raises(AccessRefused):
        await office.access.export(
            office.book.outside.database,
            office.people["safety"],
            urgent,
            subjects=[office.people["ana"]],
        )


async def test_nothing_is_taken_that_cannot_be_put_on_the_record(tmp_path: Path) -> None:
    async with opened(tmp_path, is_recording=False) as office:
        taking = asyncio.create_task(take(office, await approve(office)))
        for _ in range(2000):
            if await office.looks():
                break
            await asyncio.sleep(0.001)
        office.clock.advance(1)
        with pytest.raises(NotInLedger):
            await taking
        assert await office.looks() == [("records-1", "legal-request", "email", None)]
        await grow(office.book.outside)
        (newest,) = await office.book.ledger.latest(1)
        assert read_leaf(newest.leaf).kind == "access.export"


async def test_an_export_that_was_not_applied_can_be_had_with_the_same_approval(office: Office) -> None:
    approval = await approve(office)
    await taken_in_a_crash(office, Cut, approval)
    assert await office.looks() == []
    assert "access.export" not in [leaf.kind for leaf in await office.leaves()]
    await take(office, approval)


async def test_an_export_that_was_applied_and_not_answered_is_shown_and_used_up(office: Office) -> None:
    """Nobody had the file. That it could have been had is in the ledger all the same."""
    approval = await approve(office)
    await taken_in_a_crash(office, CutLater, approval)
    assert [(handle, data) for handle, _, data, _ in await office.looks()] == [("records-1", "email")]
    assert [leaf.kind for leaf in await office.leaves()].count("access.export") == 1
    with pytest.raises(AccessRefused):
        await take(office, approval)


async def taken_in_a_crash(office: Office, cut: type[Database], approval_id: str) -> None:
    records = cut.open(f"sqlite:///{office.book.folder.parent / 'records.sqlite'}")
    people = [office.people[name] for name in WHO]
    with pytest.raises(DatabaseUnavailable):
        await office.access.export(
            records, office.people["records"], TAKE, subjects=people, approval_id=approval_id
        )
    await records.close()


async def test_a_leaked_file_says_which_export_it_was(office: Office) -> None:
    marks = Exports(office.book.keys)
    people = [f"person-{number}@example.org" for number in range(60)]
    first = await take(office, await approve(office))
    second = await take(office, await approve(office, about=["ana"]), about=["ana"])
    files = {each.id: marks.watermark(each.id).in_order(people) for each in (first, second)}
    for export in (first, second):
        (leak,) = await leaked(office, "\n".join(files[export.id]))
        assert (leak.export_id, leak.leaf_index) == (export.id, export.leaf_index)
        assert (leak.canary_rows, leak.is_in_order) == (3, True)
        without = [row for row in files[export.id] if not row.endswith("@example.net")]
        (leak,) = await leaked(office, ";".join(without[10:40]))
        assert (leak.export_id, leak.canary_rows, leak.is_in_order) == (export.id, 0, True)
    both = await leaked(office, f"{files[first.id][:9]} {sorted(files[first.id])} {sorted(files[second.id])}")
    assert {leak.export_id for leak in both} == {first.id, second.id}
    for innocent in ("", "\n".join(people), "\n".join(sorted(people)), "ana@example.org"):
        assert await leaked(office, innocent) == []
