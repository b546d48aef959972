"""Gives people's files back when Reelm is gone, from keys, fragments and a copy of the records.

    python tools/recover.py list [--records FILE] [--scan] [--owner ID] ROOT_KEY EPOCHS STORE...
    python tools/recover.py open -o FOLDER (--object ID | --owner ID) [...] ROOT_KEY EPOCHS STORE...

ROOT_KEY is the realm's root.key: 32 bytes or 64 hexadecimal digits. EPOCHS is its folder keys/epochs, FILE a
copy of its records.sqlite, each STORE a folder with the fragments of one store, in any layout. Fragments are
found by the names in the records; with `--scan` by what they say of themselves, which needs no records: the
owners' keys are then in the file `ring` in EPOCHS. Objects are written to FOLDER under their id; video as it
is stored, which is ciphertext, and in the clear as ID.mp4 where records have its key.

The steps are in docs/how-to/recover-without-reelm.md, the formats in docs/spec: keys.md, rvf1.md, rvp1.md.
The tools keys.py, rvf1.py and rvp1.py must lie beside this file, in a folder `tools`. The exit status is 0
when nothing was refused.
"""

import argparse
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # where the folder `tools` lies
from tools import rvf1, rvp1
from tools.keys import Keyring, id_of, raw_of, unsealed
from tools.rvf1 import Refused, require

OBJECTS = """
SELECT object_id, object_id, suite, k, object_root, reference, coalesce(objects.owner, r.owner, p.owner)
FROM objects LEFT JOIN renditions r USING (object_id) LEFT JOIN posters p USING (object_id)
WHERE state = 'stored' AND object_id NOT IN (SELECT pack_id FROM packs)
"""
ENTRIES = """
SELECT entry_id, pack_id, suite, k, object_root, e.reference, coalesce(e.owner, r.owner, p.owner),
       start_byte, e.length_bytes, entry_root
FROM entries e JOIN objects o ON pack_id = o.object_id
LEFT JOIN renditions r ON r.object_id = entry_id LEFT JOIN posters p ON p.object_id = entry_id
WHERE e.reference IS NOT NULL
"""
PIECES = """
SELECT start_byte, length_bytes, iv FROM segments WHERE rendition_id = ? ORDER BY sequence
"""
NOBODYS = "none of the owners' keys that are here opens it: destroyed, or newer than the ring or the records"


@dataclass(frozen=True)
class Item:
    """An object: alone, or from byte `start` of a pack, where `length` and `entry_root` are known of it.

    `holder` is what the fragments are of, the object or its pack, and `root` that one's root if known.
    """

    id: str
    holder: str
    suite: int
    k: int
    root: bytes | None
    reference: str | None
    owner: str | None
    start: int = 0
    length: int = 0
    entry_root: bytes | None = None

    def __str__(self) -> str:
        kind = "media" if self.suite == 3 else "sealed"
        return f"{self.id} {kind} {self.reference or ''}".rstrip()


class Recovery:
    """Finds objects and opens them. `lost` collects the files that were no use, and why."""

    def __init__(self, keys: Keyring, stores: Sequence[Path], records: sqlite3.Connection | None) -> None:
        self.keys = keys
        self.lost: rvf1.Lost = []
        self._records = records
        self._files = sorted(path for store in stores for path in store.rglob("*") if path.is_file())
        self._by_name: dict[str, Path] = {path.name: path for path in self._files}
        self._by_object: dict[str, list[Path]] = {}
        self._pack: tuple[str, bytes] = "", b""  # the one opened last

    def recorded(self) -> Iterator[Item]:
        """What the records say there is."""
        if self._records:
            for query in (OBJECTS, ENTRIES):
                yield from (Item(*row) for row in self._records.execute(query))

    def scanned(self) -> Iterator[Item]:
        """What the fragments say there is; packs that cannot be opened are reported as objects."""
        for path in self._files:
            try:
                with path.open("rb") as file:
                    head = file.read(32)
            except OSError as error:
                self.lost.append((path, error))
                continue
            if head[:4] == b"RVF1" and len(head) == 32:
                self._by_object.setdefault(id_of(head[16:]), []).append(path)
        for holder, paths in self._by_object.items():
            for _, (one, *_) in rvf1.by_object(rvf1.inspect(paths, self.lost, None, whole=False))[:1]:
                yield from self._items_of(holder, one)

    def _items_of(self, holder: str, one: rvf1.Fragment) -> Iterator[Item]:
        owner = self.keys.owner_of(one.wrapped_dek, one.key_epoch)
        alone = Item(holder, holder, one.suite, one.k, None, None, owner)
        entries = [] if one.key_epoch else self._entries_of(alone)
        for start, entry in entries:
            owner = self.keys.owner_of(entry.wrapped_dek, entry.key_epoch)
            of = id_of(entry.entry_id), holder, entry.suite, one.k, None, None, owner
            yield Item(*of, start, entry.length, entry.root)
        if not entries:
            yield alone

    def _entries_of(self, pack: Item) -> list[tuple[int, rvp1.Entry]]:
        """None of what is no pack, or cannot be opened; up to the damage of one that is damaged."""
        found: list[tuple[int, rvp1.Entry]] = []
        with suppress(Refused):
            if b"".join(self._holder(pack, (0, 4))) == b"RVP1":
                for start, entry in rvp1.walk(self._pack_of(pack)):
                    found.append((start, entry))
        return found

    def files_of(self, item: Item) -> list[Path]:
        """The files that may be fragments of its holder."""
        if self._by_object or not self._records:
            return self._by_object.get(item.holder, [])
        names = self._records.execute("SELECT name FROM fragments WHERE object_id = ?", (item.holder,))
        return [self._by_name[name] for (name,) in names if name in self._by_name]

    def read(self, item: Item) -> Iterator[bytes]:
        """Its bytes as they were stored; refused with the reason."""
        files = self.files_of(item)
        require(len(files) >= item.k, "too-few", f"{item.k} fragments are needed, and {len(files)} are here")
        if item.entry_root is None:
            good = [] if item.suite == 3 else rvf1.inspect(files, [], item.root, whole=False)
            key = self._owners_key(item, good[0]) if good else None
            return rvf1.read(files, (key, self.keys.seal, item.root), self.lost)
        size = rvp1.HEAD_BYTES + item.length + (0 if item.suite == 3 else 16)
        part = memoryview(self._pack_of(item))[item.start : item.start + size]
        realm_id = bytes(part[6:14])  # whatever it says: the records do not have it, and the root covers it
        known = rvp1.Known(item.suite, realm_id, raw_of(item.id), item.length, item.entry_root)
        entry = rvp1.Entry(part, known)
        return iter([entry.open([] if item.suite == 3 else [self._owners_key(item, entry)])])

    def _owners_key(self, item: Item, sealed: rvf1.Fragment | rvp1.Entry) -> bytes:
        owner = item.owner or self.keys.owner_of(sealed.wrapped_dek, sealed.key_epoch)
        if owner is None:
            raise Refused("key", NOBODYS)
        return self.keys.wrapping_key(owner)

    def _pack_of(self, item: Item) -> bytes:
        if self._pack[0] != item.holder:
            self._pack = item.holder, b"".join(self._holder(item))
        return self._pack[1]

    def _holder(self, item: Item, span: tuple[int, int] = rvf1.EVERYTHING) -> Iterator[bytes]:
        key = None if item.suite == 3 else self.keys.packs
        return rvf1.read(self.files_of(item), (key, self.keys.seal, item.root), self.lost, span)

    def rendition_of(self, item: Item) -> tuple[str, str, bytes] | None:
        """Its id, owner and sealed key, when it is one and there are records."""
        query = "SELECT id, owner, key_sealed FROM renditions WHERE object_id = ?"
        return self._records.execute(query, (item.id,)).fetchone() if self._records else None

    def video(self, rendition: tuple[str, str, bytes], stored: Path) -> Iterator[bytes]:
        """The clear pieces of a rendition (keys.md, section 7)."""
        id_, owner, sealed = rendition
        user_key = self.keys.user_key(owner)
        key = algorithms.AES128(unsealed(user_key, sealed, f"delivery/key/{id_}"))
        for start, length, iv in self._records.execute(PIECES, (id_,)) if self._records else ():
            decryptor, padding = Cipher(key, modes.CBC(iv)).decryptor(), PKCS7(128).unpadder()
            piece = np.fromfile(stored, np.uint8, length, offset=start).tobytes()
            yield padding.update(decryptor.update(piece) + decryptor.finalize()) + padding.finalize()


def list_items(items: Sequence[Item], recovery: Recovery) -> int:
    """Prints each owner's objects, and what cannot be opened and why; how many cannot."""
    refused, before = 0, ""
    for item in sorted(items, key=lambda item: (item.owner or "", item.id)):
        if (who := f"owner {item.owner or 'unknown'}") != before:
            print(who)
            before = who
        found, why = len(recovery.files_of(item)), ""
        try:
            require(found >= item.k, "too-few", f"{item.k} fragments are needed")
            if item.suite != 3:
                require(bool(item.owner or item.reference), "key", NOBODYS)  # a scan has tried them all
            if item.suite != 3 and item.owner:
                recovery.keys.user_key(item.owner)
        except Refused as error:
            why, refused = f": CANNOT BE OPENED: {error}", refused + 1
        print(f"  {item}, {found} fragments found{why}")
    return refused


def open_items(items: Sequence[Item], recovery: Recovery, folder: Path) -> int:
    """Writes the objects, packs one after the other; how many were refused."""
    folder.mkdir(parents=True, exist_ok=True)
    refused, done = 0, set[str]()
    for item in sorted(items, key=lambda item: (item.holder, item.start)):
        if item.id in done:  # a second copy, in a pack that was being replaced
            continue
        out = folder / id_of(raw_of(item.id))  # also from records that somebody changed: never a path
        try:
            require(not out.exists(), "output", f"{out} is there already and was left as it is")
            rvf1.save(out, recovery.read(item))
            done.add(item.id)
            if rendition := recovery.rendition_of(item):
                rvf1.save(out.with_suffix(".mp4"), recovery.video(rendition, out))
        except (OSError, Refused) as error:
            print(f"CANNOT BE OPENED: {item}: {error}")
            refused += 1
    return refused


def run(given: argparse.Namespace, records: sqlite3.Connection | None) -> int:
    require(bool(records or given.scan), "records", "--records FILE or --scan is needed")
    keys = Keyring(rvf1.key_in(given.root), given.epochs, records)
    print("\n".join([f"root key {keys.fingerprint}", *keys.notes]))
    recovery = Recovery(keys, given.stores, records)
    found = recovery.scanned() if given.scan else recovery.recorded()
    items = [item for item in found if given.object in {None, item.id} and given.owner in {None, item.owner}]
    require(bool(items), "object", "nothing like that is here; `list` without a choice shows everything")
    if given.command == "list":
        refused = list_items(items, recovery)
    else:
        require(
            given.out and (given.object or given.owner), "output", "-o and --object or --owner are needed"
        )
        refused = open_items(items, recovery, given.out)
    print("".join(dict.fromkeys(f"{path}: {why}\n" for path, why in recovery.lost)), end="")
    print(f"{len(items)} objects, {refused} of which cannot be opened")
    return refused


def main() -> int:
    parser = argparse.ArgumentParser(description="Gives people's files back; see the head of this file.")
    parser.add_argument("command", choices=["list", "open"])
    parser.add_argument("root", type=Path, metavar="ROOT_KEY")
    parser.add_argument("epochs", type=Path, metavar="EPOCHS")
    parser.add_argument("stores", type=Path, nargs="+", metavar="STORE")
    parser.add_argument("--records", type=Path, metavar="FILE", help="a copy of records.sqlite")
    parser.add_argument("--scan", action="store_true", help="find fragments by their headers")
    parser.add_argument("--owner", metavar="ID", help="only what is this owner's")
    parser.add_argument("--object", metavar="ID", help="only this object")
    parser.add_argument("-o", dest="out", type=Path, metavar="FOLDER", help="where objects are written")
    given = parser.parse_args()
    try:
        if given.records is None:
            return int(run(given, None) > 0)
        with closing(sqlite3.connect(f"{given.records.absolute().as_uri()}?mode=ro", uri=True)) as records:
            return int(run(given, records) > 0)
    except (OSError, sqlite3.Error, Refused) as error:
        print(f"REFUSED: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
