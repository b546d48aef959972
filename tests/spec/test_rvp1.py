"""The golden vectors of RVP1, against the product."""

import hashlib
import json
from typing import Any

import pytest
from tools import rvf1

from reelm.vault import KeyNeeded, KeyRefused, ObjectBroken, Suite, VaultError, digest
from reelm.vault.errors import FailedCheck
from reelm.vault.pack import EntryHead, ExpectedEntry, open_entry, walk
from spec.rvp1_writer import HOME, files
from support.vault.vaulting import REALM_ID, OwnerKey

VECTORS: dict[str, Any] = json.loads((HOME / "vectors.json").read_bytes())
GOOD = pytest.mark.parametrize("case", VECTORS["good"], ids=lambda case: case["name"])
BAD = pytest.mark.parametrize("case", VECTORS["bad"], ids=lambda case: case["name"])
STORED = pytest.mark.parametrize(
    "case", [case for case in VECTORS["good"] if case["fragments"]], ids=lambda case: case["name"]
)
ON_THE_PAGE = {
    FailedCheck.TRUNCATED,
    FailedCheck.MAGIC,
    FailedCheck.FORMAT,
    FailedCheck.SUITE,
    FailedCheck.LOCKS,
    FailedCheck.IDENTITY,
    FailedCheck.LENGTH,
    FailedCheck.OBJECT_ROOT,
    FailedCheck.KEY,
    FailedCheck.COMMITMENT,
    FailedCheck.CHUNK,
}


def load(case: dict[str, Any]) -> bytes:
    path: str = case["pack"]
    return (HOME / path).read_bytes()


def key_of(case: dict[str, Any]) -> OwnerKey | None:
    return OwnerKey(bytes.fromhex(case["user_key"])) if case["user_key"] else None


def expected(entry: dict[str, Any]) -> ExpectedEntry:
    return ExpectedEntry(
        suite=Suite(entry["suite"]),
        realm_id=REALM_ID,
        entry_id=bytes.fromhex(entry["entry_id"]),
        length_bytes=entry["length"],
        root=bytes.fromhex(entry["entry_root"]),
    )


def of_itself(head: EntryHead, packed: bytes) -> ExpectedEntry:
    """What a reader without records expects of an entry: what it says of itself."""
    root = digest.entry_root(head.suite, packed)
    return ExpectedEntry(head.suite, head.realm_id, head.entry_id, head.length_bytes, root)


def part(pack: bytes, entry: dict[str, int]) -> bytes:
    return pack[entry["start"] : entry["start"] + entry["packed_bytes"]]


def open_all(pack: bytes, key: OwnerKey | None) -> None:
    """As a reader without records does."""
    for start, head in walk(pack):
        packed = pack[start : start + head.packed_bytes]
        open_entry(packed, of_itself(head, packed), key)


def test_the_writer_still_makes_exactly_these_files() -> None:
    """The format stays: a change that shows here needs a new magic, not new vectors."""
    made = dict(files())
    committed = {str(path.relative_to(HOME)): path.read_bytes() for path in HOME.rglob("*") if path.is_file()}
    committed.pop("README.md")
    assert sorted(made) == sorted(committed)
    assert [path for path in made if made[path] != committed[path]] == []


def test_every_fault_on_the_page_has_a_bad_vector() -> None:
    assert {case["expect"] for case in VECTORS["bad"]} == {fault.value for fault in ON_THE_PAGE}


@GOOD
def test_every_entry_of_a_good_pack_opens(case: dict[str, Any]) -> None:
    pack = load(case)
    for entry in case["entries"]:
        data = open_entry(part(pack, entry), expected(entry), key_of(entry))
        assert hashlib.sha256(data).hexdigest() == entry["plaintext"]["sha256"]
        assert data == hashlib.shake_128(entry["plaintext"]["shake128_of"].encode()).digest(entry["length"])


@GOOD
def test_every_entry_is_found_without_records(case: dict[str, Any]) -> None:
    found = [(start, head.entry_id.hex(), head.key_epoch) for start, head in walk(load(case))]
    assert found == [(entry["start"], entry["entry_id"], entry["key_epoch"]) for entry in case["entries"]]


@STORED
def test_a_stored_pack_is_an_object_under_the_realms_key(case: dict[str, Any]) -> None:
    """Read by the reader that was written from the other page alone."""
    paths = [HOME / path for path in case["fragments"][2:]]
    pack_key = bytes.fromhex(VECTORS["pack_key"]) if case["suite"] != Suite.MEDIA else None
    seal_key = bytes.fromhex(VECTORS["seal_key"])
    assert b"".join(rvf1.read(paths, (pack_key, seal_key, None), [])) == load(case)


@BAD
def test_every_bad_pack_is_refused(case: dict[str, Any]) -> None:
    pack, key = load(case), key_of(case)
    with pytest.raises(VaultError) as refused:
        open_all(pack, key) if case["records"] is None else open_entry(
            part(pack, case["records"]), expected(case["records"]), key
        )
    error = refused.value
    assert isinstance(error, ObjectBroken | KeyRefused | KeyNeeded)
    assert case["expect"] == (FailedCheck.KEY if isinstance(error, KeyNeeded) else error.fault)
