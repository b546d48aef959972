"""Check whether a fragment's bytes can be believed, in the order of the format page.

A reader with a database knows what each fragment must be (``Expected``) and refuses everything else; a reader
without them (recovery by scan) checks a fragment against itself.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reelm.base import Secret
from reelm.vault import digest
from reelm.vault.codec import Block
from reelm.vault.errors import FailedCheck, FragmentRefused
from reelm.vault.format import (
    HEAD_BYTES,
    ChunkWindow,
    FragmentShape,
    Header,
    Trailer,
    fragment_root,
    open_box,
    parse_header,
    parse_trailer,
)


@dataclass(frozen=True, slots=True)
class ExpectedFragment:
    """The properties that a fragment must have, as the database says."""

    realm_id: bytes
    object_id: bytes
    generation: int
    index: int
    shape: FragmentShape
    length_bytes: int
    object_root: bytes
    fragment_root: bytes
    seal_key: Secret


@dataclass(frozen=True, slots=True)
class Fragment:
    """A fragment whose head and trailer are proven; its blocks are checked one by one against ``leaves``."""

    header: Header
    trailer: Trailer

    @property
    def index(self) -> int:
        """Return which of the object's n fragments it is."""
        return self.header.index

    def check_blocks(self, first_chunk: int, blocks: Iterable[Block]) -> None:
        """Prove blocks that follow each other from ``first_chunk``.

        Raises:
            FragmentRefused: one does not match its leaf.
        """
        common = self.header.common
        prefix = common.leaf_prefix(self.index)
        for chunk, block in enumerate(blocks, first_chunk):
            if digest.leaf(common.suite, prefix, chunk, block) != self.trailer.leaves[chunk]:
                raise FragmentRefused(
                    FailedCheck.LEAF, f"Block {chunk} of a fragment does not match its leaf."
                )


def split_blocks(shape: FragmentShape, body: Block, window: ChunkWindow) -> Iterator[memoryview]:
    """Yield the blocks of a window from the contiguous bytes that hold them."""
    view = memoryview(body)
    begin = shape.block_at(window.first_chunk)
    for chunk in range(window.first_chunk, window.first_chunk + window.count):
        start = shape.block_at(chunk) - begin
        yield view[start : start + shape.block_bytes(chunk)]


def check_ends(head: bytes, tail: bytes, expected: ExpectedFragment | None = None) -> Fragment:
    """Return a fragment from its first ``HEAD_BYTES`` and its trailer, both proven.

    Raises:
        FragmentRefused: with the first check that fails.
    """
    header = parse_header(head)
    if expected is not None:
        _check_identity(header, expected)
    return _check_roots(header, parse_trailer(tail, header.shape), expected)


def check_whole(data: bytes, expected: ExpectedFragment | None = None) -> Fragment:
    """Return a fragment from all of its bytes, with every block proven.

    Raises:
        FragmentRefused: with the first check that fails.
    """
    header = parse_header(data)
    if expected is not None:
        _check_identity(header, expected)
    shape = header.shape
    if len(data) != shape.fragment_bytes:
        raise FragmentRefused(FailedCheck.LENGTH, "A fragment is not as long as its header says.")
    trailer = parse_trailer(data[len(data) - shape.trailer_bytes :], shape)
    fragment = _check_roots(header, trailer, expected)
    body = memoryview(data)[HEAD_BYTES : shape.block_at(shape.chunk_count)]
    fragment.check_blocks(0, split_blocks(shape, body, ChunkWindow(0, shape.chunk_count)))
    return fragment


def _check_identity(header: Header, expected: ExpectedFragment) -> None:
    common = header.common
    stated = (common.realm_id, common.object_id, common.generation, header.index, header.shape)
    if stated != (
        expected.realm_id,
        expected.object_id,
        expected.generation,
        expected.index,
        expected.shape,
    ):
        raise FragmentRefused(FailedCheck.IDENTITY, "A store returned the fragment of something else.")


def _check_roots(header: Header, trailer: Trailer, expected: ExpectedFragment | None) -> Fragment:
    common = header.common
    root = fragment_root(header, trailer.leaves)
    if root != trailer.roots[header.index] or (expected and root != expected.fragment_root):
        raise FragmentRefused(
            FailedCheck.FRAGMENT_ROOT, "A fragment's header or leaves do not match its root."
        )
    whole = digest.object_root(
        common.suite,
        common.hash,
        padded_bytes=header.padded_bytes,
        length_box=trailer.length_box,
        fragment_roots=trailer.roots,
    )
    if whole != trailer.object_root or (expected and whole != expected.object_root):
        raise FragmentRefused(FailedCheck.OBJECT_ROOT, "A fragment's roots do not match the object's root.")
    if not common.suite.is_sealed and trailer.length_box != open_box(header.padded_bytes):
        raise FragmentRefused(
            FailedCheck.TRUE_LENGTH, "A fragment contradicts itself about its object's length."
        )
    if expected:
        mark = digest.seal(
            common.suite,
            expected.seal_key,
            common_hash=common.hash,
            root=whole,
            length_bytes=expected.length_bytes,
        )
        if mark != trailer.seal:
            raise FragmentRefused(FailedCheck.SEAL, "A fragment does not carry this realm's seal.")
    return Fragment(header, trailer)
