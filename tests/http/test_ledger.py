"""The public ledger over HTTP: plain files that any reader of tlog-tiles understands."""

from hashlib import sha256

import pytest

from reelm.base import Note
from reelm.ledger import read_leaf
from reelm.ledger.checkpoint import Checkpoint
from reelm.ledger.tiles import entries_of
from support.ledger import trees
from support.web.visiting import Site

pytestmark = pytest.mark.asyncio(loop_scope="module")
FOREVER = "public, max-age=31536000, immutable"


async def test_a_realm_has_its_manifest_and_its_code_on_the_record_before_it_serves(shared: Site) -> None:
    async with shared.visit() as nobody:
        answer = await nobody.get("/ledger/checkpoint")
        checkpoint = Checkpoint.parse(Note.parse(answer.content).text)
        bundle = await nobody.get(f"/ledger/tile/entries/000.p/{checkpoint.size}")
        declared = await nobody.get("/.well-known/reelm/realm.json")
    leaves = entries_of(bundle.content)
    assert trees.mth(leaves) == checkpoint.root
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert bundle.headers["content-type"] == "application/octet-stream"
    assert bundle.headers["cache-control"] == FOREVER
    said = {leaf.kind: leaf.public for leaf in map(read_leaf, leaves)}
    assert set(said) == {"manifest.publish", "policy.publish", "release.publish", "release.deploy"}
    digest = sha256(declared.content).hexdigest()
    assert getattr(said["manifest.publish"], "digest") == digest  # noqa: B009 - a field of one kind


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/001",
        "tile/0/000.p/200",
        "tile/0/../checkpoint",
        ".lock",
        ".checkpoint",
        "tile/",
        "",
        "tile/entries/x000/000",
        "%2e%2e/manifest.toml",
    ],
)
async def test_what_is_no_file_of_the_log_is_not_found(shared: Site, path: str) -> None:
    async with shared.visit() as nobody:
        answer = await nobody.get(f"/ledger/{path}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "base.not-found" or path.startswith("%2e")


async def test_what_is_true_until_it_changes_is_said_once(site: Site) -> None:
    realm = site.stage.realm
    before = await realm.ledger.status()
    await realm.ledger.announcements.announce("manifest.publish", {"digest": "ab" * 32}, counted_as="version")
    again = await realm.ledger.announcements.announce(
        "manifest.publish", {"digest": "ab" * 32}, counted_as="version"
    )
    after = await realm.ledger.status()
    assert before.checkpoint is not None
    assert after.checkpoint is not None
    assert after.checkpoint.size == before.checkpoint.size + 1 == again + 1
