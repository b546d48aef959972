"""A refusal that is about one field of the request names it, so that a form can show it beside the field."""

import json
from pathlib import Path
from typing import Any

import pytest

from support.media import footage
from support.web.visiting import Site, check_problem

pytestmark = pytest.mark.asyncio(loop_scope="module")

JOIN = {"email": "cas@example.org", "password": "four words that fit", "handle": "cas"}
LONG = "a" * 3_000
DESCRIBED = json.loads(
    (Path(__file__).parents[2] / "docs" / "reference" / "openapi.json").read_text(encoding="utf-8")
)
# Operation, its method and address, what is sent, and what of it is at fault with which code.
REFUSED = [
    ("join", "POST", "/api/accounts", JOIN | {"email": "nobody"}, "email", "accounts.bad-email"),
    ("join", "POST", "/api/accounts", JOIN | {"email": "ann@example.org"}, "email", "accounts.email-taken"),
    ("join", "POST", "/api/accounts", JOIN | {"password": "short"}, "password", "accounts.weak-password"),
    ("join", "POST", "/api/accounts", JOIN | {"handle": "a b"}, "handle", "social.bad-handle"),
    ("join", "POST", "/api/accounts", JOIN | {"handle": "ben"}, "handle", "social.handle-taken"),
    ("join", "POST", "/api/accounts", JOIN | {"display_name": "\0"}, "display_name", "social.bad-text"),
    ("join", "POST", "/api/accounts", JOIN | {"handle": 5}, "handle", "web.bad-request"),
    ("sign_in", "POST", "/api/session", {"email": "ann@example.org"}, "password", "web.bad-request"),
    ("edit_profile", "PATCH", "/api/profile", {"display_name": " "}, "display_name", "social.bad-text"),
    ("edit_profile", "PATCH", "/api/profile", {"bio": LONG}, "bio", "social.text-too-long"),
    ("publish_clip", "POST", "/api/clips", {"caption": LONG}, "caption", "social.caption-too-long"),
    ("publish_clip", "POST", "/api/clips", {"alt_text": "\0"}, "alt_text", "social.bad-text"),
    ("publish_clip", "POST", "/api/clips", {"publish_at": "noon"}, "publish_at", "web.bad-request"),
    (
        "publish_clip",
        "POST",
        "/api/clips",
        {"publish_at": "2001-01-01T00:00:00Z"},
        "publish_at",
        "social.bad-moment",
    ),
    ("publish_clip", "POST", "/api/clips", {"start_seconds": -1}, "start_seconds", "web.bad-request"),
    ("publish_clip", "POST", "/api/clips", {"sound_id": "0" * 26}, "sound_id", "social.no-such-sound"),
    ("edit_clip", "PATCH", "/api/clips/{visible}", {"caption": LONG}, "caption", "social.caption-too-long"),
    ("edit_clip", "PATCH", "/api/clips/{visible}", {"alt_text": LONG}, "alt_text", "social.text-too-long"),
    ("post_comment", "POST", "/api/clips/{visible}/comments", {"text": ""}, "text", "social.bad-text"),
    ("post_comment", "POST", "/api/clips/{visible}/comments", {}, "text", "web.bad-request"),
    ("read_feed", "GET", "/api/feed?cursor=x", None, "cursor", "feed.bad-cursor"),
    ("list_comments", "GET", "/api/clips/{visible}/comments?cursor=x", None, "cursor", "social.bad-cursor"),
    ("list_sounds", "GET", "/api/sounds?order=loudest", None, "order", "web.bad-request"),
    ("list_sounds", "GET", f"/api/sounds?q={'x' * 65}", None, "q", "web.bad-request"),
    (
        "put_subtitles",
        "PUT",
        "/api/clips/{visible}/subtitles/English",
        None,
        "language",
        "workflows.no-language",
    ),
    ("upload", "POST", "/api/uploads?name=a/b", None, "name", "web.bad-file-name"),
    (
        "approve_access",
        "POST",
        "/api/staff/approvals",
        {"asker": "a", "action": "access.read", "subjects": ["a", 3], "purpose": "x"},
        "subjects[1]",
        "web.bad-request",
    ),
]


@pytest.mark.parametrize(
    ("operation", "method", "address", "sent", "field", "code"),
    REFUSED,
    ids=[f"{operation}-{field}-{code}" for operation, _, _, _, field, code in REFUSED],
)
async def test_a_refusal_names_the_field_it_is_about(
    shared: Site,
    *,
    operation: str,
    method: str,
    address: str,
    sent: dict[str, Any] | None,
    field: str,
    code: str,
) -> None:
    assert field.partition("[")[0] in inputs(operation)
    async with shared.visit(shared.known.ann) as ann:
        if operation == "publish_clip":
            upload = (await ann.upload(footage.clip(seconds=0.6).read_bytes())).json()
            sent = {"upload_id": upload["id"]} | (sent or {})
        arguments: dict[str, Any] = {"json": sent} if sent is not None else {}
        if operation == "upload":
            arguments = {"content": b"x", "headers": {"content-type": "video/mp4"}}
        answer = await ann.ask(method, address.format(visible=shared.known.visible), **arguments)
    assert check_problem(answer, answer.status_code, code)["field"] == field


async def test_a_refusal_of_the_request_as_a_whole_names_no_field(shared: Site) -> None:
    async with shared.visit() as nobody:
        for answer in (
            await nobody.post("/api/session", json=[]),
            await nobody.post(
                "/api/session", json={"email": "ann@example.org", "password": "not hers at all"}
            ),
            await nobody.post("/api/clips", json={"upload_id": "0" * 26}),
        ):
            assert check_problem(answer, answer.status_code, answer.json()["code"])["field"] is None


def inputs(operation: str) -> set[str]:
    """The fields of an operation's body, and its parameters."""
    (found,) = (
        each
        for item in DESCRIBED["paths"].values()
        for each in item.values()
        if each["operationId"] == operation
    )
    names = {parameter["name"] for parameter in found.get("parameters", ())}
    body = found.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    if "$ref" in body:
        shape = DESCRIBED["components"]["schemas"][body["$ref"].rpartition("/")[2]]
        names |= set(shape["properties"])
    return names
