"""Pack and parse RVF1: one fragment is a header, a block per chunk, and a trailer.

::

    0     "RVF1"  u16 207  header (fixed order, 207 bytes)                           213 bytes
    213   block 0 │ block 1 │ … │ block m-1       equally long, the last may be shorter
    …     leaf 0 … leaf m-1 │ root 0 … root n-1 │ object root │ length box │ seal │ u32 │ "RVF1"

The header: format u8, suite u8, realm 8, object 16, generation u64, k u8, n u8, index u8, chunk_log2 u8,
padded_len u64, key_epoch u32, wrapped DEK 60, share x u8, share y 32, key commitment 32, header hash 32.
All numbers are big-endian. Source: docs/spec/rvf1.md; nothing here allocates by a length that it read.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from reelm.vault import digest
from reelm.vault.errors import FailedCheck, FragmentRefused
from reelm.vault.model import CHUNK_LOG2_MAX, CHUNK_LOG2_MIN, N_MAX, Suite

MAGIC: Final = b"RVF1"
FORMAT: Final = 1
_HEADER: Final = struct.Struct(">4sH BB8s16sQ BBBB Q I60s B32s 32s 32s")
_COMMON: Final = struct.Struct(">BB8s16sQ BBB I60s")
_END: Final = struct.Struct(">I4s")
HEAD_BYTES: Final = _HEADER.size
HEADER_LENGTH: Final = HEAD_BYTES - 6
REALM_BYTES: Final = 8
WRAPPED_BYTES: Final = 60
TAG_BYTES: Final = 16
LENGTH_BOX_BYTES: Final = 24
PADDED_MAX: Final = 1 << 47
_SUITES: Final = frozenset(int(suite) for suite in Suite)


@dataclass(frozen=True)
class Common:
    """The fields that all n headers of an object share, fixed before the first byte of body is written."""

    suite: Suite
    realm_id: bytes
    object_id: bytes
    generation: int
    k: int
    n: int
    chunk_log2: int
    key_epoch: int
    wrapped_dek: bytes

    @cached_property
    def hash(self) -> bytes:
        """Return 32 bytes: the associated data of every chunk."""
        packed = _COMMON.pack(
            FORMAT,
            self.suite,
            self.realm_id,
            self.object_id,
            self.generation,
            self.k,
            self.n,
            self.chunk_log2,
            self.key_epoch,
            self.wrapped_dek,
        )
        return digest.header_hash(self.suite, packed)

    def leaf_prefix(self, index: int) -> bytes:
        """Return what binds the leaves of one fragment to it."""
        return digest.leaf_prefix(self.realm_id, self.object_id, self.generation, index)


@dataclass(frozen=True)
class Header:
    """The head of one fragment; ``share`` and ``commitment`` are zeros in the media suite."""

    common: Common
    index: int
    padded_bytes: int
    share: bytes
    commitment: bytes

    @property
    def shape(self) -> "FragmentShape":
        """Return the layout of the fragment."""
        common = self.common
        return FragmentShape(common.suite, common.k, common.n, common.chunk_log2, self.padded_bytes)

    def pack(self) -> bytes:
        """Return the ``HEAD_BYTES`` bytes of the header."""
        common = self.common
        return _HEADER.pack(
            MAGIC,
            HEADER_LENGTH,
            FORMAT,
            common.suite,
            common.realm_id,
            common.object_id,
            common.generation,
            common.k,
            common.n,
            self.index,
            common.chunk_log2,
            self.padded_bytes,
            common.key_epoch,
            common.wrapped_dek,
            self.index + 1 if common.suite.is_sealed else 0,
            self.share,
            self.commitment,
            common.hash,
        )


@dataclass(frozen=True, slots=True)
class FragmentShape:
    """The layout of a fragment; follows from five header fields."""

    suite: Suite
    k: int
    n: int
    chunk_log2: int
    padded_bytes: int

    @property
    def chunk_bytes(self) -> int:
        """Return the bytes of padded plaintext in every chunk but the last."""
        return 1 << self.chunk_log2

    @property
    def chunk_count(self) -> int:
        """Return how many chunks there are, at least 1: an empty object has one empty chunk."""
        return max(1, -(-self.padded_bytes // self.chunk_bytes))

    def plain_bytes(self, chunk: int) -> int:
        """Return the bytes of padded plaintext in a chunk."""
        return min(self.chunk_bytes, self.padded_bytes - chunk * self.chunk_bytes)

    def stripe_bytes(self, chunk: int) -> int:
        """Return the bytes that are cut into blocks: the chunk, and its tag when sealed."""
        return self.plain_bytes(chunk) + (TAG_BYTES if self.suite.is_sealed else 0)

    def block_bytes(self, chunk: int) -> int:
        """Return the bytes of one block of a chunk."""
        return -(-self.stripe_bytes(chunk) // self.k)

    def block_at(self, chunk: int) -> int:
        """Return the offset of a block in the file; for ``chunk_count``, the end of the body."""
        if chunk < self.chunk_count:
            return HEAD_BYTES + chunk * (self.block_bytes(0) if chunk else 0)
        last = self.chunk_count - 1
        return self.block_at(last) + self.block_bytes(last)

    def windows(self, part: range, *, window_bytes: int) -> Iterator["ChunkWindow"]:
        """Yield the windows that cover a part of the object.

        An empty part still takes one, so that what cannot be read says so.
        """
        first = min(part.start // self.chunk_bytes, self.chunk_count - 1)
        last = max(first, (part.stop - 1) // self.chunk_bytes)
        step = max(1, window_bytes // self.chunk_bytes)
        for chunk in range(first, last + 1, step):
            yield ChunkWindow(chunk, min(step, last + 1 - chunk))

    def window_bytes(self, window: "ChunkWindow") -> int:
        """Return how many bytes the window's blocks have in one fragment."""
        return self.block_at(window.first_chunk + window.count) - self.block_at(window.first_chunk)

    @property
    def trailer_bytes(self) -> int:
        """Return the length of the trailer."""
        digests = self.chunk_count + self.n + 2
        return digests * digest.DIGEST_BYTES + LENGTH_BOX_BYTES + _END.size

    @property
    def fragment_bytes(self) -> int:
        """Return the length of the whole fragment."""
        return self.block_at(self.chunk_count) + self.trailer_bytes


@dataclass(frozen=True, slots=True)
class ChunkWindow:
    """Chunks that follow each other and are read together."""

    first_chunk: int
    count: int


@dataclass(frozen=True, slots=True)
class Trailer:
    """The tail of one fragment."""

    leaves: tuple[bytes, ...]
    roots: tuple[bytes, ...]
    object_root: bytes
    length_box: bytes
    seal: bytes

    def pack(self) -> bytes:
        """Return the bytes of the trailer."""
        body = b"".join((*self.leaves, *self.roots, self.object_root, self.length_box, self.seal))
        return body + _END.pack(len(body) + _END.size, MAGIC)


def parse_header(head: bytes) -> Header:
    """Return the header from the first ``HEAD_BYTES`` bytes of a fragment.

    Raises:
        FragmentRefused: with the first check that fails, in the order of ``FailedCheck``.
    """
    if len(head) < HEAD_BYTES:
        raise FragmentRefused(FailedCheck.TRUNCATED, "A fragment ends inside its header.")
    fields = _HEADER.unpack_from(head)
    magic, header_length, version, suite = fields[:4]
    if magic != MAGIC:
        raise FragmentRefused(FailedCheck.MAGIC, "A file does not start like a fragment.")
    if header_length != HEADER_LENGTH:
        raise FragmentRefused(FailedCheck.HEADER_LENGTH, "A fragment's header has the wrong length.")
    if version != FORMAT:
        raise FragmentRefused(
            FailedCheck.FORMAT, f"A fragment has format {version}; this reader knows {FORMAT}."
        )
    if suite not in _SUITES:
        raise FragmentRefused(
            FailedCheck.SUITE, f"A fragment has suite {suite}, which this reader does not know."
        )
    realm_id, object_id, generation, k, n, index, chunk_log2, padded, epoch, wrapped = fields[4:14]
    if not (2 <= k < n <= N_MAX and index < n and generation and padded <= PADDED_MAX) or not (
        CHUNK_LOG2_MIN <= chunk_log2 <= CHUNK_LOG2_MAX
    ):
        raise FragmentRefused(FailedCheck.SHAPE, "A fragment's header has numbers out of range.")
    common = Common(Suite(suite), realm_id, object_id, generation, k, n, chunk_log2, epoch, wrapped)
    x, share, commitment, stated_hash = fields[14:]
    _check_locks(common, index=index, x=x, share=share, commitment=commitment)
    if stated_hash != common.hash:
        raise FragmentRefused(FailedCheck.HEADER_HASH, "A fragment's header does not match its own hash.")
    return Header(common, index, padded, share, commitment)


def _check_locks(common: Common, *, index: int, x: int, share: bytes, commitment: bytes) -> None:
    if common.suite.is_sealed:
        fits = x == index + 1
    else:
        fits = not (common.key_epoch or x or any(common.wrapped_dek) or any(share) or any(commitment))
    if not fits:
        raise FragmentRefused(FailedCheck.LOCKS, "A fragment's key fields do not fit its suite and index.")


def parse_trailer(tail: bytes, shape: FragmentShape) -> Trailer:
    """Return the trailer from the last ``shape.trailer_bytes`` bytes of a fragment.

    Raises:
        FragmentRefused: too short, or it does not end like a trailer.
    """
    if len(tail) != shape.trailer_bytes:
        raise FragmentRefused(FailedCheck.TRUNCATED, "A fragment ends inside its trailer.")
    stated, magic = _END.unpack_from(tail, len(tail) - _END.size)
    if magic != MAGIC or stated != len(tail):
        raise FragmentRefused(FailedCheck.TRAILER, "A fragment does not end like one.")
    size = digest.DIGEST_BYTES
    count = shape.chunk_count + shape.n + 1
    digests = tuple(tail[start : start + size] for start in range(0, count * size, size))
    box_start = count * size
    seal_start = box_start + LENGTH_BOX_BYTES
    return Trailer(
        leaves=digests[: shape.chunk_count],
        roots=digests[shape.chunk_count : -1],
        object_root=digests[-1],
        length_box=tail[box_start:seal_start],
        seal=tail[seal_start : seal_start + size],
    )


def open_box(length_bytes: int) -> bytes:
    """Return the length box of the media suite, where the length is no secret."""
    return length_bytes.to_bytes(8, "big") + bytes(LENGTH_BOX_BYTES - 8)


def fragment_root(header: Header, leaves: tuple[bytes, ...]) -> bytes:
    """Return the Merkle root of one fragment, over its header's leaf and then its blocks' leaves."""
    suite = header.common.suite
    return digest.merkle(suite, (digest.head_leaf(suite, header.pack()), *leaves))
