"""The pages around the interface: headers on every answer, link previews, files, progress as it happens."""

import asyncio
import html
import json
import math
import re
from html.parser import HTMLParser
from itertools import islice

import pytest
from tools.reference.errors import error_classes

from reelm.web.front import POLICY
from reelm.web.limits import STREAMS_AT_ONCE
from reelm.web.pages import PAGES, PageAddress
from reelm.workflows.publish import remove
from support.web.visiting import CAPTION, GERMAN_PAGE, PAGE, Site, Visitor, check_problem, lose_database

pytestmark = pytest.mark.asyncio(loop_scope="module")

HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Tags(HTMLParser):
    """The properties of a page's meta tags, and every other tag it has."""

    def __init__(self) -> None:
        super().__init__()
        self.properties: dict[str, str] = {}
        self.others: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "meta" and "property" in found:
            self.properties[str(found["property"])] = str(found["content"])
        else:
            self.others.append(tag)


async def first_segment(visitor: Visitor, clip_id: str) -> str:
    master = (await visitor.get(f"/hls/{clip_id}/master.m3u8")).text
    media = (await visitor.get(f"/hls/{clip_id}/{master.splitlines()[-1]}")).text
    found = re.search(r"/segments/[0-9a-f]{64}\.m4s", media)
    assert found
    return found[0]


async def test_every_kind_of_answer_has_the_security_headers(shared: Site) -> None:
    async with shared.visit() as nobody:
        segment = await first_segment(nobody, shared.known.visible)
        answers = [
            await nobody.get("/"),
            await nobody.get("/nothing"),
            await nobody.get("/assets/app.js"),
            await nobody.get("/api/session"),
            await nobody.get("/api/nothing"),
            await nobody.get(f"/api/clips/{shared.known.removed}"),
            await nobody.get(f"/api/clips/{shared.known.visible}/poster"),
            await nobody.get(f"/hls/{shared.known.visible}/master.m3u8"),
            await nobody.get(segment),
            await nobody.get(segment, headers={"range": "bytes=0-1"}),
            await nobody.get(segment, headers={"range": "bytes=999999999-"}),
            await nobody.get("/segments/" + "0" * 64 + ".m4s"),
            await nobody.get("/metrics"),
            await nobody.get("/health/ready"),
            await nobody.ask("POST", "/", has_token=False),
            await nobody.ask("POST", "/api/session", has_token=False),
            await nobody.ask("OPTIONS", "/api/session"),
            await nobody.ask("HEAD", "/"),
        ]
    for answer in answers:
        where = (answer.request.method, answer.request.url.path, answer.status_code)
        for name, value in HEADERS.items():
            assert answer.headers.get_list(name) == [value], where
        (policy,) = answer.headers.get_list("content-security-policy")
        assert "default-src 'none'" in policy, where
        assert "unsafe" not in policy, where
        assert "http" not in policy, where
        assert "frame-ancestors 'none'" in policy, where
        assert "clipboard-read=()" in answer.headers["permissions-policy"], where
        assert "strict-transport-security" not in answer.headers, where
        assert "server" not in answer.headers, where


async def test_behind_tls_browsers_are_told_to_stay_there(secure_site: Site) -> None:
    async with secure_site.visit() as nobody:
        for url in ("/", "/api/session", "/api/nothing"):
            assert "max-age=31536000" in (await nobody.get(url)).headers["strict-transport-security"]


async def test_no_other_origin_is_let_in(shared: Site) -> None:
    async with shared.visit() as stranger:
        answer = await stranger.get("/api/session", headers={"origin": "https://elsewhere.example"})
        assert not [name for name in answer.headers if name.startswith("access-control-")]
        preflight = await stranger.ask(
            "OPTIONS",
            "/api/clips",
            headers={"origin": "https://elsewhere.example", "access-control-request-method": "POST"},
        )
        assert not [name for name in preflight.headers if name.startswith("access-control-")]


async def test_the_link_preview_of_a_clip_shows_its_caption_and_runs_nothing(shared: Site) -> None:
    async with shared.visit() as nobody:
        page = await nobody.get(f"/c/{shared.known.visible}")
    assert page.status_code == 200
    assert "<script>" not in page.text
    tags = Tags()
    tags.feed(page.text)
    assert tags.properties["og:description"] == CAPTION
    assert tags.properties["og:title"] == "Ann (@ann)"
    assert tags.properties["og:url"] == f"{shared.url}/c/{shared.known.visible}"
    assert tags.properties["og:image"] == f"{shared.url}/api/clips/{shared.known.visible}/poster"
    assert tags.properties["og:site_name"]
    plain = Tags()
    plain.feed(PAGE)
    assert tags.others == plain.others
    assert html.escape(CAPTION, quote=True) in page.text


@pytest.mark.parametrize("which", ["processing", "failed", "removed"])
async def test_a_clip_that_is_not_visible_has_no_preview_even_for_its_owner(shared: Site, which: str) -> None:
    async with shared.visit(shared.known.ann) as ann:
        page = await ann.get(f"/c/{getattr(shared.known, which)}")
    assert "og:" not in page.text
    assert page.status_code == 404


async def test_a_crawler_that_asks_for_a_page_of_the_product_gets_it(shared: Site) -> None:
    async with shared.visit() as nobody:
        for path in ("/", "/following", "/upload", "/settings", "/sign-in", "/@ann", "/tag/first", "/inbox"):
            page = await nobody.get(path)
            assert (page.status_code, page.headers["cache-control"]) == (200, "no-cache"), path
            assert page.text == PAGE


@pytest.mark.parametrize(
    ("asked", "page"),
    [
        ("de", GERMAN_PAGE),
        ("de-AT, de;q=0.9, en;q=0.8", GERMAN_PAGE),
        ("en;q=0.3, fr;q=0.9, DE;q=0.5", GERMAN_PAGE),
        ("en-GB, de;q=0.9", PAGE),
        ("de;q=0, *;q=0.5", PAGE),
        ("fr", PAGE),
        (";;q=, \x7f", PAGE),
        ("de;q=9", PAGE),
    ],
)
async def test_a_page_comes_in_the_first_language_that_there_is(shared: Site, asked: str, page: str) -> None:
    async with shared.visit() as nobody:
        answer = await nobody.get("/", headers={"accept-language": asked})
    assert answer.text == page
    assert answer.headers["vary"] == "accept-language"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
async def test_every_page_can_be_reloaded(shared: Site, page: PageAddress) -> None:
    path = re.sub(r"\{\w+\}", shared.known.visible if page.needs else "ann", page.path)
    async with shared.visit() as nobody:
        for each in {path, path.rstrip("/") + "/"}:
            answer = await nobody.get(each)
            assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache"), each


@pytest.mark.parametrize("page", [page for page in PAGES if page.needs], ids=lambda page: page.name)
async def test_a_page_of_what_does_not_exist_is_missing(shared: Site, page: PageAddress) -> None:
    async with shared.visit(shared.known.ann) as ann:
        for text in (shared.known.processing, shared.known.removed, "0" * 26, "nothing"):
            answer = await ann.get(re.sub(r"\{\w+\}", text, page.path))
            assert (answer.status_code, answer.text) == (404, PAGE), text


async def test_files_with_a_digest_in_their_name_are_kept_for_ever_and_others_are_asked_for(
    shared: Site,
) -> None:
    async with shared.visit() as nobody:
        script = await nobody.get("/assets/app.js")
        assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert script.headers["content-type"] == "text/javascript; charset=utf-8"
        icon = await nobody.get("/favicon.svg")
        assert icon.headers["cache-control"] == "no-cache"
        assert icon.headers["content-type"] == "image/svg+xml"


@pytest.mark.parametrize(
    "path",
    ["/assets/../index.html", "/assets/%2e%2e/index.html", "/assets//app.js", "/assets/", "//assets/app.js"],
)
async def test_only_the_files_that_were_built_are_files(shared: Site, path: str) -> None:
    async with shared.visit() as nobody:
        answer = await nobody.get(path)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


def events(text: str) -> list[dict[str, object]]:
    """The data of each event named ``progress``."""
    found = re.findall(r"event: progress\r?\ndata: (.*)", text)
    return [json.loads(each) for each in found]


async def test_progress_is_told_as_it_happens_and_ends_when_publishing_does(site: Site) -> None:

    url = f"/api/clips/{site.known.processing}/progress"
    async with site.visit(site.known.ann) as ann:
        telling = asyncio.create_task(site.stage.publish())
        answer = await ann.get(url)
        await telling
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    told = events(answer.text)
    assert told[-1] == {"step": "done", "ratio": 1.0, "is_playable": True, "failure": None, "waiting": None}
    assert told == [each for number, each in enumerate(told) if not number or each != told[number - 1]]
    assert {"preparing"} <= {each["step"] for each in told}


async def test_progress_of_what_has_failed_says_why_and_ends(shared: Site) -> None:
    async with shared.visit(shared.known.ann) as ann:
        (only,) = events((await ann.get(f"/api/clips/{shared.known.failed}/progress")).text)
    assert only["step"] == "failed"
    assert only["failure"] == {"code": "media.unreadable", "detail": "It cannot be read."}


async def test_who_comes_back_is_told_nothing_twice(shared: Site) -> None:
    url = f"/api/clips/{shared.known.failed}/progress"
    async with shared.visit(shared.known.ann) as ann:
        (name,) = re.findall(r"id: (\w+)", (await ann.get(url)).text)
        again = await ann.get(url, headers={"last-event-id": name})
    assert events(again.text) == []


async def test_one_account_may_only_hold_so_many_streams_open(site: Site) -> None:
    url = f"/api/clips/{site.known.processing}/progress"
    async with site.visit(site.known.ann) as ann:
        asked = [asyncio.create_task(ann.get(url)) for _ in range(STREAMS_AT_ONCE + 3)]
        refused = [await each for each in islice(asyncio.as_completed(asked), 3)]
        assert all(answer.status_code == 429 or events(answer.text) == [] for answer in refused)
        watching = [each for each in asked if not each.done()]
        assert len(watching) == STREAMS_AT_ONCE
        check_problem(await ann.get(url), 429, "base.too-many")
        await remove(site.known.processing, by=site.known.ann, realm=site.stage.realm)
        await asyncio.wait_for(asyncio.gather(*watching), 20)
        assert (await ann.get(f"/api/clips/{site.known.failed}/progress")).status_code == 200


async def test_progress_ends_when_the_clip_is_removed_meanwhile(site: Site) -> None:

    async with site.visit(site.known.ann) as ann:
        watching = asyncio.create_task(ann.get(f"/api/clips/{site.known.processing}/progress"))
        await asyncio.sleep(0.5)
        await remove(site.known.processing, by=site.known.ann, realm=site.stage.realm)
        answer = await asyncio.wait_for(watching, 10)
    assert answer.status_code == 200
    assert [each["step"] for each in events(answer.text)] == ["preparing"]


async def test_progress_is_only_for_the_owner(shared: Site) -> None:
    url = f"/api/clips/{shared.known.processing}/progress"
    async with shared.visit() as nobody, shared.visit(shared.known.ben) as ben:
        check_problem(await nobody.get(url), 401, "web.sign-in-first")
        check_problem(await ben.get(url), 404, "social.no-such-clip")


async def test_metrics_count_answers_without_saying_whose(shared: Site) -> None:
    async with shared.visit(shared.known.ann) as ann:
        await ann.get(f"/api/clips/{shared.known.visible}")
        text = (await ann.get("/metrics")).text
    assert 'reelm_answers_total{kind="api",status="2xx"}' in text
    assert shared.known.visible not in text
    assert "ann" not in text.replace("channel", "")


async def test_metrics_say_how_far_a_consumer_is_behind_the_log(site: Site) -> None:
    events = site.stage.realm.events
    (consumer,) = events.consumers

    async def behind() -> dict[str, float]:
        async with site.visit() as nobody:
            lines = (await nobody.get("/metrics")).text.splitlines()
        shown = [line.split() for line in lines if line.startswith("reelm_events_behind")]
        assert all(name.endswith(f'{{consumer="{consumer.name}"}}') for name, _ in shown)
        return {name.partition("{")[0]: float(value) for name, value in shown}

    with events.log.claim():
        while await events.relay.move():
            pass
    facts = (await events.lags())[consumer.name].facts
    assert facts > 0
    found = await behind()
    assert found["reelm_events_behind"] == facts
    assert found["reelm_events_behind_seconds"] > 0
    following = events.following(consumer)
    while await following.step():
        pass
    assert await behind() == {"reelm_events_behind": 0, "reelm_events_behind_seconds": 0}
    await lose_database(site)
    unknown = await behind()
    assert [math.isnan(value) for value in unknown.values()] == [True, True]


@pytest.mark.parametrize("path", ["/c/{}", "/sounds/{}"])
async def test_a_page_of_a_clip_is_not_said_to_be_missing_while_the_database_does_not_answer(
    site: Site, path: str
) -> None:
    async with site.visit() as nobody:
        address = path.format(site.known.visible)
        assert (await nobody.get(address)).status_code == 200
        await lose_database(site)
        check_problem(await nobody.get(address), 503, "base.database-unavailable")


async def test_readiness_names_a_store_that_is_away_and_stays_ready(site: Site) -> None:
    async with site.visit() as nobody:
        assert (await nobody.get("/health/ready")).json() == {"status": "ok", "problems": []}
        place = site.stage.data / "stores" / "2"
        place.rename(place.with_suffix(".away"))
        answer = await nobody.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    assert "store-2" in answer.json()["problems"][0]


async def test_what_a_problem_is_of_type_is_a_place_on_a_page(shared: Site) -> None:
    async with shared.visit() as reader:
        page = await reader.get("/docs/errors")
        problem = (await reader.get("/api/nothing")).json()
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"] == POLICY
    address, _, place = problem["type"].partition("#")
    assert address == "/docs/errors"
    assert page.text.count(f'id="{place}"') == 1
    served = [kind for kind in error_classes() if kind.__module__.split(".")[1] not in {"app", "cli"}]
    assert [kind.code for kind in served if f'<dt id="{kind.code}">' not in page.text] == []
