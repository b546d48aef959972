"""A realm that runs, audited from outside: its page is the one on record until somebody alters it."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from audit.test_reelms_ledger import reelm_audit
from support.machine.running import ROOT, Running, running

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("real page")]


@pytest.fixture(scope="module")
def realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Runs from a copy of the sources, so that its page can be altered."""
    home = tmp_path_factory.mktemp("page")
    shutil.copytree(ROOT / "src", home / "src", ignore=shutil.ignore_patterns("__pycache__"))
    with running(home / "realm", code=home / "src") as started:
        yield started


def static(realm: Running) -> Path:
    return realm.code / "reelm" / "web" / "static"


def audit(realm: Running, tmp_path: Path, *more: object) -> tuple[int, dict[str, dict[str, Any]]]:
    code, report = reelm_audit("client", realm.url, "--state", tmp_path / "state.json", *more)
    return code, {claim["id"]: claim for claim in report["claims"]}


def test_the_page_of_a_realm_is_the_one_on_record(realm: Running, tmp_path: Path) -> None:
    code, claims = audit(realm, tmp_path)
    assert code == 0, claims
    client = {name: claim["verdict"] for name, claim in claims.items() if name.startswith("client.")}
    assert {name for name, verdict in client.items() if verdict == "sampled"} == {
        "client.quiet",
        "client.same",
    }
    assert set(client.values()) == {"proven", "sampled"}
    assert "client.files" in client


def test_a_copy_of_the_record_serves_as_well(realm: Running, tmp_path: Path) -> None:
    shutil.copytree(realm.paths.ledger, tmp_path / "copy", ignore=shutil.ignore_patterns(".*"))
    code, claims = audit(realm, tmp_path, "--log", tmp_path / "copy")
    assert (code, claims["client.files"]["verdict"]) == (0, "proven")


def test_a_script_that_was_altered_while_the_realm_runs_is_found(realm: Running, tmp_path: Path) -> None:
    script = next(static(realm).glob("assets/index-*.js"))
    packed = script.with_name(f"{script.name}.gz")
    for path in (script, packed):
        before = path.read_bytes()
        path.write_bytes(before.replace(before[-9:], b"//altered"))
        code, claims = audit(realm, tmp_path)
        assert code == 1
        assert claims["client.files"]["verdict"] == "failed"
        assert script.name in json.dumps(claims["client.files"])
        path.write_bytes(before)
    assert audit(realm, tmp_path)[0] == 0


def test_what_is_installed_there_is_the_release_on_record(realm: Running, tmp_path: Path) -> None:
    given = ("--state", tmp_path / "state.json", "--built", realm.code / "reelm")
    code, report = reelm_audit("releases", f"{realm.url}/ledger", *given)
    verdicts = {claim["id"]: claim["verdict"] for claim in report["claims"]}
    assert (code, verdicts["releases.built"], verdicts["releases.before"]) == (0, "proven", "proven")
