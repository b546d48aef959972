"""Rebuild a lost fragment from k others, without any key.

The others are proven before they are decoded; what comes out of them is the sealed stripe, never plaintext.
The lost block of each stripe is computed again, the lost share interpolated, and the new header and leaves
must give the root that the database holds: the rebuilt fragment is the lost one, byte for byte.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from reelm.vault import digest
from reelm.vault.codec import Block, Codec
from reelm.vault.errors import FailedCheck, ObjectBroken
from reelm.vault.format import ChunkWindow, FragmentShape, Header, Trailer, fragment_root
from reelm.vault.fragment import Fragment
from reelm.vault.get import Retrieval
from reelm.vault.share import SECRET_BYTES, interpolate_share
from reelm.vault.store import FragmentRecord


class Rebuild:
    """Rebuilds one lost fragment; read ``blocks`` to the end, then ask for the ``ends``."""

    def __init__(self, retrieval: Retrieval, piece: FragmentRecord, *, codec: Codec) -> None:
        self._retrieval = retrieval
        self._piece = piece
        self._codec = codec
        self._leaves: list[bytes] = []

    async def blocks(self, windows: Sequence[ChunkWindow]) -> AsyncGenerator[list[Block], None]:
        """Yield the lost blocks, window by window and in order.

        Raises:
            NotEnoughFragments: fewer than k others can be read.
        """
        prefix = (await self._retrieval.proven())[0].header.common.leaf_prefix(self._piece.index)
        for window in windows:
            stripes = await self._retrieval.read(window, None)
            yield await asyncio.to_thread(self._make, stripes, window.first_chunk, prefix)

    async def ends(self) -> tuple[bytes, bytes]:
        """Return trailer and head, once every block was made.

        Raises:
            ObjectBroken: they do not give the recorded root, so the database or k fragments are wrong.
            NotEnoughFragments: fewer than k others can be read.
        """
        others = await self._retrieval.proven()
        header = interpolate_header(others, self._piece.index)
        if fragment_root(header, tuple(self._leaves)) != self._piece.root:
            raise ObjectBroken(
                FailedCheck.FRAGMENT_ROOT,
                "A rebuilt fragment is not the one that was lost. It was not written. Restore from a copy.",
            )
        known = others[0].trailer
        trailer = Trailer(tuple(self._leaves), known.roots, known.object_root, known.length_box, known.seal)
        return trailer.pack(), header.pack()

    def _make(self, stripes: Sequence[bytes], first_chunk: int, prefix: bytes) -> list[Block]:
        """Return the lost block of each stripe and note its leaf; runs in a worker thread."""
        shape, index = self._retrieval.record.shape, self._piece.index
        blocks = [lost_block(self._codec, shape, stripe, index) for stripe in stripes]
        self._leaves += [
            digest.leaf(shape.suite, prefix, chunk, block) for chunk, block in enumerate(blocks, first_chunk)
        ]
        return blocks


def lost_block(codec: Codec, shape: FragmentShape, stripe: bytes, index: int) -> Block:
    """Return block ``index`` of a stripe; a data block is cut out of it, padded like all of them."""
    if index >= shape.k:
        return codec.encode(stripe)[index]
    block_bytes = -(-len(stripe) // shape.k)
    return stripe[index * block_bytes : (index + 1) * block_bytes].ljust(block_bytes, b"\0")


def interpolate_header(others: Sequence[Fragment], index: int) -> Header:
    """Return the lost header; its share is interpolated, and the shared secret never appears."""
    known = others[0].header
    shares = {fragment.index: fragment.header.share for fragment in others}
    share = interpolate_share(shares, index=index) if known.common.suite.is_sealed else bytes(SECRET_BYTES)
    return Header(known.common, index, known.padded_bytes, share, known.commitment)
