"""The demo's own witnesses: made once, run as processes of their own, and not missed when they are away."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reelm.app import Paths, make_witnesses, settings
from reelm.app.children import Child, child_environment
from reelm.app.processes import realm_children
from reelm.base import Note
from reelm.ledger import Checkpoint, Policy
from reelm.realm import parse_manifest
from reelm_audit.clock import machine_seconds
from reelm_audit.ledger import Demand, audit_ledger
from support.realm.realms import staged

pytestmark = pytest.mark.slow
_ANSWER_SECONDS = 60


@contextmanager
def running(child: Child) -> Iterator[None]:
    """A witness as the supervisor starts it, from the moment when it listens."""
    with subprocess.Popen(child.argv, stdout=subprocess.PIPE, text=True, env=child_environment()) as process:  # noqa: S603 - our own program
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("Witnessing 1 logs on 127.0.0.1:")
            yield
        finally:
            process.terminate()
            process.wait(_ANSWER_SECONDS)


def witnesses_of(data: Path) -> list[Child]:
    children = realm_children(settings.load(data), with_samples=True)
    return [child for child in children if child.name.startswith("witness-")]


async def test_the_record_of_the_demo_is_cosigned_and_an_auditor_says_so(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    make_witnesses(paths)
    async with staged(tmp_path) as stage:
        realm = stage.realm
        await realm.ledger.cosigning.publish_policy()
        one, two = witnesses_of(tmp_path)
        assert one.is_task
        assert two.is_task
        assert await realm.ledger.cosigning.ask_all() is None, (
            "nobody is there yet, and the realm runs all the same"
        )
        with running(one):
            assert await realm.ledger.cosigning.ask_all() is None, "one is not enough"
            with running(two):
                cosigned = await realm.ledger.cosigning.ask_all()
        assert cosigned is not None
        demand = Demand(
            location=str(paths.ledger),
            state_path=tmp_path / "audit.json",
            evidence_folder=tmp_path / "evidence",
            policy=(paths.ledger / "policy").read_bytes(),
            processes=1,
        )
        claims = {
            claim.id: claim.finding for claim in audit_ledger(demand, now_seconds=machine_seconds()).claims
        }
        assert (claims["ledger.shared"], claims["ledger.fresh"]) == ("own", "own")  # of this machine
        assert await realm.ledger.cosigning.ask_all() is None
        await realm.ledger.announcements.announce("mod.appeal", {"appeal": "0" * 26, "decision": "0" * 26})
        with running(one), running(two):  # they remember what they saw
            later = await realm.ledger.cosigning.ask_all()
        assert later is not None
        assert later.size == cosigned.size + 1
    kept = Note.parse((paths.ledger / "checkpoint.cosigned").read_bytes())
    assert Checkpoint.parse(kept.text) == later


def test_a_new_demo_declares_its_witnesses_once(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    (tmp_path / "witnesses" / "one").mkdir(parents=True)  # of a start that was cut off
    paths.witnesses.write_text("quorum none\n")
    assert make_witnesses(paths)
    manifest = parse_manifest(paths.manifest.read_text(), source="manifest.toml")
    policy = Policy.parse(paths.witnesses.read_text())
    assert [each.url for each in manifest.destinations] == [each.url for each in policy.witnesses.values()]
    assert not policy.is_met(["one"])
    assert policy.is_met(["one", "two"])
    assert (tmp_path / "witnesses" / "one" / "key").stat().st_mode & 0o077 == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    make_witnesses(paths)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_realm_that_has_a_manifest_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "manifest.toml").write_text("# as its operator wrote it\n")
    assert not make_witnesses(Paths(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.toml"]
    assert witnesses_of(tmp_path) == []


def test_a_demo_that_gets_no_witnesses_begins_without(tmp_path: Path) -> None:
    (tmp_path / "witnesses").write_text("in the way")
    assert not make_witnesses(Paths(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["witnesses"]
    assert witnesses_of(tmp_path) == []
