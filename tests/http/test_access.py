"""People see who of the staff looked at their data, with the proof."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from reelm.accounts import AccessRefused
from reelm.ledger import Receipt, read_leaf
from reelm.realm.policy import Member
from reelm.workflows import OpenRealm, look_at_email
from visiting import Site

pytestmark = pytest.mark.asyncio(loop_scope="module")


@asynccontextmanager
async def recording(at: OpenRealm) -> AsyncIterator[None]:
    """The ledger is written meanwhile, as the worker does."""
    running = asyncio.create_task(at.sequencer.run())
    yield
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_who_is_looked_at_is_shown_it_with_a_receipt(site: Site) -> None:
    at = site.stage.at
    subject = await site.stage.person("subject")
    helper = await site.stage.person("helper")
    async with recording(at):
        async with at.database.write() as tx:
            member = Member("kite-07", "support", at.manifest.realm.id, "Example B.V.", "NL")
            await at.staff.grant(tx, helper, member, by=None)
        seen = await look_at_email(subject, purpose="support-request", ticket="t-1", by=helper, at=at)
        assert seen.email == "subject@example.org"
        with pytest.raises(AccessRefused):
            await look_at_email(subject, purpose="curiosity", ticket="t-1", by=helper, at=at)
    async with at.database.write() as tx:
        token = await at.accounts.open_session(tx, subject)
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
