"""Staff see what the policies let them see, once it is in the ledger, and whom it is about is shown it."""

import asyncio
import random  # noqa: TID251 - seeded, so that a failure replays
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from reelm.access import AccessRefused, RoleTaken, RoleUnknown, StaffOnly
from reelm.ledger import NotInLedger, read_leaf
from reelm.realm.policy import Access
from support.access.asking import MESSAGES
from support.access.staffing import HELP, REPORT, URGENT, Office, member, opened
from support.ledger.recording import grow


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with opened(tmp_path) as office:
        yield office


async def test_a_look_is_on_the_record_before_it_is_had_and_shown_to_its_subject(office: Office) -> None:
    index = await office.see("support", HELP)
    leaf = (await office.leaves())[index]
    assert leaf.kind == "access.read"
    assert (leaf.public.actor, leaf.public.role, leaf.public.ticket) == ("support-1", "support", "t-1")  # type: ignore[attr-defined] # of this kind
    assert leaf.private is not None
    assert await office.looks() == [("support-1", "support-request", "email", index)]


async def test_nobody_sees_what_cannot_be_put_on_the_record(tmp_path: Path) -> None:
    async with opened(tmp_path, is_recording=False) as office:
        looking = asyncio.create_task(office.see("support", HELP))
        for _ in range(2000):
            if await office.looks():
                break
            await asyncio.sleep(0.001)
        office.clock.advance(1)
        with pytest.raises(NotInLedger):
            await looking
        # Whoever could have seen it is shown all the same, and the leaf follows.
        assert await office.looks() == [("support-1", "support-request", "email", None)]
        await grow(office.book.outside)
        (newest,) = await office.book.ledger.latest(1)
        assert read_leaf(newest.leaf).kind == "access.read"


async def test_without_a_role_or_a_reason_nothing_is_seen_and_the_attempt_is_on_record(
    office: Office,
) -> None:
    assert await office.is_refused("nobody", HELP)
    assert await office.is_refused("privacy", HELP)
    assert await office.is_refused("support", replace(HELP, ticket=None))
    assert await office.is_refused("support", replace(HELP, action="access.export"))
    assert await office.looks() == []
    assert [leaf.kind for leaf in await office.leaves()].count("access.deny") == 2


async def test_a_revoked_member_is_refused_at_once(office: Office) -> None:
    await office.see("support", HELP)
    async with office.book.outside.database.write() as tx:
        await office.access.revoke(tx, "support-1", by=office.people["privacy"])
        await office.access.revoke(tx, "support-1", by=office.people["privacy"])
    assert await office.is_refused("support", HELP)
    kinds = [leaf.kind for leaf in await office.leaves()]
    assert kinds.count("staff.revoke") == 1
    assert kinds[-1] == "access.deny"


async def test_what_is_sensitive_takes_a_second_person_once(office: Office) -> None:
    assert await office.is_refused("safety", REPORT)
    approval = await office.approve(REPORT)
    index = await office.see("safety", REPORT, approval)
    leaf = (await office.leaves())[index]
    assert leaf.public.approved_by == "privacy-1"  # type: ignore[attr-defined] # of this kind
    assert await office.is_refused("safety", REPORT, approval), "used up"


async def test_an_approval_is_of_exactly_one_request_by_one_person_about_one_person(office: Office) -> None:
    approval = await office.approve(REPORT)
    assert await office.is_refused("safety", replace(REPORT, ticket="t-9"), approval)
    assert await office.is_refused("safety", replace(REPORT, purpose="legal-request"), approval)
    assert await office.is_refused(
        "safety", replace(REPORT, data=replace(MESSAGES, name="drafts", realm="us")), approval
    )
    assert await office.is_refused("support", REPORT, approval)
    assert await office.is_refused("safety", REPORT, await office.approve(REPORT, about="ben"))
    assert await office.is_refused("safety", REPORT, "0" * 26)
    assert not await office.is_refused("safety", REPORT, approval), "none of these used it up"


@pytest.mark.slow
async def test_of_a_thousand_variants_of_what_was_approved_none_is_let_through(office: Office) -> None:
    chance = random.Random(5)
    approval = await office.approve(REPORT)
    tried = 0
    while tried < 1000:
        asked = Access(
            chance.choice(("access.read", "access.export")),
            replace(
                REPORT.data,
                name=chance.choice(("messages", "message", "drafts")),
                is_sensitive=chance.random() < 0.8,
                realm=chance.choice(("us", "us", "eu")),
            ),
            chance.choice(("report", "report", "legal-request", "threat-to-life", "curiosity")),
            chance.choice(("t-2", "t-2", "t-3", None)),
        )
        role = chance.choice(("safety", "safety", "support", "records", "privacy"))
        given = chance.choice((approval, approval, approval[:-1] + "0", approval.swapcase(), "0" * 26))
        if (asked, role, given) == (REPORT, "safety", approval):
            continue
        tried += 1
        assert await office.is_refused(role, asked, given), (asked, role, given)
    assert await office.looks() == []
    assert not await office.is_refused("safety", REPORT, approval), "none of these used it up"


async def test_an_approval_expires(office: Office) -> None:
    approval = await office.approve(REPORT)
    office.clock.advance(900)
    assert await office.is_refused("safety", REPORT, approval)


async def test_an_approval_ends_with_the_role_of_who_gave_it(office: Office) -> None:
    approval = await office.approve(REPORT)
    async with office.book.outside.database.write() as tx:
        await office.access.revoke(tx, "privacy-1", by=None)
    assert await office.is_refused("safety", REPORT, approval)


@pytest.mark.slow
async def test_of_a_hundred_who_use_one_approval_at_once_one_does(office: Office) -> None:
    approval = await office.approve(REPORT)
    refused = await asyncio.gather(*(office.is_refused("safety", REPORT, approval) for _ in range(100)))
    assert refused.count(False) == 1
    assert len(await office.looks()) == 1


async def test_nobody_approves_their_own_or_without_the_role(office: Office) -> None:
    for by, asker in (("safety", "safety"), ("support", "safety"), ("privacy", "privacy")):
        with pytest.raises(AccessRefused):
            await office.approve(REPORT, by=by, asker=asker)
    with pytest.raises(StaffOnly):
        await office.approve(REPORT, by="nobody")
    assert await denials(office) == [(f"{by}-1", "access.approve") for by in ("safety", "support", "privacy")]


async def denials(office: Office) -> list[tuple[str, str]]:
    """Who was refused what, as the ledger has it."""
    refused = [leaf.public for leaf in await office.leaves() if leaf.kind == "access.deny"]
    return [(getattr(each, "actor"), getattr(each, "action")) for each in refused]  # noqa: B009 - of one kind


async def test_a_broken_glass_is_public_ends_after_an_hour_and_is_reviewed_once(office: Office) -> None:
    database = office.book.outside.database
    assert await office.is_refused("safety", URGENT)
    emergency = await office.access.break_glass(database, office.people["safety"], "threat-to-life")
    index = await office.see("safety", URGENT)
    leaves = await office.leaves()
    assert leaves[emergency].kind == "access.emergency"
    assert leaves[index].public.emergency == emergency  # type: ignore[attr-defined] # of this kind
    assert await office.is_refused("safety", REPORT), "only for what it was broken for"
    office.clock.advance(3599)
    assert not await office.is_refused("safety", URGENT)
    office.clock.advance(1)
    assert await office.is_refused("safety", URGENT)
    for who in ("safety", "privacy", "privacy"):
        with suppress(AccessRefused):
            async with database.write() as tx:
                await office.access.review(tx, office.people[who], emergency, "justified")
    kinds = [leaf.kind for leaf in await office.leaves()]
    assert kinds.count("access.review") == 1


async def test_the_glass_is_not_broken_by_everybody_nor_for_everything(office: Office) -> None:
    for who, purpose in (
        ("support", "threat-to-life"),
        ("safety", "curiosity"),
        ("privacy", "threat-to-life"),
    ):
        with pytest.raises(AccessRefused):
            await office.access.break_glass(office.book.outside.database, office.people[who], purpose)
    attempts = [("support-1", "access.emergency"), ("safety-1", "access.emergency")]
    assert await denials(office) == [*attempts, ("privacy-1", "access.emergency")]


async def test_a_role_that_no_policy_names_is_given_to_nobody(office: Office) -> None:
    async with office.book.outside.database.write() as tx:
        with pytest.raises(RoleUnknown, match="people, privacy"):
            await office.access.grant(tx, office.people["ben"], member("boss"), by=None)
        assert "boss-1" not in {each.handle for each in await office.access.members(tx)}


async def test_roles_are_given_by_those_who_may_and_one_at_a_time(office: Office) -> None:
    database, people = office.book.outside.database, office.people
    for by in ("support", "safety", "privacy", "nobody"):
        with pytest.raises((AccessRefused, StaffOnly)):
            async with database.write() as tx:
                await office.access.grant(tx, people["ben"], member("support", "new"), by=people[by])
    for account, handle in (("support", "second"), ("ben", "support-1")):
        with pytest.raises(RoleTaken):
            async with database.write() as tx:
                await office.access.grant(tx, people[account], member("privacy", handle), by=people["people"])
    async with database.write() as tx:
        await office.access.grant(tx, people["ben"], member("support", "new"), by=people["people"])
        await office.access.revoke(tx, "new", by=people["people"])
        await office.access.grant(tx, people["ben"], member("safety", "new"), by=people["people"])
    kinds = [leaf.kind for leaf in await office.leaves()]
    assert kinds.count("staff.grant") == 7
