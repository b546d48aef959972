"""Giving and taking roles at the command line."""

import asyncio
from pathlib import Path

import pytest

from reelm.accounts import PasswordHash
from reelm.app import open_realm, settings
from reelm.cli import main
from reelm.ledger import Leaf, read_leaf
from reelm.workflows.join import join

GRANT = ("grant", "kim", "--as", "kite-07", "--role", "support")


async def _begin(data: Path) -> None:
    """A realm in which Kim has an account."""
    async with open_realm(settings.load(data)) as realm, realm.database.write() as tx:
        hashed = PasswordHash("a hash that nobody checks here")
        await join(tx, email="kim@example.org", password=hashed, handle="kim", display_name=None, realm=realm)


async def _leaves(data: Path) -> list[Leaf]:
    """What is in the ledger when a realm that runs has taken up what waited."""
    async with open_realm(settings.load(data)) as realm:
        await realm.ledger.announcements.announce("mod.appeal", {"appeal": "0" * 26, "decision": "0" * 26})
        return [read_leaf(each.leaf) for each in await realm.ledger.latest(50)][::-1]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    data = tmp_path / "realm"
    asyncio.run(_begin(data))
    return data


def run(data: Path, *words: str) -> int:
    return main(["staff", *words, "--data", str(data)])


def test_a_role_is_given_and_taken_on_the_record(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(data, "list") == 0
    assert "Nobody has a role" in capsys.readouterr().out
    assert run(data, *GRANT, "--employer", "Example B.V.", "--country", "NL") == 0
    assert "kite-07 is support from now on" in capsys.readouterr().out
    assert run(data, "list") == 0
    assert capsys.readouterr().out.split() == ["kite-07", "support", "NL", "Example", "B.V."]
    assert run(data, "revoke", "kite-07") == 0
    assert run(data, "revoke", "kite-07") == 0
    capsys.readouterr()
    assert run(data, "list") == 0
    assert capsys.readouterr().out.endswith("revoked\n")
    granted, revoked = [leaf for leaf in asyncio.run(_leaves(data)) if leaf.kind.startswith("staff.")]
    assert (granted.kind, granted.public.granted_by) == ("staff.grant", "operator")  # type: ignore[attr-defined] # of this kind
    assert (revoked.kind, revoked.public.handle) == ("staff.revoke", "kite-07")  # type: ignore[attr-defined] # of this kind


def test_what_cannot_be_granted_is_told_and_changes_nothing(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(data, *GRANT[:-1], "boss") == 78
    assert "accounts.role-unknown" in capsys.readouterr().err
    assert run(data, "grant", "nobody_here", *GRANT[2:]) == 1
    assert "social.no-such-profile" in capsys.readouterr().err
    assert run(data, "revoke", "kite-07") == 1
    assert "No member of staff is called kite-07" in capsys.readouterr().err
    for wrong in ((*GRANT, "--country", "nl"), ("grant", "kim", "--as", "Kim", "--role", "support")):
        with pytest.raises(SystemExit):
            run(data, *wrong)
    capsys.readouterr()
    assert run(data, "list") == 0
    assert "Nobody has a role" in capsys.readouterr().out
    assert run(data, *GRANT) == 0
    assert run(data, *GRANT) == 73
    assert "accounts.role-taken" in capsys.readouterr().err


def test_a_role_can_be_taken_whatever_is_in_the_files_of_the_realm(data: Path) -> None:
    assert run(data, *GRANT) == 0
    (data / "policies" / "staff.cedar").write_text("permit (principal, action, resource);")
    (data / "manifest.toml").write_text("[realm")
    assert run(data, "revoke", "kite-07") == 0


def test_a_folder_without_a_realm_stays_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "empty", "list") == 70
    assert "realm.root-key-missing" in capsys.readouterr().err
    assert not (tmp_path / "empty").exists()
