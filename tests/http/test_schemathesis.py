"""Generated requests against a whole realm: no fault of ours, and nothing that the document does not say."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.machine.running import Running, join, publish, running
from support.media import footage
from support.media.elsewhere import enrol
from support.media.playlists import variants
from support.realm.realms import PASSWORD
from support.web.visiting import Visitor

SEED = 20_260_125
HOOKS = Path(__file__).with_name("schemathesis_hooks.py")
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
)
# What an encoder elsewhere asks, with its own token.
ENCODING = (
    *("take_encoding", "read_source", "renew_lease"),
    *("send_rendition", "deliver_encoding", "give_lease_back"),
)
SPOKEN = {"tus-resumable": "1.0.0"}
# More than three times what it takes on two quiet cores; fuzzing stops at its own limit before that.
FUZZING_SECONDS = 60
LONGEST_SECONDS = 240


async def announce(visitor: Visitor, length: int) -> str:
    """An upload that has not begun; its id."""
    answer = await visitor.post("/api/uploads/tus", headers=SPOKEN | {"upload-length": str(length)})
    return answer.headers["location"].rpartition("/")[2]


async def populate(realm: Running, visitor: Visitor) -> dict[str, Any]:
    """Real things of each kind; what a route deletes has copies of its own."""
    await join(visitor, "anna")
    source = footage.clip(seconds=0.6)
    clips = [await publish(visitor, source, f"Clip {number} #first") for number in range(3)]
    master = (await visitor.get(f"/hls/{clips[0]}/master.m3u8")).text
    comments = [
        (await visitor.post(f"/api/clips/{clips[0]}/comments", json={"text": "Hello"})).json()["id"]
        for _ in range(2)
    ]
    uploads = [(await visitor.upload(source.read_bytes())).json()["id"] for _ in range(4)]
    tus = [await announce(visitor, number) for number in (40, 40, 5)]
    async with realm.visit() as spare:
        email = "anna@mail.example.org"
        await spare.post("/api/session", json={"email": email, "password": PASSWORD})
        name = next(each for each in spare.client.cookies if each.endswith("-session"))
        tokens = {each.client.cookies[name]: await each.token() for each in (visitor, spare)}
        spare_session = spare.client.cookies[name]
    encoder = {"authorization": f"Bearer {enrol(realm, 'attic')}"}
    return {
        "seed": SEED,
        "video": str(source),
        "session_cookie": name,
        "session": visitor.client.cookies[name],
        "spare_session": spare_session,
        "tokens": tokens,
        "ids": {
            "clip_id": clips[:2],
            "rendition_id": [uri.split("/")[0] for uri in variants(master)],
            "comment_id": comments,
            "handle": ["anna", "ANNA", "nobody_here"],
            "tag": ["first", "FIRST"],
            "upload_id": uploads[:2],
            "lease_id": uploads[:1],
            "rung": ["480p"],
            "language": ["en", "pt-BR"],
            "number": [1, 2],
        },
        "expendable": {
            "remove_clip": {"clip_id": clips[2:]},
            "discard_upload": {"upload_id": uploads[2:]},
            **{name: {"upload_id": tus[:2]} for name in ("append_to_upload", "read_offset", "follow_upload")},
            "terminate_upload": {"upload_id": tus[2:]},
        },
        "headers": {
            "begin_upload": SPOKEN | {"upload-length": str(len(source.read_bytes()))},
            "append_to_upload": SPOKEN | {"upload-offset": "0"},
            "read_offset": SPOKEN,
            "terminate_upload": SPOKEN,
            **dict.fromkeys(ENCODING, encoder),
        },
    }


def fuzz(realm: Running, known: dict[str, Any], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the tool as a person would, in a folder of its own."""
    return subprocess.run(  # noqa: S603 - our own development tool
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{realm.url}/api/openapi.json"),
            *("--checks", ",".join(CHECKS), "--phases", "coverage,fuzzing,stateful"),
            *("--seed", str(SEED), "--max-examples", "12", "--max-time", str(FUZZING_SECONDS)),
            *("--request-timeout", "30", "--no-shrink", "--no-color", "--output-truncate", "true"),
            *("--warnings", "off", "--generation-database", "none"),
        ],
        cwd=folder,
        env={**os.environ, "SCHEMATHESIS_HOOKS": str(HOOKS), "REELM_TEST_KNOWN": json.dumps(known)},
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.timeout(LONGEST_SECONDS + 60)
async def test_no_generated_request_finds_a_fault_or_an_undocumented_answer(tmp_path: Path) -> None:
    with running(tmp_path / "realm") as realm:
        async with realm.visit() as visitor:
            known = await populate(realm, visitor)
            pids = [realm.pid(name) for name in ("web", "serving", "worker")]
            done = await asyncio.to_thread(fuzz, realm, known, tmp_path)
            assert done.returncode == 0, done.stdout[-8_000:] + done.stderr[-2_000:]
            assert [realm.pid(name) for name in ("web", "serving", "worker")] == pids
            assert (await visitor.get("/api/session")).json()["account"]["handle"] == "anna"
