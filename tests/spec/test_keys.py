"""The vectors of docs/spec/keys.md, against the product and against `tools/keys.py`."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tools import keys as tool
from tools.rvf1 import Refused

from reelm.base import AccountId, Secret
from reelm.realm import EpochFiles, Keys, RootKey
from reelm.realm.epochs import Epochs, owner_data
from reelm.realm.ring import Ring
from reelm.realm.seal import UserKey, unwrap_key
from support.machine.determinism import ManualClock, SeededEntropy

PAGE = (Path(__file__).parents[2] / "docs/spec/keys.md").read_text(encoding="utf-8")
VECTORS = {
    what: bytes.fromhex(digits)
    for what, digits in re.findall(r"^\| (.+) \| `([0-9a-f]{64,})` \|$", PAGE, re.MULTILINE)
}
SEQUENCE = bytes(range(256))
ROOT, USER_KEY = SEQUENCE[:32], SEQUENCE[0x60:0x80]
OWNER = "01m8959s51kav70jqzqjqp6tvc"


@pytest.fixture
def epochs(tmp_path: Path) -> Path:
    for name in ("7.key", "ring"):
        (tmp_path / name).write_bytes(VECTORS[f"`{name}`"])
        (tmp_path / name).chmod(0o600)
    return tmp_path


@pytest.fixture
def records() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as made:
        made.execute("CREATE TABLE user_keys (owner, epoch, wrapped_in_epoch, wrapped)")
        made.execute("CREATE TABLE destroyed_keys (owner)")
        yield made


def keep(records: sqlite3.Connection, epoch: int) -> None:
    wrapped = VECTORS["the owner's wrapped user key"]
    records.execute("INSERT INTO user_keys VALUES (?, 3, ?, ?)", (OWNER, epoch, wrapped))


def test_the_product_derives_and_opens_what_the_page_says(epochs: Path) -> None:
    """A change here would orphan every realm's data."""
    root, files, entropy = RootKey(Secret(ROOT)), EpochFiles(epochs), SeededEntropy()
    keys = Keys(root, files, clock=ManualClock(), entropy=entropy)
    assert keys.secret("vault/name").reveal() == VECTORS["secret for `vault/name`"]
    assert keys.secret("vault/seal").reveal() == VECTORS["secret for `vault/seal`"]
    digest = keys.digest("accounts.email", b"ana@example.org")
    assert digest == VECTORS["digest for `accounts.email` of `ana@example.org`"]
    assert f"`{root.fingerprint}`" in PAGE
    wrapped = VECTORS["the owner's wrapped user key"]
    cipher = Epochs(root, files, entropy=entropy).cipher(7)
    assert unwrap_key(cipher, wrapped, data=owner_data(AccountId(OWNER), 7)).reveal() == USER_KEY
    assert list(Ring(files, keys.realm_key("ring")).read()) == [[(OWNER, 3, wrapped)], []]


def test_the_product_opens_sealed_values_and_data_keys_of_the_page() -> None:
    key = UserKey(Secret(ROOT), epoch=1, entropy=SeededEntropy())
    sealed = VECTORS["sealed `reelm`, purpose `test`, user key `000102…1f`"]
    assert key.open(sealed, purpose="test") == tool.unsealed(ROOT, sealed, "test") == b"reelm"
    wrapped = VECTORS["wrapped data key `202122…3f`, user key `000102…1f`"]
    assert key.unwrap(wrapped).reveal() == SEQUENCE[32:64]


def test_the_tool_finds_the_owners_key_in_the_ring(epochs: Path) -> None:
    keys = tool.Keyring(ROOT, epochs, None)
    assert (keys.notes, f"`{keys.fingerprint}`" in PAGE) == ([], True)
    assert keys.user_key(OWNER) == USER_KEY
    owners_key = VECTORS["the owner's key"]
    assert keys.wrapping_key(OWNER) == owners_key
    wrapped_dek = bytes(12) + AESGCM(owners_key).encrypt(bytes(12), bytes(32), b"reelm/dek/1")
    assert [keys.owner_of(wrapped_dek, epoch) for epoch in (0, 3, 7)] == [None, OWNER, None]
    assert keys.packs == VECTORS["the realm's key for packs"]
    assert keys.seal == VECTORS["secret for `vault/seal`"]


def test_the_tool_finds_the_owners_key_in_the_records(epochs: Path, records: sqlite3.Connection) -> None:
    (epochs / "ring").unlink()
    keep(records, 7)
    keys = tool.Keyring(ROOT, epochs, records)
    assert keys.user_key(OWNER) == USER_KEY
    assert "ring: of the key ring 0 keys can be used" in keys.notes[0]


def test_records_from_before_the_last_rotation_are_brought_up_to_the_ring(
    epochs: Path, records: sqlite3.Connection
) -> None:
    keep(records, 6)
    assert tool.Keyring(ROOT, epochs, records).user_key(OWNER) == USER_KEY


def test_an_owner_who_was_erased_stays_erased_although_the_ring_is_older(
    epochs: Path, records: sqlite3.Connection
) -> None:
    records.execute("INSERT INTO destroyed_keys VALUES (?)", (OWNER,))
    with pytest.raises(Refused, match="was destroyed; nobody can open"):
        tool.Keyring(ROOT, epochs, records).user_key(OWNER)


def test_a_key_that_ended_with_its_epoch_is_told_from_a_file_that_is_missing(
    epochs: Path, records: sqlite3.Connection
) -> None:
    other = "7" * 26
    for epoch, why in ((6, "last wrapped in epoch 6, was destroyed"), (9, "one with 9.key"), (0, "neither")):
        records.execute("DELETE FROM user_keys")
        if epoch:
            records.execute("INSERT INTO user_keys VALUES (?, 3, ?, ?)", (other, epoch, bytes(60)))
        with pytest.raises(Refused, match=why):
            tool.Keyring(ROOT, epochs, records).user_key(other)


def test_another_root_is_named_as_such(epochs: Path) -> None:
    with pytest.raises(Refused, match=r"root: the key .* opens none of the epoch keys"):
        tool.Keyring(bytes(32), epochs, None)
    with pytest.raises(Refused, match="has no epoch key"):
        tool.Keyring(ROOT, epochs / "empty", None)


@pytest.mark.parametrize(("at", "left"), [(0, 0), (8, 0), (12, 0), (60, 0), (-1, 1)])
def test_a_ring_is_used_up_to_its_damage(epochs: Path, at: int, left: int) -> None:
    ring = bytearray(VECTORS["`ring`"])
    ring[at] ^= 1
    (epochs / "ring").write_bytes(ring)
    keys = tool.Keyring(ROOT, epochs, None)
    assert f"of the key ring {left} keys can be used" in keys.notes[0]


def test_nobody_counts_as_erased_because_of_a_ring_that_is_cut(
    epochs: Path, records: sqlite3.Connection
) -> None:
    (epochs / "ring").write_bytes(VECTORS["`ring`"][:9])
    keep(records, 6)
    with pytest.raises(Refused, match="a newer copy of the epochs folder"):
        tool.Keyring(ROOT, epochs, records).user_key(OWNER)


def test_ids_are_read_and_written() -> None:
    raw = bytes.fromhex("0068a4a4c61d0a1b2c3d4e5f60718293")
    assert tool.raw_of(tool.id_of(raw)) == raw
    assert (tool.id_of(b"\xff" * 16), tool.id_of(bytes(16))) == ("7" + "z" * 25, "0" * 26)
    with pytest.raises(Refused, match="id"):
        tool.raw_of("8" + "0" * 25)
