"""Makes the golden vectors of RVP1: ``PYTHONPATH=src:tests python -m spec.rvp1_writer`` writes them.

Good packs are written by the product. Bad ones are good ones that were damaged, or that a forger wrote, so
that exactly one check is left to notice.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from reelm.vault import Suite, digest
from reelm.vault.pack import seal_entry
from support.machine.determinism import SeededEntropy
from support.vault.vaulting import PACK_KEY, REALM_ID, VAULT_KEYS, OwnerKey, craft

HOME = Path(__file__).parent / "vectors" / "rvp1"
ANN, BEN = bytes(range(64, 96)), bytes(range(96, 128))
HEAD = 130


@dataclass(frozen=True)
class Small:
    """One small object to be; its name says what its bytes are made of."""

    name: str
    length: int
    owner: bytes = ANN
    key_epoch: int = 1

    @property
    def entry_id(self) -> bytes:
        return hashlib.sha256(self.name.encode()).digest()[:16]

    @property
    def plaintext(self) -> bytes:
        return hashlib.shake_128(f"rvp1 {self.name}".encode()).digest(self.length)


@dataclass(frozen=True)
class Recipe:
    name: str
    suite: Suite
    smalls: tuple[Small, ...]
    is_stored: bool = False


@dataclass(frozen=True)
class Made:
    recipe: Recipe
    entries: tuple[bytes, ...]

    @property
    def pack(self) -> bytes:
        return b"".join(self.entries)

    def start(self, number: int) -> int:
        return sum(map(len, self.entries[:number]))


GOOD = (
    Recipe("sealed-one", Suite.SEALED, (Small("one", 100),)),
    Recipe(
        "sealed-three",
        Suite.SEALED,
        (Small("first", 1000), Small("empty", 0, key_epoch=7), Small("bens", 333, owner=BEN)),
        is_stored=True,
    ),
    Recipe("sha256-two", Suite.SEALED_SHA256, (Small("left", 64), Small("right", 65, owner=BEN))),
    Recipe("media-two", Suite.MEDIA, (Small("segment", 700), Small("nothing", 0)), is_stored=True),
)


def owner(small: Small) -> OwnerKey:
    return OwnerKey(small.owner, entropy=SeededEntropy(small.length), epoch=small.key_epoch)


def make(recipe: Recipe) -> Made:
    """A pack, written by the product's own parts."""
    return Made(
        recipe,
        tuple(
            seal_entry(
                small.plaintext,
                suite=recipe.suite,
                realm_id=REALM_ID,
                entry_id=small.entry_id,
                wrapper=owner(small),
                entropy=SeededEntropy(len(small.name)),
            )
            for small in recipe.smalls
        ),
    )


def fragments(made: Made) -> tuple[bytes, ...]:
    """The pack as the object that it is stored as, under the realm's key for packs."""
    key = OwnerKey(PACK_KEY, entropy=SeededEntropy(2), epoch=0)
    return craft(made.pack, suite=made.recipe.suite, key=key).fragments


@dataclass(frozen=True)
class Bad:
    """``records`` is the number of the entry that records are given of; None to walk the pack without."""

    name: str
    expect: str
    why: str
    pack: bytes
    records: int | None = None
    key: bytes | None = ANN
    root_of: bytes | None = None


Edit = Callable[[bytes], bytes]


def put_at(offset: int, new: bytes) -> Edit:
    return lambda data: data[:offset] + new + data[offset + len(new) :]


def flip(offset: int) -> Edit:
    return lambda data: put_at(offset % len(data), bytes([data[offset] ^ 1]))(data)


DAMAGE: tuple[tuple[str, str, str, Edit], ...] = (
    ("cut-in-head", "truncated", "129 bytes", lambda data: data[: HEAD - 1]),
    ("magic", "magic", "the first byte", flip(0)),
    ("format-2", "format", "a format of the future", put_at(4, b"\x02")),
    ("suite-9", "suite", "an unknown suite", put_at(5, b"\x09")),
    ("length-one-more", "length", "one byte more than there is", flip(37)),
    ("length-huge", "length", "2^32 - 1 bytes in a small pack", put_at(34, b"\xff" * 4)),
    ("one-byte-short", "length", "the last byte is missing", lambda data: data[:-1]),
    ("one-byte-long", "truncated", "a byte behind the last entry", lambda data: data + b"\0"),
    ("wrapped-dek", "key", "a damaged wrapped key", flip(60)),
    ("realm-id", "commitment", "another realm", flip(6)),
    ("entry-id", "commitment", "another id", flip(14)),
    ("key-epoch", "commitment", "another epoch", flip(33)),
    ("suite-2", "commitment", "the other sealed suite", put_at(5, b"\x02")),
    ("commitment", "commitment", "a damaged commitment", flip(98)),
    ("ciphertext", "chunk", "one bit of ciphertext", flip(HEAD)),
    ("tag", "chunk", "one bit of the tag", flip(-1)),
    (
        "length-less",
        "commitment",
        "a length that ends amid the body",
        put_at(37, b"\x63"),
    ),
)


def bad_cases(good: dict[str, Made]) -> Iterator[Bad]:
    one, three, media = good["sealed-one"], good["sealed-three"], good["media-two"]
    for name, expect, why, edit in DAMAGE:
        yield Bad(name, expect, why, edit(one.pack))
    yield Bad("second-magic", "magic", "the second entry", flip(three.start(1))(three.pack))
    yield Bad("media-with-epoch", "locks", "the media suite has no key", put_at(33, b"\x01")(media.pack))
    yield Bad("media-with-dek", "locks", "the media suite has no key", put_at(50, b"\x01")(media.pack))
    yield Bad(
        "media-with-commitment", "locks", "the media suite has no key", put_at(129, b"\x01")(media.pack)
    )
    yield Bad("wrong-owner", "key", "the key of someone else", one.pack, key=BEN)
    yield Bad("no-owner", "key", "no key at all", one.pack, key=None)
    first, empty, bens = three.entries
    yield Bad(
        "another-entry", "identity", "whole, and not the one asked for", bens + empty + first, records=0
    )
    lent = seal_of(three.recipe.smalls[0], realm_id=b"notrealm")
    yield Bad("another-realm", "identity", "an entry of another realm", lent + empty + bens, records=0)
    yield Bad("part-too-short", "length", "cut off, as the records of a liar say", one.pack[:-1], records=0)
    yield Bad(
        "media-byte", "object-root", "one bit, which only the root notices", flip(200)(media.pack), records=0
    )
    yield Bad("root", "object-root", "whole, and not what was stored", one.pack, records=0, root_of=b"other")
    forged = forge_body(three.recipe.smalls[0], first)
    yield Bad(
        "forged-body",
        "chunk",
        "sealed under another key, root right",
        forged + empty + bens,
        records=0,
        root_of=forged,
    )


def seal_of(small: Small, *, realm_id: bytes) -> bytes:
    return seal_entry(
        small.plaintext,
        suite=Suite.SEALED,
        realm_id=realm_id,
        entry_id=small.entry_id,
        wrapper=owner(small),
        entropy=SeededEntropy(1),
    )


def forge_body(small: Small, entry: bytes) -> bytes:
    """The entry with a body that another key encrypted."""
    head = entry[:HEAD]
    return head + AESGCM(bytes(32)).encrypt(bytes(12), small.plaintext, head)


def files() -> Iterator[tuple[str, bytes]]:
    """Every file of the vectors, by its path."""
    good = {recipe.name: make(recipe) for recipe in GOOD}
    bad = list(bad_cases(good))
    for made in good.values():
        yield f"good/{made.recipe.name}.pack", made.pack
        if made.recipe.is_stored:
            for index, data in enumerate(fragments(made)):
                yield f"good/{made.recipe.name}.{index}.bin", data
    for case in bad:
        yield f"bad/{case.name}.pack", case.pack
    listing = {
        "format": "RVP1",
        "realm_id": REALM_ID.hex(),
        "pack_key": PACK_KEY.hex(),
        "seal_key": VAULT_KEYS.seal.reveal().hex(),
        "good": [describe(made) for made in good.values()],
        "bad": [describe_bad(case, good) for case in bad],
    }
    yield "vectors.json", (json.dumps(listing, indent=1) + "\n").encode()


def describe(made: Made) -> dict[str, object]:
    recipe = made.recipe
    stored = [f"good/{recipe.name}.{index}.bin" for index in range(5)] if recipe.is_stored else None
    return {
        "name": recipe.name,
        "suite": int(recipe.suite),
        "pack": f"good/{recipe.name}.pack",
        "fragments": stored,
        "entries": [describe_entry(made, number) for number in range(len(recipe.smalls))],
    }


def describe_entry(made: Made, number: int) -> dict[str, object]:
    small, entry, is_sealed = made.recipe.smalls[number], made.entries[number], made.recipe.suite.is_sealed
    dek = owner(small).unwrap(entry[38:98]).reveal() if is_sealed else None
    return {
        **records_of(made, number, root_of=entry),
        "key_epoch": small.key_epoch if is_sealed else 0,
        "user_key": small.owner.hex() if is_sealed else None,
        "dek": dek.hex() if dek else None,
        "commitment": entry[98:HEAD].hex() if is_sealed else None,
        "plaintext": {
            "shake128_of": f"rvp1 {small.name}",
            "sha256": hashlib.sha256(small.plaintext).hexdigest(),
        },
    }


def records_of(made: Made, number: int, *, root_of: bytes) -> dict[str, object]:
    """What a realm's records say of an entry."""
    return {
        "suite": int(made.recipe.suite),
        "entry_id": made.recipe.smalls[number].entry_id.hex(),
        "start": made.start(number),
        "packed_bytes": len(made.entries[number]),
        "length": made.recipe.smalls[number].length,
        "entry_root": digest.entry_root(made.recipe.suite, root_of).hex(),
    }


def describe_bad(case: Bad, good: dict[str, Made]) -> dict[str, object]:
    wanted: dict[str, object] | None = None
    if case.records is not None:
        origin = {"media": "media-two", "part": "sealed-one", "root": "sealed-one"}
        made = good[origin.get(case.name.partition("-")[0], "sealed-three")]
        wanted = records_of(made, case.records, root_of=case.root_of or made.entries[case.records])
        wanted["packed_bytes"] = min(len(made.entries[case.records]), len(case.pack))
    return {
        "name": case.name,
        "why": case.why,
        "expect": case.expect,
        "pack": f"bad/{case.name}.pack",
        "user_key": case.key.hex() if case.key else None,
        "records": wanted,
    }


def main() -> None:
    for path, data in files():
        target = HOME / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


if __name__ == "__main__":
    main()
