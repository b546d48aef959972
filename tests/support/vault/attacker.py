"""Someone who got hold of fragments, or of keys, or of both, and tries what there is to try.

Knows docs/spec/rvf1.md and rvp1.md, and does not care whether a check passes: ciphertext is decrypted with
every key that could be guessed, tag or no tag, whole or in slices. All that comes out anywhere is a find.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from reelm.base import ReelmError
from reelm.vault import VaultKeys, Wrapper
from reelm.vault.codec import Block, NumpyCodec
from reelm.vault.format import HEAD_BYTES, ChunkWindow, Header, parse_header
from reelm.vault.fragment import split_blocks
from reelm.vault.share import combine

WINDOW_BYTES = 8
_ZEROS, _ONES = bytes(32), b"\xff" * 32
_ENTRY = b"RVP1"


@dataclass(frozen=True)
class Loot:
    """One stolen fragment, taken apart."""

    header: Header
    blocks: tuple[bytes, ...]


def take_apart(data: bytes) -> Loot:
    header = parse_header(data)
    shape = header.shape
    body = memoryview(data)[HEAD_BYTES : shape.block_at(shape.chunk_count)]
    return Loot(
        header, tuple(bytes(block) for block in split_blocks(shape, body, ChunkWindow(0, shape.chunk_count)))
    )


class Attacker:
    """What can be made of some stolen fragments with some stolen keys.

    Args:
        stolen: whole fragments of any objects, from any number of providers.
        wrappers: owners' keys.
        secrets: every other key or file that was stolen.
    """

    def __init__(
        self, stolen: Iterable[bytes], *, wrappers: Sequence[Wrapper] = (), secrets: Sequence[bytes] = ()
    ) -> None:
        self._stolen = list(stolen)
        self._wrappers = wrappers
        self._secrets = list(secrets)
        self._objects: defaultdict[bytes, dict[int, Loot]] = defaultdict(dict)
        for data in self._stolen:
            loot = take_apart(data)
            self._objects[loot.header.common.object_id][loot.header.index] = loot

    def finds(self) -> Iterator[bytes]:
        """Everything that lies there or can be made."""
        yield from self._stolen
        yield from self._secrets
        for held in self._objects.values():
            yield from self._open(held)

    def _open(self, held: Mapping[int, Loot]) -> Iterator[bytes]:
        shape = next(iter(held.values())).header.shape
        stripes = [
            _stripes(
                {index: loot.blocks[chunk] for index, loot in held.items()},
                k=shape.k,
                n=shape.n,
                stripe_bytes=shape.stripe_bytes(chunk),
            )
            for chunk in range(shape.chunk_count)
        ]
        keys = sorted(self._content_keys(held))
        for guess in zip(*stripes, strict=True):
            yield b"".join(guess)
            for key in keys:
                plain = b"".join(
                    decrypt(stripe, key, chunk, is_last=chunk == len(guess) - 1)[: shape.plain_bytes(chunk)]
                    for chunk, stripe in enumerate(guess)
                )
                yield plain
                yield from self._entries(plain)

    def _entries(self, pack: bytes) -> Iterator[bytes]:
        """Small objects, wherever something looks like the head of one (docs/spec/rvp1.md)."""
        at = pack.find(_ENTRY)
        while at >= 0:
            bound, sealed = pack[at : at + 98], pack[at + 130 :]
            deks = {_ZEROS, *_slices(bound[-60:])}
            for wrapper in self._wrappers:
                with suppress(ReelmError):
                    deks.add(wrapper.unwrap(bound[-60:]).reveal())
            for dek in sorted(deks):
                key = derive(dek, salt=bound[14:30], info=b"reelm/pack/1" + bound)
                yield decrypt(sealed, key, 0, is_last=False)
            at = pack.find(_ENTRY, at + 1)

    def _content_keys(self, held: Mapping[int, Loot]) -> set[bytes]:
        common = next(iter(held.values())).header.common
        salt, info = common.object_id, b"reelm/vault/1" + common.hash
        deks, shared = self._data_keys(held), _shared_secrets(held, common.k)
        derived = {derive(dek + secret, salt=salt, info=info) for dek, secret in product(deks, shared)}
        derived |= {derive(each, salt=salt, info=info) for each in (*deks, *shared)}
        plain = {each for each in self._secrets if len(each) == 32}
        return derived | plain | deks | shared

    def _data_keys(self, held: Mapping[int, Loot]) -> set[bytes]:
        """The data keys that stolen keys unwrap; guesses where there are none."""
        header = next(iter(held.values())).header
        found = {_ZEROS, _ONES, header.common.hash, header.commitment}
        wrapped = header.common.wrapped_dek
        found |= _slices(wrapped)
        for wrapper in self._wrappers:
            with suppress(ReelmError):
                found.add(wrapper.unwrap(wrapped).reveal())
        return found


def _slices(wrapped: bytes) -> set[bytes]:
    """What a key wrapped carelessly would show."""
    return {wrapped[at : at + 32] for at in (0, 12, 28)}


def _shared_secrets(held: Mapping[int, Loot], k: int) -> set[bytes]:
    """The provider lock's secret from k shares; with fewer, what they would give if it were made badly."""
    shares = {index: loot.header.share for index, loot in held.items()}
    found = {_ZEROS, _ONES, *shares.values()}
    for count in range(1, min(k, len(shares)) + 1):
        for some in combinations(sorted(shares), count):
            chosen = {index: shares[index] for index in some}
            found.add(combine(chosen).reveal())
            found.add(_xored(chosen.values()))
            if count == k - 1:
                for index, guess in product(range(len(shares) + k), (_ZEROS, _ONES)):
                    if index not in chosen:
                        found.add(combine({**chosen, index: guess}).reveal())
    return found


def _stripes(blocks: Mapping[int, bytes], *, k: int, n: int, stripe_bytes: int) -> Iterator[bytes]:
    """A chunk's ciphertext from k blocks; with fewer, with guesses in place of what is missing."""
    size = len(next(iter(blocks.values())))
    codec = NumpyCodec(k, n)
    if len(blocks) >= k:
        chosen: dict[int, Block] = {index: blocks[index] for index in sorted(blocks)[:k]}
        yield codec.decode(chosen, stripe_bytes=stripe_bytes)
        return
    for guess in (bytes(size), *blocks.values()):
        filled: dict[int, Block] = {index: blocks.get(index, guess) for index in range(k)}
        yield b"".join(filled.values())[:stripe_bytes]
        missing = [index for index in range(n) if index not in blocks][: k - len(blocks)]
        mixed: dict[int, Block] = {**blocks, **dict.fromkeys(missing, guess)}
        yield codec.decode(mixed, stripe_bytes=stripe_bytes)


def decrypt(stripe: bytes, key: bytes, chunk: int, *, is_last: bool) -> bytes:
    """AES-GCM's counter mode without its tag: slices decrypt where they stand."""
    start = chunk.to_bytes(11, "big") + bytes([is_last]) + (2).to_bytes(4, "big")
    return Cipher(AES256(key), CTR(start)).decryptor().update(stripe)


def derive(material: bytes, *, salt: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), length=32, salt=salt, info=info).derive(material)


def all_keys(keys: VaultKeys) -> list[bytes]:
    return [keys.name.reveal(), keys.seal.reveal(), hashlib.sha256(keys.name.reveal()).digest()]


def _xored(rows: Iterable[bytes]) -> bytes:
    total = 0
    for row in rows:
        total ^= int.from_bytes(row, "big")
    return total.to_bytes(32, "big")


def shared_ratio(finds: Iterable[bytes], secret: bytes) -> float:
    """Which part of a secret's 8-byte stretches turned up anywhere, 0 to 1."""
    wanted = np.unique(_stretches(secret))
    was_found = np.zeros(len(wanted), dtype=bool)
    for data in finds:
        stretches = _stretches(data)
        at = np.minimum(np.searchsorted(wanted, stretches), len(wanted) - 1)
        was_found[at[wanted[at] == stretches]] = True
    return float(was_found.mean())


def _stretches(data: bytes) -> npt.NDArray[np.uint64]:
    """Every 8 bytes that follow each other, as numbers, in no order."""
    parts = [
        np.frombuffer(data, dtype=np.uint64, offset=at, count=(len(data) - at) // WINDOW_BYTES)
        for at in range(min(WINDOW_BYTES, len(data)))
    ]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.uint64)
