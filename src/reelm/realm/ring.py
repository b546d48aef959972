"""The ring: what every owner had left when the last rotation ended, in one file beside the epoch keys.

Records that are older than that rotation name an epoch whose key is gone. The ring gives those who were left
their keys back; who is not in it had been erased. Layout, big-endian::

    "RING1" | epoch u32 | frame*
    frame: length u32 | sealed bytes of that length
    inside a frame: (owner 26 | epoch of the key u32 | wrapped user key 60)*

A frame is sealed under a key of the root for the purpose ``EPOCH/NUMBER/more`` or ``EPOCH/NUMBER/last``, so
none can be changed, left out, swapped or cut off unnoticed.
"""

import os
import struct
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import count
from typing import TypeAlias

from reelm.base import ID_LENGTH, AccountId
from reelm.realm import private
from reelm.realm.epochs import EpochFiles
from reelm.realm.errors import RingBroken, SealBroken
from reelm.realm.seal import SEAL_OVERHEAD_BYTES, WRAPPED_BYTES, SealingKey

_MAGIC = b"RING1"
_HEAD = struct.Struct(">5sI")
_LENGTH = struct.Struct(">I")
_KEY = struct.Struct(f">{ID_LENGTH}sI{WRAPPED_BYTES}s")
_FRAME_KEYS_MOST = 65_536
_KIND = private.EntryKind(name="key ring", unsafe=RingBroken)


# An owner, the epoch the key was made in, the wrapped key.
RingKey: TypeAlias = tuple[AccountId, int, bytes]


class Ring:
    """Writes and reads the one ring of a realm."""

    def __init__(self, files: EpochFiles, key: SealingKey) -> None:
        self._files = files
        self._key = key

    async def write(self, epoch: int, batches: AsyncIterator[Sequence[RingKey]]) -> None:
        """Replace the ring durably; only one process at a time may.

        Args:
            epoch: the one that wraps every key in it.
            batches: 1 to 65,536 keys each; one is in memory at a time.

        Raises:
            OSError: it could not be written; the ring before it is still there.
        """
        draft = self._files.folder / "ring.part"
        with private.written(self._files.ring, draft=draft, replace=True) as put:
            put(_HEAD.pack(_MAGIC, epoch))
            number = 0
            async for batch in batches:
                frame = b"".join(_KEY.pack(owner.encode(), made, wrapped) for owner, made, wrapped in batch)
                put(self._sealed(frame, _purpose(epoch, number, is_last=False)))
                number += 1
            put(self._sealed(b"", _purpose(epoch, number, is_last=True)))

    def epoch(self) -> int:
        """Return the epoch of the ring, 0 when there is none."""
        try:
            with private.opened(self._files.ring, _KIND) as file:
                return _head(file)
        except FileNotFoundError:
            return 0

    def read(self) -> Iterator[list[RingKey]]:
        """Read every batch that was written.

        Raises:
            RingBroken: changed, cut, or made under another root; what came before is genuine.
        """
        with private.opened(self._files.ring, _KIND) as file:
            epoch = _head(file)
            for number in count():
                frame, is_last = self._frame(file, epoch, number)
                yield [
                    (AccountId(owner.decode()), made, wrapped)
                    for owner, made, wrapped in _KEY.iter_unpack(frame)
                ]
                if is_last:
                    return

    def _sealed(self, frame: bytes, purpose: str) -> bytes:
        sealed = self._key.seal(frame, purpose=purpose)
        return _LENGTH.pack(len(sealed)) + sealed

    def _frame(self, file: int, epoch: int, number: int) -> tuple[bytes, bool]:
        (length,) = _LENGTH.unpack(_exactly(file, _LENGTH.size))
        if length > SEAL_OVERHEAD_BYTES + _FRAME_KEYS_MOST * _KEY.size:
            raise _broken()
        # Only the last frame is empty, so that its length says which purpose it has.
        is_last = length == SEAL_OVERHEAD_BYTES
        try:
            sealed = _exactly(file, length)
            return self._key.open(sealed, purpose=_purpose(epoch, number, is_last=is_last)), is_last
        except SealBroken:
            raise _broken() from None


def _purpose(epoch: int, number: int, *, is_last: bool) -> str:
    return f"{epoch}/{number}/{'last' if is_last else 'more'}"


def _head(file: int) -> int:
    magic, epoch = _HEAD.unpack(_exactly(file, _HEAD.size))
    if magic != _MAGIC:
        raise _broken()
    return int(epoch)


def _exactly(file: int, length: int) -> bytes:
    parts, left = [], length
    while left:
        part = os.read(file, left)
        if not part:
            raise _broken()
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _broken() -> RingBroken:
    return RingBroken(
        "The key ring (keys/epochs/ring) is damaged or belongs to another realm. Nothing was changed. "
        "Copy the keys/epochs folder from another machine of this realm or from its newest backup, "
        "and start again."
    )
