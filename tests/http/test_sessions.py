"""Joining, signing in and out: what the cookies say, how long they last, how often one may try."""

import asyncio

import pytest

from reelm.accounts import SESSION_SECONDS
from reelm.web.caller import SessionCookie
from support.machine.determinism import ManualClock
from support.realm.realms import PASSWORD
from support.web.visiting import Site, check_problem

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANN = {"email": "ann@example.org", "password": PASSWORD}


def newcomer(number: int = 1) -> dict[str, str]:
    return {"email": f"new{number}@example.org", "password": PASSWORD, "handle": f"new_{number}"}


def attributes(cookie: str) -> dict[str, str]:
    """The parts of a Set-Cookie header behind the name, in lower case."""
    parts = (part.strip().partition("=") for part in cookie.split(";")[1:])
    return {name.lower(): value.lower() for name, _, value in parts}


async def test_joining_signs_in_with_a_cookie_out_of_reach_of_scripts(site: Site) -> None:
    async with site.visit() as nobody:
        answer = await nobody.post("/api/accounts", json=newcomer())
        assert answer.status_code == 201
        (cookie,) = [each for each in answer.headers.get_list("set-cookie") if "session" in each]
        assert cookie.startswith(f"{site.session_cookie}=")
        assert attributes(cookie) == {
            "httponly": "",
            "path": "/",
            "samesite": "lax",
            "max-age": str(SESSION_SECONDS),
        }
        assert answer.json()["account"]["email"] == "new1@example.org"
        assert (await nobody.get("/api/session")).json()["account"]["handle"] == "new_1"


async def test_behind_tls_the_cookies_are_bound_to_this_very_host(secure_site: Site) -> None:
    async with secure_site.visit() as nobody:
        first = await nobody.get("/api/session")
        (visitor,) = first.headers.get_list("set-cookie")
        assert visitor.startswith("__Host-reelm-")
        assert {"secure", "httponly"} <= set(attributes(visitor))
        answer = await nobody.post("/api/session", json=ANN)
    (cookie,) = [each for each in answer.headers.get_list("set-cookie") if "session" in each]
    assert cookie.startswith(f"{secure_site.session_cookie}=")
    assert cookie.startswith("__Host-")
    marks = attributes(cookie)
    assert {"secure", "httponly"} <= set(marks)
    assert "domain" not in marks
    assert marks["path"] == "/"


async def test_signing_out_ends_the_session_for_every_copy_of_its_cookie(site: Site) -> None:
    async with site.visit() as ann, site.visit() as thief:
        assert (await ann.post("/api/session", json=ANN)).status_code == 201
        stolen = ann.client.cookies[site.session_cookie]
        answer = await ann.delete("/api/session")
        assert answer.status_code == 204
        (cookie,) = answer.headers.get_list("set-cookie")
        assert cookie.startswith(f"{site.session_cookie}=")
        assert attributes(cookie)["max-age"] == "0"
        assert (await ann.get("/api/session")).json()["account"] is None
        assert (await ann.delete("/api/session")).status_code == 204, "safe to repeat"
        thief.client.cookies.set(site.session_cookie, stolen)
        assert (await thief.get("/api/session")).json()["account"] is None
        check_problem(await thief.put("/api/profiles/ben/follow"), 401, "web.sign-in-first")


async def test_a_session_ends_by_itself(timed_site: Site, clock: ManualClock) -> None:
    async with timed_site.visit(timed_site.known.ann) as ann:
        await ann.token()
        clock.advance(SESSION_SECONDS - 1)
        assert (await ann.put("/api/profiles/ben/follow")).status_code == 200
        clock.advance(2)
        check_problem(await ann.put("/api/profiles/ben/follow"), 401, "web.sign-in-first")
        assert (await ann.get("/api/session")).json()["account"] is None


async def test_a_session_in_use_lives_on_and_its_cookie_with_it(timed_site: Site, clock: ManualClock) -> None:
    async with timed_site.visit(timed_site.known.ann) as ann:
        clock.advance(SESSION_SECONDS - 10)
        answer = await ann.get("/api/session")
        (cookie,) = [each for each in answer.headers.get_list("set-cookie") if "session" in each]
        assert attributes(cookie)["max-age"] == str(SESSION_SECONDS)
        clock.advance(SESSION_SECONDS - 10)
        assert (await ann.get("/api/session")).json()["account"]["handle"] == "ann"


async def test_a_wrong_password_and_an_unknown_address_look_the_same(site: Site) -> None:
    async with site.visit() as nobody:
        wrong = await nobody.post("/api/session", json={**ANN, "password": "four words that miss"})
        unknown = await nobody.post("/api/session", json={**ANN, "email": "who@example.org"})
    check_problem(wrong, 401, "accounts.wrong-credentials")
    assert wrong.json() == unknown.json()
    assert "set-cookie" not in wrong.headers


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"email": "ann@example.org"}, 409, "accounts.email-taken"),
        ({"handle": "ann"}, 409, "social.handle-taken"),
        ({"email": "nowhere"}, 422, "accounts.bad-email"),
        ({"handle": "../ann"}, 422, "social.bad-handle"),
        ({"password": "short"}, 422, "accounts.weak-password"),
        ({"password": "x" * 60_000}, 422, "accounts.weak-password"),
        ({"display_name": "\x00"}, 422, "social.bad-text"),
    ],
    ids=["e-mail taken", "handle taken", "no e-mail", "path", "short", "endless", "nameless"],
)
async def test_joining_with_something_wrong_makes_nothing(
    site: Site, change: dict[str, str], status: int, code: str
) -> None:
    before = await site.traces()
    async with site.visit() as nobody:
        answer = await nobody.post("/api/accounts", json={**newcomer(), **change})
        check_problem(answer, status, code)
        assert not [each for each in answer.headers.get_list("set-cookie") if "session" in each]
    assert (await site.traces()).rows == before.rows


@pytest.mark.slow
async def test_guessing_a_password_is_slowed_down_and_says_for_how_long(
    timed_site: Site, clock: ManualClock
) -> None:
    wrong = {**ANN, "password": "x"}
    async with timed_site.visit() as guesser:
        answers = [await guesser.post("/api/session", json=wrong) for _ in range(11)]
        assert [answer.status_code for answer in answers] == [401] * 10 + [429]
        document = check_problem(answers[-1], 429, "accounts.too-many-attempts")
        wait_seconds = int(answers[-1].headers["retry-after"])
        assert wait_seconds == document["facts"]["retry_after_seconds"] > 0
        assert document["retryable"] is True
        clock.advance(wait_seconds)
        assert (await guesser.post("/api/session", json=ANN)).status_code == 201


async def test_somebody_guessing_elsewhere_does_not_lock_other_addresses_out(site: Site) -> None:
    """Each place has its own count of attempts to join."""
    async with site.visit(address="192.0.2.1") as greedy:
        bad = {**newcomer(), "password": "short"}
        answers = [await greedy.post("/api/accounts", json=bad) for _ in range(31)]
        assert [answer.status_code for answer in answers] == [422] * 30 + [429]
        assert "retry-after" in answers[-1].headers
    async with site.visit(address="192.0.2.2") as newbie:
        assert (await newbie.post("/api/accounts", json=newcomer())).status_code == 201


async def test_a_flood_of_comments_is_stopped_before_it_is_read(site: Site) -> None:
    url = f"/api/clips/{site.known.visible}/comments"
    async with site.visit(site.known.ben) as ben:
        answers = [await ben.post(url, json={"text": f"number {each}"}) for each in range(31)]
        assert [answer.status_code for answer in answers] == [201] * 30 + [429]
        assert int(answers[-1].headers["retry-after"]) > 0
    async with site.visit(site.known.ann) as ann:
        assert (await ann.post(url, json={"text": "one from somebody else"})).status_code == 201


async def test_uploads_are_limited_per_account(site: Site) -> None:
    async with site.visit(site.known.ben) as ben:
        answers = [await ben.upload(b"not a video", kind="text/plain") for _ in range(61)]
    assert [answer.status_code for answer in answers] == [415] * 60 + [429]
    check_problem(answers[-1], 429, "base.too-many")


@pytest.mark.slow
async def test_somebody_elsewhere_who_guesses_at_an_address_leaves_its_owner_a_try(timed_site: Site) -> None:
    async with timed_site.visit(address="192.0.2.1") as guesser:
        for _ in range(12):
            await guesser.post("/api/session", json={**ANN, "password": "x"})
    async with timed_site.visit(address="198.51.100.1") as ann:
        answer = await ann.post("/api/session", json=ANN)
        assert answer.status_code == 201
        assert answer.json()["wrong_sign_ins"] == 10
        assert (await ann.get("/api/session")).json()["wrong_sign_ins"] == 0


async def test_a_browser_is_known_by_the_address_that_it_signed_in_with_and_by_no_other(site: Site) -> None:
    rule = SessionCookie.of(site.stage.realm, is_secure=False)
    async with site.visit() as ann:
        await ann.post("/api/session", json=ANN)
        (known,) = [value for name, value in ann.client.cookies.items() if name.endswith("-known")]
    assert known == rule.knowing(" ANN@example.org").value
    assert known != rule.knowing("ben@example.org").value
    assert "ann" not in known


async def test_signing_in_again_ends_the_session_before(site: Site) -> None:
    async with site.visit() as ann, site.visit() as thief:
        await ann.post("/api/session", json=ANN)
        thief.client.cookies.set(site.session_cookie, ann.client.cookies[site.session_cookie])
        assert (await thief.get("/api/session")).json()["account"]["handle"] == "ann"
        assert (await ann.post("/api/session", json=ANN)).status_code == 201
        assert (await thief.get("/api/session")).json()["account"] is None
        assert (await ann.get("/api/session")).json()["account"]["handle"] == "ann"


async def test_a_session_from_before_realms_had_cookies_of_their_own_goes_on_under_the_new_name(
    site: Site,
) -> None:
    async with site.visit(site.known.ann) as ann:
        token = ann.client.cookies.pop(site.session_cookie)
        ann.client.cookies.set("reelm-session", token)
        answer = await ann.get("/api/session")
        assert answer.json()["account"]["handle"] == "ann"
        assert ann.client.cookies[site.session_cookie] == token
        assert (await ann.put("/api/profiles/ben/follow")).status_code == 200
        assert (await ann.delete("/api/session")).status_code == 204
        assert ann.client.cookies["reelm-session"] == token, "it may be another realm's"
        assert (await ann.get("/api/session")).json()["account"] is None


@pytest.mark.parametrize(
    "name", ["csrftoken", "reelm-0a1b2c3d-visitor", "reelm-session", "{visitor}", "{session}"]
)
async def test_cookies_of_another_realm_on_this_host_keep_nobody_from_signing_up(
    site: Site, name: str
) -> None:
    names = {"session": site.session_cookie, "visitor": site.session_cookie.replace("session", "visitor")}
    async with site.visit() as newbie:
        newbie.client.cookies.set(name.format(**names), "of-another-realm" * 3)
        assert (await newbie.post("/api/accounts", json=newcomer())).status_code == 201


@pytest.mark.parametrize("is_secure", [True, False])
async def test_no_cookie_of_one_realm_has_the_name_of_another_ones(*, is_secure: bool) -> None:
    one, other = (SessionCookie(is_secure, secret) for secret in (b"one", b"other"))
    names = [one.name, one.visitor_name, other.name, other.visitor_name]
    assert len(set(names)) == 4
    assert {name.startswith("__Host-") for name in names} == {is_secure}


async def test_a_token_is_of_one_session_and_of_no_other(site: Site) -> None:
    async with site.visit() as ann, site.visit(site.known.ben) as ben:
        before = await ann.token()
        signed_in = await ann.post("/api/session", json=ANN)
        own = signed_in.json()["page_token"]
        for token in (before, await ben.token(), own[:-1] + ("0" if own[-1] != "0" else "1"), "é"):
            said = {"x-csrftoken": token.encode()}
            answer = await ann.ask("PUT", "/api/profiles/ben/follow", has_token=False, headers=said)
            check_problem(answer, 403, "web.page-token-missing")
        answer = await ann.ask(
            "PUT", "/api/profiles/ben/follow", has_token=False, headers={"x-csrftoken": own}
        )
        assert answer.status_code == 200


@pytest.mark.parametrize("name", ["{session}", "reelm-session", "{visitor}", "anything"])
async def test_fifty_invented_cookies_are_one_view(site: Site, name: str) -> None:
    url = f"/api/clips/{site.known.visible}/views"
    names = {"session": site.session_cookie, "visitor": site.session_cookie.replace("session", "visitor")}
    for number in range(50):
        async with site.visit(address="192.0.2.7") as viewer:
            viewer.client.cookies.set(name.format(**names), f"invented-{number:034}")
            assert (await viewer.post(url, json={"watched_ms": 600})).status_code == 204
    async with site.visit() as anybody:
        assert (await anybody.get(f"/api/clips/{site.known.visible}")).json()["view_count"] == 1


@pytest.mark.slow
async def test_reports_without_end_are_told_to_wait(timed_site: Site) -> None:
    url = f"/api/clips/{'0' * 26}/views"
    async with timed_site.visit(address="192.0.2.7") as viewer:
        answers = [(await viewer.post(url, json={"watched_ms": 600})).status_code for _ in range(1_201)]
    assert (answers.count(204), answers[-1]) == (1_200, 429)


async def test_reports_that_come_at_once_are_one_view(site: Site) -> None:
    url = f"/api/clips/{site.known.visible}/views"
    async with site.visit(address="192.0.2.7") as viewer:
        await viewer.token()
        await asyncio.gather(*(viewer.post(url, json={"watched_ms": 600}) for _ in range(20)))
        assert (await viewer.get(f"/api/clips/{site.known.visible}")).json()["view_count"] == 1


async def test_what_was_no_view_leaves_the_viewer_one(site: Site) -> None:
    url = f"/api/clips/{site.known.visible}/views"
    async with site.visit(address="192.0.2.7") as viewer:
        for watched_ms in (0, 100, 600):
            assert (await viewer.post(url, json={"watched_ms": watched_ms})).status_code == 204
        assert (await viewer.get(f"/api/clips/{site.known.visible}")).json()["view_count"] == 1


async def test_two_people_behind_one_address_are_two_viewers_when_they_are_signed_in(site: Site) -> None:
    """Ann made the clip, so hers does not count."""
    url = f"/api/clips/{site.known.visible}/views"
    others = [await site.stage.person(f"viewer_{number}") for number in range(2)]
    for account in (*others, *others):
        async with site.visit(account, address="192.0.2.7") as viewer:
            await viewer.post(url, json={"watched_ms": 600})
    async with site.visit() as anybody:
        assert (await anybody.get(f"/api/clips/{site.known.visible}")).json()["view_count"] == 2


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_head_that_no_browser_of_ours_sends_is_refused_in_words(site: Site, method: str) -> None:
    async with site.visit(site.known.ann) as ann:
        token = await ann.token()
        ann.client.cookies.set("large", "x" * 17_000)
        said = {"x-csrftoken": token}
        answer = await ann.ask(method, "/api/session", has_token=False, headers=said)
        check_problem(answer, 431, "web.head-too-large")
        ann.client.cookies.set("large", "x" * 14_000)
        assert (await ann.get("/api/session")).status_code == 200


async def test_watching_again_and_again_counts_one_view(site: Site) -> None:
    url = f"/api/clips/{site.known.visible}/views"
    async with site.visit(address="192.0.2.7") as viewer:
        for _ in range(5):
            assert (await viewer.post(url, json={"watched_ms": 600})).status_code == 204
        assert (await viewer.get(f"/api/clips/{site.known.visible}")).json()["view_count"] == 1
