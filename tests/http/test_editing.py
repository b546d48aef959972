"""Changing a clip's words over HTTP."""

import pytest

from visiting import Site, check_problem

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_its_creator_edits_a_clip_and_everybody_sees_that(site: Site) -> None:
    url = f"/api/clips/{site.known.visible}"
    async with site.visit(site.known.ann) as ann, site.visit() as nobody:
        before = (await nobody.get(url)).json()
        assert (before["edited_at"], before["alt_text"]) == (None, "")
        answer = await ann.ask("PATCH", url, json={"caption": "Now #better", "alt_text": "Two hands wave"})
        assert answer.status_code == 200, answer.text
        seen = (await nobody.get(url)).json()
    assert (seen["caption"], seen["alt_text"], seen["tags"]) == ("Now #better", "Two hands wave", ["better"])
    assert seen["edited_at"] is not None


async def test_fields_that_are_not_sent_stay_as_they_are(site: Site) -> None:
    url = f"/api/clips/{site.known.visible}"
    async with site.visit(site.known.ann) as ann:
        before = (await ann.get(url)).json()
        described = (await ann.ask("PATCH", url, json={"alt_text": "Two hands"})).json()
        assert described == {**before, "alt_text": "Two hands"}
        assert (await ann.ask("PATCH", url, json={})).json() == described


async def test_nobody_edits_what_is_not_theirs(shared: Site) -> None:
    url = f"/api/clips/{shared.known.visible}"
    async with shared.visit(shared.known.ben) as ben, shared.visit() as nobody:
        check_problem(await ben.ask("PATCH", url, json={"caption": "x"}), 403, "social.not-yours")
        check_problem(await nobody.ask("PATCH", url, json={"caption": "x"}), 401, "web.sign-in-first")
    async with shared.visit(shared.known.ann) as ann:
        removed = f"/api/clips/{shared.known.removed}"
        check_problem(await ann.ask("PATCH", removed, json={"caption": "x"}), 410, "social.clip-removed")
        long = {"alt_text": "x" * 1_001}
        check_problem(await ann.ask("PATCH", url, json=long), 413, "social.text-too-long")
        check_problem(await ann.ask("PATCH", url, json={"caption": 5}), 400, "web.bad-request")
