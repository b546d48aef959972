"""A custodian gets people's files back with `tools/` alone, as docs/how-to/recover-without-reelm.md says.

Nothing of the product runs but to make the realm; what was stored is compared with what comes out.
"""

import asyncio
import hashlib
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from shamir_mnemonic import generate_mnemonics  # type: ignore[import-untyped]  # ships no types

from reelm.base import AccountId, ClipId, DataClass
from reelm.workflows.watch import poster, storyboard, unseal
from support.media import footage
from support.media.playlists import screen
from support.realm.realms import Stage, staged, viewer

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "recover-without-reelm.md").read_text(encoding="utf-8")
# -I and the None: neither the environment, nor the working directory, nor site-packages can lend it Reelm.
ALONE = "import runpy, sys; sys.modules['reelm'] = None; del sys.argv[0]; sys.path.insert(0, 'tools'); "
ALONE += "runpy.run_path(sys.argv[0], run_name='__main__')"
LONG = hashlib.shake_128(b"a draft above the size of packs").digest(100_000)


@dataclass(frozen=True)
class Clip:
    """What a person had of one: object ids, and the bytes that must come back."""

    owner: AccountId
    poster_id: str
    poster: bytes
    strip_id: str
    strip: bytes
    rendition_id: str
    stored: bytes
    clear: bytes

    def pictures(self) -> dict[str, bytes]:
        return {self.poster_id: self.poster, self.strip_id: self.strip}

    def files(self) -> dict[str, bytes]:
        return {
            **self.pictures(),
            self.rendition_id: self.stored,
            f"{self.rendition_id}.mp4": self.clear,
        }


@dataclass(frozen=True)
class Realm:
    """A realm that ended: its folder, and two copies of its records and epochs.

    ``before`` was made before Ben was erased and the keys were rotated, ``after`` after that.
    """

    data: Path
    ann: Clip
    ben: Clip
    draft_id: str


def query(records: Path, sql: str, *values: str) -> str:
    with closing(sqlite3.connect(records)) as opened:
        return str(opened.execute(sql, values).fetchone()[0])


async def clip_of(stage: Stage, handle: str, *, seconds: float) -> Clip:
    owner = await stage.person(handle)
    made: ClipId = (await stage.clip(owner, footage.clip(seconds=seconds))).id
    (shown,) = await screen(viewer(stage), made)
    async with stage.realm.database.read() as tx:
        picture = await unseal(await poster(tx, made, viewer=owner, realm=stage.realm), realm=stage.realm)
        tiles = await unseal(await storyboard(tx, made, viewer=owner, realm=stage.realm), realm=stage.realm)
    records = stage.data / "records.sqlite"
    return Clip(
        owner=owner,
        poster_id=query(records, "SELECT object_id FROM posters WHERE clip_id = ?", made),
        poster=picture,
        strip_id=query(records, "SELECT object_id FROM strips WHERE clip_id = ?", made),
        strip=tiles,
        rendition_id=query(records, "SELECT object_id FROM renditions WHERE clip_id = ?", made),
        stored=b"".join(shown.sealed),
        clear=b"".join(shown.plain),
    )


async def store_draft(stage: Stage, owner: AccountId) -> str:
    async def blocks() -> AsyncIterator[bytes]:
        yield LONG

    async with stage.realm.database.read() as tx:
        key = await stage.realm.identity.keys.user_key(tx, owner)
    kept = await stage.realm.vault.put(
        blocks(), reference="draft", klass=DataClass.PROTECTED, key=key, owner=owner
    )
    return kept.object_id


def back_up(stage: Stage, name: str) -> None:
    """What a custodian is given: a copy of the records, and of the epochs' folder."""
    target = stage.data / name
    shutil.copytree(stage.data / "keys" / "epochs", target / "epochs")
    with (
        closing(sqlite3.connect(stage.data / "records.sqlite")) as source,
        closing(sqlite3.connect(target / "records.sqlite")) as copy,
    ):
        source.backup(copy)


async def ended(data: Path) -> Realm:
    async with staged(data) as stage:
        ann = await clip_of(stage, "ann", seconds=4)  # long enough not to be packed
        ben = await clip_of(stage, "ben", seconds=0.6)
        draft_id = await store_draft(stage, ann.owner)
        back_up(stage, "before")
        async with stage.realm.database.write() as tx:
            await stage.realm.identity.keys.destroy_user_key(tx, ben.owner)
        await stage.realm.identity.keys.rotate(stage.realm.database)
        back_up(stage, "after")
    return Realm(data, ann, ben, draft_id)


@pytest.fixture(scope="module")
def realm(tmp_path_factory: pytest.TempPathFactory) -> Realm:
    return asyncio.run(ended(tmp_path_factory.mktemp("ended") / "realm"))


class Rescue:
    """A custodian's folder, laid out as the page says; two of the five stores are lost."""

    def __init__(self, folder: Path, realm: Realm, *, records: str = "after", epochs: str = "after") -> None:
        self.folder = folder
        tools = folder / "tools"
        tools.mkdir(parents=True)
        for name in ("keys.py", "recover.py", "rvf1.py", "rvp1.py"):
            shutil.copy(ROOT / "tools" / name, tools)
        shutil.copy(realm.data / "keys" / "root.key", folder)
        shutil.copytree(realm.data / epochs / "epochs", folder / "epochs")
        shutil.copy(realm.data / records / "records.sqlite", folder)
        for number in ("1", "3", "4"):
            shutil.copytree(realm.data / "stores" / number, folder / "stores" / number)

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """A line of the page."""
        first, *words = command.split()
        assert first == "python"
        stores = sorted(str(path) for path in (self.folder / "stores").iterdir())
        words = [each for word in words for each in (stores if word == "stores/*" else [word])]
        return subprocess.run(  # noqa: S603 - our own tools with files of the tests
            [sys.executable, "-I", "-c", ALONE, *words],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )

    def store_of_lowest(self, object_id: str) -> Path:
        """Which of these stores has the object's fragment of the lowest index."""
        query = "SELECT name FROM fragments WHERE object_id = ? ORDER BY fragment_index"
        with closing(sqlite3.connect(self.folder / "records.sqlite")) as records:
            names = [name for (name,) in records.execute(query, (object_id,))]
        paths = {path.name: path for path in (self.folder / "stores").glob("*/??/*")}
        return next(paths[name] for name in names if name in paths).parents[1]

    def found(self, name: str = "out") -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in (self.folder / name).iterdir()}


def step(number: int, **ids: str) -> str:
    """The page's command of this number, with ids in place of the words in capitals."""
    commands: list[str] = re.findall(r"^python tools/.*$", PAGE, re.MULTILINE)
    command = commands[number]
    for word, value in ids.items():
        command = command.replace(word, value)
    return command


LIST, OPEN_OBJECT, OPEN_OWNER, SCAN, OPEN_SCANNED = range(5)


@pytest.fixture
def rescue(realm: Realm, tmp_path: Path) -> Rescue:
    return Rescue(tmp_path / "rescue", realm)


def test_the_list_says_what_is_whose_and_what_is_lost(realm: Realm, rescue: Rescue) -> None:
    done = rescue.run(step(LIST))
    assert (done.returncode, done.stderr) == (1, "")
    lines = done.stdout.splitlines()
    assert re.fullmatch(r"root key [0-9a-f]{4}(-[0-9a-f]{4}){3}", lines[0])
    assert f"owner {realm.ann.owner}" in lines
    assert f"  {realm.draft_id} sealed draft, 3 fragments found" in lines
    lost = [line for line in lines if "CANNOT BE OPENED" in line]
    for line, picture in zip(lost, sorted(realm.ben.pictures()), strict=True):
        assert line.startswith(f"  {picture} sealed clip/")
        assert line.endswith("key: the owner's key was destroyed; nobody can open what it sealed any more")
    assert lines[-1] == "7 objects, 2 of which cannot be opened"


def test_everything_of_an_owner_comes_back_from_three_stores(realm: Realm, rescue: Rescue) -> None:
    done = rescue.run(step(OPEN_OWNER, OWNER=realm.ann.owner))
    assert (done.returncode, done.stderr) == (0, "")
    assert rescue.found() == realm.ann.files() | {realm.draft_id: LONG}


def test_one_object_comes_back_and_no_file_is_overwritten(realm: Realm, rescue: Rescue) -> None:
    order = step(OPEN_OBJECT, OBJECT=realm.ann.poster_id)
    assert rescue.run(order).returncode == 0
    assert rescue.found() == {realm.ann.poster_id: realm.ann.poster}
    again = rescue.run(order)
    assert (again.returncode, "was left as it is" in again.stdout) == (1, True)


def test_before_the_erasure_the_other_owners_files_came_back_too(realm: Realm, tmp_path: Path) -> None:
    rescue = Rescue(tmp_path / "rescue", realm, records="before", epochs="before")
    assert rescue.run(step(OPEN_OWNER, OWNER=realm.ben.owner)).returncode == 0
    assert rescue.found() == realm.ben.files()


@pytest.mark.parametrize("records", ["before", "after"])
def test_an_erased_owner_stays_erased_even_with_old_records(
    realm: Realm, tmp_path: Path, records: str
) -> None:
    rescue = Rescue(tmp_path / "rescue", realm, records=records)
    done = rescue.run(step(OPEN_OWNER, OWNER=realm.ben.owner))
    assert (done.returncode, done.stderr) == (1, "")
    assert "was destroyed; nobody can open what it sealed any more" in done.stdout
    assert rescue.found() == {realm.ben.rendition_id: realm.ben.stored}, (
        "ciphertext, and nothing in the clear"
    )
    ann = rescue.run(step(OPEN_OBJECT, OBJECT=realm.ann.poster_id))
    assert ann.returncode == 0, "the ring has the key that old records lost"


def test_without_records_the_ring_opens_what_is_sealed(realm: Realm, rescue: Rescue) -> None:
    (rescue.folder / "records.sqlite").unlink()
    listed = rescue.run(step(SCAN))
    assert (listed.returncode, listed.stderr) == (1, "")
    for each in (realm.ann.rendition_id, realm.ann.poster_id, realm.ben.rendition_id, realm.draft_id):
        assert re.search(rf"^  {each} \w+, 3 fragments found$", listed.stdout, re.MULTILINE)
    lost = (
        f"  {realm.ben.poster_id} sealed, 3 fragments found: CANNOT BE OPENED: key: none of the owners' keys"
    )
    assert lost in listed.stdout
    done = rescue.run(step(OPEN_SCANNED, OWNER=realm.ann.owner))
    assert (done.returncode, done.stderr) == (0, "")
    assert rescue.found("found") == realm.ann.pictures() | {realm.draft_id: LONG}


def test_fragments_under_other_names_are_found_by_a_scan(realm: Realm, rescue: Rescue) -> None:
    """As after a move that the copy of the records does not know."""
    for path in (rescue.folder / "stores" / "1").glob("[0-9a-f][0-9a-f]/*"):
        path.rename(path.with_name("0" * 24 + path.name[24:]))
    order = step(OPEN_OBJECT, OBJECT=realm.ann.rendition_id)
    assert "too-few: 3 fragments are needed, and 2 are here" in rescue.run(order).stdout
    assert rescue.run(order.replace("--object", "--scan --object")).returncode == 0
    ann = realm.ann
    assert rescue.found() == {ann.rendition_id: ann.stored, f"{ann.rendition_id}.mp4": ann.clear}


@pytest.mark.parametrize("command", [LIST, SCAN])
def test_two_stores_are_too_few_and_it_says_so(realm: Realm, rescue: Rescue, command: int) -> None:
    shutil.rmtree(rescue.folder / "stores" / "3")
    listed = rescue.run(step(command))
    assert (listed.returncode, listed.stderr) == (1, "")
    assert f"{realm.draft_id} sealed" in listed.stdout
    assert "2 fragments found: CANNOT BE OPENED: too-few: 3 fragments are needed" in listed.stdout
    opened = rescue.run(step(OPEN_OWNER, OWNER=realm.ann.owner))
    assert (opened.returncode, rescue.found()) == (1, {})
    assert opened.stdout.count("too-few: 3 fragments are needed, and 2 are here") == 4


def test_a_store_that_altered_everything_is_named_and_made_up_for(realm: Realm, rescue: Rescue) -> None:
    """The store is the one whose fragment of the clip is asked for first."""
    shutil.copytree(realm.data / "stores" / "2", rescue.folder / "stores" / "2")
    altered = rescue.store_of_lowest(realm.ann.rendition_id)
    for path in altered.glob("[0-9a-f][0-9a-f]/*"):
        data = bytearray(path.read_bytes())
        data[300] ^= 1
        path.write_bytes(data)
    done = rescue.run(step(OPEN_OWNER, OWNER=realm.ann.owner))
    assert (done.returncode, done.stderr) == (0, "")
    assert rescue.found() == realm.ann.files() | {realm.draft_id: LONG}
    assert f"stores/{altered.name}/" in done.stdout


def test_another_realms_root_is_refused_by_name(rescue: Rescue) -> None:
    (rescue.folder / "root.key").write_bytes(bytes(32))
    for command in (LIST, SCAN):
        done = rescue.run(step(command))
        assert (done.returncode, done.stderr) == (1, "")
        assert "REFUSED: root: the key " in done.stdout


def test_the_words_of_custodians_give_the_root_key(realm: Realm, rescue: Rescue) -> None:
    key = (rescue.folder / "root.key").read_bytes()
    (shares,) = generate_mnemonics(1, [(2, 3)], key)
    made = subprocess.run(  # noqa: S603 - the program that the page names
        [Path(sys.executable).parent / "shamir", "recover"],
        input="\n".join(shares[1:]) + "\n",
        capture_output=True,
        text=True,
        check=True,
    )
    (digits,) = re.findall("^Your master secret is: ([0-9a-f]{64})$", made.stdout, re.MULTILINE)
    (rescue.folder / "root.key").write_text(digits + "\n")
    assert rescue.run(step(OPEN_OBJECT, OBJECT=realm.ann.poster_id)).returncode == 0
