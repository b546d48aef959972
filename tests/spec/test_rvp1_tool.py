"""The reader of packs without Reelm, `tools/rvp1.py`: it opens what is good and names what is wrong."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tools import rvf1, rvp1

ROOT = Path(__file__).parents[2]
VECTORS = Path(__file__).parent / "vectors" / "rvp1"
TABLE = json.loads((VECTORS / "vectors.json").read_text())
OWNERS = sorted(
    {entry["user_key"] for case in TABLE["good"] for entry in case["entries"] if entry["user_key"]}
)
GOOD = pytest.mark.parametrize("case", TABLE["good"], ids=lambda case: case["name"])
BAD = pytest.mark.parametrize("case", TABLE["bad"], ids=lambda case: case["name"])
STORED = pytest.mark.parametrize(
    "case", [case for case in TABLE["good"] if case["fragments"]], ids=lambda case: case["name"]
)


def plaintext_of(entry: dict[str, Any]) -> bytes:
    return hashlib.shake_128(entry["plaintext"]["shake128_of"].encode()).digest(entry["length"])


def keys_of(case: dict[str, Any]) -> list[bytes]:
    return [bytes.fromhex(case["user_key"])] if case["user_key"] else []


def known(entry: dict[str, Any]) -> rvp1.Known:
    return rvp1.Known(
        suite=entry["suite"],
        realm_id=bytes.fromhex(TABLE["realm_id"]),
        entry_id=bytes.fromhex(entry["entry_id"]),
        length=entry["length"],
        root=bytes.fromhex(entry["entry_root"]),
    )


def part(pack: bytes, entry: dict[str, Any]) -> memoryview:
    return memoryview(pack)[entry["start"] : entry["start"] + entry["packed_bytes"]]


def run(tool: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    # -I: neither the environment nor the working directory can lend it a module of Reelm.
    return subprocess.run(  # noqa: S603 - our own tool with files of the tests
        [sys.executable, "-I", ROOT / "tools" / tool, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def key_files(tmp_path: Path, keys: list[str]) -> list[str | Path]:
    given: list[str | Path] = []
    for number, key in enumerate(keys):
        path = tmp_path / f"{number}.key"
        path.write_text(key)
        given += ["--key-file", path]
    return given


@GOOD
def test_a_walk_finds_and_opens_every_entry(case: dict[str, Any]) -> None:
    owners = [bytes.fromhex(key) for key in OWNERS]
    found = list(rvp1.walk((VECTORS / case["pack"]).read_bytes()))
    assert [(start, entry.size, entry.root.hex()) for start, entry in found] == [
        (entry["start"], entry["packed_bytes"], entry["entry_root"]) for entry in case["entries"]
    ]
    assert [entry.open(owners) for _, entry in found] == [plaintext_of(entry) for entry in case["entries"]]


@GOOD
def test_the_part_that_the_records_name_is_opened(case: dict[str, Any]) -> None:
    pack = (VECTORS / case["pack"]).read_bytes()
    for each in case["entries"]:
        assert rvp1.Entry(part(pack, each), known(each)).open(keys_of(each)) == plaintext_of(each)


@BAD
def test_a_bad_vector_fails_the_named_check(case: dict[str, Any]) -> None:
    pack, records = (VECTORS / case["pack"]).read_bytes(), case["records"]
    with pytest.raises(rvf1.Refused) as refused:  # noqa: PT012 - the walk checks one entry after the other
        if records:
            rvp1.Entry(part(pack, records), known(records)).open(keys_of(case))
        for _, entry in [] if records else rvp1.walk(pack):
            entry.open(keys_of(case))
    assert refused.value.check == case["expect"]


@pytest.mark.slow
@GOOD
def test_the_command_opens_a_good_vector(tmp_path: Path, case: dict[str, Any]) -> None:
    done = run(
        "rvp1.py", "open", "-o", tmp_path / "out", *key_files(tmp_path, OWNERS), VECTORS / case["pack"]
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == {
        entry["entry_id"]: plaintext_of(entry) for entry in case["entries"]
    }


@pytest.mark.slow
@BAD
def test_the_command_names_the_check_that_a_bad_vector_fails(tmp_path: Path, case: dict[str, Any]) -> None:
    if case["records"]:
        return  # the command has none
    keys = key_files(tmp_path, [case["user_key"]] if case["user_key"] else [])
    done = run("rvp1.py", "open", "-o", tmp_path / "out", *keys, VECTORS / case["pack"])
    assert (done.returncode, done.stderr) == (1, "")
    assert f": {case['expect']}: " in done.stdout


@STORED
def test_a_pack_comes_from_any_three_of_its_fragments(tmp_path: Path, case: dict[str, Any]) -> None:
    key = key_files(tmp_path, [TABLE["pack_key"]]) if case["suite"] != 3 else []
    files = [VECTORS / name for name in case["fragments"][2:]]
    done = run("rvf1.py", "open", "-o", tmp_path / "pack", *key, *files)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "pack").read_bytes() == (VECTORS / case["pack"]).read_bytes()


def test_an_entry_without_its_owners_key_costs_the_others_nothing(tmp_path: Path) -> None:
    case = next(case for case in TABLE["good"] if case["name"] == "sealed-three")
    first, empty, bens = case["entries"]
    keys = key_files(tmp_path, [first["user_key"]])
    done = run("rvp1.py", "open", "-o", tmp_path / "out", *keys, VECTORS / case["pack"])
    assert done.returncode == 1
    assert (
        f"key: none of 1 owners' keys opens it; the owner's of its epoch is needed: entry {bens['entry_id']}"
        in (done.stdout)
    )
    assert {path.name for path in (tmp_path / "out").iterdir()} == {first["entry_id"], empty["entry_id"]}


def test_one_entry_is_opened_and_no_file_overwritten(tmp_path: Path) -> None:
    case = next(case for case in TABLE["good"] if case["name"] == "media-two")
    first = case["entries"][0]
    order = ["open", "-o", tmp_path / "out", "--entry", first["entry_id"], VECTORS / case["pack"]]
    assert run("rvp1.py", *order).returncode == 0
    assert [path.read_bytes() for path in (tmp_path / "out").iterdir()] == [plaintext_of(first)]
    assert "was left as it is" in run("rvp1.py", *order).stdout


def test_show_lists_entries_up_to_the_damage(tmp_path: Path) -> None:
    case = next(case for case in TABLE["good"] if case["name"] == "sealed-three")
    pack = (VECTORS / case["pack"]).read_bytes()
    (tmp_path / "cut").write_bytes(pack[:-1])
    done = run("rvp1.py", "show", tmp_path / "cut")
    assert (done.returncode, done.stderr) == (1, "")
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == [
        "byte 0",
        "byte 1146",
        "REFUSED after 2 entries",
    ]
    assert run("rvp1.py", "show", VECTORS / case["pack"]).returncode == 0


def test_a_pack_without_a_byte_has_no_entry() -> None:
    assert list(rvp1.walk(b"")) == []
