"""The page's module that checks the ledger, in Chromium, against sound logs and tampered ones."""

import base64
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from random import Random  # noqa: TID251 - seeded: a failure can be repeated
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from e2e.verifying import Checker, found, verdicts, witnessed_log
from reelm_audit.tlog.keys import Kind
from reelm_audit.tlog.note import Note, Signature
from reelm_audit.verdict import table
from support.ledger import trees
from support.ledger.lies import sound
from support.ledger.logs import START, SomeLog, leaf, naive_path, naive_proof, signer
from support.ledger.lying import CASES, Case
from support.machine.running import Running

SIZE = 700
WALKED = {
    *("sound", "entries swapped in a bundle", "bundle missing", "cosignature forged", "seen five hours ago"),
    *("dated 2099", "pruned without a declaration", "two histories at once", "witnesses of this machine"),
}
SOUND = {
    "key": "promised",
    "address": "promised",
    "witnesses": "promised",
    "signed": "proven",
    "appended": "promised",
    "shared": "promised",
    "fresh": "promised",
}
RECEIPT = {"included": "proven", "signed": "proven", "witnessed": "promised", "still": "proven"}
SWEPT = {"complete": "proven", "tiles": "proven", "shape": "sampled", "time": "proven"}


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, realm: Running) -> AsyncIterator[Page]:
    opened = await browser.new_page(base_url=realm.url)
    await opened.goto("/settings")
    yield opened
    await opened.close()


@pytest.fixture
def log(tmp_path: Path) -> SomeLog:
    return witnessed_log(tmp_path / "log", SIZE)


@pytest_asyncio.fixture(loop_scope="session")
async def checker(page: Page, log: SomeLog) -> Checker:
    return await Checker.open(page, log.folder)


async def test_its_sha256_is_that_of_the_browser_and_of_python(page: Page) -> None:
    random = Random(5)
    texts = [random.randbytes(length) for length in (*range(130), 1_000, 4_097, 65_535)]
    ours, theirs = await page.evaluate(
        """async (texts) => {
          const v = await import("/verify.js");
          const all = texts.map((text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)));
          const theirs = await Promise.all(all.map((each) => crypto.subtle.digest("SHA-256", each)));
          const hex = (each) => v.toHex(new Uint8Array(each));
          return [all.map((each) => hex(v.sha256(each))), theirs.map(hex)];
        }""",
        [base64.b64encode(text).decode() for text in texts],
    )
    assert ours == theirs == [sha256(text).hexdigest() for text in texts]


async def test_its_tree_is_that_of_the_rfc(page: Page) -> None:
    """Roots, inclusion and consistency for every size up to 40 against the naive recursive definitions."""
    entries = [bytes([number]) for number in range(40)]
    hashes = [sha256(b"\0" + entry).digest() for entry in entries]
    roots = [trees.mth(entries[:size]).hex() for size in range(41)]
    included = [
        [index, size, [each.hex() for each in naive_path(index, hashes[:size])]]
        for size in range(1, 41)
        for index in range(size)
    ]
    continued = [
        [old, size, [each.hex() for each in naive_proof(old, hashes[:size])]]
        for size in range(1, 41)
        for old in range(1, size + 1)
    ]
    faults = await page.evaluate(_TREES, [[each.hex() for each in hashes], roots, included, continued])
    assert faults == []


_TREES = """async ([hashes, roots, included, continued]) => {
  const v = await import("/verify.js");
  const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const leaves = hashes.map(bytes);
  const tree = (size) => ({ size, root: bytes(roots[size]) });
  const faults = [];
  const is = (holds, ...what) => holds || faults.push(what);
  roots.forEach((root, size) => is(v.toHex(v.rootOf(leaves.slice(0, size))) === root, "root", size));
  for (const [index, size, path] of included) {
    const proof = path.map(bytes);
    const leaf = leaves[index];
    const long = [...proof, leaves[0]];
    is(v.isIncluded(leaf, index, proof, tree(size)), "included", index, size);
    is(!v.isIncluded(leaves[(index + 1) % 40], index, proof, tree(size)), "another leaf", index, size);
    is(size === 1 || !v.isIncluded(leaf, index, proof.slice(1), tree(size)), "short", index, size);
    is(!v.isIncluded(leaf, index, long, tree(size)), "long", index, size);
    is(!v.isIncluded(leaf, index + 1, proof, tree(size)), "another place", index, size);
  }
  for (const [old, size, path] of continued) {
    const proof = path.map(bytes);
    const other = leaves[39];
    is(v.isConsistent(tree(old), tree(size), proof), "continued", old, size);
    is(!v.isConsistent({ size: old, root: other }, tree(size), proof), "another beginning", old, size);
    is(!v.isConsistent(tree(old), { size, root: other }, proof), "another end", old, size);
    is(!v.isConsistent(tree(old), tree(size), [...proof, other]), "long", old, size);
  }
  return faults;
}"""


async def test_a_sound_log_is_proven(checker: Checker, log: SomeLog) -> None:
    first = await checker.head()
    assert verdicts(first) == SOUND
    log.entries += [leaf(number) for number in range(SIZE, SIZE + 60)]
    log.publish(seconds=START + 60)
    again = await checker.head(first["kept"])
    assert verdicts(again) == {**SOUND, "witnesses": "proven", "appended": "proven"}
    assert [each["seconds"] for each in again["witnesses"]] == [START + 60] * 2


async def test_a_log_that_grows_while_it_is_read_is_not_taken_for_two(checker: Checker, log: SomeLog) -> None:
    checker.once = {"checkpoint": log.folder.joinpath("checkpoint").read_bytes()}
    log.entries.append(leaf(SIZE))
    log.publish()
    assert verdicts(await checker.head()) == SOUND


async def test_every_entry_is_read_in_a_worker_that_says_how_far_it_is(
    checker: Checker, log: SomeLog
) -> None:
    log.entries.append(leaf(1, "kind.of-tomorrow", {}))
    log.publish()
    swept = await checker.sweep()
    assert verdicts(swept) == SWEPT
    assert swept["kinds"] == {"mod.appeal": SIZE, "kind.of-tomorrow": 1}
    assert swept["progress"][0][1] == SIZE + 1


@pytest.mark.parametrize("index", [0, 255, 256, SIZE - 1])
async def test_a_receipt_made_here_is_proven(checker: Checker, log: SomeLog, index: int) -> None:
    made = await checker.receipt(index=index)
    assert verdicts(made) == RECEIPT
    assert made["leaf"]["kind"] == "mod.appeal"
    log.entries += [leaf(number) for number in range(SIZE, SIZE + 300)]
    log.publish()
    assert verdicts(await checker.receipt(text=made["receipt"])) == RECEIPT


async def test_what_was_pruned_is_said_and_what_only_claims_to_be_is_not_believed(
    checker: Checker, log: SomeLog
) -> None:
    checker.pruned = {"tile/entries/000"}
    refused = await checker.sweep()
    assert verdicts(refused) == {**SWEPT, "complete": "failed", "time": "sampled"}
    log.folder.joinpath("minimum-index").write_text("256\n")
    swept = await checker.sweep()
    assert verdicts(swept) == {**SWEPT, "complete": "failed", "time": "sampled"}
    assert "the ledger declares no retention" in found(swept, "complete")
    assert "is missing" in (await checker.receipt(index=3))["refused"]


async def test_an_altered_entry_is_noticed(checker: Checker, log: SomeLog) -> None:
    _alter(log.folder / "tile/entries/001", lambda raw: raw.replace(b'"mod.appeal"', b'"mod.appeaI"', 1))
    swept = await checker.sweep()
    assert verdicts(swept)["complete"] == "failed"
    assert "another root than the signed one" in found(swept, "complete")
    assert "tile/0/001" in found(swept, "tiles")
    assert verdicts(await checker.receipt(index=256))["included"] == "failed"


async def test_exchanged_tiles_are_noticed(checker: Checker, log: SomeLog) -> None:
    kept = (await checker.head())["kept"]
    one, other = log.folder / "tile/0/000", log.folder / "tile/0/001"
    one_raw, other_raw = one.read_bytes(), other.read_bytes()
    one.write_bytes(other_raw)
    other.write_bytes(one_raw)
    swept = await checker.sweep()
    assert verdicts(swept) == {**SWEPT, "tiles": "failed"}
    assert verdicts(await checker.receipt(index=3))["included"] == "failed"
    log.entries.append(leaf(SIZE))
    text = log.note(seconds=START)
    log.folder.joinpath("checkpoint").write_bytes(bytes(text))
    assert verdicts(await checker.head(kept))["appended"] == "failed"


async def test_a_missing_file_is_a_failure_and_not_a_pause(checker: Checker, log: SomeLog) -> None:
    log.folder.joinpath("tile/entries/001").unlink()
    swept = await checker.sweep()
    assert verdicts(swept) == {**SWEPT, "complete": "failed", "time": "sampled"}
    assert "tile/entries/001 is missing" in found(swept, "complete")


async def test_a_checkpoint_signed_by_somebody_else_is_refused(checker: Checker, log: SomeLog) -> None:
    forged = log.note(key=signer(log.key.name, 99, Kind.ED25519))
    log.folder.joinpath("checkpoint").write_bytes(bytes(forged))
    answer = await checker.head()
    assert verdicts(answer)["signed"] == "failed"
    assert answer["kept"] is None


async def test_a_checkpoint_altered_below_its_signature_is_refused(checker: Checker, log: SomeLog) -> None:
    note = log.note()
    lines = note.text.splitlines()
    altered = Note("\n".join([lines[0], "699", lines[2], ""]), note.signatures)
    log.folder.joinpath("checkpoint").write_bytes(bytes(altered))
    answer = await checker.head()
    assert found(answer, "signed") == f"The signature of {log.key.name} is wrong."


async def test_another_key_than_at_the_first_visit_is_noticed(checker: Checker, log: SomeLog) -> None:
    kept = (await checker.head())["kept"]
    log.key = signer(log.key.name, 99, Kind.ED25519)
    log.publish()
    answer = await checker.head(kept)
    assert verdicts(answer)["signed"] == "failed"
    assert "another key" in found(answer, "key")
    assert answer["kept"] == kept


async def test_a_record_that_was_rolled_back_is_noticed(checker: Checker, log: SomeLog) -> None:
    kept = (await checker.head())["kept"]
    del log.entries[650:]
    log.publish()
    answer = await checker.head(kept)
    assert verdicts(answer)["appended"] == "failed"
    assert "rolled back" in found(answer, "appended")
    assert answer["kept"] == kept


async def test_a_record_that_was_rewritten_and_signed_anew_is_noticed(checker: Checker, log: SomeLog) -> None:
    kept = (await checker.head())["kept"]
    receipt = (await checker.receipt(index=5))["receipt"]
    log.entries[100] = leaf(9_999)
    log.entries.append(leaf(SIZE))
    log.publish()
    assert verdicts(await checker.sweep())["complete"] == "proven"
    answer = await checker.head(kept)
    assert verdicts(answer)["appended"] == "failed"
    assert "rewritten" in found(answer, "appended")
    assert verdicts(await checker.receipt(text=receipt))["still"] == "failed"


async def test_two_histories_for_two_people_are_noticed(checker: Checker, log: SomeLog) -> None:
    """The witnesses saw one, and the visitor is shown another."""
    cosigned = log.folder.joinpath("checkpoint.cosigned").read_bytes()
    log.entries[100] = leaf(9_999)
    log.publish()
    log.folder.joinpath("checkpoint.cosigned").write_bytes(cosigned)
    answer = await checker.head()
    assert verdicts(answer)["shared"] == "failed"
    assert "two histories" in found(answer, "shared")


@pytest.mark.parametrize("bend", ["drop", "forge", "redate"])
async def test_cosignatures_that_are_not_enough_are_refused(
    checker: Checker, log: SomeLog, bend: str
) -> None:
    note = log.note(seconds=START)
    made = list(note.signatures)
    true = made[1]
    if bend == "drop":
        del made[1]
    elif bend == "forge":
        false = signer("one.example/w", 77).sign(note.text, seconds=START)
        made[1] = Signature(true.name, true.key_id, false.signature)
    else:
        made[1] = Signature(true.name, true.key_id, (START + 9).to_bytes(8, "big") + true.signature[8:])
    log.folder.joinpath("checkpoint.cosigned").write_bytes(bytes(Note(note.text, tuple(made))))
    assert verdicts(await checker.head())["shared"] == "failed"


async def test_signatures_that_no_browser_can_check_are_not_called_proven(page: Page, tmp_path: Path) -> None:
    log = SomeLog.of(tmp_path / "log", 3)
    answer = await (await Checker.open(page, log.folder)).head()
    assert verdicts(answer) == {**SOUND, "shared": "not checked", "fresh": "not checked"}
    assert "reelm-audit does" in found(answer, "shared")


async def test_an_old_copy_is_not_called_fresh(checker: Checker) -> None:
    assert verdicts(await checker.fresh(seconds=START + 10_800)) == {"fresh": "promised"}
    stale = await checker.fresh(seconds=START + 10_801)
    assert verdicts(stale) == {"fresh": "failed"}
    assert "an old copy" in found(stale, "fresh")


async def test_a_realm_without_witnesses_says_so(page: Page, tmp_path: Path) -> None:
    log = SomeLog(tmp_path / "log", [leaf(0)], signer("reelm.example/ledger", 1, Kind.ED25519), ())
    log.publish()
    assert verdicts(await (await Checker.open(page, log.folder)).head())["shared"] == "promised"


async def test_a_receipt_with_another_entry_in_it_proves_nothing(checker: Checker) -> None:
    mine, other = await checker.receipt(index=7), await checker.receipt(index=8)
    lines, others = mine["receipt"].split("\n"), other["receipt"].split("\n")
    swapped = "\n".join([lines[0], others[1], *lines[2:]])
    answer = await checker.receipt(text=swapped)
    assert verdicts(answer)["included"] == "failed"
    assert "the receipt is of another one" in found(answer, "included")


@pytest.mark.parametrize(
    "text", ["", "nothing", "c2sp.org/tlog-proof@v1\nextra !\nindex 0\n\n", "c2sp.org/tlog-proof@v1\n\n"]
)
async def test_what_is_no_receipt_is_refused(checker: Checker, text: str) -> None:
    answer = await checker.receipt(text=text)
    assert answer["name"] == "Refused"
    assert "not a receipt" in answer["refused"]


async def test_a_receipt_of_another_log_is_refused(checker: Checker, log: SomeLog, tmp_path: Path) -> None:
    foreign = SomeLog(tmp_path / "else", [leaf(0), leaf(1)], signer("else.example/l", 3, Kind.ED25519), ())
    foreign.publish()
    checker.folder = foreign.folder
    text = (await checker.receipt(index=1))["receipt"]
    checker.folder = log.folder
    answer = await checker.receipt(text=text)
    assert verdicts(answer) == {"included": "proven", "signed": "failed", "still": "not checked"}


async def test_an_entry_that_is_no_leaf_is_noticed(checker: Checker, log: SomeLog) -> None:
    log.entries[10] = log.entries[10].replace(b'"v":1', b'"v": 1')
    log.publish()
    swept: dict[str, Any] = await checker.sweep()
    assert verdicts(swept) == {**SWEPT, "shape": "failed"}
    assert "number 10" in found(swept, "shape")


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.name in WALKED],
    ids=lambda case: case.name,
)
async def test_ledgers_of_the_corpus_are_judged_here_as_they_are_elsewhere(
    page: Page, tmp_path: Path, case: Case
) -> None:
    """All of them are held against the same module without a browser: tests/audit/test_corpus.py."""
    log = sound(tmp_path / "log")
    case.lie(log)
    checker = await Checker.open(page, log.folder)
    said = {**verdicts(await checker.head(now_seconds=case.now)), **verdicts(await checker.sweep())}
    expected = case.expected_in_browser("first") or {}
    assert said == {name: table()[f"ledger.{name}"]["verdicts"][what] for name, what in expected.items()}


def _alter(path: Path, change: Any) -> None:
    raw = path.read_bytes()
    changed = change(raw)
    assert changed != raw
    path.write_bytes(changed)
