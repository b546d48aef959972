"""What the realm says of itself to everybody, beside the ledger."""

from hashlib import sha256

import pytest

from reelm.realm import declaration
from reelm.workflows.operate import Declaring
from support.realm.declaring import in_city, signed, with_keys
from support.web.visiting import Site, check_problem

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_manifest_in_force_is_declared_with_its_digest(shared: Site) -> None:
    async with shared.visit() as nobody:
        answer = await nobody.get("/api/manifest")
        document = await nobody.get("/.well-known/reelm/realm.json")
    (version,) = answer.json()["versions"]
    assert answer.headers["cache-control"] == "public, max-age=30"
    assert version["number"] == 1
    assert version["changes"] == version["signers"] == version["signatures"] == []
    assert version["digest"] == sha256(document.content).hexdigest()
    assert answer.json()["providers"] == [
        {"provider": "this-machine", "standing": "declared", "signed_on": None}
    ]


async def test_a_later_version_says_what_it_changed_and_who_signed(site: Site) -> None:
    realm = site.stage.realm
    moved = in_city("Rotterdam", with_keys("ann", "board", threshold=1, manifest=realm.identity.manifest))
    later = signed(declaration.following(realm.identity.version, moved), ["board"])
    async with realm.database.write() as tx:
        await declaration.publish(tx, later, clock=realm.clock, say=Declaring(0, realm.clock))
    async with site.visit() as nobody:
        versions = (await nobody.get("/api/manifest")).json()["versions"]
        document = await nobody.get("/api/manifest/2")
        first = await nobody.get("/api/manifest/1")
    assert [version["number"] for version in versions] == [2, 1]
    assert 'Site "here" has another city: not declared became Rotterdam.' in versions[0]["changes"]
    assert {
        "kind": "field-altered",
        "table": "sites",
        "entry": "here",
        "field": "city",
        "before": "not declared",
        "after": "Rotterdam",
    } in versions[0]["differences"]
    assert [(each["id"], each["has_signed"]) for each in versions[0]["signers"]] == [
        ("ann", False),
        ("board", True),
    ]
    assert versions[0]["threshold"] == 1
    assert document.content == later.document
    assert sha256(first.content).hexdigest() == versions[1]["digest"]
    assert document.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert document.headers["content-type"] == "application/json"


async def test_a_version_that_never_was_is_not_found(shared: Site) -> None:
    async with shared.visit() as nobody:
        check_problem(await nobody.get("/api/manifest/7"), 404, "base.not-found")
        check_problem(await nobody.get("/api/manifest/0"), 400, "web.bad-request")


async def test_what_is_kept_is_told_to_everybody_down_to_the_column(shared: Site) -> None:
    async with shared.visit() as nobody:
        answer = await nobody.get("/api/inventory")
    kept = {each["what"]: each for each in answer.json()["kept"]}
    assert answer.headers["cache-control"] == "public, max-age=3600"
    columns = {each["column"]: each for each in kept["Your account"]["columns"]}
    assert columns["email_sealed"]["data_class"] == "protected"
    assert columns["email_sealed"]["stored_as"] == "sealed"
    assert columns["email_digest"]["stored_as"] == "keyed hash"
    assert kept["Your clips"]["places"] == ["records", "stores"]
    assert all(each["why"] and each["until"] for each in kept.values())
