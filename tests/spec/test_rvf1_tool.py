"""The reader for a day without Reelm, `tools/rvf1.py`: it opens what is good and names what is wrong."""

import hashlib
import json
import shutil
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import blake3
import pytest
from tools import rvf1

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
VECTORS = Path(__file__).parent / "vectors" / "rvf1"
TABLE = json.loads((VECTORS / "vectors.json").read_text())
# Around the boundaries of blocks (64), chunks (1024) and every shape of a small tree.
LENGTHS = [0, 1, 63, 64, 65, 127, 128, 129, 1023, 1024, 1025, 2047, 2048, 2049, 3071, 3072, 3073, 4096, 4097]
LENGTHS += [5 * 1024, 7 * 1024 + 1, 8192, 8193, 31 * 1024, 31 * 1024 + 1, 102_400, 1 << 20, (1 << 20) + 3]


def files_of(case: dict[str, Any]) -> list[Path]:
    return [VECTORS / name for name in case["fragments"]]


def keys_of(case: dict[str, Any], root: str | None = None) -> rvf1.Keys:
    owner, seal = case["user_key"], TABLE["seal_key"]
    return (
        bytes.fromhex(owner) if owner else None,
        bytes.fromhex(seal),
        bytes.fromhex(root) if root else None,
    )


def plaintext_of(case: dict[str, Any]) -> bytes:
    return hashlib.shake_128(case["plaintext"]["shake128_of"].encode()).digest(case["length"])


def good(name: str) -> dict[str, Any]:
    return next(case for case in TABLE["good"] if case["name"] == name)


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    # -I: neither the environment nor the working directory can lend it a module of Reelm.
    return subprocess.run(  # noqa: S603 - our own tool with files of the tests
        [sys.executable, "-I", ROOT / "tools" / "rvf1.py", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def options(tmp_path: Path, case: dict[str, Any]) -> list[str | Path]:
    (tmp_path / "seal.key").write_bytes(bytes.fromhex(TABLE["seal_key"]))
    given: list[str | Path] = ["-o", tmp_path / "out", "--seal-key-file", tmp_path / "seal.key"]
    if case["user_key"]:
        (tmp_path / "owner.key").write_text(case["user_key"] + "\n")
        given += ["--key-file", tmp_path / "owner.key"]
    return given


@pytest.mark.parametrize("keyed", [False, True])
@pytest.mark.parametrize("length", LENGTHS)
def test_blake3_is_that_of_the_package(length: int, *, keyed: bool) -> None:
    messages = [hashlib.shake_128(bytes([number])).digest(length) for number in range(3)]
    key = bytes(range(32))
    expected = [blake3.blake3(each, key=key) if keyed else blake3.blake3(each) for each in messages]
    assert rvf1.blake3(messages, key if keyed else None) == [each.digest() for each in expected]


@pytest.mark.parametrize("case", TABLE["good"], ids=lambda case: case["name"])
def test_every_choice_of_k_fragments_gives_the_object(case: dict[str, Any]) -> None:
    for chosen in combinations(files_of(case), case["k"]):
        lost: rvf1.Lost = []
        pieces = rvf1.read(chosen, keys_of(case, case["object_root"]), lost)
        assert (b"".join(pieces), lost) == (plaintext_of(case), [])


@pytest.mark.every_python
@pytest.mark.parametrize("case", TABLE["bad"], ids=lambda case: case["name"])
def test_a_bad_vector_fails_the_named_check(case: dict[str, Any]) -> None:
    lost: rvf1.Lost = []
    with pytest.raises(rvf1.Refused) as refused:
        list(rvf1.read(files_of(case), keys_of(case), lost))
    first = lost[0][1] if lost else refused.value
    assert isinstance(first, rvf1.Refused)
    assert first.check == case["expect"]


@pytest.mark.parametrize("case", TABLE["good"], ids=lambda case: case["name"])
def test_the_command_opens_a_good_vector(tmp_path: Path, case: dict[str, Any]) -> None:
    done = run("open", *options(tmp_path, case), *files_of(case)[-case["k"] :])
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "out").read_bytes() == plaintext_of(case)


@pytest.mark.parametrize("case", TABLE["bad"], ids=lambda case: case["name"])
def test_the_command_refuses_a_bad_vector_and_leaves_nothing(tmp_path: Path, case: dict[str, Any]) -> None:
    done = run("open", *options(tmp_path, case), *files_of(case))
    assert (done.returncode, done.stderr) == (1, "")
    assert f": {case['expect']}: " in done.stdout.splitlines()[0]
    assert not list(tmp_path.glob("out*"))


@pytest.mark.parametrize(
    "span", [(0, 0), (0, 1), (1023, 1025), (1024, 2048), (2047, 2500), (2499, 9999), (9999, 10_000)]
)
@pytest.mark.parametrize("name", ["sealed-three-chunks", "media-three-chunks"])
def test_a_range_is_that_part_of_the_object(name: str, span: tuple[int, int]) -> None:
    case = good(name)
    pieces = rvf1.read(files_of(case)[1:4], keys_of(case), [], span)
    assert b"".join(pieces) == plaintext_of(case)[slice(*span)]


@pytest.mark.every_python
def test_a_bad_fragment_costs_nothing_while_k_others_are_there(tmp_path: Path) -> None:
    case = good("sealed-three-chunks")
    files = [VECTORS / "bad" / "block.0.bin", *files_of(case)[1:4], VECTORS / "good" / "media-empty.4.bin"]
    done = run("open", *options(tmp_path, case), *files)
    assert done.returncode == 0
    assert "block.0.bin: leaf: " in done.stdout
    assert "media-empty.4.bin: disagree: " in done.stdout
    assert (tmp_path / "out").read_bytes() == plaintext_of(case)


def test_a_block_that_is_bad_far_into_the_object_is_replaced_on_the_way(tmp_path: Path) -> None:
    case = good("sealed-three-chunks")
    data = bytearray(files_of(case)[0].read_bytes())
    data[213 + 2 * 347] ^= 1  # in the last block: ceil(1040 / 3) = 347 bytes each
    (tmp_path / "0.bin").write_bytes(data)
    files, lost = [tmp_path / "0.bin", *files_of(case)[1:4]], rvf1.Lost()
    assert b"".join(rvf1.read(files, keys_of(case), lost)) == plaintext_of(case)
    assert [str(error)[:13] for _, error in lost] == ["leaf: block 2"]
    done = run("open", *options(tmp_path, case), *files[:3])
    assert (done.returncode, list(tmp_path.glob("out*"))) == (1, [])
    assert "REFUSED: too-few: 1 more needed" in done.stdout


def test_a_second_copy_stands_in_for_a_bad_one() -> None:
    case = good("sealed-three-chunks")
    files = [VECTORS / "bad" / "block.0.bin", *files_of(case)[:3]]
    assert b"".join(rvf1.read(files, keys_of(case), [])) == plaintext_of(case)


def test_whole_fragments_of_two_objects_are_not_guessed_between() -> None:
    case = good("media-three-chunks")
    with pytest.raises(rvf1.Refused, match="disagree: they belong to 2 objects"):
        list(rvf1.read([*files_of(case), *files_of(good("media-empty"))], (None, None, None), []))


def test_an_unexpected_object_root_loses_the_fragment() -> None:
    case, lost = good("media-three-chunks"), rvf1.Lost()
    with pytest.raises(rvf1.Refused, match="too-few"):
        list(rvf1.read(files_of(case), keys_of(case, good("media-empty")["object_root"]), lost))
    assert [str(error).partition(":")[0] for _, error in lost] == ["object-root"] * 5


def test_media_opens_without_any_key(tmp_path: Path) -> None:
    case = good("media-three-chunks")
    done = run("open", "-o", tmp_path / "out", *files_of(case)[2:])
    assert done.returncode == 0
    assert "nothing shows that this realm wrote it" in done.stdout
    assert (tmp_path / "out").read_bytes() == plaintext_of(case)


@pytest.mark.every_python
def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("precious")
    done = run("open", "-o", tmp_path / "out", *files_of(good("media-three-chunks")))
    assert (done.returncode, (tmp_path / "out").read_text()) == (1, "precious")


def test_show_says_what_each_file_is_and_how_many_are_missing(tmp_path: Path) -> None:
    case = good("sealed-three-chunks")
    done = run("show", *files_of(case)[3:], VECTORS / "bad" / "share-y.0.bin", tmp_path / "missing")
    assert (done.returncode, done.stderr) == (1, "")
    assert f"good: fragment 3 of 5 (any 3 will do), 2560 bytes, object {case['object_id']}" in done.stdout
    assert f"object {case['object_id']}: 1 more of its fragments needed" in done.stdout
    assert "share-y.0.bin: fragment-root: " in done.stdout
    assert "missing: [Errno 2]" in done.stdout
    assert run("show", *files_of(case)).returncode == 0


@pytest.mark.every_python
def test_show_reads_the_blocks_too() -> None:
    assert "leaf: block 0 " in run("show", VECTORS / "bad" / "block.0.bin").stdout


@pytest.mark.every_python
def test_it_works_where_there_is_no_reelm(tmp_path: Path) -> None:
    shutil.copy(ROOT / "tools" / "rvf1.py", tmp_path)
    code = (
        "import sys, rvf1; sys.exit(any(name.split('.')[0] in {'reelm', 'blake3'} for name in sys.modules))"
    )
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, cwd=tmp_path, check=False).returncode == 0  # noqa: S603 - as above
