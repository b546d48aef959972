"""The keys of a realm without Reelm: what tools/recover.py knows of docs/spec/keys.md.

"Section" is one of that page.
"""

import sqlite3
import struct
from contextlib import suppress
from itertools import count
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from tools.rvf1 import Refused, require, unseal

DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
Wrapped = dict[
    str, tuple[int, int, bytes]
]  # owner -> epoch the key was made in, epoch that wraps it, the key


def id_of(raw: bytes) -> str:
    """Section 1: the 26 digits of 16 bytes."""
    return "".join(DIGITS[int.from_bytes(raw) >> shift & 31] for shift in range(125, -1, -5))


def raw_of(text: str) -> bytes:
    known = len(text) == 26 and text[0] < "8" and set(text) <= set(DIGITS)
    require(known, "id", f"{text} is not an id")
    return sum(DIGITS.index(digit) << 5 * place for place, digit in enumerate(reversed(text))).to_bytes(16)


def derive(key: bytes, label: str, purpose: str = "") -> bytes:
    """Section 2."""
    return HKDF(SHA256(), 32, None, f"{label}\0{purpose}".encode()).derive(key)


def unwrap(key: bytes, wrapped: bytes, associated: str) -> bytes:
    """Section 3: the key inside."""
    return unseal("key", key, (wrapped[:12], wrapped[12:], associated.encode()))


def unsealed(key: bytes, value: bytes, purpose: str) -> bytes:
    """Section 3: the value inside."""
    require(len(value) >= 29 and value[0] == 1, "sealed-value", "it is cut, or its version is not known")
    sealing = derive(key, "reelm/key/seal/1")
    return unseal("sealed-value", sealing, (value[1:13], value[13:], f"reelm/seal/1\0{purpose}".encode()))


def read_ring(key: bytes, path: Path, found: Wrapped) -> int:
    """Section 6: adds what the key ring holds, up to damage if there is some; its epoch."""
    with path.open("rb") as file:
        head = file.read(9)
        require(len(head) == 9 and head[:5] == b"RING1", "ring", f"{path} is not a key ring")
        epoch = int.from_bytes(head[5:])
        for number in count():
            length = int.from_bytes(file.read(4))
            require(length <= 29 + 65_536 * 90, "ring", "a frame is too long")
            kind = "last" if length == 29 else "more"
            frame = unsealed(key, file.read(length), f"{epoch}/{number}/{kind}")
            require(len(frame) % 90 == 0, "ring", "a frame has another length")
            for owner, made, wrapped in struct.iter_unpack(">26sI60s", frame):
                found[owner.decode()] = made, epoch, wrapped
            if kind == "last":
                return epoch
    raise AssertionError  # the loop ends by returning or refusing


class Keyring:
    """Every key that can be had: the realm's, and those of owners that records or the ring have.

    `notes` says which files were no use.
    """

    def __init__(self, root: bytes, folder: Path, records: sqlite3.Connection | None) -> None:
        digits = derive(root, "reelm/realm/fingerprint/1")[:8].hex()
        self.fingerprint = "-".join(digits[at : at + 4] for at in range(0, 16, 4))
        self.seal = derive(root, "reelm/realm/secret/1", "vault/seal")
        self.packs = derive(derive(root, "reelm/realm/seal/1", "vault/packs"), "reelm/key/wrap/1")
        self.notes: list[str] = []
        self._epochs = self._read_epochs(derive(root, "reelm/realm/epoch-keys/1"), folder)
        self._ring: Wrapped = {}
        self._ring_epoch = self._read_ring(derive(root, "reelm/realm/seal/1", "ring"), folder / "ring")
        self._rows: Wrapped = {}
        self._destroyed: set[str] = set()
        if records:
            rows = records.execute("SELECT owner, epoch, wrapped_in_epoch, wrapped FROM user_keys")
            self._rows = {owner: (made, epoch, wrapped) for owner, made, epoch, wrapped in rows}
            self._destroyed = {owner for (owner,) in records.execute("SELECT owner FROM destroyed_keys")}
        self._owners: dict[int, list[str]] = {}  # by the epoch in which their keys were made
        for owner, (made, _, _) in sorted((self._ring | self._rows).items()):
            self._owners.setdefault(made, []).append(owner)
        self._wrapping: dict[str, bytes] = {}

    def _read_epochs(self, key: bytes, folder: Path) -> dict[int, bytes]:
        """Section 4."""
        files, opened = [path for path in folder.glob("*.key") if path.stem.isdecimal()], {}
        require(bool(files), "epochs", f"{folder} has no epoch key, such as 7.key")
        for path in files:
            try:
                opened[int(path.stem)] = unwrap(key, path.read_bytes(), f"reelm/epoch-key/1\0{path.stem}")
            except Refused:
                self.notes.append(f"{path}: it does not open under this root key")
        wrong = f"the key {self.fingerprint} opens none of the epoch keys: one of them is another realm's"
        require(bool(opened), "root", wrong)
        return opened

    def _read_ring(self, key: bytes, path: Path) -> int:
        """The ring's epoch, 0 when it is not whole: then nothing follows from who is not in it."""
        try:
            return read_ring(key, path, self._ring)
        except (OSError, Refused) as error:
            self.notes.append(f"{path}: of the key ring {len(self._ring)} keys can be used: {error}")
            return 0

    def user_key(self, owner: str) -> bytes:
        """Section 5; refused with the reason."""
        gone = "was destroyed; nobody can open what it sealed any more"
        require(owner not in self._destroyed, "key", f"the owner's key {gone}")
        for _, epoch, wrapped in (each[owner] for each in (self._rows, self._ring) if owner in each):
            if epoch in self._epochs:
                return unwrap(self._epochs[epoch], wrapped, f"reelm/user-key/1\0{owner}\0{epoch}")
        _, epoch, _ = self._rows.get(owner) or self._ring.get(owner) or (0, 0, b"")
        require(epoch > 0, "key", "neither records nor ring have a key of this owner")
        require(epoch >= self._ring_epoch, "key", f"the owner's key, last wrapped in epoch {epoch}, {gone}")
        raise Refused("key", f"a newer copy of the epochs folder is needed, one with {epoch}.key")

    def wrapping_key(self, owner: str) -> bytes:
        """What RVF1 and RVP1 call the owner's key."""
        if owner not in self._wrapping:
            self._wrapping[owner] = derive(self.user_key(owner), "reelm/key/wrap/1")
        return self._wrapping[owner]

    def owner_of(self, wrapped_dek: bytes, key_epoch: int) -> str | None:
        """Whose key opens it, where nothing else tells: all who got a key in that epoch are tried."""
        for owner in self._owners.get(key_epoch, []):
            with suppress(Refused):
                unwrap(self.wrapping_key(owner), wrapped_dek, "reelm/dek/1")
                return owner
        return None
