"""Joining, signing in and out: what the cookies say, how long they last, how often one may try."""

import pytest

from reelm.accounts import SESSION_SECONDS
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
        assert cookie.startswith("reelm-session=")
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
        (token,) = first.headers.get_list("set-cookie")
        assert "secure" in attributes(token)
        assert "httponly" not in attributes(token), "the page reads it"
        answer = await nobody.post("/api/session", json=ANN)
    (cookie,) = [each for each in answer.headers.get_list("set-cookie") if "session" in each]
    assert cookie.startswith("__Host-reelm-session=")
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
        (cookie,) = [each for each in answer.headers.get_list("set-cookie") if "session" in each]
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


async def test_watching_again_and_again_counts_one_view(site: Site) -> None:
    url = f"/api/clips/{site.known.visible}/views"
    async with site.visit(address="192.0.2.7") as viewer:
        for _ in range(5):
            assert (await viewer.post(url, json={"watched_ms": 600})).status_code == 204
        assert (await viewer.get(f"/api/clips/{site.known.visible}")).json()["view_count"] == 1
