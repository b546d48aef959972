"""An operator rewrites, truncates, reorders, rolls back, forks or freezes the log; the auditor says so."""

import json
from pathlib import Path

import pytest

from reelm_audit.errors import Misused, Unreachable, Unusable
from reelm_audit.evidence import Evidence, Offence
from reelm_audit.tlog.keys import Kind
from reelm_audit.tlog.note import Note
from reelm_audit.verdict import Verdict
from support.ledger.auditing import Audit, failed, verdicts
from support.ledger.logs import START, SomeLog, leaf, signer

LATER = START + 3600


def evidence_in(folder: Path) -> list[Evidence]:
    return [Evidence.parse(path.read_bytes()) for path in sorted(folder.glob("*.json"))]


def test_a_sound_log_is_proven_but_for_what_there_was_before(log: SomeLog, audit: Audit) -> None:
    found = verdicts(audit())
    assert found.pop("appended") is found.pop("witnesses") is Verdict.PROMISED
    assert set(found.values()) == {Verdict.PROVEN}
    assert set(found) == {
        *("key", "address", "signed", "complete", "tiles", "shape", "time", "shared", "fresh")
    }


def test_the_second_audit_reads_what_is_new_and_proves_that_it_was_added(log: SomeLog, audit: Audit) -> None:
    audit()
    log.entries += [leaf(number) for number in range(700, 1300)]
    log.publish(seconds=LATER)
    second = audit(now_seconds=LATER, sample_bundles=1)
    found = verdicts(second)
    sampled = {name for name, verdict in found.items() if verdict is Verdict.SAMPLED}
    assert sampled == {"complete", "tiles", "shape", "time"}
    assert {verdict for name, verdict in found.items() if name not in sampled} == {Verdict.PROVEN}
    assert ("Read now: mod.appeal", f"{1300 - 512:,}") in second.facts


@pytest.mark.parametrize("sizes", [(0, 1), (1, 255), (255, 256), (256, 512), (512, 513), (300, 300), (0, 0)])
def test_a_log_may_grow_from_any_size_to_any_other(
    log: SomeLog, audit: Audit, sizes: tuple[int, int]
) -> None:
    for at, size in enumerate(sizes):
        log.entries = [leaf(number) for number in range(size)]
        log.publish(seconds=START + at)
        assert failed(audit()) == set()


def test_an_unchanged_log_passes_again_and_what_was_kept_can_be_read_in_full(audit: Audit) -> None:
    assert failed(audit()) == failed(audit()) == failed(audit(is_full=True)) == set()


@pytest.mark.slow
def test_several_processes_come_to_the_same_result(log: SomeLog, audit: Audit) -> None:
    log.entries = [leaf(number) for number in range(256 * 100)]
    log.publish()
    assert audit(processes=2).facts == audit(processes=1, is_full=True).facts


def test_one_altered_byte_is_found_and_said_where(log: SomeLog, audit: Audit) -> None:
    bundle = log.folder / "tile" / "entries" / "001"
    raw = bytearray(bundle.read_bytes())
    raw[raw.index(b"mod.appeal", 9000)] ^= 1
    bundle.write_bytes(bytes(raw))
    audited = audit()
    assert failed(audited) == {"complete", "tiles", "shape"}
    complete = next(claim for claim in audited.claims if claim.id == "ledger.complete")
    assert any("does not hash to" in detail for detail in complete.details)


@pytest.mark.parametrize("name", ["entries/000", "entries/002.p/188", "0/001", "1/000.p/2"])
def test_a_missing_file_is_no_small_matter(log: SomeLog, audit: Audit, name: str) -> None:
    (log.folder / "tile" / name).unlink()
    assert failed(audit()) & {"complete", "tiles"}


@pytest.mark.parametrize("name", ["entries/000", "entries/002.p/188", "0/001", "1/000.p/2"])
def test_a_file_that_grew_or_shrank_is_refused(log: SomeLog, audit: Audit, name: str) -> None:
    path = log.folder / "tile" / name
    for raw in (path.read_bytes() + b"\0", path.read_bytes()[:-1], b""):
        path.write_bytes(raw)
        assert failed(audit()) & {"complete", "tiles"}


def test_tiles_exchanged_for_each_other_are_found(log: SomeLog, audit: Audit) -> None:
    one, other = (log.folder / "tile" / "0" / name for name in ("000", "001"))
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(kept)
    assert failed(audit()) == {"tiles"}


def test_a_full_tile_may_have_taken_the_place_of_a_partial_one(log: SomeLog, audit: Audit) -> None:
    later = SomeLog.of(log.folder.with_name("later"), 768)
    for level in ("entries", "0"):
        (log.folder / "tile" / level / "002.p" / "188").unlink()
        (log.folder / "tile" / level / "002.p").rmdir()
        whole = later.folder / "tile" / level / "002"
        (log.folder / "tile" / level / "002").write_bytes(whole.read_bytes())
    assert failed(audit()) == set()


def test_a_log_that_was_rewritten_and_signed_anew_is_convicted(
    log: SomeLog, audit: Audit, tmp_path: Path
) -> None:
    audit()
    log.entries[5] = leaf(9999)
    log.entries += [leaf(number) for number in range(700, 900)]
    log.publish(seconds=LATER)
    audited = audit(now_seconds=LATER)
    assert failed(audited) == {"appended", "shared"}
    (evidence,) = evidence_in(tmp_path / "evidence")
    assert evidence.offence is Offence.REWRITE
    assert "begins differently" in evidence.check(log.key.verifier)


def test_two_entries_that_changed_places_are_a_rewritten_log(
    log: SomeLog, audit: Audit, tmp_path: Path
) -> None:
    audit()
    log.entries[3], log.entries[690] = log.entries[690], log.entries[3]
    log.entries.append(leaf(700))
    log.publish(seconds=LATER)
    assert failed(audit(now_seconds=LATER)) == {"appended", "shared"}
    assert [each.offence for each in evidence_in(tmp_path / "evidence")] == [Offence.REWRITE]


def test_another_history_of_the_same_size_is_a_fork(log: SomeLog, audit: Audit, tmp_path: Path) -> None:
    audit()
    log.entries[699] = leaf(9999)
    log.publish(seconds=LATER)
    assert failed(audit(now_seconds=LATER)) == {"appended", "shared"}
    (evidence,) = evidence_in(tmp_path / "evidence")
    assert "two different histories" in evidence.check(log.key.verifier)


def test_witnesses_that_were_shown_another_history_betray_a_fork_at_the_first_audit(
    log: SomeLog, audit: Audit, tmp_path: Path
) -> None:
    shown = bytes(log.note(seconds=START))
    log.entries[699] = leaf(9999)
    log.publish()
    (log.folder / "checkpoint.cosigned").write_bytes(shown)
    assert failed(audit()) == {"appended", "shared"}
    assert [each.offence for each in evidence_in(tmp_path / "evidence")] == [Offence.FORK]


def test_a_shorter_log_went_back(log: SomeLog, audit: Audit, tmp_path: Path) -> None:
    audit()
    del log.entries[600:]
    log.publish(seconds=LATER)
    assert failed(audit(now_seconds=LATER)) == {"appended", "shared"}
    (evidence,) = evidence_in(tmp_path / "evidence")
    assert evidence.offence is Offence.ROLLBACK
    assert "finder's word" in evidence.check()


def test_a_log_whose_own_checkpoint_alone_went_back_is_found(
    log: SomeLog, audit: Audit, tmp_path: Path
) -> None:
    audit()
    (log.folder / "checkpoint").write_bytes(bytes(log.note(699)))
    assert failed(audit()) == {"appended", "shared"}
    (evidence,) = evidence_in(tmp_path / "evidence")
    assert evidence.offence is Offence.ROLLBACK
    assert "finder's word" in evidence.check()


def test_a_copy_whose_checkpoint_is_older_than_the_cosigned_one_is_audited_again(
    log: SomeLog, audit: Audit
) -> None:
    (log.folder / "checkpoint").write_bytes(bytes(log.note(699)))
    assert failed(audit()) == set() == failed(audit())


def test_a_failed_audit_does_not_replace_what_was_kept(log: SomeLog, audit: Audit) -> None:
    audit()
    sound = list(log.entries)
    log.entries[5] = leaf(9999)
    log.publish(seconds=LATER)
    assert failed(audit(now_seconds=LATER)) == {"appended", "shared"} == failed(audit(now_seconds=LATER + 1))
    log.entries = sound
    log.publish(seconds=LATER)
    assert failed(audit(now_seconds=LATER)) == set()


def test_a_frozen_log_is_found_by_its_witnesses_times(log: SomeLog, audit: Audit, tmp_path: Path) -> None:
    assert failed(audit()) == set()
    assert failed(audit(now_seconds=START + 10_801)) == {"fresh"}
    assert [each.offence for each in evidence_in(tmp_path / "evidence")] == [Offence.FREEZE]


def test_an_old_cosignature_shown_again_is_found(log: SomeLog, audit: Audit) -> None:
    log.publish(seconds=LATER)
    audit(now_seconds=LATER)
    log.publish(seconds=START)
    assert failed(audit(now_seconds=LATER)) == {"fresh"}


def test_a_cosignature_of_another_checkpoint_is_forged(log: SomeLog, audit: Audit) -> None:
    others = log.note(699, seconds=START).signatures[1:]
    forged = log.note().with_signatures(others)
    (log.folder / "checkpoint.cosigned").write_bytes(bytes(forged))
    assert failed(audit()) == {"shared"}


def test_too_few_witnesses_are_too_few(log: SomeLog, audit: Audit) -> None:
    note = log.note(seconds=START)
    (log.folder / "checkpoint.cosigned").write_bytes(bytes(Note(note.text, note.signatures[:2])))
    assert failed(audit()) == {"shared"}
    (log.folder / "checkpoint.cosigned").unlink()
    assert failed(audit()) == {"shared"}


def test_the_realms_own_choice_of_witnesses_is_only_its_promise(log: SomeLog, audit: Audit) -> None:
    found = verdicts(audit(policy=None, key=log.key.verifier))
    assert (found["key"], found["shared"], found["fresh"]) == (
        Verdict.PROVEN,
        Verdict.PROMISED,
        Verdict.PROMISED,
    )


def test_a_log_without_witnesses_promises_that_it_is_the_same_for_all(log: SomeLog, audit: Audit) -> None:
    log.witnesses = ()
    log.publish()
    found = verdicts(audit())
    assert (found["shared"], found["fresh"]) == (Verdict.PROMISED, Verdict.PROMISED)


def test_a_key_that_nobody_named_is_kept_and_said_so(log: SomeLog, audit: Audit) -> None:
    assert verdicts(audit(policy=None))["key"] is Verdict.PROMISED
    log.key = signer(log.key.name, 99, Kind.ED25519)
    log.publish()
    assert failed(audit(policy=None)) == {"key", "signed"}
    with pytest.raises(Misused):
        audit(key=log.key.verifier, policy=None)


def test_a_checkpoint_that_nobody_may_sign_is_refused(log: SomeLog, audit: Audit) -> None:
    stranger = log.note(key=signer(log.key.name, 99, Kind.ED25519))
    extended = f"{log.note().text}an extension\n"
    extension = Note(extended, (log.key.sign(extended),))
    named = log.note().text.replace(log.key.name, "other.example")
    other = Note(named, (log.key.sign(named),))
    for note in (stranger, extension, other):
        (log.folder / "checkpoint").write_bytes(bytes(note))
        assert failed(audit()) == {"signed"}


def test_an_entry_that_is_no_leaf_is_refused(log: SomeLog, audit: Audit) -> None:
    log.entries[10] = b'{"kind":"mod.appeal","email":"a@example.org"}'
    log.publish()
    assert failed(audit()) == {"shape"}


def test_leaves_of_two_realms_do_not_belong_together(log: SomeLog, audit: Audit) -> None:
    log.entries[10] = log.entries[10].replace(b'"realm":"us"', b'"realm":"eu"')
    log.publish()
    assert failed(audit()) == {"shape"}


def ancient() -> dict[str, int]:
    """How to look at a log of long ago, whose witnesses are not what it is about."""
    return {"max_age_seconds": 1_000 * 86_400}


def declare(log: SomeLog, *, days: int) -> None:
    declared = {"digest": "0" * 64, "retention_days": days, "version": 1}
    log.entries[300] = leaf(300, "manifest.publish", declared)
    log.publish()


def pruned(log: SomeLog) -> None:
    (log.folder / "tile" / "entries" / "000").unlink()
    (log.folder / "minimum-index").write_text("256\n")


def test_entries_removed_under_a_declared_retention_are_sampled(log: SomeLog, audit: Audit) -> None:
    declare(log, days=365)
    pruned(log)
    found = verdicts(audit(policy=None, key=log.key.verifier, now_seconds=START + 365 * 86_400, **ancient()))
    assert found["complete"] is found["shape"] is Verdict.SAMPLED
    assert found["tiles"] is Verdict.PROVEN


def test_entries_removed_before_the_declared_retention_is_over_are_missed(log: SomeLog, audit: Audit) -> None:
    declare(log, days=365)
    pruned(log)
    early = START + 300 * 86_400
    found = next(claim for claim in audit(now_seconds=early, **ancient()).claims if "complete" in claim.id)
    assert (found.verdict, found.finding) == (Verdict.FAILED, "early")


def test_entries_removed_without_a_declared_retention_are_missing(log: SomeLog, audit: Audit) -> None:
    pruned(log)
    assert failed(audit()) == {"complete"}


def test_what_cannot_be_asked_is_not_accused(log: SomeLog, audit: Audit) -> None:
    (log.folder / "checkpoint").unlink()
    with pytest.raises(Unreachable):
        audit()
    log.publish()
    audit()
    (log.folder / "checkpoint").unlink()
    assert failed(audit()) == {"signed"}  # it was there before


def test_a_damaged_state_stops_the_audit(audit: Audit, tmp_path: Path) -> None:
    audit()
    state = tmp_path / "state.json"
    value = json.loads(state.read_text())
    for damaged in (b"", b"{}", json.dumps({**value, "frontier": []}).encode()):
        state.write_bytes(damaged)
        with pytest.raises(Unusable):
            audit()


def test_a_cosigned_checkpoint_that_is_newer_than_the_newest_is_the_newest(
    log: SomeLog, audit: Audit
) -> None:
    """So it looks to whoever reads the two while the log grows between."""
    older = bytes(log.note(650))
    (log.folder / "checkpoint").write_bytes(older)
    audited = audit()
    assert failed(audited) == set()
    assert ("Entries", "700") in audited.facts


def test_a_checkpoint_that_is_not_the_beginning_of_the_cosigned_one_convicts(
    log: SomeLog, audit: Audit
) -> None:
    sound = log.entries[3]
    log.entries[3] = leaf(9999)
    other = bytes(log.note(650))
    log.entries[3] = sound
    (log.folder / "checkpoint").write_bytes(other)
    assert failed(audit()) == {"appended", "shared"}


def test_a_realm_that_asks_other_witnesses_than_before_is_told_of(log: SomeLog, audit: Audit) -> None:
    audit(policy=None)
    log.witnesses = log.witnesses[:1]
    log.publish()
    assert failed(audit(policy=None)) == {"shared", "witnesses"}
    log.witnesses = ()
    log.publish()
    assert failed(audit(policy=None)) == {"shared", "witnesses"}
    (log.folder / "policy").write_bytes(b"garbage")
    assert failed(audit(policy=None)) == {"shared", "witnesses"}
    (log.folder / "policy").unlink()
    assert failed(audit(policy=None)) == {"shared", "witnesses"}


def test_a_realm_may_ask_more_witnesses_than_before(log: SomeLog, audit: Audit) -> None:
    audit(policy=None)
    log.witnesses = (*log.witnesses, signer("three.example/w", 13))
    log.publish()
    found = verdicts(audit(policy=None))
    assert (found["witnesses"], found["shared"]) == (Verdict.PROVEN, Verdict.PROMISED)


def test_what_was_found_is_said_even_where_evidence_cannot_be_saved(
    log: SomeLog, audit: Audit, tmp_path: Path
) -> None:
    audit()
    log.entries[5] = leaf(9999)
    log.publish()
    (tmp_path / "evidence").write_text("a file in its place")
    claim = next(claim for claim in audit().claims if claim.id == "ledger.appended")
    assert claim.verdict is Verdict.FAILED
    assert "not saved" in (claim.evidence or "")
