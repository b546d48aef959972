"""Check who gets which answer: every operation of the interface is asked by everyone who could ask.

The tables are meant to be read. ``owner`` has the thing that is asked for, and is signed in where there is no
such thing; ``other`` has another account; ``staff`` has a role that the operation is not for, and is answered
as ``other`` unless the row says more; a role by its name is the one that it is for. How each operation is
asked, and with which things, is in ``support.web.walking``.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from reelm.base import metadata
from support.web.visiting import SAFE, Known, check_problem, opened_site, recording
from support.web.walking import (
    ENCODERS,
    OPERATIONS,
    REQUESTS,
    Request,
    Walk,
    prepare,
    published,
    read_answer,
    rendition,
    renditions,
    subtitle,
)

# The realm that they walk through is dear to make.
pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("walk")]

SIGN_IN = "401 web.sign-in-first"
NOT_YOURS = "403 social.not-yours"
HIDDEN = "404 social.no-such-clip"
GONE = "410 social.clip-removed"
NO_UPLOAD = "404 media.upload-missing"
STAFF_ONLY = "403 accounts.staff-only"
REFUSED = "403 accounts.access-refused"
NO_SOUND = "404 social.no-such-sound"
NO_RENDITION = "404 delivery.no-such-rendition"
NO_TOKEN = "401 media.encoder-unknown"
LEASE_OVER = "410 media.lease-over"
# Encoders are known by their token alone: no session stands for one.
BY_TOKEN: Mapping[str, str] = dict.fromkeys(("owner", "other", "signed_out", "unknown_encoder"), NO_TOKEN)
# Those who are refused ask first, so that the thing is still there for the others.
CALLERS = (
    *("signed_out", "unknown_encoder", "other_encoder", "other", "staff", "owner", "encoder"),
    *("support", "safety", "records", "privacy"),
)
OTHERS = ("signed_out", "other", "staff")


class Row:
    """An operation and the answer that each caller gets: a status, and the code of the problem."""

    def __init__(self, operation: str, **answers: int | str) -> None:
        self.operation = operation
        self.answers = {name: str(answer) for name, answer in ({"staff": answers["other"]} | answers).items()}


ROWS = (
    # session
    Row("read_session", owner=200, other=200, signed_out=200),
    Row("sign_in", owner=201, other=201, signed_out=201),
    Row("sign_out", owner=204, other=204, signed_out=204),
    Row("join", owner=201, other=201, signed_out=201),
    # profiles
    Row("read_profile", owner=200, other=200, signed_out=200),
    Row("edit_profile", owner=200, other=200, signed_out=SIGN_IN),
    Row("follow", owner="422 social.follow-self", other=200, signed_out=SIGN_IN),
    Row("unfollow", owner=200, other=200, signed_out=SIGN_IN),
    Row("list_clips_of", owner=200, other=200, signed_out=200),
    # uploads
    Row("upload", owner=201, other=201, signed_out=SIGN_IN),
    Row("discard_upload", owner=204, other=NO_UPLOAD, signed_out=SIGN_IN),
    Row("begin_upload", owner=201, other=201, signed_out=SIGN_IN),
    Row("read_abilities", owner=204, other=204, signed_out=204),
    Row("read_abilities_again", owner=204, other=204, signed_out=204),
    Row("follow_upload", owner=200, other=NO_UPLOAD, signed_out=SIGN_IN),
    Row("read_offset", owner=200, other=404, signed_out=401),  # HEAD: there is no room for a code
    Row("append_to_upload", owner=204, other=NO_UPLOAD, signed_out=SIGN_IN),
    Row("terminate_upload", owner=204, other=NO_UPLOAD, signed_out=SIGN_IN),
    # clips
    Row("publish_clip", owner=201, other=NO_UPLOAD, signed_out=SIGN_IN),
    Row("read_clip", owner=200, other=200, signed_out=200),
    Row("edit_clip", owner=200, other=NOT_YOURS, signed_out=SIGN_IN),
    Row("remove_clip", owner=204, other=NOT_YOURS, signed_out=SIGN_IN),
    Row("plan_draft", owner=200, other=HIDDEN, signed_out=SIGN_IN),
    Row("publish_draft", owner=200, other=HIDDEN, signed_out=SIGN_IN),
    Row("retry_clip", owner=200, other=HIDDEN, signed_out=SIGN_IN),
    Row("watch_progress", owner=200, other=NOT_YOURS, signed_out=SIGN_IN),
    Row("put_subtitles", owner=200, other=NOT_YOURS, signed_out=SIGN_IN),
    Row("remove_subtitles", owner=200, other=NOT_YOURS, signed_out=SIGN_IN),
    Row("like", owner=200, other=200, signed_out=SIGN_IN),
    Row("unlike", owner=200, other=200, signed_out=SIGN_IN),
    Row("count_view", owner=204, other=204, signed_out=204),
    Row("list_tagged", owner=200, other=200, signed_out=200),
    Row("read_feed", owner=200, other=200, signed_out=200),
    # comments
    Row("list_comments", owner=200, other=200, signed_out=200),
    Row("post_comment", owner=201, other=201, signed_out=SIGN_IN),
    Row("remove_comment", owner=204, other=NOT_YOURS, signed_out=SIGN_IN),
    # sounds
    Row("list_sounds", owner=200, other=200, signed_out=200),
    Row("read_sound", owner=200, other=200, signed_out=200),
    Row("list_clips_with_sound", owner=200, other=200, signed_out=200),
    Row("choose_sound", owner=200, other=HIDDEN, signed_out=SIGN_IN),
    # playback
    Row("read_master_playlist", owner=200, other=200, signed_out=200),
    Row("read_media_playlist", owner=200, other=200, signed_out=200),
    Row("read_key", owner=200, other=200, signed_out=200),
    Row("read_poster", owner=200, other=200, signed_out=200),
    Row("read_strip", owner=200, other=200, signed_out=200),
    Row("read_subtitles", owner=200, other=200, signed_out=200),
    # staff, and what they did; "owner" is whom they look at
    Row("list_my_accesses", owner=200, other=200, signed_out=SIGN_IN),
    Row("read_my_role", support=200, staff=200, owner=STAFF_ONLY, other=STAFF_ONLY, signed_out=SIGN_IN),
    Row("look_at_email", support=200, staff=REFUSED, owner=STAFF_ONLY, other=STAFF_ONLY, signed_out=SIGN_IN),
    Row("approve_access", privacy=201, staff=REFUSED, owner=STAFF_ONLY, other=STAFF_ONLY, signed_out=SIGN_IN),
    Row("export_emails", records=200, staff=REFUSED, owner=STAFF_ONLY, other=STAFF_ONLY, signed_out=SIGN_IN),
    Row("break_glass", safety=201, staff=REFUSED, owner=STAFF_ONLY, other=STAFF_ONLY, signed_out=SIGN_IN),
    Row(
        "review_emergency", privacy=204, staff=REFUSED, owner=STAFF_ONLY, other=STAFF_ONLY, signed_out=SIGN_IN
    ),
    # encoders elsewhere; "encoder" has the lease
    Row("take_encoding", encoder=200, other_encoder=200, **BY_TOKEN),
    Row("read_source", encoder=200, other_encoder=LEASE_OVER, **BY_TOKEN),
    Row("renew_lease", encoder=204, other_encoder=LEASE_OVER, **BY_TOKEN),
    Row("send_rendition", encoder=204, other_encoder=LEASE_OVER, **BY_TOKEN),
    Row("deliver_encoding", encoder=204, other_encoder=LEASE_OVER, **BY_TOKEN),
    Row("give_lease_back", encoder=204, other_encoder=LEASE_OVER, **BY_TOKEN),
    # for everybody
    Row("read_storage", owner=200, other=200, signed_out=200),
    Row("read_declarations", owner=200, other=200, signed_out=200),
    Row("read_manifest_version", owner=200, other=200, signed_out=200),
    Row("read_holdings", owner=200, other=200, signed_out=200),
    Row("read_liveness", owner=200, other=200, signed_out=200),
    Row("read_readiness", owner=200, other=200, signed_out=200),
    Row("read_metrics", owner=200, other=200, signed_out=200),
)


EVERY_STATE = ("unpublished", "removed", "dropped", "never")


class Seen:
    """An operation and what it answers about clips that are not there for everybody, whoever asks.

    ``unpublished`` is a draft, a clip that is processed and one that failed, each with everything stored
    already; ``removed`` was visible before, ``dropped`` never was, and ``never`` is an id that no clip has.
    """

    def __init__(self, operation: str, *, by: str, **answers: int | str) -> None:
        self.operation = operation
        self.callers = OTHERS if by == "others" else (by,)
        unpublished = dict.fromkeys(("draft", "processing", "failed"), answers.pop("unpublished"))
        self.answers = {state: str(answer) for state, answer in (unpublished | answers).items()}

    def __str__(self) -> str:
        return f"{self.operation} {' '.join(self.callers)}"


SEEN = (
    Seen("read_clip", by="owner", unpublished=200, removed=GONE, dropped=GONE, never=HIDDEN),
    Seen("read_clip", by="others", unpublished=HIDDEN, removed=GONE, dropped=HIDDEN, never=HIDDEN),
    Seen("read_master_playlist", by="owner", unpublished=200, removed=GONE, dropped=GONE, never=HIDDEN),
    Seen("read_master_playlist", by="others", unpublished=HIDDEN, removed=GONE, dropped=HIDDEN, never=HIDDEN),
    Seen("read_media_playlist", by="owner", unpublished=200, removed=GONE, dropped=GONE, never=HIDDEN),
    Seen("read_media_playlist", by="others", unpublished=HIDDEN, removed=GONE, dropped=HIDDEN, never=HIDDEN),
    Seen("read_key", by="owner", unpublished=200, removed=GONE, dropped=GONE, never=HIDDEN),
    Seen("read_key", by="others", unpublished=HIDDEN, removed=GONE, dropped=HIDDEN, never=HIDDEN),
    Seen("read_poster", by="owner", unpublished=200, removed=GONE, dropped=GONE, never=HIDDEN),
    Seen("read_poster", by="others", unpublished=HIDDEN, removed=GONE, dropped=HIDDEN, never=HIDDEN),
    Seen("read_strip", by="owner", unpublished=200, removed=GONE, dropped=GONE, never=HIDDEN),
    Seen("read_strip", by="others", unpublished=HIDDEN, removed=GONE, dropped=HIDDEN, never=HIDDEN),
    Seen("read_subtitles", by="owner", unpublished=200, removed=GONE, dropped=GONE, never=HIDDEN),
    Seen("read_subtitles", by="others", unpublished=HIDDEN, removed=GONE, dropped=HIDDEN, never=HIDDEN),
    Seen("list_comments", by="owner", unpublished=200, removed=GONE, dropped=GONE, never=HIDDEN),
    Seen("list_comments", by="others", unpublished=HIDDEN, removed=GONE, dropped=HIDDEN, never=HIDDEN),
    Seen("read_sound", by="owner", unpublished=NO_SOUND, removed=NO_SOUND, dropped=NO_SOUND, never=NO_SOUND),
    Seen("read_sound", by="others", unpublished=NO_SOUND, removed=NO_SOUND, dropped=NO_SOUND, never=NO_SOUND),
    Seen("watch_progress", by="owner", unpublished=200, removed=GONE, dropped=GONE, never=HIDDEN),
    Seen("watch_progress", by="other", unpublished=HIDDEN, removed=GONE, dropped=HIDDEN, never=HIDDEN),
    Seen("watch_progress", by="signed_out", **dict.fromkeys(EVERY_STATE, SIGN_IN)),
    # There is nothing to say about a clip before others see it, not even for its owner.
    Seen("like", by="owner", unpublished=HIDDEN, removed=GONE, dropped=HIDDEN, never=HIDDEN),
    Seen("like", by="other", unpublished=HIDDEN, removed=GONE, dropped=HIDDEN, never=HIDDEN),
    # A view that does not count is answered like one that does, so that nothing can be learnt from it.
    Seen("count_view", by="others", unpublished=204, removed=204, dropped=204, never=204),
    Seen("post_comment", by="owner", unpublished=HIDDEN, removed=GONE, dropped=HIDDEN, never=HIDDEN),
    Seen("post_comment", by="other", unpublished=HIDDEN, removed=GONE, dropped=HIDDEN, never=HIDDEN),
    # What only its owner may do.
    Seen("edit_clip", by="other", unpublished=HIDDEN, removed=GONE, dropped=HIDDEN, never=HIDDEN),
    Seen("remove_clip", by="other", unpublished=HIDDEN, removed=GONE, dropped=HIDDEN, never=HIDDEN),
    Seen("put_subtitles", by="other", unpublished=HIDDEN, removed=GONE, dropped=HIDDEN, never=HIDDEN),
)
Clips = Mapping[str, dict[str, str]]
CHANGING = sorted(
    name for name, each in OPERATIONS.items() if each.method not in SAFE and "/encoding/" not in each.path
)
LISTS = ("/api/feed", "/api/sounds", "/api/profiles/ann/clips", "/api/tags/first/clips")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def walk(
    populated: tuple[Path, Known], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Walk]:
    async with (
        opened_site(*populated, tmp_path_factory.mktemp("walk")) as site,
        recording(site.stage.realm),
    ):
        yield await prepare(site)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def clips(walk: Walk) -> Clips:
    """Return the address of a clip of ann's in each state. All of them were published in full before."""
    states = ("draft", "processing", "failed", "removed", "dropped")
    made = {state: await published(walk) for state in states}
    paths = {
        state: {"clip_id": each, "rendition_id": (await renditions(walk, each))[0]}
        for state, each in made.items()
    }
    paths["never"] = {"clip_id": "0" * 26, "rendition_id": await rendition(walk)}
    table = metadata.tables["clips"]
    for state, clip_id in made.items():
        await subtitle(walk, clip_id)
        if state != "removed":
            kept = {"state": "draft" if state == "dropped" else state, "published_at": None}
            async with walk.site.stage.realm.database.write() as tx:
                await tx.execute(table.update().where(table.c.id == clip_id).values(**kept))
    async with walk.visit("owner") as ann:
        for state in ("removed", "dropped"):
            assert (await ann.delete(f"/api/clips/{made[state]}")).status_code == 204
    return paths


async def test_every_operation_has_a_row_and_every_row_an_operation() -> None:
    assert sorted(row.operation for row in ROWS) == sorted(OPERATIONS)
    assert sorted(REQUESTS) == sorted(OPERATIONS)
    assert {each.operation for each in SEEN} <= set(OPERATIONS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.operation)
async def test_a_row_leaves_nobody_out_and_says_what_the_document_says(row: Row) -> None:
    operation = OPERATIONS[row.operation]
    named = {"owner", "other", "signed_out", "staff"}
    if "/encoding/" in operation.path:
        named |= {*ENCODERS, "unknown_encoder"}
    assert named <= set(row.answers)
    assert bool(set(row.answers) - named) == ("/staff/" in operation.path), "a role that it is for"
    assert {int(answer[:3]) for answer in row.answers.values()} <= operation.statuses


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.operation)
async def test_each_caller_gets_the_answer_of_the_table(walk: Walk, row: Row) -> None:
    request = await REQUESTS[row.operation].prepared(walk)
    responses = {
        caller: await walk.ask(row.operation, request, caller) for caller in CALLERS if caller in row.answers
    }
    assert {caller: read_answer(response) for caller, response in responses.items()} == row.answers
    # A proxy that is not told how long it may keep an answer makes up a time of its own.
    assert all(len(response.headers.get_list("cache-control")) == 1 for response in responses.values())


@pytest.mark.parametrize("seen", SEEN, ids=str)
async def test_a_clip_that_is_not_there_for_everybody_is_there_for_whom_the_table_says(
    walk: Walk, clips: Clips, seen: Seen
) -> None:
    for caller in seen.callers:
        answers = {}
        for state, path in clips.items():
            request = replace(REQUESTS[seen.operation], path=path | {"language": "en"})
            answers[state] = read_answer(await walk.ask(seen.operation, request, caller))
        assert answers == seen.answers, caller


async def test_no_list_names_to_others_a_clip_that_is_not_there_for_them(walk: Walk, clips: Clips) -> None:
    for caller in OTHERS:
        async with walk.visit(caller) as visitor:
            for url in LISTS:
                answer = await visitor.get(url)
                assert walk.site.known.visible in answer.text, url
                assert [state for state, each in clips.items() if each["clip_id"] in answer.text] == [], url


@pytest.mark.parametrize("name", CHANGING)
async def test_what_changes_something_is_refused_without_the_token_of_the_page(walk: Walk, name: str) -> None:
    operation = OPERATIONS[name]
    names = ("handle", "upload_id", "clip_id", "comment_id", "language")
    request = Request(dict.fromkeys(names, "0" * 26), headers=REQUESTS[name].headers)
    async with walk.visit("owner") as ann, walk.visit("owner") as somebodys:
        for header in ({}, {"x-csrftoken": "0" * 64}, {"x-csrftoken": await somebodys.token()}):
            answer = await request.send(ann, operation, header, has_token=False)
            check_problem(answer, 403, "web.page-token-missing")
