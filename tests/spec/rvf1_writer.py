"""Makes the golden vectors of RVF1: ``PYTHONPATH=src:tests python -m spec.rvf1_writer`` writes them.

Good objects are written by the product. Bad ones are good ones that were damaged, or that a forger wrote with
all hashes right and one thing wrong, so that exactly one check is left to notice.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reelm.base import ObjectId, Secret, write_id
from reelm.vault import Suite, VaultConfig, digest
from reelm.vault.codec import Block, open_codec
from reelm.vault.format import Common, Header, Trailer, fragment_root, open_box
from reelm.vault.keys import ContentKey
from reelm.vault.model import stored_length
from reelm.vault.plan import make_plan
from reelm.vault.seal import Chunker, Sealer
from reelm.vault.share import combine
from support.machine.determinism import SeededEntropy
from support.vault.vaulting import REALM_ID, VAULT_KEYS, OwnerKey

HOME = Path(__file__).parent / "vectors" / "rvf1"
USER_KEY = bytes(range(64, 96))
OTHER_USER_KEY = bytes(range(96, 128))


@dataclass(frozen=True)
class Recipe:
    name: str
    length: int
    suite: Suite = Suite.SEALED
    k: int = 3
    n: int = 5
    chunk_log2: int = 10
    generation: int = 1
    key_epoch: int = 1

    @property
    def plaintext(self) -> bytes:
        return hashlib.shake_128(f"rvf1 {self.name}".encode()).digest(self.length)


@dataclass(frozen=True)
class Made:
    recipe: Recipe
    common: Common
    key: ContentKey | None
    dek: bytes
    secret: bytes
    shares: tuple[bytes, ...]
    fragments: tuple[bytes, ...]
    object_root: bytes
    fragment_roots: tuple[bytes, ...]
    padded: int


GOOD = (
    Recipe("sealed-empty", 0),
    Recipe("sealed-one-byte", 1),
    Recipe("sealed-one-chunk", 1024),
    Recipe("sealed-three-chunks", 2500, key_epoch=7),
    Recipe("sealed-generation-2", 1500, generation=2),
    Recipe("sealed-4-of-6", 1100, k=4, n=6),
    Recipe("sealed-64-kib-chunks", 70_000, chunk_log2=16),
    Recipe("sha256-two-chunks", 1500, suite=Suite.SEALED_SHA256),
    Recipe("media-empty", 0, suite=Suite.MEDIA),
    Recipe("media-three-chunks", 2500, suite=Suite.MEDIA),
)


def owner(recipe: Recipe) -> OwnerKey:
    return OwnerKey(USER_KEY, entropy=SeededEntropy(len(recipe.name)), epoch=recipe.key_epoch)


def make(recipe: Recipe) -> Made:
    """One object, written by the product's own parts."""
    entropy = SeededEntropy(int.from_bytes(recipe.name.encode()[-6:], "big"))
    object_id = ObjectId(write_id(hashlib.sha256(recipe.name.encode()).digest()[:16]))
    config = VaultConfig(k=recipe.k, n=recipe.n)
    plan = make_plan(
        recipe.suite,
        owner(recipe),
        realm_id=REALM_ID,
        object_id=object_id,
        chunk_log2=recipe.chunk_log2,
        config=config,
        entropy=entropy,
    )
    common, key, dek, secret = replace(plan.common, generation=recipe.generation), None, b"", b""
    if recipe.suite.is_sealed:
        dek = owner(recipe).unwrap(common.wrapped_dek).reveal()
        secret = combine(dict(enumerate(plan.shares[: recipe.k]))).reveal()
        key = ContentKey(common, dek=Secret(dek), shared=Secret(secret))
    sealer = Sealer(common, open_codec(recipe.k, recipe.n), key=key)
    chunker = Chunker(recipe.suite, chunk_bytes=1 << recipe.chunk_log2, batch_bytes=1 << 18)
    columns: list[list[Block]] = [[] for _ in range(recipe.n)]
    for batch in [*chunker.feed(recipe.plaintext), *chunker.end()]:
        for column, blocks in zip(columns, sealer.seal(batch), strict=True):
            column.extend(blocks)
    ending = sealer.finish(length_bytes=recipe.length, shares=plan.shares, seal_key=VAULT_KEYS.seal)
    parts = zip(ending.heads, columns, ending.trailers, strict=True)
    return Made(
        recipe,
        common,
        key,
        dek,
        secret,
        plan.shares,
        tuple(b"".join((head, *body, tail)) for head, body, tail in parts),
        ending.object_root,
        ending.fragment_roots,
        ending.shape.padded_bytes,
    )


def forge(
    made: Made,
    *,
    stripes: Sequence[bytes] | None = None,
    box: bytes | None = None,
    commitment: bytes | None = None,
    length: int | None = None,
    seal_key: Secret = VAULT_KEYS.seal,
) -> tuple[bytes, ...]:
    """The object again with something changed before the hashes were made: all leaves and roots fit."""
    recipe, common, key = made.recipe, made.common, made.key
    suite, padded = recipe.suite, made.padded
    codec = open_codec(recipe.k, recipe.n)
    columns: list[list[Block]] = [[] for _ in range(recipe.n)]
    for stripe in honest_stripes(made) if stripes is None else stripes:
        for column, block in zip(columns, codec.encode(stripe), strict=True):
            column.append(block)
    commitment = commitment or (key.commitment if key else bytes(32))
    length = recipe.length if length is None else length
    box = box or (key.seal_length(length) if key else open_box(length))
    headers = [Header(common, index, padded, made.shares[index], commitment) for index in range(recipe.n)]
    leaves = [
        tuple(
            digest.leaf(suite, common.leaf_prefix(index), chunk, block) for chunk, block in enumerate(column)
        )
        for index, column in enumerate(columns)
    ]
    roots = tuple(fragment_root(header, column) for header, column in zip(headers, leaves, strict=True))
    root = digest.object_root(suite, common.hash, padded_bytes=padded, length_box=box, fragment_roots=roots)
    mark = digest.seal(suite, seal_key, common_hash=common.hash, root=root, length_bytes=length)
    return tuple(
        b"".join((header.pack(), *body, Trailer(column, roots, root, box, mark).pack()))
        for header, body, column in zip(headers, columns, leaves, strict=True)
    )


def honest_stripes(made: Made, *, is_ended: bool = True) -> list[bytes]:
    data = made.recipe.plaintext.ljust(stored_length(made.recipe.suite, made.recipe.length), b"\0")
    size = 1 << made.recipe.chunk_log2
    chunks = [data[at : at + size] for at in range(0, len(data), size)] or [b""]
    if made.key is None:
        return chunks
    last = len(chunks) - 1
    return [
        made.key.seal(number, chunk, is_last=is_ended and number == last)
        for number, chunk in enumerate(chunks)
    ]


@dataclass(frozen=True)
class Bad:
    name: str
    expect: str
    why: str
    files: tuple[bytes, ...]
    user_key: bytes = USER_KEY


Edit = Callable[[bytes], bytes]


def at(offset: int, new: bytes) -> Edit:
    """Overwrite; a negative offset counts from the end."""

    def edit(data: bytes) -> bytes:
        begin = offset % len(data)
        return data[:begin] + new + data[begin + len(new) :]

    return edit


def flip(offset: int) -> Edit:
    def edit(data: bytes) -> bytes:
        begin = offset % len(data)
        return at(begin, bytes([data[begin] ^ 1]))(data)

    return edit


DAMAGE: tuple[tuple[str, str, str, Edit], ...] = (
    ("empty-file", "truncated", "no bytes at all", lambda _: b""),
    ("cut-in-header", "truncated", "212 bytes", lambda data: data[:212]),
    ("magic", "magic", "the first byte", flip(0)),
    ("header-length", "header-length", "206 instead of 207", at(4, b"\x00\xce")),
    ("format-2", "format", "a format of the future", at(6, b"\x02")),
    ("suite-9", "suite", "an unknown suite", at(7, b"\x09")),
    ("generation-0", "shape", "generations start at 1", at(32, bytes(8))),
    ("k-1", "shape", "k below 2", at(40, b"\x01")),
    ("k-equals-n", "shape", "nothing may be lost", at(40, b"\x05")),
    ("n-33", "shape", "n above 32", at(41, b"\x21")),
    ("index-n", "shape", "an index that does not exist", at(42, b"\x05")),
    ("chunk-log2-9", "shape", "chunks of 512 bytes", at(43, b"\x09")),
    ("chunk-log2-25", "shape", "chunks of 32 MiB", at(43, b"\x19")),
    ("padded-len-huge", "shape", "2^47 + 1 bytes", at(44, b"\x00\x00\x80\x00\x00\x00\x00\x01")),
    ("padded-len-terabytes", "length", "2^40 bytes in a small file", at(44, (1 << 40).to_bytes(8, "big"))),
    ("padded-len-one-more", "length", "one byte more", flip(51)),
    ("share-x", "locks", "x is not index + 1", at(116, b"\x09")),
    ("index-of-another", "locks", "the index without its x", at(42, b"\x01")),
    ("realm-id", "header-hash", "another realm, hash unchanged", flip(8)),
    ("object-id", "header-hash", "another object, hash unchanged", flip(16)),
    ("wrapped-dek", "header-hash", "a wrapped key of another object", flip(60)),
    ("header-hash", "header-hash", "the hash itself", flip(200)),
    ("one-byte-short", "length", "the last byte is missing", lambda data: data[:-1]),
    ("one-byte-long", "length", "a byte too many", lambda data: data + b"\0"),
    ("cut-in-body", "length", "half a body", lambda data: data[:600]),
    ("end-magic", "trailer", "the last byte", flip(-1)),
    ("trailer-length", "trailer", "the stated length", flip(-5)),
    ("share-y", "fragment-root", "a damaged share", flip(117)),
    ("commitment-byte", "fragment-root", "a damaged commitment", flip(149)),
    ("leaf", "fragment-root", "a damaged leaf", flip(-340)),
    ("root-of-another", "object-root", "the root of fragment 4", flip(-100)),
    ("object-root", "object-root", "the object root itself", flip(-70)),
    ("length-box", "object-root", "the sealed length", flip(-50)),
    ("block", "leaf", "one bit of ciphertext", flip(300)),
    ("seal-byte", "seal", "the seal itself, in every file alike", flip(-20)),
)


def bad_cases(good: dict[str, Made]) -> Iterator[Bad]:
    base = good["sealed-three-chunks"]
    first, *others = base.fragments[:3]
    for name, expect, why, edit in DAMAGE:
        rest = [edit(data) for data in others] if name == "seal-byte" else others
        yield Bad(name, expect, why, (edit(first), *rest))
    body = slice(213, 213 + 347)
    second = slice(213 + 347, 213 + 2 * 347)
    swapped = first[:213] + first[second] + first[body] + first[second.stop :]
    yield Bad("blocks-swapped", "leaf", "two blocks of one fragment change places", (swapped, *others))
    foreign = first[:213] + others[0][body] + first[body.stop :]
    yield Bad("block-of-another-index", "leaf", "the block of fragment 1", (foreign, *others))
    media = good["media-three-chunks"]
    shared = at(117, b"\x01")(media.fragments[0])
    yield Bad("media-with-share", "locks", "the media suite has no share", (shared, *media.fragments[1:3]))
    lying = forge(media, box=open_box(2499), length=2500)
    yield Bad("media-length", "true-length", "the length is not the padded length", lying[:3])
    yield Bad("two-fragments", "too-few", "one fewer than k", base.fragments[:2])
    yield Bad("same-fragment-thrice", "too-few", "three files, one index", (first,) * 3)
    stranger = good["sealed-generation-2"].fragments[2]
    yield Bad(
        "fragment-of-another-object",
        "disagree",
        "whole, but not of this object",
        (first, others[0], stranger),
    )
    older = forge(base, seal_key=Secret(bytes(32)))
    yield Bad("two-seals", "disagree", "one fragment carries another seal", (first, others[0], older[2]))
    yield Bad("wrong-user-key", "key", "the key of someone else", base.fragments[:3], OTHER_USER_KEY)
    yield Bad(
        "commitment",
        "commitment",
        "written with a wrong commitment",
        forge(base, commitment=b"\x01" * 32)[:3],
    )
    yield Bad("length-box-forged", "true-length", "a box that does not open", forge(base, box=bytes(24))[:3])
    yield Bad(
        "length-unpadded", "true-length", "a length of another padding class", forge(base, length=100)[:3]
    )
    yield Bad(
        "seal-of-another-realm",
        "seal",
        "sealed under another key",
        forge(base, seal_key=Secret(bytes(32)))[:3],
    )
    stripes = honest_stripes(base)
    yield Bad(
        "chunks-swapped",
        "chunk",
        "two chunks change places",
        forge(base, stripes=[stripes[1], stripes[0], stripes[2]])[:3],
    )
    unended = honest_stripes(base, is_ended=False)
    yield Bad(
        "not-ended", "chunk", "the last chunk is not marked as the last", forge(base, stripes=unended)[:3]
    )
    flipped = [stripes[0], flip(100)(stripes[1]), stripes[2]]
    yield Bad(
        "ciphertext", "chunk", "one bit of ciphertext, all leaves right", forge(base, stripes=flipped)[:3]
    )


def files() -> Iterator[tuple[str, bytes]]:
    """Every file of the vectors, by its path."""
    good = {recipe.name: make(recipe) for recipe in GOOD}
    bad = list(bad_cases(good))
    for made in good.values():
        for index, data in enumerate(made.fragments):
            yield f"good/{made.recipe.name}.{index}.bin", data
    # Most bad cases are one bad file among good ones; those are listed by the name that they have already.
    known = {
        data: f"good/{made.recipe.name}.{index}.bin"
        for made in good.values()
        for index, data in enumerate(made.fragments)
    }
    for case in bad:
        for number, data in enumerate(case.files):
            if data not in known:
                yield f"bad/{case.name}.{number}.bin", data
    listing = {
        "format": "RVF1",
        "realm_id": REALM_ID.hex(),
        "seal_key": VAULT_KEYS.seal.reveal().hex(),
        "good": [describe(made) for made in good.values()],
        "bad": [
            {
                "name": case.name,
                "why": case.why,
                "expect": case.expect,
                "user_key": case.user_key.hex(),
                "fragments": [
                    known.get(data, f"bad/{case.name}.{number}.bin") for number, data in enumerate(case.files)
                ],
            }
            for case in bad
        ],
    }
    yield "vectors.json", (json.dumps(listing, indent=1) + "\n").encode()


def describe(made: Made) -> dict[str, object]:
    recipe = made.recipe
    return {
        "name": recipe.name,
        "suite": int(recipe.suite),
        "k": recipe.k,
        "n": recipe.n,
        "chunk_log2": recipe.chunk_log2,
        "generation": recipe.generation,
        "key_epoch": made.common.key_epoch,
        "object_id": made.common.object_id.hex(),
        "length": recipe.length,
        "padded_len": made.padded,
        "plaintext": {
            "shake128_of": f"rvf1 {recipe.name}",
            "sha256": hashlib.sha256(recipe.plaintext).hexdigest(),
        },
        "user_key": USER_KEY.hex() if recipe.suite.is_sealed else None,
        "dek": made.dek.hex() or None,
        "shared_secret": made.secret.hex() or None,
        "header_hash": made.common.hash.hex(),
        "commitment": made.key.commitment.hex() if made.key else None,
        "fragment_roots": [root.hex() for root in made.fragment_roots],
        "object_root": made.object_root.hex(),
        "fragments": [f"good/{recipe.name}.{index}.bin" for index in range(recipe.n)],
    }


def main() -> None:
    for path, data in files():
        target = HOME / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


if __name__ == "__main__":
    main()
