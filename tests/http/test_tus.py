"""The tus protocol, rule by rule: whatever a client does, the offset it is told is the truth."""

import base64
import hashlib
from collections.abc import AsyncIterator
from typing import Any

import httpx  # noqa: TID251 - a test's client, which never leaves this process
import pytest

from reelm.base import mint
from reelm.workflows.operate import tidy
from support.machine.determinism import ManualClock
from support.media import footage
from support.web.visiting import Site, Visitor, check_problem

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

PATH = "/api/uploads/tus"
SPOKEN = {"tus-resumable": "1.0.0"}
BYTES = SPOKEN | {"content-type": "application/offset+octet-stream"}
DAY_SECONDS = 24 * 3600


async def begin(visitor: Visitor, length: int, **headers: str) -> str:
    """An announced upload; where it is."""
    answer = await visitor.post(PATH, headers=SPOKEN | {"upload-length": str(length)} | headers)
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


async def send(visitor: Visitor, place: str, offset: int, body: Any, **headers: str) -> httpx.Response:
    return await visitor.ask(
        "PATCH", place, content=body, headers=BYTES | {"upload-offset": str(offset)} | headers
    )


async def offset(visitor: Visitor, place: str) -> int:
    answer = await visitor.ask("HEAD", place, headers=SPOKEN)
    assert answer.status_code == 200, answer.status_code
    return int(answer.headers["upload-offset"])


def checksum(body: bytes, algorithm: str = "sha256") -> str:
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, body).digest()).decode()}"


def video() -> bytes:
    return footage.clip(seconds=0.6).read_bytes()


async def test_a_server_says_what_it_speaks_to_anybody(shared: Site) -> None:
    async with shared.visit() as nobody:
        for path in (PATH, f"{PATH}/anything"):
            answer = await nobody.ask("OPTIONS", path)
            assert answer.status_code == 204
            assert answer.headers["tus-resumable"] == "1.0.0"
            assert answer.headers["tus-version"] == "1.0.0"
            assert answer.headers["tus-max-size"] == str(2 * 1024**3)
            assert answer.headers["tus-checksum-algorithm"] == "sha1,sha256"
            extensions = "creation,creation-with-upload,termination,checksum,expiration"
            assert answer.headers["tus-extension"] == extensions


async def test_a_file_that_came_in_pieces_becomes_a_clip(site: Site) -> None:
    body = video()
    async with site.visit(site.known.ann) as ann:
        place = await begin(ann, len(body))
        for start in range(0, len(body), 10_000):
            assert await offset(ann, place) == start
            answer = await send(ann, place, start, body[start : start + 10_000])
            assert (answer.status_code, answer.content) == (204, b"")
            assert answer.headers["upload-offset"] == str(min(start + 10_000, len(body)))
            assert answer.headers["tus-resumable"] == "1.0.0"
            assert "upload-expires" in answer.headers
        found = (await ann.get(place)).json()
        assert found["upload"]["size_bytes"] == len(body)
        assert (site.stage.data / "spool" / f"{found['id']}.source").read_bytes() == body
        made = await ann.post("/api/clips", json={"upload_id": found["id"], "caption": "In pieces"})
        assert made.status_code == 201


async def test_a_small_file_comes_with_its_announcement(site: Site) -> None:
    body = video()
    async with site.visit(site.known.ann) as ann:
        headers = BYTES | {"upload-length": str(len(body)), "upload-checksum": checksum(body)}
        answer = await ann.post(PATH, content=body, headers=headers)
        assert answer.status_code == 201
        assert answer.headers["upload-offset"] == str(len(body))
        assert (await ann.get(answer.headers["location"])).json()["upload"] is not None


async def test_an_announcement_may_bring_only_the_first_bytes(site: Site) -> None:
    body = video()
    async with site.visit(site.known.ann) as ann:
        headers = BYTES | {"upload-length": str(len(body))}
        answer = await ann.post(PATH, content=body[:5000], headers=headers)
        assert (answer.status_code, answer.headers["upload-offset"]) == (201, "5000")
        assert (await send(ann, answer.headers["location"], 5000, body[5000:])).status_code == 204


async def test_first_bytes_that_are_refused_leave_nothing(site: Site) -> None:
    before = await site.traces()
    async with site.visit(site.known.ann) as ann:
        headers = BYTES | {"upload-length": "10", "upload-checksum": checksum(b"other")}
        check_problem(
            await ann.post(PATH, content=b"0123456789", headers=headers), 460, "media.checksum-mismatch"
        )
        wrong = BYTES | {"upload-length": "10"}
        check_problem(await ann.post(PATH, content=b"0123456789", headers=wrong), 415, "media.not-a-video")
        check_problem(await ann.post(PATH, content=b"0123456789a", headers=wrong), 413, "media.beyond-length")
    after = await site.traces()
    assert after.world == before.world
    assert after.rows["arrivals"] == 0


@pytest.mark.parametrize("version", [None, "0.2.2", "2.0.0", "1.0.0, 0.2.2"])
async def test_another_version_is_refused_and_the_spoken_one_named(site: Site, version: str | None) -> None:
    headers = {"upload-length": "10"} | ({"tus-resumable": version} if version else {})
    async with site.visit(site.known.ann) as ann:
        place = await begin(ann, 10)
        for answer in (
            await ann.post(PATH, headers=headers),
            await ann.ask(
                "PATCH", place, content=b"x", headers={**BYTES, **headers, "tus-resumable": version or ""}
            ),
            await ann.delete(place, headers=headers),
        ):
            check_problem(answer, 412, "web.wrong-tus-version")
            assert answer.headers["tus-version"] == "1.0.0"
        answer = await ann.ask("HEAD", place, headers=headers)
        assert (answer.status_code, answer.content) == (412, b"")
        assert await offset(ann, place) == 0


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 400, "web.bad-tus-header"),
        ({"upload-length": "-1"}, 400, "web.bad-tus-header"),
        ({"upload-length": "ten"}, 400, "web.bad-tus-header"),
        ({"upload-length": "9" * 30}, 400, "web.bad-tus-header"),
        ({"upload-defer-length": "1"}, 400, "web.bad-tus-header"),
        ({"upload-length": "9", "upload-concat": "partial"}, 400, "web.bad-tus-header"),
        ({"upload-concat": "final;/a /b"}, 400, "web.bad-tus-header"),
        ({"upload-length": "0"}, 422, "media.empty"),
        ({"upload-length": str(2 * 1024**3 + 1)}, 413, "media.too-many-bytes"),
        ({"upload-length": "9", "upload-metadata": "name not-base64!"}, 400, "web.bad-tus-header"),
        ({"upload-length": "9", "upload-metadata": "a YQ==,a YQ=="}, 400, "web.bad-tus-header"),
        ({"upload-length": "9", "upload-metadata": "a YQ==,,b YQ=="}, 400, "web.bad-tus-header"),
        ({"upload-length": "9", "upload-metadata": "a YQ== YQ=="}, 400, "web.bad-tus-header"),
        ({"upload-length": "9", "upload-metadata": "a " + "YQ==" * 2000}, 400, "web.bad-tus-header"),
    ],
)
async def test_an_announcement_that_cannot_work_is_refused_before_the_first_byte(
    site: Site, headers: dict[str, str], status: int, code: str
) -> None:
    before = await site.traces()
    async with site.visit(site.known.ann) as ann:
        answer = await ann.post(PATH, headers=SPOKEN | headers)
    check_problem(answer, status, code)
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert (await site.traces()).world == before.world


async def test_first_bytes_of_another_type_are_refused(site: Site) -> None:
    headers = SPOKEN | {"upload-length": "9", "content-type": "video/mp4"}
    async with site.visit(site.known.ann) as ann:
        check_problem(await ann.post(PATH, content=b"123", headers=headers), 415, "web.not-a-tus-body")
        assert (await ann.post(PATH, headers=headers)).status_code == 201


async def test_bytes_that_do_not_fit_are_refused_and_the_offset_stays(site: Site) -> None:
    async with site.visit(site.known.ann) as ann:
        place = await begin(ann, 10)
        assert (await send(ann, place, 0, b"01234")).status_code == 204
        document = check_problem(await send(ann, place, 0, b"01234"), 409, "media.offset-mismatch")
        assert document["facts"] == {"offset_bytes": 5}
        check_problem(await send(ann, place, 6, b"6"), 409, "media.offset-mismatch")
        check_problem(await send(ann, place, 5, b"567890"), 413, "media.beyond-length")
        check_problem(await send(ann, place, 5, b"5", **{"upload-offset": "x"}), 400, "web.bad-tus-header")
        wrong_type = {"content-type": "application/octet-stream"}
        check_problem(await send(ann, place, 5, b"5", **wrong_type), 415, "web.not-a-tus-body")
        assert await offset(ann, place) == 5


async def test_a_body_of_unknown_length_is_stopped_at_the_end_of_the_file(site: Site) -> None:
    async def unannounced() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b"x" * 4

    async with site.visit(site.known.ann) as ann:
        place = await begin(ann, 10)
        check_problem(await send(ann, place, 0, unannounced()), 413, "media.beyond-length")
        assert await offset(ann, place) == 0


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
async def test_bytes_that_were_changed_on_the_way_are_not_kept(site: Site, algorithm: str) -> None:
    async with site.visit(site.known.ann) as ann:
        place = await begin(ann, 10)
        right = {"upload-checksum": checksum(b"01234", algorithm)}
        answer = await send(ann, place, 0, b"0123x", **right)
        document = check_problem(answer, 460, "media.checksum-mismatch")
        assert document["retryable"] is True
        assert await offset(ann, place) == 0
        assert (await send(ann, place, 0, b"01234", **right)).status_code == 204
        for bad in ("md5 YQ==", "sha1", "sha1 !", ""):
            check_problem(
                await send(ann, place, 5, b"5", **{"upload-checksum": bad}), 400, "web.bad-tus-header"
            )
        assert await offset(ann, place) == 5


async def test_what_a_sender_said_is_given_back_to_it_and_never_kept_in_the_clear(site: Site) -> None:
    said = f"filename {base64.b64encode(b'her secret day.mp4').decode()},is_private"
    async with site.visit(site.known.ann) as ann:
        place = await begin(ann, 10, **{"upload-metadata": said})
        answer = await ann.ask("HEAD", place, headers=SPOKEN)
    assert answer.headers["upload-metadata"] == said
    assert answer.headers["upload-length"] == "10"
    assert answer.headers["cache-control"] == "no-store"
    secrets = (b"secret day", said.encode())
    for path in site.stage.data.rglob("*"):
        assert not path.is_file() or not any(secret in path.read_bytes() for secret in secrets)


async def test_only_its_owner_sees_or_changes_an_upload(site: Site) -> None:
    async with site.visit(site.known.ann) as ann, site.visit(site.known.ben) as ben, site.visit() as nobody:
        place = await begin(ann, 10)
        assert (await ben.ask("HEAD", place, headers=SPOKEN)).status_code == 404
        assert (await nobody.ask("HEAD", place, headers=SPOKEN)).status_code == 401
        check_problem(await send(ben, place, 0, b"x"), 404, "media.upload-missing")
        check_problem(await send(nobody, place, 0, b"x"), 401, "web.sign-in-first")
        check_problem(await ben.get(place), 404, "media.upload-missing")
        check_problem(await ben.delete(place, headers=SPOKEN), 404, "media.upload-missing")
        answer = await ann.ask(
            "PATCH", place, content=b"x", headers=BYTES | {"upload-offset": "0"}, has_token=False
        )
        check_problem(answer, 403, "web.page-token-missing")
        assert answer.headers["tus-resumable"] == "1.0.0"
        assert await offset(ann, place) == 0


async def test_a_client_that_cannot_say_patch_says_post(site: Site) -> None:
    async with site.visit(site.known.ann) as ann:
        place = await begin(ann, 10)
        headers = BYTES | {"upload-offset": "0", "x-http-method-override": "PATCH"}
        assert (await ann.post(place, content=b"01234", headers=headers)).status_code == 204
        answer = await ann.get(place, headers=SPOKEN | {"x-http-method-override": "HEAD"})
        assert (answer.headers["upload-offset"], answer.content) == ("5", b"")
        sneaky = {"x-http-method-override": "DELETE", **SPOKEN}
        check_problem(await ann.get(place, headers=sneaky), 403, "web.page-token-missing")


async def test_a_terminated_upload_is_gone(site: Site) -> None:
    before = await site.traces()
    async with site.visit(site.known.ann) as ann:
        place = await begin(ann, 10)
        await send(ann, place, 0, b"01234")
        assert (await ann.delete(place, headers=SPOKEN)).status_code == 204
        assert (await ann.ask("HEAD", place, headers=SPOKEN)).status_code == 404
        check_problem(await ann.delete(place, headers=SPOKEN), 404, "media.upload-missing")
    after = await site.traces()
    assert after.world == before.world
    assert after.rows["arrivals"] == 0


async def test_a_whole_upload_is_terminated_until_it_is_posted(site: Site) -> None:
    body = video()
    async with site.visit(site.known.ann) as ann:
        first, second = await begin(ann, len(body)), await begin(ann, len(body))
        for place in (first, second):
            await send(ann, place, 0, body)
        assert (await ann.delete(first, headers=SPOKEN)).status_code == 204
        check_problem(await ann.get(first), 404, "media.upload-missing")
        upload = (await ann.get(second)).json()["id"]
        await ann.post("/api/clips", json={"upload_id": upload})
        check_problem(await ann.delete(second, headers=SPOKEN), 409, "workflows.upload-posted")
        assert (await ann.delete(f"/api/uploads/{upload}")).status_code == 409


async def test_a_refusal_can_be_read_again_when_its_answer_was_lost(site: Site) -> None:
    async with site.visit(site.known.ann) as ann:
        place = await begin(ann, 10)
        check_problem(await send(ann, place, 0, b"no video!!"), 415, "media.not-a-video")
        for _ in range(2):
            assert await offset(ann, place) == 10
            found = (await ann.get(place)).json()
            assert found["upload"] is None
            assert found["refusal"]["code"] == "media.not-a-video"
            check_problem(await send(ann, place, 10, b""), 415, "media.not-a-video")
    assert not list((site.stage.data / "spool").glob(f"{found['id']}*"))


async def test_an_upload_that_never_ends_is_forgotten(timed_site: Site, clock: ManualClock) -> None:
    before = await timed_site.traces()
    async with timed_site.visit(timed_site.known.ann) as ann:
        place = await begin(ann, 10)
        clock.advance(DAY_SECONDS - 1)
        assert (await send(ann, place, 0, b"01234")).status_code == 204
        clock.advance(DAY_SECONDS - 1)
        await tidy(realm=timed_site.stage.realm)
        assert await offset(ann, place) == 5
        clock.advance(1)
        assert (await ann.ask("HEAD", place, headers=SPOKEN)).status_code == 404
        await tidy(realm=timed_site.stage.realm)
    after = await timed_site.traces()
    assert after.rows["arrivals"] == 0
    assert after.world.spooled == before.world.spooled


async def test_an_address_that_nobody_was_given_is_not_found(site: Site) -> None:
    unknown = mint(site.stage.realm.clock, site.stage.realm.entropy)
    async with site.visit(site.known.ann) as ann:
        assert (await ann.ask("HEAD", f"{PATH}/{unknown}", headers=SPOKEN)).status_code == 404
        for trick in ("..", "%2e%2e%2fetc", "A" * 26, "a"):
            answer = await send(ann, f"{PATH}/{trick}", 0, b"x")
            assert answer.status_code in {400, 404, 405}, trick
