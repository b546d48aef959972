"""The witness's interface, rule by rule as c2sp.org/tlog-witness has them."""

import threading
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest

from reelm_audit.errors import Unusable
from reelm_audit.evidence import Evidence
from reelm_audit.files import write_durably
from reelm_audit.tlog import base64
from reelm_audit.tlog.checkpoint import Checkpoint
from reelm_audit.tlog.keys import Kind, check_signed
from reelm_audit.tlog.note import Note, parse_signatures
from reelm_audit.witness.store import Store, origin_hash
from reelm_audit.witness.witness import Answer, Witness
from support.ledger.logs import START, SomeLog, leaf, naive_proof, naive_root, request, signer

KEYS = (signer("w.example/one", 21), signer("w.example/two", 22, Kind.ML_DSA_44_COSIGNATURE))


def opened(folder: Path, log: SomeLog, *, store: Store | None = None) -> Witness:
    logs = {log.key.name: [log.key.verifier]}
    return Witness(store or Store(folder), KEYS, logs, clock=lambda: START)


@pytest.fixture
def log(tmp_path: Path) -> SomeLog:
    return SomeLog.of(tmp_path / "log", 20)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "witness")
    yield made
    made.close()


@pytest.fixture
def witness(log: SomeLog, store: Store) -> Witness:
    return opened(Path(), log, store=store)


def cosigned(answer: Answer, note: Note) -> bool:
    """Whether both keys signed, and nobody else."""
    made = Note(note.text, parse_signatures(answer.body))
    return [check_signed(made, key.verifier) for key in KEYS] == [START, START] and len(made.signatures) == 2


def test_a_new_log_is_cosigned_without_a_proof(log: SomeLog, witness: Witness) -> None:
    answer = witness.add_checkpoint(request(log, 0, 5))
    assert answer.status == HTTPStatus.OK
    assert cosigned(answer, log.note(5))


def test_a_log_that_grows_is_cosigned_and_shown_to_monitors(log: SomeLog, witness: Witness) -> None:
    for old, new in ((0, 0), (0, 1), (1, 1), (1, 7), (7, 8), (8, 20)):
        assert cosigned(witness.add_checkpoint(request(log, old, new)), log.note(new))
    shown = witness.checkpoint(origin_hash(log.key.name))
    note = Note.parse(shown.body.encode())
    assert Checkpoint.parse(note.text).size == 20
    for key in (*KEYS, log.key):
        check_signed(note, key.verifier)


def test_an_old_size_that_is_not_the_latest_is_a_conflict_that_says_the_latest(
    log: SomeLog, witness: Witness
) -> None:
    witness.add_checkpoint(request(log, 0, 8))
    for old, new in ((0, 20), (7, 20), (9, 20), (0, 8), (5, 5)):
        answer = witness.add_checkpoint(request(log, old, new))
        assert answer == Answer(HTTPStatus.CONFLICT, "8\n", "text/x.tlog.size")


def test_an_unknown_log_is_not_found(log: SomeLog, witness: Witness, tmp_path: Path) -> None:
    other = SomeLog.of(tmp_path / "other", 5, origin="other.example")
    assert witness.add_checkpoint(request(other, 0, 5)).status == HTTPStatus.NOT_FOUND
    assert witness.checkpoint(origin_hash("other.example")).status == HTTPStatus.NOT_FOUND
    assert witness.checkpoint(origin_hash(log.key.name)).status == HTTPStatus.NOT_FOUND  # never cosigned


def test_without_a_good_signature_of_the_log_it_is_forbidden(log: SomeLog, witness: Witness) -> None:
    stranger = log.note(5, key=signer(log.key.name, 99, Kind.ED25519))
    damaged = Note(log.note(5).text, log.note(6).signatures)
    good_and_damaged = log.note(5).with_signatures(log.note(6).signatures)
    for note in (stranger, damaged, good_and_damaged):
        assert witness.add_checkpoint(request(log, 0, 5, note=note)).status == HTTPStatus.FORBIDDEN


def test_signatures_of_strangers_are_ignored_and_not_kept(log: SomeLog, witness: Witness) -> None:
    note = log.note(5, seconds=START)
    assert witness.add_checkpoint(request(log, 0, 5, note=note)).status == HTTPStatus.OK
    kept = Note.parse(witness.checkpoint(origin_hash(log.key.name)).body.encode())
    assert [each.name for each in kept.signatures] == [log.key.name, *(key.name for key in KEYS)]


def test_what_is_no_request_is_bad(log: SomeLog, witness: Witness) -> None:
    for body in (b"", b"old 0\n", b"\xff", request(log, 9, 5, proof=[]), request(log, 0, 5)[:-1]):
        assert witness.add_checkpoint(body).status == HTTPStatus.BAD_REQUEST


def test_a_proof_that_does_not_hold_is_unprocessable(log: SomeLog, witness: Witness) -> None:
    empty = f"{log.key.name}\n0\n{base64.encode(log.hashes[0])}\n"
    wrong = Note(empty, (log.key.sign(empty),))
    assert witness.add_checkpoint(request(log, 0, 0, note=wrong)).status == HTTPStatus.UNPROCESSABLE_ENTITY
    with_proof = request(log, 0, 5, proof=[log.hashes[0]])
    assert witness.add_checkpoint(with_proof).status == HTTPStatus.UNPROCESSABLE_ENTITY
    witness.add_checkpoint(request(log, 0, 8))
    good = naive_proof(8, log.hashes[:20])
    for proof in ([], good[:-1], [*good, log.hashes[0]], good[::-1]):
        answer = witness.add_checkpoint(request(log, 8, 20, proof=proof))
        assert answer.status == HTTPStatus.UNPROCESSABLE_ENTITY
    same_size = request(log, 8, 8, proof=[log.hashes[0]])
    assert witness.add_checkpoint(same_size).status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert witness.add_checkpoint(request(log, 8, 20)).status == HTTPStatus.OK


def evidence_of(folder: Path, origin: str) -> list[Evidence]:
    kept = folder / origin_hash(origin) / "evidence"
    return [Evidence.parse(path.read_bytes()) for path in sorted(kept.glob("*.json"))]


def test_two_histories_of_one_size_are_never_both_cosigned_and_are_kept_as_proof(
    log: SomeLog, witness: Witness, tmp_path: Path
) -> None:
    witness.add_checkpoint(request(log, 0, 8))
    log.entries[3] = leaf(999)
    for _ in range(2):
        assert witness.add_checkpoint(request(log, 8, 8)).status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert witness.add_checkpoint(request(log, 0, 8)).status == HTTPStatus.CONFLICT
    (evidence,) = evidence_of(tmp_path / "witness", log.key.name)
    assert "two different histories" in evidence.check(log.key.verifier)


def test_a_rewritten_log_gets_no_cosignature_and_both_checkpoints_are_kept(
    log: SomeLog, witness: Witness, tmp_path: Path
) -> None:
    witness.add_checkpoint(request(log, 0, 8))
    log.entries[3] = leaf(999)
    assert witness.add_checkpoint(request(log, 8, 20)).status == HTTPStatus.UNPROCESSABLE_ENTITY
    (evidence,) = evidence_of(tmp_path / "witness", log.key.name)
    assert "finder's word" in evidence.check(log.key.verifier)


def test_logs_do_not_disturb_each_other(log: SomeLog, store: Store, tmp_path: Path) -> None:
    other = SomeLog.of(tmp_path / "other", 9, origin="other.example")
    both = {each.key.name: [each.key.verifier] for each in (log, other)}
    witness = Witness(store, KEYS, both, clock=lambda: START)
    assert witness.add_checkpoint(request(log, 0, 5)).status == HTTPStatus.OK
    assert witness.add_checkpoint(request(other, 0, 9)).status == HTTPStatus.OK
    assert witness.add_checkpoint(request(log, 5, 20)).status == HTTPStatus.OK


def test_a_log_may_change_its_key(log: SomeLog, store: Store) -> None:
    new = signer(log.key.name, 98, Kind.ED25519)
    both = {log.key.name: [log.key.verifier, new.verifier]}
    witness = Witness(store, KEYS, both, clock=lambda: START)
    assert witness.add_checkpoint(request(log, 0, 5)).status == HTTPStatus.OK
    note = log.note(8, key=new)
    assert witness.add_checkpoint(request(log, 5, 8, note=note)).status == HTTPStatus.OK


def test_of_many_at_once_only_one_goes_on_from_the_latest(log: SomeLog, witness: Witness) -> None:
    witness.add_checkpoint(request(log, 0, 5))
    bodies = [request(log, 5, new) for new in range(6, 20)]
    answers: list[HTTPStatus] = []
    threads = [
        threading.Thread(target=lambda b=body: answers.append(witness.add_checkpoint(b).status), daemon=True)
        for body in bodies
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [HTTPStatus.OK] + [HTTPStatus.CONFLICT] * 13


def test_another_process_of_the_same_witness_is_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="Another witness"):
        Store(tmp_path / "witness")


def test_a_damaged_state_is_not_taken_for_a_new_log(log: SomeLog, store: Store, tmp_path: Path) -> None:
    opened(Path(), log, store=store).add_checkpoint(request(log, 0, 5))
    kept = tmp_path / "witness" / origin_hash(log.key.name) / "checkpoint"
    whole = kept.read_bytes()
    for damaged in (b"", whole[:30], whole.replace(b"reelm.example", b"other.example")):
        kept.write_bytes(damaged)
        with pytest.raises(Unusable):
            opened(Path(), log, store=store)


class Disk:
    """A disk that fails before or after it took a file."""

    def __init__(self) -> None:
        self.fails: str | None = None

    def write(self, path: Path, raw: bytes) -> None:
        if self.fails != "before":
            write_durably(path, raw)
        if self.fails:
            raise OSError(5, "Input/output error")


@pytest.mark.parametrize(("fails", "size"), [("before", 5), ("after", 8)])
def test_nothing_is_cosigned_that_the_disk_did_not_take(
    log: SomeLog, tmp_path: Path, fails: str, size: int
) -> None:
    disk = Disk()
    store = Store(tmp_path / "witness", write=disk.write)
    witness = opened(Path(), log, store=store)
    witness.add_checkpoint(request(log, 0, 5))
    disk.fails = fails
    with pytest.raises(Unusable):
        witness.add_checkpoint(request(log, 5, 8))
    disk.fails = None
    assert witness.add_checkpoint(request(log, 0, 20)).body == f"{size}\n"
    assert cosigned(witness.add_checkpoint(request(log, size, 20)), log.note(20))
    store.close()


def test_the_root_that_is_kept_is_the_one_that_was_signed(log: SomeLog, witness: Witness) -> None:
    witness.add_checkpoint(request(log, 0, 13))
    note = Note.parse(witness.checkpoint(origin_hash(log.key.name)).body.encode())
    assert Checkpoint.parse(note.text).root == naive_root(log.hashes[:13])
