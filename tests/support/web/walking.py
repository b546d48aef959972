"""Ask every operation of the interface as it is meant to be asked, in anybody's name."""

import base64
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx  # noqa: TID251 - a test's client, which never leaves this process

import reelm
from reelm.base import AccountId
from reelm.media import Wanted
from reelm.realm.policy import Member
from support.media import footage
from support.media.playlists import variants
from support.realm.realms import PASSWORD
from support.web.visiting import PROBLEM, Site, Visitor, check_problem

ROOT = Path(__file__).parents[3]
# Callers by role; those of ``staff`` can give roles, which is no operation, so that none is meant for them.
ROLES = {
    "staff": "people",
    "support": "support",
    "safety": "safety",
    "records": "records",
    "privacy": "privacy",
}
ENCODERS = ("encoder", "other_encoder")
RUNG = "128p"
SUBTITLES = b"WEBVTT\n\n00:00.100 --> 00:00.300\nHello\n"
_TUS = {"tus-resumable": "1.0.0"}
_BYTES = _TUS | {"content-type": "application/offset+octet-stream"}
_VTT = {"content-type": "text/vtt"}


@dataclass(frozen=True)
class Operation:
    """An operation of the OpenAPI document, with the statuses that it may answer with."""

    method: str
    path: str
    statuses: frozenset[int]


def operations() -> dict[str, Operation]:
    """Return every operation of the committed OpenAPI document by its id."""
    document = json.loads((ROOT / "docs" / "reference" / "openapi.json").read_text(encoding="utf-8"))
    return {
        each["operationId"]: Operation(method.upper(), path, frozenset(map(int, each["responses"])))
        for path, item in document["paths"].items()
        for method, each in item.items()
    }


OPERATIONS = operations()


@dataclass
class Walk:
    """A site to walk through: its staff, two encoders, and one that it does not know."""

    site: Site
    staff: Mapping[str, AccountId]
    tokens: Mapping[str, str]

    @asynccontextmanager
    async def visit(self, caller: str) -> AsyncIterator[Visitor]:
        """Yield the browser of ``owner`` (ann), ``other`` (ben), ``signed_out``, or a member of staff."""
        known = self.site.known
        accounts = {"owner": known.ann, "other": known.ben, "signed_out": None, **self.staff}
        async with self.site.visit(accounts[caller]) as visitor:
            yield visitor

    async def ask(self, name: str, request: "Request", caller: str) -> httpx.Response:
        """Return what an operation answers."""
        if caller in self.tokens:  # an encoder sends its token, and neither cookie nor page token
            async with self.site.visit() as machine:
                bearer = {"authorization": f"Bearer {self.tokens[caller]}"}
                return await request.send(machine, OPERATIONS[name], bearer, has_token=False)
        async with self.visit(caller) as visitor:
            return await request.send(visitor, OPERATIONS[name], {}, caller=caller)


@dataclass(frozen=True)
class Request:
    """A request to an operation. A function among its values makes a thing, once for all who ask."""

    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    content: Any = None

    async def prepared(self, walk: Walk) -> "Request":
        """Return the same request with its things made."""
        path, body, content = [await _made(part, walk) for part in (self.path, self.json, self.content)]
        return Request(path, self.query, self.headers, body, content)

    async def send(
        self,
        visitor: Visitor,
        operation: Operation,
        headers: Mapping[str, str],
        *,
        has_token: bool = True,
        caller: str = "",
    ) -> httpx.Response:
        """Send it; a body that names its caller says who that is."""
        body = {} if self.json is None else {"json": _named(self.json, caller)}
        return await visitor.ask(
            operation.method,
            operation.path.format(**self.path),
            has_token=has_token,
            params=dict(self.query),
            headers={**self.headers, **headers},
            content=self.content,
            **body,
        )


def read_answer(answer: httpx.Response) -> str:
    """Return the status of an answer and the code of its problem document, which has to be a whole one."""
    if answer.headers.get("content-type") != PROBLEM or not answer.content:  # HEAD has no body
        return str(answer.status_code)
    code = answer.json()["code"]
    check_problem(answer, answer.status_code, code)
    return f"{answer.status_code} {code}"


async def prepare(site: Site) -> Walk:
    """Hire somebody in each role, enrol two encoders, and give ann's clip subtitles."""
    realm, staff = site.stage.realm, {}
    for caller, role in ROLES.items():
        staff[caller] = await site.stage.person(f"{role}_member")
        member = Member(f"{role}-1", role, realm.identity.manifest.realm.id, "Example B.V.", "NL")
        async with realm.database.write() as tx:
            await realm.access.grant(tx, staff[caller], member, by=None)
    async with realm.database.write() as tx:
        tokens = {name: await realm.media.kept.encoders.add(tx, name.replace("_", "-")) for name in ENCODERS}
    walk = Walk(site, staff, tokens | {"unknown_encoder": "of nobody"})
    await subtitle(walk, site.known.visible)
    return walk


async def subtitle(walk: Walk, clip_id: str, language: str = "en") -> str:
    """Give one of ann's clips subtitles, and return their language."""
    async with walk.visit("owner") as ann:
        url = f"/api/clips/{clip_id}/subtitles/{language}"
        _succeeded(await ann.put(url, content=SUBTITLES, headers=_VTT))
    return language


async def visible(walk: Walk) -> str:
    """Return the clip of ann's that everybody sees; nothing may be done to it that others would notice."""
    return walk.site.known.visible


async def failed(walk: Walk) -> str:
    """Return the clip of ann's that could not be published."""
    return walk.site.known.failed


async def rendition(walk: Walk) -> str:
    """Return a rendition of the visible clip."""
    return (await renditions(walk, walk.site.known.visible))[0]


async def renditions(walk: Walk, clip_id: str) -> list[str]:
    """Return the renditions of one of ann's clips."""
    async with walk.visit("owner") as ann:
        playlist = _succeeded(await ann.get(f"/hls/{clip_id}/master.m3u8")).text
    return [uri.partition("/")[0] for uri in variants(playlist)]


async def published(walk: Walk) -> str:
    """Return another clip of ann's that everybody sees."""
    return (await walk.site.stage.clip(walk.site.known.ann, footage.clip(seconds=0.6), "One more #first")).id


async def upload(walk: Walk) -> str:
    """Return an upload of ann's that is not posted yet."""
    return (await walk.site.stage.upload(walk.site.known.ann, footage.clip(seconds=0.6))).id


async def draft(walk: Walk) -> str:
    """Return a draft of ann's."""
    async with walk.visit("owner") as ann:
        asked = {"upload_id": await upload(walk), "is_draft": True}
        return str(_succeeded(await ann.post("/api/clips", json=asked)).json()["id"])


async def arrival(walk: Walk) -> str:
    """Return a resumable upload of ann's that has not begun."""
    async with walk.visit("owner") as ann:
        made = _succeeded(await ann.post("/api/uploads/tus", headers=_TUS | {"upload-length": "40"}))
        return made.headers["location"].rpartition("/")[2]


async def comment(walk: Walk) -> str:
    """Return a comment of ann's under her own clip."""
    async with walk.visit("owner") as ann:
        url = f"/api/clips/{walk.site.known.visible}/comments"
        return str(_succeeded(await ann.post(url, json={"text": "Thanks"})).json()["id"])


async def encoding(walk: Walk) -> None:
    """Offer an encoding of an upload of ann's to encoders elsewhere."""
    realm, ann = walk.site.stage.realm, walk.site.known.ann
    sent = await walk.site.stage.upload(ann, footage.clip(seconds=0.6))
    async with realm.database.write() as tx:
        wanted = Wanted(sent.probe, (RUNG,))
        await realm.media.lending.offer(tx, sent.id, wanted, owner=ann, turn=0, queue_round=0)


async def lease(walk: Walk) -> str:
    """Return a lease that the first encoder holds."""
    await encoding(walk)
    taken = await walk.ask("take_encoding", REQUESTS["take_encoding"], "encoder")
    return str(_succeeded(taken).json()["lease"]["id"])


async def approval(walk: Walk) -> str:
    """Return the approval by privacy of the export that records asks for."""
    async with walk.visit("privacy") as second:
        asked = _EXPORT | {"asker": "records-1", "action": "access.export"}
        return str(_succeeded(await second.post("/api/staff/approvals", json=asked)).json()["approval_id"])


async def emergency(walk: Walk) -> int:
    """Return the emergency that safety declared."""
    async with walk.visit("safety") as breaker:
        answer = await breaker.post("/api/staff/emergencies", json={"purpose": "threat-to-life"})
        return int(_succeeded(answer).json()["leaf_index"])


def _succeeded(answer: httpx.Response) -> httpx.Response:
    assert answer.is_success, answer.text
    return answer


async def _made(value: Any, walk: Walk) -> Any:
    if isinstance(value, Mapping):
        return {name: await _made(each, walk) for name, each in value.items()}
    return await value(walk) if callable(value) else value


def _named(value: Any, caller: str) -> Any:
    """Return a body in which ``CALLER`` is who asks, for what can be had only once."""
    return json.loads(json.dumps(value).replace("CALLER", caller))


async def subtitles(walk: Walk) -> str:
    """Return the language of subtitles that nothing else needs."""
    return await subtitle(walk, walk.site.known.visible, "fr")


async def _video(walk: Walk) -> bytes:
    del walk
    return footage.clip(seconds=0.6).read_bytes()


_CLIP = {"clip_id": visible}
_RENDITION = _CLIP | {"rendition_id": rendition}
_ANN = {"handle": "ann"}
_SUPPORT = {"subject": "ann", "purpose": "support-request", "ticket": "t-1"}
_EXPORT = {"subjects": ["ann"], "purpose": "legal-request", "ticket": "t-2"}
_PIECES = [{"length_bytes": 16, "iv": base64.b64encode(bytes(16)).decode()}]
_NEWCOMER = {"email": "CALLER@example.net", "password": PASSWORD, "handle": "new_CALLER"}

REQUESTS: Mapping[str, Request] = {
    "read_session": Request(),
    "sign_in": Request(json={"email": "ann@example.org", "password": PASSWORD}),
    "sign_out": Request(),
    "join": Request(json=_NEWCOMER),
    "read_profile": Request(_ANN),
    "edit_profile": Request(json={"bio": "Hello"}),
    "follow": Request(_ANN),
    "unfollow": Request(_ANN),
    "list_clips_of": Request(_ANN),
    "upload": Request(content=_video, headers={"content-type": "video/mp4"}),
    "discard_upload": Request({"upload_id": upload}),
    "begin_upload": Request(headers=_TUS | {"upload-length": "40"}),
    "read_abilities": Request(),
    "follow_upload": Request({"upload_id": arrival}),
    "terminate_upload": Request({"upload_id": arrival}, headers=_TUS),
    "read_abilities_again": Request({"upload_id": arrival}),
    "read_offset": Request({"upload_id": arrival}, headers=_TUS),
    "append_to_upload": Request(
        {"upload_id": arrival}, headers=_BYTES | {"upload-offset": "0"}, content=b"0123456789"
    ),
    "publish_clip": Request(json={"upload_id": upload}),
    "read_clip": Request(_CLIP),
    "remove_clip": Request({"clip_id": published}),
    "edit_clip": Request(_CLIP, json={"alt_text": "Two hands"}),
    "plan_draft": Request({"clip_id": draft}, json={"publish_at": None}),
    "publish_draft": Request({"clip_id": draft}),
    "retry_clip": Request({"clip_id": failed}),
    "watch_progress": Request(_CLIP),
    "like": Request(_CLIP),
    "unlike": Request(_CLIP),
    "count_view": Request(_CLIP, json={"watched_ms": 600}),
    "list_tagged": Request({"tag": "first"}),
    "list_comments": Request(_CLIP),
    "post_comment": Request(_CLIP, json={"text": "Well done"}),
    "remove_comment": Request({"comment_id": comment}),
    "read_feed": Request(),
    "take_encoding": Request(json={"version": reelm.__version__}),
    "read_source": Request({"lease_id": lease}, query={"start": 0}),
    "renew_lease": Request({"lease_id": lease}, json={"ratio": 0.5}),
    "send_rendition": Request({"lease_id": lease, "rung": RUNG}, query={"start": 0}, content=b"sealed"),
    "deliver_encoding": Request({"lease_id": lease}, json={"renditions": {RUNG: _PIECES}}),
    "give_lease_back": Request({"lease_id": lease}),
    "read_master_playlist": Request(_CLIP),
    "read_media_playlist": Request(_RENDITION),
    "read_key": Request(_RENDITION),
    "read_poster": Request(_CLIP),
    "read_strip": Request(_CLIP),
    "list_my_accesses": Request(),
    "read_my_role": Request(),
    "look_at_email": Request(json=_SUPPORT),
    "approve_access": Request(json=_EXPORT | {"asker": "records-1", "action": "access.export"}),
    "export_emails": Request(json=_EXPORT | {"approval_id": approval}),
    "break_glass": Request(json={"purpose": "threat-to-life"}),
    "review_emergency": Request(json={"emergency": emergency, "finding": "justified"}),
    "read_storage": Request(),
    "list_sounds": Request(),
    "read_sound": Request(_CLIP),
    "list_clips_with_sound": Request(_CLIP),
    "choose_sound": Request({"clip_id": draft}, json={"sound_id": visible}),
    "read_subtitles": Request(_CLIP | {"language": "en"}),
    "put_subtitles": Request(_CLIP | {"language": "de"}, headers=_VTT, content=SUBTITLES),
    "remove_subtitles": Request(_CLIP | {"language": subtitles}),
    "read_declarations": Request(),
    "read_manifest_version": Request({"number": 1}),
    "read_holdings": Request(),
    "read_liveness": Request(),
    "read_readiness": Request(),
    "read_metrics": Request(),
}
