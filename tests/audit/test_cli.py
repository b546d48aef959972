"""The auditor's command line: what it prints, keeps and ends with."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from reelm_audit.cli import main
from reelm_audit.leaf import canonical
from reelm_audit.tlog.policy import Policy
from reelm_audit.tlog.proof import Proof
from reelm_audit.trust import Offer, Trust
from support.ledger.logs import START, SomeLog, leaf, naive_path
from support.machine.serving import serving_port

Run: TypeAlias = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def log(tmp_path: Path) -> SomeLog:
    return SomeLog.of(tmp_path / "log", 300)


@pytest.fixture
def run(tmp_path: Path, log: SomeLog, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command on the log and gives its exit code and what it printed as JSON."""
    policy = tmp_path / "policy"
    policy.write_bytes(log.policy())

    def command(name: str, *arguments: object, now_seconds: int = START + 60) -> tuple[int, dict[str, Any]]:
        given = [name, *map(str, arguments), "--json"]
        if name not in {"receipt", "evidence"}:
            given += ["--policy", str(policy), "--state", str(tmp_path / "state.json"), "--processes", "1"]
        code = main(given, clock=lambda: now_seconds)
        return code, json.loads(capsys.readouterr().out)

    return command


def verdict(report: dict[str, Any], claim_id: str) -> str:
    return next(str(claim["verdict"]) for claim in report["claims"] if claim["id"] == claim_id)


def said(report: dict[str, Any], claim_id: str) -> str:
    return next(str(claim["found"]) for claim in report["claims"] if claim["id"] == claim_id)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Tests do not want to hear it."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Python's own file server over a folder."""
    with serving_port(ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))) as port:
        yield f"http://127.0.0.1:{port}"


def test_cron_learns_what_happened_from_the_exit_code(log: SomeLog, run: Run, tmp_path: Path) -> None:
    assert run("ledger", log.folder)[0] == 0
    assert run("ledger", tmp_path / "nowhere")[0] == 2
    log.entries[3] = leaf(9999)
    log.publish()
    code, report = run("ledger", log.folder)
    assert code == report["exit_code"] == 1
    assert report["format"] == "reelm-audit-report/1"


def test_a_log_on_the_web_is_audited_like_a_folder(log: SomeLog, run: Run) -> None:
    with served(log.folder) as address:
        code, report = run("ledger", f"{address}/")
    assert code == 0
    assert report["origin"] == log.key.name


def test_a_server_that_is_away_is_not_accused(run: Run) -> None:
    code, report = run("ledger", "http://127.0.0.1:1")
    assert code == 2
    assert [claim["verdict"] for claim in report["claims"]] == ["not checked"]


@pytest.mark.parametrize(
    "subject", ["manifest", "policy-replay", "releases", "flows", "status", "client", "storage"]
)
def test_what_a_realm_does_not_publish_is_never_proven(log: SomeLog, run: Run, subject: str) -> None:
    given = ("http://127.0.0.1:1", "--log") if subject == "client" else ()
    code, report = run(subject, *given, log.folder)
    assert code == 0
    assert verdict(report, subject) == "not published"
    found = next(claim["found"] for claim in report["claims"] if claim["id"] == subject)
    assert found.startswith("Not yet published by this realm.")


@pytest.mark.parametrize("address", ["realm.example", "ftp://realm.example", "https://realm.example/ledger"])
def test_a_page_is_audited_at_the_address_of_a_realm_only(run: Run, address: str) -> None:
    code, report = run("client", address)
    assert (code, verdict(report, "client")) == (2, "not checked")


def test_nothing_is_concluded_from_a_record_that_failed(log: SomeLog, run: Run) -> None:
    (log.folder / "tile" / "0" / "000").unlink()
    code, report = run("manifest", log.folder)
    assert code == 1
    assert verdict(report, "manifest") == "not checked"


def test_evidence_can_be_verified_by_whoever_gets_the_file(log: SomeLog, run: Run, tmp_path: Path) -> None:
    run("ledger", log.folder)
    log.entries[3] = leaf(9999)
    log.publish()
    _, report = run("ledger", log.folder)
    (path,) = [claim["evidence"] for claim in report["claims"] if claim["evidence"]]
    code, report = run("evidence", path, "--key", log.key.verifier)
    assert (code, verdict(report, "evidence")) == (0, "proven")
    other = log.witnesses[0].verifier
    assert run("evidence", path, "--key", other)[0] == 1
    value = json.loads(Path(path).read_text())
    for bent in (
        {**value, "first": value["second"]},
        {**value, "offence": "rewrite"},
        {},
        {**value, "first": "x"},
    ):
        Path(path).write_text(json.dumps(bent))
        assert run("evidence", path)[0] == 1


def receipt(log: SomeLog, index: int, path: Path, *, seconds: int | None = START) -> Proof:
    proof = Proof(index, tuple(naive_path(index, log.hashes)), log.note(seconds=seconds), log.entries[index])
    path.write_bytes(bytes(proof))
    return proof


def test_a_receipt_is_checked_without_asking_anybody(log: SomeLog, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "one.tlog-proof"
    receipt(log, 123, path)
    code, report = run("receipt", path, "--policy", tmp_path / "policy")
    assert code == 0
    assert (verdict(report, "receipt.included"), verdict(report, "receipt.shared")) == ("proven", "proven")
    assert ["Kind", "mod.appeal"] in report["facts"]


def test_a_receipt_without_witnesses_is_the_logs_word(log: SomeLog, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "one.tlog-proof"
    receipt(log, 123, path, seconds=None)
    _, report = run("receipt", path, "--policy", tmp_path / "policy")
    assert verdict(report, "receipt.shared") == "promised"
    _, report = run("receipt", path, "--key", log.key.verifier)
    assert verdict(report, "receipt.shared") == "promised"


def test_a_receipt_for_another_leaf_or_of_another_log_fails(log: SomeLog, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "one.tlog-proof"
    proof = receipt(log, 123, path)
    wrong = [
        Proof(123, proof.hashes, proof.note, log.entries[124]),
        Proof(124, proof.hashes, proof.note, proof.extra),
        Proof(123, proof.hashes[1:], proof.note, proof.extra),
        Proof(123, proof.hashes, log.note(299, seconds=START), proof.extra),
        Proof(123, proof.hashes, proof.note, None),
    ]
    for each in wrong:
        path.write_bytes(bytes(each))
        assert run("receipt", path, "--policy", tmp_path / "policy")[0] == 1
    path.write_bytes(bytes(proof))
    other = SomeLog.of(tmp_path / "other", 1, origin="other.example")
    assert run("receipt", path, "--key", other.key.verifier)[0] == 1


def test_what_was_committed_to_in_private_can_be_held_against_the_leaf(
    log: SomeLog, run: Run, tmp_path: Path
) -> None:
    import hmac  # noqa: PLC0415 - the specification's own formula, for this test

    body = {"subject": "01h455vb4pex5vsknk084sn02q"}
    signed = b"reelm/ledger/private/1\0mod.appeal\0" + canonical(body)
    private = hmac.digest(bytes(32), signed, "sha256").hex()
    value = {**json.loads(leaf(5)), "private": private}
    log.entries[5] = canonical(value)
    path, opening = tmp_path / "one.tlog-proof", tmp_path / "opening.json"
    receipt(log, 5, path)
    opening.write_text(json.dumps({"body": body, "key": "00" * 32, "kind": "mod.appeal"}))
    code, report = run("receipt", path, "--policy", tmp_path / "policy", "--opening", opening)
    assert (code, verdict(report, "receipt.opened")) == (0, "proven")
    opening.write_text(json.dumps({"body": {}, "key": "00" * 32, "kind": "mod.appeal"}))
    assert run("receipt", path, "--policy", tmp_path / "policy", "--opening", opening)[0] == 1


def test_the_page_needs_nothing_else_and_escapes_what_others_wrote(
    log: SomeLog, run: Run, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    evil = tmp_path / "<script>alert(1)<script>"
    log.folder.rename(evil)
    assert run("ledger", evil, "--html", page)[0] == 0
    text = page.read_text()
    assert "<script" not in text
    assert "default-src 'none'" in text
    assert "http" not in text.replace('http-equiv="', "")
    for word in ("proven", "sampled", "promised", "failed"):
        assert word in text


def test_what_a_subject_needs_is_fetched_from_the_realm_itself(
    log: SomeLog, run: Run, tmp_path: Path
) -> None:
    """The realm serves it beside its ledger; nobody has to download it by hand."""
    manifest = canonical({"manifest": {"stores": [], "sites": [], "providers": []}, "v": 1, "version": 1})
    digest = sha256(manifest).hexdigest()
    log.entries[5] = leaf(5, "manifest.publish", {"digest": digest, "version": 1})
    log.folder = tmp_path / "realm" / "ledger"
    log.publish()
    with served(tmp_path / "realm") as address:
        code, report = run("manifest", f"{address}/ledger")
        assert (code, verdict(report, "manifest.served")) == (2, "not checked")
        known = tmp_path / "realm" / ".well-known" / "reelm"
        known.mkdir(parents=True)
        (known / "realm.json").write_bytes(manifest)
        code, report = run("manifest", f"{address}/ledger")
        assert (code, verdict(report, "manifest.served")) == (0, "proven")
        _, report = run("storage", f"{address}/ledger")
        assert verdict(report, "storage.declared") == "proven"
        (known / "realm.json").write_bytes(manifest + b" ")
        code, report = run("manifest", f"{address}/ledger")
        assert (code, verdict(report, "manifest.served")) == (1, "failed")


def test_one_budget_is_for_all_that_a_command_asks_for(log: SomeLog, run: Run) -> None:
    """Also for what the realm serves beside its ledger."""
    log.entries[5] = leaf(5, "manifest.publish", {"digest": "d" * 64, "version": 1})
    log.folder = log.folder.parent / "realm" / "ledger"
    log.publish()
    with served(log.folder.parent) as address:
        _, report = run("manifest", f"{address}/ledger")
        assert "status 404" in said(report, "manifest.served")
        _, report = run("manifest", f"{address}/ledger", "--max-minutes", "0")
    assert "the time of this run is over" in json.dumps(report)
    assert "status 404" not in json.dumps(report)


def test_a_ledger_is_named_after_its_address_or_it_is_told(log: SomeLog) -> None:
    def trust(location: str, *, is_key_named: bool = False) -> str:
        chosen = Trust(
            location=location,
            key=log.key.verifier,
            is_key_named=is_key_named,
            policy=Policy(),
            policy_bytes=None,
            is_policy_named=False,
            offer=Offer(None),
            offered_before=None,
            since_seconds=None,
        )
        return chosen.claims()[1].verdict.value

    assert trust("https://reelm.example/ledger") == "proven"
    assert trust("https://elsewhere.example/ledger") == "failed"
    assert trust("https://reelm.example.elsewhere.example/ledger") == "failed"
    assert trust("https://mirror.example/ledger", is_key_named=True) == "proven"
    assert trust("http://127.0.0.1:8420/ledger") == trust("copied") == "promised"
