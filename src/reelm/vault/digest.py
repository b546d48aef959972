"""Compute the hashes of RVF1; each covers so much that no bytes can stand in for others.

Every hash starts with a domain string of its own that ends in NUL. Suite 2 uses SHA-256 and HMAC-SHA-256, the
others BLAKE3 and keyed BLAKE3. Source: docs/spec/rvf1.md, "Hashes".
"""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

from blake3 import blake3

from reelm.base import Secret
from reelm.vault.codec import Block
from reelm.vault.model import Suite

DIGEST_BYTES: Final = 32
_COMMON = b"reelm/rvf1/common\0"
_HEAD = b"reelm/rvf1/head\0"
_LEAF = b"reelm/rvf1/leaf\0"
_NODE = b"reelm/rvf1/node\0"
_OBJECT = b"reelm/rvf1/object\0"
_SEAL = b"reelm/rvf1/seal\0"
_ENTRY = b"reelm/rvp1/entry\0"


def header_hash(suite: Suite, common: bytes) -> bytes:
    """Return the hash of what all n headers share; it is bound into every chunk and every key."""
    return _hash(suite, _COMMON, common)


def head_leaf(suite: Suite, header: bytes) -> bytes:
    """Return the leaf of a whole header, index and share included: the first leaf of its fragment."""
    return _hash(suite, _HEAD, header)


def leaf_prefix(realm_id: bytes, object_id: bytes, generation: int, index: int) -> bytes:
    """Return what makes a block of one fragment useless anywhere else."""
    return b"".join((_LEAF, realm_id, object_id, generation.to_bytes(8, "big"), bytes([index])))


def leaf(suite: Suite, prefix: bytes, chunk: int, block: Block) -> bytes:
    """Return the leaf of block ``chunk``; ``prefix`` comes from ``leaf_prefix``."""
    return _hash(suite, prefix, chunk.to_bytes(8, "big"), block)


def merkle(suite: Suite, leaves: Sequence[bytes]) -> bytes:
    """Return the root over one or more leaves: neighbours are joined, an odd last one moves up (RFC 6962)."""
    level = list(leaves)
    while len(level) > 1:
        joined = [_hash(suite, _NODE, level[left], level[left + 1]) for left in range(0, len(level) - 1, 2)]
        level = joined + level[len(joined) * 2 :]
    return level[0]


def object_root(
    suite: Suite, common_hash: bytes, *, padded_bytes: int, length_box: bytes, fragment_roots: Sequence[bytes]
) -> bytes:
    """Return the one digest that stands for the object in the database."""
    size = padded_bytes.to_bytes(8, "big")
    return _hash(suite, _OBJECT, common_hash, size, length_box, merkle(suite, fragment_roots))


def seal(suite: Suite, key: Secret, *, common_hash: bytes, root: bytes, length_bytes: int) -> bytes:
    """Return the realm's mark on a finished object."""
    message = b"".join((_SEAL, common_hash, root, length_bytes.to_bytes(8, "big")))
    if suite is Suite.SEALED_SHA256:
        return hmac.digest(key.reveal(), message, "sha256")
    return blake3(message, key=key.reveal()).digest()


def entry_root(suite: Suite, packed: bytes) -> bytes:
    """Return the root of one entry of a pack, head and tag included (docs/spec/rvp1.md)."""
    return _hash(suite, _ENTRY, packed)


def _hash(suite: Suite, *parts: Block) -> bytes:
    state = hashlib.sha256() if suite is Suite.SEALED_SHA256 else blake3()
    for part in parts:
        state.update(part)
    return state.digest()
