"""Deciding whether a fragment's bytes can be believed: every check, in the order of the format page.

A reader with records knows what each fragment must be (``Expected``) and refuses everything else; a reader
without them (recovery by scan) checks a fragment against itself.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reelm.base import Secret
from reelm.vault import digest
from reelm.vault.codec import Block
from reelm.vault.errors import Fault, FragmentRefused
from reelm.vault.format import (
    HEAD_BYTES,
    Header,
    Shape,
    Trailer,
    fragment_root,
    open_box,
    parse_header,
    parse_trailer,
)


@dataclass(frozen=True, slots=True)
class Expected:
    """What the records say a fragment must be."""

    realm_id: bytes
    object_id: bytes
    generation: int
    index: int
    shape: Shape
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
                raise FragmentRefused(Fault.LEAF, f"Block {chunk} of a fragment does not match its leaf.")


def cut(shape: Shape, body: Block, *, first_chunk: int, count: int) -> Iterator[memoryview]:
    """The blocks of ``count`` chunks from the contiguous bytes that hold them."""
    view = memoryview(body)
    begin = shape.block_at(first_chunk)
    for chunk in range(first_chunk, first_chunk + count):
        at = shape.block_at(chunk) - begin
        yield view[at : at + shape.block_bytes(chunk)]


def check_ends(head: bytes, tail: bytes, expected: Expected | None = None) -> Fragment:
    """A fragment from its first ``HEAD_BYTES`` and its trailer.

    Raises:
        FragmentRefused: with the first check that fails.
    """
    header = parse_header(head)
    if expected is not None:
        _check_identity(header, expected)
    return _check_roots(header, parse_trailer(tail, header.shape), expected)


def check_whole(data: bytes, expected: Expected | None = None) -> Fragment:
    """A fragment from all of its bytes, with every block proven.

    Raises:
        FragmentRefused: with the first check that fails.
    """
    header = parse_header(data)
    if expected is not None:
        _check_identity(header, expected)
    shape = header.shape
    if len(data) != shape.fragment_bytes:
        raise FragmentRefused(Fault.LENGTH, "A fragment is not as long as its header says.")
    trailer = parse_trailer(data[len(data) - shape.trailer_bytes :], shape)
    fragment = _check_roots(header, trailer, expected)
    body = memoryview(data)[HEAD_BYTES : shape.block_at(shape.chunk_count)]
    fragment.check_blocks(0, cut(shape, body, first_chunk=0, count=shape.chunk_count))
    return fragment


def _check_identity(header: Header, expected: Expected) -> None:
    common = header.common
    stated = (common.realm_id, common.object_id, common.generation, header.index, header.shape)
    if stated != (
        expected.realm_id,
        expected.object_id,
        expected.generation,
        expected.index,
        expected.shape,
    ):
        raise FragmentRefused(Fault.IDENTITY, "A store returned the fragment of something else.")


def _check_roots(header: Header, trailer: Trailer, expected: Expected | None) -> Fragment:
    common = header.common
    root = fragment_root(header, trailer.leaves)
    if root != trailer.roots[header.index] or (expected and root != expected.fragment_root):
        raise FragmentRefused(Fault.FRAGMENT_ROOT, "A fragment's header or leaves do not match its root.")
    whole = digest.object_root(
        common.suite,
        common.hash,
        padded_bytes=header.padded_bytes,
        length_box=trailer.length_box,
        fragment_roots=trailer.roots,
    )
    if whole != trailer.object_root or (expected and whole != expected.object_root):
        raise FragmentRefused(Fault.OBJECT_ROOT, "A fragment's roots do not match the object's root.")
    if not common.suite.is_sealed and trailer.length_box != open_box(header.padded_bytes):
        raise FragmentRefused(Fault.TRUE_LENGTH, "A fragment contradicts itself about its object's length.")
    if expected:
        mark = digest.seal(
            common.suite,
            expected.seal_key,
            common_hash=common.hash,
            root=whole,
            length_bytes=expected.length_bytes,
        )
        if mark != trailer.seal:
            raise FragmentRefused(Fault.SEAL, "A fragment does not carry this realm's seal.")
    return Fragment(header, trailer)
