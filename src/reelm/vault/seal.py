"""Turn a stream into the columns of n fragments: pad, cut into chunks, seal, fragment, hash.

One pass and bounded memory; the object's length is only known at the end, which is why a fragment's header is
written last.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from reelm.base import Secret
from reelm.vault import digest
from reelm.vault.codec import Block, Codec
from reelm.vault.format import Common, FragmentShape, Header, Trailer, fragment_root, open_box
from reelm.vault.keys import ContentKey
from reelm.vault.model import Suite, stored_length


@dataclass(frozen=True, slots=True)
class ChunkBatch:
    """Whole chunks that follow each other; only the very last chunk of an object may be shorter."""

    data: memoryview
    first_chunk: int
    is_last: bool


class Chunker:
    """Collects pieces of any size into batches, and pads at the end."""

    def __init__(self, suite: Suite, *, chunk_bytes: int, batch_bytes: int) -> None:
        self._suite = suite
        self._chunk_bytes = chunk_bytes
        self._batch_bytes = batch_bytes
        self._pieces: list[Block] = []
        self._filled = 0
        self._next_chunk = 0
        self.length_bytes = 0

    def feed(self, piece: bytes) -> Iterator[ChunkBatch]:
        """Take a piece of any size, and yield the batches that are certainly not the last."""
        self.length_bytes += len(piece)
        yield from self._add(memoryview(piece))

    def end(self) -> Iterator[ChunkBatch]:
        """Yield what remains, padded with zeros; the last batch says so, even an empty one."""
        left = stored_length(self._suite, self.length_bytes) - self.length_bytes
        while left:
            zeros = bytes(min(left, self._batch_bytes))
            yield from self._add(memoryview(zeros))
            left -= len(zeros)
        yield self._flush(is_last=True)

    def _add(self, rest: memoryview) -> Iterator[ChunkBatch]:
        while rest:
            if self._filled == self._batch_bytes:
                yield self._flush(is_last=False)
            taken = rest[: self._batch_bytes - self._filled]
            self._pieces.append(taken)
            self._filled += len(taken)
            rest = rest[len(taken) :]

    def _flush(self, *, is_last: bool) -> ChunkBatch:
        batch = ChunkBatch(memoryview(b"".join(self._pieces)), self._next_chunk, is_last)
        self._next_chunk += self._filled // self._chunk_bytes
        self._pieces.clear()
        self._filled = 0
        return batch


@dataclass(frozen=True, slots=True)
class SealResult:
    """The values known only once the stream has ended; per fragment, in index order."""

    shape: FragmentShape
    object_root: bytes
    fragment_roots: tuple[bytes, ...]
    trailers: tuple[bytes, ...]
    heads: tuple[bytes, ...]


class Sealer:
    """Seals one object, batch by batch and in order. Pure arithmetic: meant for a worker thread."""

    def __init__(self, common: Common, codec: Codec, *, key: ContentKey | None) -> None:
        self._common = common
        self._codec = codec
        self._key = key
        self._prefixes = [common.leaf_prefix(index) for index in range(common.n)]
        self._leaves: list[list[bytes]] = [[] for _ in range(common.n)]

    def seal(self, batch: ChunkBatch) -> list[list[Block]]:
        """Return the new blocks of each fragment."""
        columns: list[list[Block]] = [[] for _ in range(self._common.n)]
        chunk_bytes = 1 << self._common.chunk_log2
        count = max(1, -(-len(batch.data) // chunk_bytes))
        for offset in range(count):
            plain = batch.data[offset * chunk_bytes : (offset + 1) * chunk_bytes]
            chunk = batch.first_chunk + offset
            stripe = self._stripe(plain, chunk, is_last=batch.is_last and offset == count - 1)
            for index, block in enumerate(self._codec.encode(stripe)):
                columns[index].append(block)
                leaf = digest.leaf(self._common.suite, self._prefixes[index], chunk, block)
                self._leaves[index].append(leaf)
        return columns

    def finish(self, *, length_bytes: int, shares: tuple[bytes, ...], seal_key: Secret) -> SealResult:
        """Return heads and trailers; call once, after the last batch."""
        common, suite = self._common, self._common.suite
        padded = stored_length(suite, length_bytes)
        commitment = self._key.commitment if self._key else bytes(digest.DIGEST_BYTES)
        headers = [Header(common, index, padded, shares[index], commitment) for index in range(common.n)]
        leaves = [tuple(column) for column in self._leaves]
        roots = tuple(fragment_root(header, column) for header, column in zip(headers, leaves, strict=True))
        box = self._key.seal_length(length_bytes) if self._key else open_box(length_bytes)
        root = digest.object_root(
            suite, common.hash, padded_bytes=padded, length_box=box, fragment_roots=roots
        )
        mark = digest.seal(suite, seal_key, common_hash=common.hash, root=root, length_bytes=length_bytes)
        return SealResult(
            shape=headers[0].shape,
            object_root=root,
            fragment_roots=roots,
            trailers=tuple(Trailer(column, roots, root, box, mark).pack() for column in leaves),
            heads=tuple(header.pack() for header in headers),
        )

    def _stripe(self, plain: memoryview, chunk: int, *, is_last: bool) -> bytes:
        return self._key.seal(chunk, plain, is_last=is_last) if self._key else bytes(plain)
