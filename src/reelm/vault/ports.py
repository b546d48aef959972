"""Declare what the vault needs from others: stores for fragments, and a key to wrap data keys with."""

from collections.abc import Sequence
from typing import Protocol

from reelm.base import Secret
from reelm.vault.codec import Block
from reelm.vault.model import ProviderPlace


class StoreWriter(Protocol):
    """Writes one fragment to a store. Used by one task at a time."""

    async def write(self, blocks: Sequence[Block]) -> None:
        """Append blocks, starting behind the head. Not durable, not visible.

        Raises:
            StoreFailed: the fragment is lost; only ``abort`` may follow.
        """
        ...

    async def finish(self, head: bytes) -> None:
        """Put the first ``head_bytes`` bytes in front and make the fragment durable and visible, whole.

        Raises:
            StoreFailed: the fragment counts as lost, though it may have become visible; only ``abort`` may
                follow.
        """
        ...

    async def abort(self) -> None:
        """Forget what was written; does nothing after a finish, and never raises."""
        ...


class Store(Protocol):
    """A place that keeps fragments by name.

    *Durable when it returns?* ``finish`` and ``delete`` are: fragment and name survive a power cut. ``write``
    is not.
    *Who retries?* The caller. A store tries once and reports; a failed flush is never tried again on the same
    file.
    *Safe to repeat?* ``read``, ``size``, ``delete`` and ``probe`` are. A name means the same bytes for good:
    the vault makes names unique, only repair writes one again, with those same bytes, and no store is
    trusted to refuse anything else.
    *Safe concurrently?* Yes, from one event loop, and between processes for different names.
    *Trusted?* No. A store may lose, delay, change, swap or replay bytes; leaves and keys detect all of it,
    and up to ``n - k`` lying stores cannot cost an object. It learns padded sizes and times of access.
    """

    @property
    def place(self) -> ProviderPlace:
        """Return which provider this is, and which groups it belongs to."""
        ...

    async def create(self, name: str, *, head_bytes: int) -> StoreWriter:
        """Start a fragment and return its writer. The head comes last: it holds the length of a stream.

        Raises:
            StoreFailed: no room, no such folder, no answer.
        """
        ...

    async def read(self, name: str, *, start: int, length: int) -> bytes:
        """Return exactly these bytes of a finished fragment.

        Raises:
            FragmentMissing: there is no such fragment.
            FragmentRefused: it is shorter than that.
            StoreFailed: no answer, or the disk reports an error.
        """
        ...

    async def size(self, name: str) -> int:
        """Return how many bytes a finished fragment has, without reading it.

        Raises:
            FragmentMissing: there is no such fragment.
            StoreFailed: no answer, or the disk reports an error.
        """
        ...

    async def delete(self, name: str) -> None:
        """Remove a fragment for good; one that is not there is fine.

        Raises:
            StoreFailed: it may still be there.
        """
        ...

    async def probe(self) -> tuple[int | None, str]:
        """Return free bytes (None where there is no such figure) and what was found, in a few words.

        Raises:
            StoreFailed: it would not take a fragment now.
        """
        ...


class Wrapper(Protocol):
    """An owner's key, as far as the vault may use it; ``reelm.realm`` has the real ones.

    Wrapping is AES-256-GCM: a random nonce of 12 bytes, the 32 sealed bytes, a tag of 16; associated data
    ``b"reelm/dek/1"``.
    """

    @property
    def epoch(self) -> int:
        """Return which generation of the key this is, 0 to 2**32 - 1; stored in every header."""
        ...

    def wrap(self, dek: Secret) -> bytes:
        """Return the key wrapped, in 60 bytes."""
        ...

    def unwrap(self, wrapped: bytes) -> Secret:
        """Return the 32 bytes of a wrapped key.

        Raises:
            ReelmError: it was wrapped under another key, or this one was destroyed.
        """
        ...
