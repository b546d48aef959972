"""Making a lost fragment again from k others, without any key.

The others are proven before they are decoded; what comes out of them is the sealed stripe, never plaintext.
The lost block of each stripe is computed again, the lost share interpolated, and the new header and leaves
must give the root that the records hold: the rebuilt fragment is the lost one, byte for byte.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from reelm.vault import digest
from reelm.vault.codec import Block, Codec
from reelm.vault.errors import Fault, ObjectBroken
from reelm.vault.format import Header, Shape, Trailer, fragment_root
from reelm.vault.fragment import Fragment
from reelm.vault.get import Retrieval
from reelm.vault.share import SECRET_BYTES, regrow
from reelm.vault.store import FragmentRecord
from reelm.vault.window import Window


class Rebuild:
    """One lost fragment on its way back; read ``blocks`` to the end, then ask for the ``ending``."""

    def __init__(self, retrieval: Retrieval, piece: FragmentRecord, *, codec: Codec) -> None:
        self._retrieval = retrieval
        self._piece = piece
        self._codec = codec
        self._leaves: list[bytes] = []

    async def blocks(self, windows: Sequence[Window]) -> AsyncGenerator[list[Block], None]:
        """The lost blocks, window by window and in order.

        Raises:
            NotEnoughFragments: fewer than k others can be read.
        """
        prefix = (await self._retrieval.proven())[0].header.common.leaf_prefix(self._piece.index)
        for window in windows:
            stripes = await self._retrieval.read(window, None)
            yield await asyncio.to_thread(self._make, stripes, window.first_chunk, prefix)

    async def ending(self) -> tuple[bytes, bytes]:
        """Trailer and head, once every block was made.

        Raises:
            ObjectBroken: they do not give the recorded root, so the records or k fragments are wrong.
            NotEnoughFragments: fewer than k others can be read.
        """
        others = await self._retrieval.proven()
        header = regrown(others, self._piece.index)
        if fragment_root(header, tuple(self._leaves)) != self._piece.root:
            raise ObjectBroken(
                Fault.FRAGMENT_ROOT,
                "A rebuilt fragment is not the one that was lost. It was not written. Restore from a copy.",
            )
        known = others[0].trailer
        trailer = Trailer(tuple(self._leaves), known.roots, known.object_root, known.length_box, known.seal)
        return trailer.pack(), header.pack()

    def _make(self, stripes: Sequence[bytes], first_chunk: int, prefix: bytes) -> list[Block]:
        """The lost block of each stripe, its leaf noted; runs in a worker thread."""
        shape, index = self._retrieval.record.shape, self._piece.index
        blocks = [lost_block(self._codec, shape, stripe, index) for stripe in stripes]
        self._leaves += [
            digest.leaf(shape.suite, prefix, chunk, block) for chunk, block in enumerate(blocks, first_chunk)
        ]
        return blocks


def lost_block(codec: Codec, shape: Shape, stripe: bytes, index: int) -> Block:
    """Block ``index`` of a stripe; a data block is cut out of it, padded with zeros like all of them."""
    if index >= shape.k:
        return codec.encode(stripe)[index]
    block_bytes = -(-len(stripe) // shape.k)
    return stripe[index * block_bytes : (index + 1) * block_bytes].ljust(block_bytes, b"\0")


def regrown(others: Sequence[Fragment], index: int) -> Header:
    """The lost header; its share is interpolated, and the shared secret never appears."""
    known = others[0].header
    shares = {fragment.index: fragment.header.share for fragment in others}
    share = regrow(shares, index=index) if known.common.suite.is_sealed else bytes(SECRET_BYTES)
    return Header(known.common, index, known.padded_bytes, share, known.commitment)
