"""No claim says more than what this run read, and nothing that can be said is kept back."""

import json
from pathlib import Path
from random import Random  # noqa: TID251 - seeded: a failure can be repeated

import pytest

from reelm_audit.ledger import Audited
from reelm_audit.page import as_page
from reelm_audit.text import as_text
from reelm_audit.tlog.tiles import cut_bundle, join_bundle
from reelm_audit.verdict import MEANINGS, Claim, Report, Verdict, table
from support.ledger.auditing import Audit, failed, verdicts
from support.ledger.logs import START, SomeLog, dated, leaf, signer
from support.machine.source import ROOT

LATER = START + 3600
ABOUT_ENTRIES = {"complete", "tiles", "shape", "time"}


@pytest.fixture
def log(tmp_path: Path) -> SomeLog:
    """Forty full bundles, which is more than is read again at a later audit."""
    return SomeLog.of(tmp_path / "log", 40 * 256)


def again(log: SomeLog, audit: Audit, *, sample: int = 4, seed: int = 1) -> Audited:
    return audit(now_seconds=LATER, sample_bundles=sample, random=Random(seed))


def bundle(log: SomeLog, number: int, level: str = "entries") -> Path:
    return log.folder / "tile" / level / f"{number:03d}"


def alter(path: Path) -> None:
    """Exchange two entries: nothing but their order is wrong."""
    entries = cut_bundle(path.read_bytes(), 256)
    entries[3], entries[9] = entries[9], entries[3]
    path.write_bytes(join_bundle(entries))


def test_what_an_earlier_audit_read_is_never_called_proven(log: SomeLog, audit: Audit) -> None:
    audit()
    log.publish(seconds=LATER)
    audited = again(log, audit)
    found = verdicts(audited)
    assert {found[name] for name in ABOUT_ENTRIES} == {Verdict.SAMPLED}
    assert (found["appended"], found["signed"]) == (Verdict.PROVEN, Verdict.PROVEN)
    said = next(claim.found for claim in audited.claims if claim.id == "ledger.complete")
    assert "0 entries at the end were read now. Of 10,240 older ones 1,024" in said
    assert "80 files were seen to be there" in said


@pytest.mark.parametrize("level", ["entries", "0"])
def test_an_old_file_that_is_gone_or_too_long_is_found_wherever_it_is(
    log: SomeLog, audit: Audit, level: str
) -> None:
    audit()
    log.publish(seconds=LATER)
    path = bundle(log, 17, level)
    sound = path.read_bytes()
    path.unlink()
    assert failed(again(log, audit)) & {"complete", "tiles"}
    path.write_bytes(sound + bytes(5 << 20))
    assert failed(again(log, audit)) & {"complete", "tiles"}
    path.write_bytes(sound)
    assert failed(again(log, audit)) == set()


@pytest.mark.slow
@pytest.mark.parametrize("level", ["entries", "0"])
def test_an_old_file_that_was_altered_is_found_when_chance_chooses_it_and_never_proven(
    log: SomeLog, audit: Audit, level: str
) -> None:
    audit()
    log.publish(seconds=LATER)
    path = bundle(log, 17, level)
    if level == "0":
        raw = path.read_bytes()
        path.write_bytes(raw[32:64] + raw[:32] + raw[64:])
    else:
        alter(path)
    looks = [again(log, audit, sample=30, seed=seed) for seed in range(6)]
    assert any(failed(look) for look in looks)
    for look in looks:
        assert {verdicts(look)[name] for name in ("complete", "tiles")} <= {Verdict.SAMPLED, Verdict.FAILED}


@pytest.mark.slow
def test_a_tile_above_that_was_altered_is_found_by_the_proofs_of_the_sample(
    log: SomeLog, audit: Audit
) -> None:
    audit()
    log.publish(seconds=LATER)
    path = log.folder / "tile" / "1" / "000.p" / "40"
    raw = path.read_bytes()
    path.write_bytes(raw[32:64] + raw[:32] + raw[64:])
    assert failed(again(log, audit)) == {"tiles"}


def test_old_entries_that_were_pruned_without_a_declaration_are_missed(log: SomeLog, audit: Audit) -> None:
    audit()
    log.publish(seconds=LATER)
    bundle(log, 0).unlink()
    bundle(log, 1).unlink()
    (log.folder / "minimum-index").write_text("512\n")
    assert "complete" in failed(again(log, audit))


def test_a_small_ledger_is_read_whole_at_every_audit(tmp_path: Path, log: SomeLog, audit: Audit) -> None:
    log.entries = [leaf(number) for number in range(700)]
    log.publish()
    audit()
    assert {verdicts(audit())[name] for name in ABOUT_ENTRIES} == {Verdict.PROVEN}
    alter(bundle(log, 0))
    assert failed(audit()) == {"complete", "tiles"}


def test_of_an_empty_ledger_nothing_is_proven_but_who_signed_it(log: SomeLog, audit: Audit) -> None:
    log.entries = []
    log.publish()
    audited = audit()
    assert {verdicts(audited)[name] for name in ABOUT_ENTRIES} == {Verdict.NOT_PUBLISHED}
    assert all("0 entries" in claim.found for claim in audited.claims if claim.finding == "none")
    log.entries = [leaf(0)]
    log.publish()
    second = audit()
    assert verdicts(second)["appended"] is Verdict.PROMISED  # after nothing, anything is a continuation


def test_the_first_audit_does_not_say_that_nothing_was_altered(log: SomeLog, audit: Audit) -> None:
    log.entries[5] = leaf(9999)
    del log.entries[9_000:]
    log.publish()
    text = as_text(report(audit()))
    assert "unaltered" not in text
    assert "Every entry is there" not in text
    assert "The entries that are served are the ones that were signed." in text


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(1_560_000_000, "before any ledger"), (4_070_000_000, "still to come"), (START - 9_000, "before it")],
)
def test_a_leaf_that_is_dated_when_it_cannot_be_is_found(
    log: SomeLog, audit: Audit, seconds: int, said: str
) -> None:
    then = log.entries[300]
    log.entries[300] = then.replace(dated(START - 1000 + 12).encode(), dated(seconds).encode())
    assert log.entries[300] != then
    log.publish()
    audited = audit()
    assert failed(audited) == {"time"}
    assert said in next(claim.found for claim in audited.claims if claim.id == "ledger.time")


def test_an_entry_that_is_dated_before_an_audit_which_did_not_see_it_is_found(
    log: SomeLog, audit: Audit
) -> None:
    audit()
    log.entries.append(leaf(10_240))
    log.publish(seconds=START + 9_000)
    assert failed(audit(now_seconds=START + 9_060)) == set()
    log.entries.append(leaf(10_241))
    log.publish(seconds=START + 18_000)
    assert failed(audit(now_seconds=START + 18_060)) == {"time"}


def test_a_ledger_of_another_name_than_its_address_is_told(log: SomeLog, audit: Audit) -> None:
    assert verdicts(audit(policy=None))["address"] is Verdict.PROMISED  # a folder has no address
    assert verdicts(audit())["address"] is Verdict.PROVEN  # whose key was named


def test_witnesses_at_the_realms_own_places_prove_nothing(log: SomeLog, audit: Audit) -> None:
    log.witnesses = (signer("us.reelm.example/w", 11), signer("two.example/w", 12))
    log.publish()
    found = next(claim for claim in audit(policy=log.policy()).claims if claim.id == "ledger.shared")
    assert (found.verdict, found.finding) == (Verdict.PROMISED, "own")


def test_witnesses_at_places_that_the_manifest_declares_prove_nothing(log: SomeLog, audit: Audit) -> None:
    manifest = {
        "manifest": {
            "operator": {"contact": "legal@two.example"},
            "realm": {"public_url": "https://reelm.example"},
        }
    }
    shared = next(claim for claim in audit().claims if claim.id == "ledger.shared")
    assert shared.verdict is Verdict.PROVEN
    assert "its manifest was not at hand" in shared.found
    told = audit(manifest=json.dumps(manifest).encode())
    assert verdicts(told)["shared"] is verdicts(told)["fresh"] is Verdict.PROMISED


def test_a_report_leads_with_a_sentence_and_explains_its_words(log: SomeLog, audit: Audit) -> None:
    first = report(audit())
    text = as_text(first).splitlines()
    assert text[0].startswith("On 2026-09-21 14:14 UTC reelm-audit checked the ledger of reelm.example")
    assert "9 are proven and 2 are promised" in text[0]
    assert f"{'PROVEN':<14} {MEANINGS[Verdict.PROVEN]}." in text
    assert f"{'PROMISED':<14} {MEANINGS[Verdict.PROMISED]}." in text
    assert text[0] in as_page(first)
    alter(bundle(log, 0))
    assert "found a contradiction: “The entries that are served" in report(audit(is_full=True)).sentence


def report(audited: Audited) -> Report:
    return Report(
        subject="ledger",
        location="here",
        origin=audited.origin,
        checked_seconds=START + 60,
        claims=tuple(audited.claims),
    )


def test_every_verdict_about_a_ledger_is_that_of_the_table(log: SomeLog, audit: Audit) -> None:
    def row(claim: Claim) -> Verdict:
        return Verdict(table()[claim.id]["verdicts"][claim.finding])

    assert all(claim.verdict is row(claim) for claim in audit().claims)


def test_the_page_and_the_auditor_have_one_table_of_verdicts() -> None:
    ours = ROOT / "audit" / "src" / "reelm_audit" / "verdicts.json"
    theirs = ROOT / "ui" / "src" / "verify" / "verdicts.json"
    assert ours.read_text(encoding="utf-8") == theirs.read_text(encoding="utf-8"), (
        f"copy {ours} over {theirs}"
    )
    words = json.loads((ROOT / "ui" / "messages" / "verify" / "en.json").read_text(encoding="utf-8"))
    assert {name: row["says"] for name, row in table().items()} == {
        name: words[f"claim.{name}"] for name in table()
    }
