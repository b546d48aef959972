"""People see who of the staff looked at their data, with the proof."""

import pytest

from reelm.access import AccessRefused
from reelm.base import DataClass
from reelm.ledger import Receipt, read_leaf
from reelm.realm import policy
from reelm.realm.policy import Member
from reelm.workflows.staff import export_email_list, read_email
from support.web.visiting import Site, recording

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_who_is_looked_at_is_shown_it_with_a_receipt(site: Site) -> None:
    realm = site.stage.realm
    subject = await site.stage.person("subject")
    helper = await site.stage.person("helper")
    async with recording(realm):
        async with realm.database.write() as tx:
            member = Member("kite-07", "support", realm.identity.manifest.realm.id, "Example B.V.", "NL")
            await realm.access.grant(tx, helper, member, by=None)
        seen = await read_email(subject, purpose="support-request", ticket="t-1", by=helper, realm=realm)
        assert seen.email == "subject@example.org"
        with pytest.raises(AccessRefused):
            await read_email(subject, purpose="curiosity", ticket="t-1", by=helper, realm=realm)
    async with realm.database.write() as tx:
        token = await realm.accounts.open_session(tx, subject)
    async with site.visit() as visitor:
        refused = await visitor.get("/api/me/access")
        cookie = {"cookie": f"{site.session_cookie}={token.reveal()}"}
        answer = await visitor.get("/api/me/access", headers=cookie)
    assert (refused.status_code, refused.json()["code"]) == (401, "web.sign-in-first")
    (access,) = answer.json()["accesses"]
    assert (access["purpose"], access["role"], access["handle"], access["data"]) == (
        "support-request",
        "support",
        "kite-07",
        "email",
    )
    receipt = Receipt.parse(access["receipt"].encode())
    assert receipt.is_sound()
    assert receipt.index == access["leaf_index"] == seen.leaf_index
    assert read_leaf(receipt.leaf).kind == "access.read"
    assert answer.headers["cache-control"] == "no-store"


async def test_who_is_in_an_export_is_shown_it_and_a_leak_of_it_is_recognised(site: Site) -> None:
    realm = site.stage.realm
    subject, clerk, second = [await site.stage.person(name) for name in ("taken", "clerk", "second")]
    data = policy.Data("email", DataClass.PROTECTED, realm.identity.manifest.realm.id)
    asked = policy.Access("access.export", data, "legal-request", "t-9")
    async with recording(realm):
        async with realm.database.write() as tx:
            for account, handle, role in ((clerk, "wren-01", "records"), (second, "lark-02", "privacy")):
                member = Member(handle, role, realm.identity.manifest.realm.id, "Example B.V.", "NL")
                await realm.access.grant(tx, account, member, by=None)
        with pytest.raises(AccessRefused):
            await export_email_list([subject], purpose="legal-request", ticket="t-9", by=clerk, realm=realm)
        approval = await realm.access.approve(realm.database, second, "wren-01", asked, subjects=[subject])
        taken = await export_email_list(
            [subject], purpose="legal-request", ticket="t-9", approval_id=approval, by=clerk, realm=realm
        )
    rows = taken.file.decode().split()
    assert rows[0] == "email"
    assert "taken@example.org" in rows
    assert len(rows) == 5
    async with realm.database.write() as tx:
        token = await realm.accounts.open_session(tx, subject)
        (leak,) = await realm.access.exports.identify(tx, taken.file.decode())
    assert (leak.export_id, leak.handle, leak.leaf_index) == (taken.export_id, "wren-01", taken.leaf_index)
    async with site.visit() as visitor:
        cookie = {"cookie": f"{site.session_cookie}={token.reveal()}"}
        answer = await visitor.get("/api/me/access", headers=cookie)
    (access,) = answer.json()["accesses"]
    assert (access["action"], access["handle"], access["data"]) == ("access.export", "wren-01", "email")
    receipt = Receipt.parse(access["receipt"].encode())
    assert read_leaf(receipt.leaf).kind == "access.export"
    assert receipt.index == taken.leaf_index
