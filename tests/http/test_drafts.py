"""Drafts over HTTP."""

import pytest

from support.machine.determinism import ManualClock
from support.media import footage
from support.web.visiting import Site, Visitor, check_problem

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOON_TOMORROW, LATER = "2026-01-26T12:00:00Z", "2026-01-27T12:00:00+02:00"


async def keep(ann: Visitor, **asked: object) -> dict[str, object]:
    sent = (await ann.upload(footage.clip(seconds=0.6).read_bytes())).json()
    answer = await ann.post("/api/clips", json={"upload_id": sent["id"], **asked})
    assert answer.status_code == 201, answer.text
    made: dict[str, object] = answer.json()
    return made


async def test_a_draft_is_its_creators_alone_planned_and_published(
    timed_site: Site, clock: ManualClock
) -> None:
    async with timed_site.visit(timed_site.known.ann) as ann, timed_site.visit() as nobody:
        made = await keep(ann, is_draft=True)
        url = f"/api/clips/{made['id']}"
        assert (made["state"], made["publish_at"]) == ("draft", None)
        check_problem(await nobody.get(url), 404, "social.no-such-clip")
        planned = await ann.put(f"{url}/plan", json={"publish_at": LATER})
        assert planned.json()["publish_at"] == "2026-01-27T10:00:00Z"
        own = (await ann.get("/api/profiles/ann/clips")).json()["clips"]
        assert planned.json() in own
        assert (await ann.put(f"{url}/plan", json={"publish_at": None})).json()["publish_at"] is None
        for _ in range(2):
            assert (await ann.post(f"{url}/publish")).json()["state"] == "processing"
        late = await ann.put(f"{url}/plan", json={"publish_at": LATER})
        check_problem(late, 409, "social.wrong-state")


async def test_a_time_to_publish_at_is_in_the_future_and_says_its_zone(
    timed_site: Site, clock: ManualClock
) -> None:
    async with timed_site.visit(timed_site.known.ann) as ann, timed_site.visit(timed_site.known.ben) as ben:
        made = await keep(ann, publish_at=NOON_TOMORROW)
        url = f"/api/clips/{made['id']}"
        assert (made["state"], made["publish_at"]) == ("draft", NOON_TOMORROW)
        for moment in ("2026-01-25T12:00:00Z", "2027-01-01T00:00:00Z", "2026-01-26T12:00:00"):
            refused = await ann.put(f"{url}/plan", json={"publish_at": moment})
            check_problem(refused, 422, "social.bad-moment")
        check_problem(await ann.put(f"{url}/plan", json={"publish_at": "noon"}), 400, "web.bad-request")
        for answer in (
            await ben.put(f"{url}/plan", json={"publish_at": None}),
            await ben.post(f"{url}/publish"),
        ):
            check_problem(answer, 404, "social.no-such-clip")
