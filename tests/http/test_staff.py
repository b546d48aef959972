"""Members of staff ask over HTTP, and get what the policies let them have once it is in the ledger."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from reelm.base import AccountId
from reelm.ledger import Leaf, read_leaf
from reelm.realm.policy import Member
from reelm.workflows import OpenRealm
from support.machine.determinism import ManualClock
from support.web.visiting import Site, check_problem, recording

pytestmark = pytest.mark.asyncio(loop_scope="module")

SEE = {"subject": "ann", "purpose": "support-request", "ticket": "t-1"}
TAKE = {"subjects": ["ann", "BEN"], "purpose": "legal-request", "ticket": "t-3"}
ASKS: Sequence[tuple[str, dict[str, Any]]] = [
    ("/api/staff/looks", SEE),
    ("/api/staff/approvals", TAKE | {"asker": "records-1", "action": "access.export"}),
    ("/api/staff/exports", TAKE),
    ("/api/staff/emergencies", {"purpose": "threat-to-life"}),
    ("/api/staff/reviews", {"emergency": 0, "finding": "unused"}),
]


async def hire(site: Site, role: str) -> AccountId:
    """Somebody in a role, with the pseudonym ROLE-1."""
    at, account = site.stage.realm, await site.stage.person(f"{role}_member")
    async with at.database.write() as tx:
        member = Member(f"{role}-1", role, at.identity.manifest.realm.id, "Example B.V.", "NL")
        await at.access.grant(tx, account, member, by=None)
    return account


async def leaf(index: int, realm: OpenRealm) -> Leaf:
    return read_leaf((await realm.ledger.receipt(index)).leaf)


async def kinds(realm: OpenRealm) -> list[str]:
    """Of all leaves so far, newest first: our own comes after what was promised before."""
    await realm.ledger.record("mod.appeal", {"appeal": "0" * 26, "decision": "0" * 26})
    return [read_leaf(each.leaf).kind for each in await realm.ledger.latest(50)][1:]


async def shown_to(account: AccountId, site: Site) -> list[dict[str, Any]]:
    async with site.visit(account) as person:
        found: list[dict[str, Any]] = (await person.get("/api/me/access")).json()["accesses"]
    return found


async def test_support_sees_an_address_that_is_on_the_record_and_shown_to_its_owner(site: Site) -> None:
    realm = site.stage.realm
    async with recording(realm), site.visit(await hire(site, "support")) as support:
        answer = await support.post("/api/staff/looks", json=SEE)
        assert answer.status_code == 200, answer.text
        assert answer.json()["email"] == "ann@example.org"
        assert answer.headers["cache-control"] == "no-store"
        index = answer.json()["leaf_index"]
        said = await leaf(index, realm)
    assert (said.kind, said.public.actor, said.public.ticket) == ("access.read", "support-1", "t-1")  # type: ignore[attr-defined] # of this kind
    (access,) = await shown_to(site.known.ann, site)
    assert (access["leaf_index"], access["handle"], access["role"]) == (index, "support-1", "support")


async def test_a_look_that_the_policies_refuse_shows_nothing_and_is_on_the_record(site: Site) -> None:
    realm = site.stage.realm
    async with recording(realm), site.visit(await hire(site, "support")) as support:
        for other in ({"purpose": "curiosity"}, {"ticket": None}, {"approval_id": "0" * 26}):
            answer = await support.post("/api/staff/looks", json=SEE | other)
            check_problem(answer, 403, "accounts.access-refused")
        check_problem(await support.post("/api/staff/exports", json=TAKE), 403, "accounts.access-refused")
        assert (await kinds(realm)).count("access.deny") == 4
    assert await shown_to(site.known.ann, site) == []


async def test_nothing_is_seen_that_is_not_on_the_record(timed_site: Site, clock: ManualClock) -> None:
    async with timed_site.visit(await hire(timed_site, "support")) as support:
        looking = asyncio.create_task(support.post("/api/staff/looks", json=SEE))
        while not looking.done():
            clock.advance(1)
            await asyncio.sleep(0.001)
        answer = await looking
    assert check_problem(answer, 503, "ledger.not-recorded")["retryable"] is True
    assert "ann@example.org" not in answer.text
    (access,) = await shown_to(timed_site.known.ann, timed_site)
    assert access["leaf_index"] is None, "whoever could have been seen is told all the same"


async def test_an_export_takes_two_people_and_is_a_marked_file(site: Site) -> None:
    realm = site.stage.realm
    records, privacy = await hire(site, "records"), await hire(site, "privacy")
    wanted = TAKE | {"asker": "records-1", "action": "access.export"}
    async with recording(realm), site.visit(records) as clerk, site.visit(privacy) as second:
        check_problem(await clerk.post("/api/staff/exports", json=TAKE), 403, "accounts.access-refused")
        refused = await clerk.post("/api/staff/approvals", json=wanted)
        check_problem(refused, 403, "accounts.access-refused")
        given = await second.post("/api/staff/approvals", json=wanted)
        assert given.status_code == 201, given.text
        approved = TAKE | given.json()
        fewer = await clerk.post("/api/staff/exports", json=approved | {"subjects": ["ann"]})
        check_problem(fewer, 403, "accounts.access-refused")
        answer = await clerk.post("/api/staff/exports", json=approved)
        assert answer.status_code == 200, answer.text
        again = await clerk.post("/api/staff/exports", json=approved)
        check_problem(again, 403, "accounts.access-refused")
        assert (await kinds(realm)).count("access.export") == 1
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["cache-control"] == "no-store"
    assert {"ann@example.org", "ben@example.org"} < set(answer.text.split())
    async with realm.database.read() as tx:
        (leak,) = await realm.access.exports.identify(tx, answer.text)
    assert answer.headers["content-disposition"] == f'attachment; filename="export-{leak.export_id}.csv"'
    for account in (site.known.ann, site.known.ben):
        (access,) = await shown_to(account, site)
        assert (access["action"], access["leaf_index"]) == ("access.export", leak.leaf_index)


async def test_a_broken_glass_is_public_and_reviewed_once_by_somebody_else(site: Site) -> None:
    realm = site.stage.realm
    safety, privacy = await hire(site, "safety"), await hire(site, "privacy")
    async with recording(realm), site.visit(safety) as breaker, site.visit(privacy) as second:
        curious = await breaker.post("/api/staff/emergencies", json={"purpose": "curiosity"})
        check_problem(curious, 403, "accounts.access-refused")
        answer = await breaker.post("/api/staff/emergencies", json={"purpose": "threat-to-life"})
        assert answer.status_code == 201, answer.text
        index = answer.json()["leaf_index"]
        assert (await leaf(index, realm)).kind == "access.emergency"
        urgent = {"subject": "ann", "purpose": "threat-to-life"}
        seen = await breaker.post("/api/staff/looks", json=urgent)
        assert (await leaf(seen.json()["leaf_index"], realm)).public.emergency == index  # type: ignore[attr-defined] # of this kind
        review = {"emergency": index, "finding": "justified"}
        check_problem(await breaker.post("/api/staff/reviews", json=review), 403, "accounts.access-refused")
        assert (await second.post("/api/staff/reviews", json=review)).status_code == 204
        check_problem(await second.post("/api/staff/reviews", json=review), 403, "accounts.access-refused")
        assert (await kinds(realm)).count("access.review") == 1


async def test_a_member_reads_what_their_role_may_until_it_is_revoked(site: Site) -> None:
    realm = site.stage.realm
    async with site.visit(await hire(site, "support")) as support:
        role = (await support.get("/api/staff/role")).json()
        assert (role["pseudonym"], role["role"], role["may_at_most"]) == (
            "support-1",
            "support",
            ["access.read"],
        )
        async with realm.database.write() as tx:
            await realm.access.revoke(tx, "support-1", by=None)
        role = (await support.get("/api/staff/role")).json()
        assert (role["is_revoked"], role["may_at_most"]) == (True, [])
        check_problem(await support.post("/api/staff/looks", json=SEE), 403, "accounts.access-refused")


@pytest.mark.parametrize(("path", "body"), ASKS)
async def test_whoever_is_no_member_of_staff_is_refused(
    shared: Site, path: str, body: dict[str, Any]
) -> None:
    async with shared.visit() as nobody, shared.visit(shared.known.ann) as ann:
        check_problem(await nobody.post(path, json=body), 401, "web.sign-in-first")
        check_problem(await ann.post(path, json=body), 403, "accounts.staff-only")
        check_problem(await ann.get("/api/staff/role"), 403, "accounts.staff-only")


@pytest.mark.parametrize(
    "other", [{"purpose": "Because"}, {"ticket": "a b"}, {"approval_id": "one"}, {"subject": 1}]
)
async def test_a_look_that_is_not_written_as_asked_is_refused(shared: Site, other: dict[str, Any]) -> None:
    async with shared.visit(shared.known.ann) as ann:
        check_problem(await ann.post("/api/staff/looks", json=SEE | other), 400, "web.bad-request")


async def test_nobody_is_nobody_and_a_ticket_that_names_someone_is_refused(site: Site) -> None:
    async with recording(site.stage.realm), site.visit(await hire(site, "support")) as support:
        unknown = await support.post("/api/staff/looks", json=SEE | {"subject": "nobody_here"})
        check_problem(unknown, 404, "social.no-such-profile")
        telling = await support.post("/api/staff/looks", json=SEE | {"ticket": "192.0.2.17"})
        check_problem(telling, 422, "ledger.leaf-tells")
    assert await shown_to(site.known.ann, site) == []


async def test_asking_without_end_is_slowed_down(site: Site) -> None:
    async with site.visit(site.known.ann) as ann:
        answers = [await ann.post("/api/staff/emergencies", json={"purpose": "fun"}) for _ in range(61)]
    check_problem(answers[59], 403, "accounts.staff-only")
    check_problem(answers[60], 429, "base.too-many")
