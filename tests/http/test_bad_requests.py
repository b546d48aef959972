"""Requests that make no sense get a problem document that does, and change nothing."""

from typing import Any

import pytest

from support.media import footage
from support.web.visiting import Site, check_problem

pytestmark = pytest.mark.asyncio(loop_scope="module")

JSON = {"content-type": "application/json"}


async def check_unchanged(shared: Site, before: Any) -> None:
    assert (await shared.traces()).rows == before.rows


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/session"),
        ("POST", "/api/accounts"),
        ("DELETE", "/api/session"),
        ("PATCH", "/api/profile"),
        ("PUT", "/api/profiles/ann/follow"),
        ("POST", "/api/uploads"),
        ("POST", "/api/clips"),
        ("PATCH", "/api/clips/{visible}"),
        ("DELETE", "/api/clips/{visible}"),
        ("PUT", "/api/clips/{visible}/like"),
        ("POST", "/api/clips/{visible}/comments"),
        ("POST", "/api/clips/{visible}/views"),
        ("POST", "/api/staff/looks"),
        ("POST", "/api/staff/approvals"),
        ("POST", "/api/staff/exports"),
        ("POST", "/api/staff/emergencies"),
        ("POST", "/api/staff/reviews"),
    ],
)
async def test_whatever_changes_something_needs_the_pages_token(shared: Site, method: str, path: str) -> None:
    async with shared.visit(shared.known.ann) as ann:
        await ann.token()
        before = await shared.traces()
        url = path.format(visible=shared.known.visible)
        for headers in ({}, {"x-csrftoken": "0" * 64}, {"x-csrftoken": ""}):
            answer = await ann.ask(method, url, has_token=False, json={"text": "x"}, headers=headers)
            check_problem(answer, 403, "web.page-token-missing")
        await check_unchanged(shared, before)


async def test_a_token_without_its_cookie_is_worth_nothing(shared: Site) -> None:
    async with shared.visit() as somebody, shared.visit() as attacker:
        token = await somebody.token()
        answer = await attacker.ask("DELETE", "/api/session", has_token=False, headers={"x-csrftoken": token})
        check_problem(answer, 403, "web.page-token-missing")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "BREW"])
async def test_a_method_that_an_address_does_not_take_is_named(shared: Site, method: str) -> None:
    async with shared.visit(shared.known.ann) as ann:
        answer = await ann.ask(method, "/api/clips")
        check_problem(answer, 405, "web.method-not-allowed")
        assert "POST" in answer.headers["allow"]


@pytest.mark.parametrize(
    "path", ["/api/nothing", "/api/", "/api/clips/x/y/z", "/hls/x", "/health/x", "/api/%00"]
)
async def test_an_unknown_interface_address_is_a_problem_document(shared: Site, path: str) -> None:
    async with shared.visit() as nobody:
        check_problem(await nobody.get(path), 404, "web.no-such-address")


@pytest.mark.parametrize("path", ["/nothing", "/c/../../etc/passwd", "/.env", "/index.php", "/%ff%fe"])
async def test_an_unknown_page_is_the_page_that_says_so(shared: Site, path: str) -> None:
    async with shared.visit() as nobody:
        answer = await nobody.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"\xff\xfe\x00",
        b'{"email": "\xff\xfe@example.org", "password": "four words that fit"}',
        b'{"email": 5, "password": "four words that fit"}',
        b'{"password": "four words that fit"}',
        b"[" * 10_000,
        b'{"email": ' + b"9" * 5_000 + b', "password": ""}',
    ],
    ids=range(11),
)
async def test_a_body_that_is_not_what_the_address_takes_is_refused(shared: Site, body: bytes) -> None:
    async with shared.visit() as nobody:
        await nobody.token()
        before = await shared.traces()
        check_problem(await nobody.post("/api/session", content=body, headers=JSON), 400, "web.bad-request")
        await check_unchanged(shared, before)


async def test_a_faulty_field_is_named_without_its_value(shared: Site) -> None:
    async with shared.visit() as nobody:
        answer = await nobody.post("/api/session", json={"email": "a@example.org", "password": 31337})
    document = check_problem(answer, 400, "web.bad-request")
    assert "password" in document["facts"]
    assert "31337" not in answer.text


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "x"])
async def test_a_body_of_another_type_never_signs_anybody_in(shared: Site, kind: str) -> None:
    """A form on another page can send text/plain; the page's token stops it, and so does this."""
    async with shared.visit() as nobody:
        answer = await nobody.post(
            "/api/session",
            content=b"email=ann@example.org&password=four+words+that+fit",
            headers={"content-type": kind},
        )
    check_problem(answer, 400, "web.bad-request")
    assert "set-cookie" not in answer.headers or "session" not in answer.headers["set-cookie"]


async def test_ten_megabytes_of_caption_are_refused_unread(shared: Site) -> None:
    async with shared.visit(shared.known.ann) as ann:
        await ann.token()
        before = await shared.traces()
        answer = await ann.post("/api/clips", json={"upload_id": "0" * 26, "caption": "a" * 10_000_000})
        check_problem(answer, 413, "web.body-too-large")
        await check_unchanged(shared, before)


async def test_ten_megabytes_in_chunks_are_refused_as_well(shared: Site) -> None:
    async def chunks() -> Any:
        yield b'{"upload_id": "'
        for _ in range(100):
            yield b"a" * 100_000

    async with shared.visit(shared.known.ann) as ann:
        answer = await ann.post("/api/clips", content=chunks(), headers=JSON)
    check_problem(answer, 413, "web.body-too-large")


@pytest.mark.parametrize(
    ("caption", "status", "code"),
    [
        ("a" * 2_201, 413, "social.caption-too-long"),
        ("nul \x00 inside", 422, "social.bad-text"),
        ("escape \x1b[31m", 422, "social.bad-text"),
    ],
    ids=["too long", "nul", "escape"],
)
async def test_a_caption_that_breaks_a_rule_leaves_the_upload_waiting_for_a_better_one(
    shared: Site, caption: str, status: int, code: str
) -> None:
    async with shared.visit(shared.known.ann) as ann:
        sent = (await ann.upload(footage.clip(seconds=0.6).read_bytes())).json()
        before = await shared.traces()
        answer = await ann.post("/api/clips", json={"upload_id": sent["id"], "caption": caption})
        check_problem(answer, status, code)
        await check_unchanged(shared, before)
        again = await ann.post("/api/clips", json={"upload_id": sent["id"], "caption": "Better"})
        assert again.status_code == 201


async def test_lone_surrogates_are_refused_wherever_text_is_taken(shared: Site) -> None:
    broken = b'"\\ud800 half a character"'
    async with shared.visit(shared.known.ann) as ann:
        for method, url, body in (
            ("PATCH", "/api/profile", b'{"bio": %s}'),
            ("POST", f"/api/clips/{shared.known.visible}/comments", b'{"text": %s}'),
            ("POST", "/api/session", b'{"email": %s, "password": "four words that fit"}'),
            ("POST", "/api/session", b'{"email": "ann@example.org", "password": %s}'),
            ("POST", "/api/clips", b'{"upload_id": %s}'),
        ):
            answer = await ann.ask(method, url, content=body % broken, headers=JSON)
            assert 400 <= answer.status_code < 500, (url, answer.text)
            check_problem(answer, answer.status_code, answer.json()["code"])


@pytest.mark.parametrize("clip_id", ["x", "0" * 25, "0" * 27, "z" * 26, "O" * 26, "%00", "%2e%2e", "ü" * 26])
async def test_what_is_no_id_is_refused_the_same_everywhere(shared: Site, clip_id: str) -> None:
    async with shared.visit(shared.known.ann) as ann:
        for path in (
            "/api/clips/{}",
            "/api/clips/{}/comments",
            "/api/clips/{}/poster",
            "/api/clips/{}/strip",
            "/hls/{}/master.m3u8",
        ):
            answer = await ann.get(path.format(clip_id))
            assert answer.status_code in {400, 404}, answer.text
            check_problem(answer, answer.status_code, answer.json()["code"])


@pytest.mark.parametrize("cursor", ["x", "0" * 26, "A" * 4096, "A" * 4097, "\x00", "é", "null"])
async def test_a_place_in_a_list_that_does_not_exist_is_told(shared: Site, cursor: str) -> None:
    async with shared.visit(shared.known.ann) as ann:
        for url in (
            "/api/feed",
            "/api/profiles/ann/clips",
            "/api/tags/first/clips",
            f"/api/clips/{shared.known.visible}/comments",
        ):
            answer = await ann.get(url, params={"cursor": cursor})
            assert answer.status_code in {200, 400, 422}, answer.text
            if answer.status_code != 200:
                check_problem(answer, answer.status_code, answer.json()["code"])


@pytest.mark.parametrize("cookie", ["x", "a" * 43, "a" * 5_000, '"; drop', "\x80\xff", "=;=;"])
async def test_a_made_up_session_is_nobody(shared: Site, cookie: str) -> None:
    async with shared.visit() as nobody:
        headers = [(b"cookie", f"{shared.session_cookie}={cookie}".encode("latin-1"))]
        answer = await nobody.client.get("/api/session", headers=headers)
    assert answer.status_code == 200
    assert answer.json()["account"] is None


@pytest.mark.parametrize("watched_ms", [-1, 86_400_001, 1.5, "five", None, True])
async def test_a_view_of_an_impossible_length_is_refused(shared: Site, watched_ms: object) -> None:
    async with shared.visit() as nobody:
        answer = await nobody.post(
            f"/api/clips/{shared.known.visible}/views", json={"watched_ms": watched_ms}
        )
    check_problem(answer, 400, "web.bad-request")
