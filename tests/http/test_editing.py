"""What a creator says of a clip over HTTP: which part of the file it is, and its words."""

import pytest

from support.media import footage
from support.web.visiting import Site, check_problem

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


async def test_a_part_of_the_file_is_posted(site: Site) -> None:
    async with site.visit(site.known.ann) as ann:
        sent = (await ann.upload(footage.clip(seconds=1.5).read_bytes())).json()
        asked = {"upload_id": sent["id"], "start_seconds": 0.25, "end_seconds": 1.0, "cover_seconds": 0.5}
        answer = await ann.post("/api/clips", json={**asked, "is_muted": True})
    assert answer.status_code == 201, answer.text
    assert answer.json()["duration_ms"] == 750


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"end_seconds": 60}, 422, "media.bad-cut"),
        ({"start_seconds": 0.5, "end_seconds": 0.5}, 422, "media.bad-cut"),
        ({"start_seconds": 0.5, "cover_seconds": 0.1}, 422, "media.bad-cut"),
        ({"start_seconds": -1}, 400, "web.bad-request"),
        ({"end_seconds": 1e300}, 400, "web.bad-request"),
        ({"cover_seconds": "first"}, 400, "web.bad-request"),
    ],
)
async def test_a_part_that_the_file_does_not_have_is_refused_and_the_upload_waits(
    shared: Site, asked: dict[str, object], status: int, code: str
) -> None:
    async with shared.visit(shared.known.ann) as ann:
        sent = (await ann.upload(footage.clip(seconds=0.6).read_bytes())).json()
        before = (await shared.traces()).rows
        check_problem(await ann.post("/api/clips", json={"upload_id": sent["id"], **asked}), status, code)
        assert (await shared.traces()).rows == before


async def test_subtitles_go_in_as_a_file_and_come_out_as_webvtt(site: Site) -> None:
    clip = f"/api/clips/{site.known.visible}"
    url, text = f"{clip}/subtitles/de", {"content-type": "text/vtt"}
    body = "WEBVTT\n\nNOTE x\n\n00:00.100 --> 00:00.400 line:0\nGrüße\n"
    async with site.visit(site.known.ann) as ann, site.visit() as nobody:
        check_problem(await nobody.get(url), 404, "delivery.no-such-subtitles")
        answer = await ann.put(url, content=body.encode(), headers=text)
        assert answer.status_code == 200, answer.text
        assert answer.json()["left_out"] == ["1 position", "1 comment"]
        listed = [{"language": "de", "url": url}]
        assert answer.json()["clip"]["subtitles"] == (await nobody.get(clip)).json()["subtitles"] == listed
        served = await nobody.get(url)
        assert served.headers["content-type"].startswith("text/vtt")
        assert served.text == "WEBVTT\n\n00:00:00.100 --> 00:00:00.400\nGrüße\n"
        bad = await ann.put(url, content=b"WEBVTT\n\nSTYLE\n::cue{}\n", headers=text)
        assert check_problem(bad, 422, "media.bad-subtitles")["facts"] == {"line": 3}
        check_problem(await ann.put(url, content=b"x" * 60_001, headers=text), 413, "media.too-many-bytes")
        check_problem(await ann.put(url, content=b"x" * 70_000, headers=text), 413, "web.body-too-large")
        odd = f"{clip}/subtitles/german"
        check_problem(await ann.put(odd, content=body.encode(), headers=text), 422, "workflows.no-language")
        check_problem(await nobody.put(url, content=body.encode(), headers=text), 401, "web.sign-in-first")
        assert (await ann.delete(url)).json()["subtitles"] == []
        check_problem(await nobody.get(url), 404, "delivery.no-such-subtitles")
