"""Joining makes an account, its key and its profile, or nothing of the three."""

import pytest
from sqlalchemy import func, select

from reelm.accounts import BadEmail, EmailTaken, PasswordHash
from reelm.base import ReelmError, metadata
from reelm.people import BadHandle, BadText, HandleTaken
from reelm.workflows.join import join
from support.realm.realms import Stage

PASSWORD = PasswordHash("a hash that nobody checks here")


async def counts(stage: Stage) -> dict[str, int]:
    """Rows of each table that joining writes to."""
    async with stage.realm.database.read() as tx:
        return {
            name: int(await tx.scalar(select(func.count()).select_from(table)) or 0)
            for name, table in metadata.tables.items()
            if name in {"accounts", "profiles", "user_keys", "sessions"}
        }


async def attempt(
    stage: Stage, *, email: str = "new@example.org", handle: str = "newcomer", display_name: str | None = None
) -> None:
    async with stage.realm.database.write() as tx:
        await join(
            tx, email=email, password=PASSWORD, handle=handle, display_name=display_name, realm=stage.realm
        )


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"email": "ann@example.org"}, EmailTaken),
        ({"email": " ANN@Example.org "}, EmailTaken),
        ({"email": "no address"}, BadEmail),
        ({"handle": "ann"}, HandleTaken),
        ({"handle": "ANN"}, HandleTaken),
        ({"handle": "../etc"}, BadHandle),
        ({"handle": "admin"}, BadHandle),
        ({"display_name": "\x00"}, BadText),
    ],
    ids=str,
)
async def test_a_refused_newcomer_leaves_no_account_no_key_and_no_profile(
    stage: Stage, wrong: dict[str, str], error: type[ReelmError]
) -> None:
    await stage.person("ann")
    before = await counts(stage)
    with pytest.raises(error):
        await attempt(stage, **wrong)
    assert await counts(stage) == before


async def test_a_refused_newcomer_may_try_again_with_the_same_address(stage: Stage) -> None:
    await stage.person("ann")
    with pytest.raises(HandleTaken):
        await attempt(stage, handle="ann")
    await attempt(stage, handle="annie")
    async with stage.realm.database.read() as tx:
        assert (await stage.realm.people.profile(tx, "annie", None)).display_name == "annie"


async def test_a_newcomer_has_an_account_a_key_and_a_profile(stage: Stage) -> None:
    before = await counts(stage)
    await attempt(stage, display_name="New Comer")
    after = await counts(stage)
    assert len(after) == 4
    assert {name: after[name] - before[name] for name in after} == {
        "accounts": 1,
        "profiles": 1,
        "user_keys": 1,
        "sessions": 0,
    }
