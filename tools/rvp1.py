"""Gives small objects back when Reelm is gone: a reader of RVP1 packs that needs nothing of Reelm.

    python tools/rvp1.py show PACK
    python tools/rvp1.py open -o FOLDER [--key-file KEY]... [--entry ID] PACK

"Section" is one of docs/spec/rvp1.md. PACK is a whole pack, as `tools/rvf1.py open` writes it; the key for
that is the realm's key for packs. KEY is an owner's wrapping key, as in tools/rvf1.py, which must lie beside
this file in a folder `tools`; give as many as there are owners. Each entry that opens is written to FOLDER
under its id, 32 hexadecimal digits. The exit status is 0 when every entry asked for was good.
"""

import argparse
import hmac
import struct
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # where the folder `tools` lies
from tools import rvf1
from tools.rvf1 import Refused, require

HEAD_BYTES = 130  # section 3


@dataclass(frozen=True)
class Known:
    """What a realm's records say of an entry."""

    suite: int
    realm_id: bytes
    entry_id: bytes
    length: int
    root: bytes


class Entry:
    """An entry that passed the checks 1 to 8, at the start of `data`, a part of a pack.

    Without records the entry ends where its head says, and `data` may go on.
    """

    def __init__(self, data: memoryview, known: Known | None = None) -> None:
        require(len(data) >= HEAD_BYTES, "truncated", f"{len(data)} bytes are less than a head")
        magic, version, self.suite, self.realm_id, self.entry_id = struct.unpack(">4sBB8s16s", data[:30])
        self.key_epoch, self.length, self.wrapped_dek, self.commitment = struct.unpack(
            ">II60s32s", data[30:130]
        )
        require(magic == b"RVP1", "magic", "no entry begins here")
        require(version == 1, "format", f"{version} is not known")
        require(self.suite in {1, 2, 3}, "suite", f"{self.suite} is not known")
        unlocked = not (self.key_epoch or any(self.wrapped_dek) or any(self.commitment))
        require(self.suite != 3 or unlocked, "locks", "a key field of suite 3 is not zero")
        stated = self.suite, self.realm_id, self.entry_id, self.length
        same = not known or stated == (known.suite, known.realm_id, known.entry_id, known.length)
        require(same, "identity", f"the records expect another entry than {self}")
        self.size = HEAD_BYTES + self.length + (0 if self.suite == 3 else 16)
        fits = self.size == len(data) if known else self.size <= len(data)
        require(fits, "length", f"{len(data)} bytes here, and {self.size} of {self}")
        self.raw = bytes(data[: self.size])
        self.root = rvf1.hashes(self.suite, [b"reelm/rvp1/entry\0" + self.raw])[0]  # section 5
        require(not known or self.root == known.root, "object-root", "the records expect another")

    def __str__(self) -> str:
        of = f"epoch {self.key_epoch}, suite {self.suite}"
        return f"entry {self.entry_id.hex()}, {self.length} bytes, {of}"

    def open(self, owners: Sequence[bytes]) -> bytes:
        """Checks 9 to 11: the small object, with whichever owner's key opens it (section 4)."""
        body = self.raw[HEAD_BYTES:]
        if self.suite == 3:
            return body
        dek = self._unwrap(owners)
        okm = HKDF(SHA256(), 64, self.entry_id, b"reelm/pack/1" + self.raw[:98]).derive(dek)
        require(hmac.compare_digest(okm[32:], self.commitment), "commitment", "it is not the head's")
        return rvf1.unseal("chunk", okm[:32], (bytes(12), body, self.raw[:HEAD_BYTES]))

    def _unwrap(self, owners: Sequence[bytes]) -> bytes:
        sealed = self.wrapped_dek[:12], self.wrapped_dek[12:], b"reelm/dek/1"
        for owner in owners:
            try:
                return rvf1.unseal("key", owner, sealed)
            except Refused:
                continue
        raise Refused(
            "key", f"none of {len(owners)} owners' keys opens it; the owner's of its epoch is needed"
        )


def walk(pack: bytes) -> Iterator[tuple[int, Entry]]:
    """Every entry and where it begins, without records; ends with `Refused` where one fails (section 6)."""
    start = 0
    while start < len(pack):
        entry = Entry(memoryview(pack)[start:])
        yield start, entry
        start += entry.size


def save(folder: Path, entry: Entry, owners: Sequence[bytes]) -> None:
    data = entry.open(owners)
    folder.mkdir(parents=True, exist_ok=True)
    out = folder / entry.entry_id.hex()
    require(not out.exists(), "output", f"{out} is there already and was left as it is")
    rvf1.save(out, iter([data]))


def main() -> int:
    parser = argparse.ArgumentParser(description="A reader of packs; see the head of this file.")
    parser.add_argument("command", choices=["show", "open"])
    parser.add_argument("pack", type=Path, metavar="PACK")
    parser.add_argument("-o", dest="folder", type=Path, help="where the small objects are written")
    parser.add_argument("--key-file", type=Path, action="append", default=[], help="an owner's key")
    parser.add_argument("--entry", type=bytes.fromhex, help="only the one of this id")
    given, refused, count = parser.parse_args(), 0, 0
    try:
        require(given.command == "show" or given.folder, "output", "-o FOLDER is needed")
        owners = [rvf1.key_in(path) for path in given.key_file]
        for start, entry in walk(given.pack.read_bytes()):
            if given.entry not in {None, entry.entry_id}:
                continue
            count += 1
            try:
                if given.command == "open":
                    save(given.folder, entry, owners)
                else:
                    print(f"byte {start}: {entry}, root {entry.root.hex()}")
            except Refused as error:
                print(f"byte {start}: {error}: {entry}")
                refused += 1
        require(count > 0 or given.entry is None, "entry", "it is not in this pack")
    except (OSError, Refused) as error:
        print(f"REFUSED after {count} entries: {error}")
        refused += 1
    return int(refused > 0)


if __name__ == "__main__":
    sys.exit(main())
