"""Original sounds over HTTP: finding one, using one, and saying no."""

import pytest

from support.media import footage
from support.web.visiting import Site, Visitor, check_problem

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

NEVER = "0" * 26


async def posted(by: Visitor, **asked: object) -> dict[str, object]:
    sent = (await by.upload(footage.clip(seconds=0.6).read_bytes())).json()
    answer = await by.post("/api/clips", json={"upload_id": sent["id"], **asked})
    assert answer.status_code == 201, answer.text
    made: dict[str, object] = answer.json()
    return made


async def test_a_sound_is_found_heard_and_used(site: Site) -> None:
    visible, url = site.known.visible, f"/api/sounds/{site.known.visible}"
    async with site.visit(site.known.ben) as ben, site.visit() as nobody:
        for query in ("", "?order=most-used", "?q=ann", "?q=%23first"):
            (found,) = (await nobody.get(f"/api/sounds{query}")).json()["sounds"]
            assert found == (await nobody.get(url)).json()
        assert found["author"]["handle"] == "ann"
        assert (found["use_count"], found["may_use"]) == (1, True)
        assert (await nobody.get(found["playlist_url"])).status_code == 200
        assert (await nobody.get(found["poster_url"])).status_code == 200
        made = await posted(ben, sound_id=visible)
        assert made["sound"] == {"id": visible, "handle": "ann"}
        await site.stage.publish()
        carrying = (await nobody.get(f"{url}/clips")).json()
        assert [each["id"] for each in carrying["clips"]] == [made["id"], visible]
        assert (await nobody.get(url)).json()["use_count"] == 2
        check_problem(await nobody.get(f"/api/sounds/{made['id']}"), 404, "social.no-such-sound")


async def test_its_creator_keeps_a_sound_back_and_what_carries_it_stays(site: Site) -> None:
    visible, url = site.known.visible, f"/api/clips/{site.known.visible}"
    async with site.visit(site.known.ann) as ann, site.visit(site.known.ben) as ben:
        made = await posted(ben, sound_id=visible)
        await site.stage.publish()
        assert (await ann.ask("PATCH", url, json={"allows_reuse": False})).json()["allows_reuse"] is False
        assert not (await ben.get(f"/api/sounds/{visible}")).json()["may_use"]
        listed = (await ben.get("/api/sounds")).json()["sounds"]
        assert visible not in [each["id"] for each in listed]
        assert (await ben.get(f"/api/clips/{made['id']}")).json()["sound"] == made["sound"]
        sent = (await ben.upload(footage.clip(seconds=0.6).read_bytes())).json()
        body = {"upload_id": sent["id"], "sound_id": visible}
        check_problem(await ben.post("/api/clips", json=body), 403, "social.sound-not-allowed")
        kept = await posted(ann, allows_reuse=False, is_draft=True)
        assert kept["allows_reuse"] is False


async def test_a_sound_whose_clip_is_removed_is_told_of_but_not_used(site: Site) -> None:
    visible = site.known.visible
    async with site.visit(site.known.ann) as ann, site.visit(site.known.ben) as ben:
        made = await posted(ben, sound_id=visible)
        draft = await posted(ben, is_draft=True)
        await site.stage.publish()
        await ann.delete(f"/api/clips/{visible}")
        sound = (await ben.get(f"/api/sounds/{visible}")).json()
        assert (sound["author"], sound["playlist_url"], sound["use_count"]) == (None, None, 1)
        left = (await ben.get(f"/api/clips/{made['id']}")).json()
        assert left["sound"] == {"id": visible, "handle": None}
        refused = await ben.put(f"/api/clips/{draft['id']}/sound", json={"sound_id": visible})
        check_problem(refused, 410, "social.sound-gone")


async def test_the_sound_of_a_draft_is_chosen_by_its_creator_alone(site: Site) -> None:
    visible = site.known.visible
    async with site.visit(site.known.ann) as ann, site.visit(site.known.ben) as ben, site.visit() as nobody:
        draft = await posted(ben, is_draft=True, is_muted=True)
        url = f"/api/clips/{draft['id']}/sound"
        assert draft["sound"] is None
        chosen = await ben.put(url, json={"sound_id": visible})
        assert chosen.json()["sound"] == {"id": visible, "handle": "ann"}
        assert (await ben.put(url, json={"sound_id": None})).json()["sound"] is None
        check_problem(await ben.put(url, json={"sound_id": NEVER}), 404, "social.no-such-sound")
        check_problem(await ben.put(url, json={"sound_id": 5}), 400, "web.bad-request")
        check_problem(await ann.put(url, json={"sound_id": None}), 404, "social.no-such-clip")
        check_problem(await nobody.put(url, json={"sound_id": None}), 401, "web.sign-in-first")
        for settled in (visible, site.known.processing):
            late = await ann.put(f"/api/clips/{settled}/sound", json={"sound_id": None})
            check_problem(late, 409, "social.wrong-state")


async def test_a_list_that_is_not_written_as_asked_is_refused(shared: Site) -> None:
    async with shared.visit() as nobody:
        check_problem(await nobody.get("/api/sounds?order=loudest"), 400, "web.bad-request")
        check_problem(await nobody.get("/api/sounds?cursor=elsewhere"), 422, "social.bad-cursor")
        check_problem(await nobody.get(f"/api/sounds?q={'x' * 65}"), 400, "web.bad-request")
        check_problem(await nobody.get(f"/api/sounds/{NEVER}"), 404, "social.no-such-sound")
