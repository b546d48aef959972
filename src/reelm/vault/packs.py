"""Packs as the ordinary objects that they are: sealed under the realm's key, and entries read out of them."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass

from reelm.base import DataClass, ObjectId, Tx, read_id
from reelm.vault import store as records
from reelm.vault.deposit import Also, Deposits
from reelm.vault.errors import ObjectMissing, VaultError
from reelm.vault.model import Suite
from reelm.vault.outside import Outside
from reelm.vault.pack import Expected, open_entry
from reelm.vault.placement import Residency
from reelm.vault.plan import Plan, Wish
from reelm.vault.ports import Wrapper
from reelm.vault.put import Opening
from reelm.vault.store import EntryRecord, ObjectRecord, Packed

Stream = Callable[[ObjectRecord, Wrapper | None, range], AsyncGenerator[bytes, None]]


@dataclass(frozen=True, slots=True)
class Kind:
    """What all entries of one pack have in common; a pack never mixes what must be kept differently."""

    suite: Suite
    klass: DataClass
    residency: Residency


@dataclass(frozen=True, slots=True)
class Begun:
    """A pack whose intent is written, if the transaction it was begun in was."""

    plan: Plan
    record: ObjectRecord


class Packs:
    """Stores and reads packs through the vault's own put and get.

    Args:
        stream: the bytes of an object's part.
    """

    def __init__(self, outside: Outside, deposits: Deposits, *, stream: Stream) -> None:
        self._outside = outside
        self._deposits = deposits
        self._stream = stream

    async def begin(self, tx: Tx, kind: Kind) -> Begun:
        """Name a pack and all its fragments; small chunks, because a reader wants a small part of it.

        Raises:
            TooFewPlaces: no safe placement.
        """
        plan = self._deposits.plan(kind.suite, self._outside.pack_key, is_small=True)
        # Nobody asks for a pack, so it has no reference.
        wish = Wish(None, kind.klass, residency=kind.residency)
        return Begun(plan, await self._deposits.begin(tx, plan, wish))

    async def store(self, begun: Begun, data: bytes, also: Also) -> None:
        """Write the pack; ``also`` runs in the transaction that makes it readable.

        Raises:
            NotDurable, Superseded: it is not stored, and nothing of it is kept.
        """
        await self._deposits.store(Opening(_once(data)), begun.plan, begun.record, also)

    async def read(self, pack: ObjectRecord, part: range) -> bytes:
        """Those bytes of a pack, entries still sealed."""
        return b"".join([piece async for piece in self._stream(pack, self._outside.pack_key, part)])

    async def open(self, packed: Packed, key: Wrapper | None) -> bytes:
        """The small object.

        When its pack cannot be read, it may be because the entry lies in another one by now.

        Raises:
            ObjectMissing: it was deleted in the meantime.
            VaultError: as of ``Vault.get``.
        """
        while True:
            try:
                sealed = await self.read(packed.pack, place(packed.entry))
            except VaultError:
                now = await self._find(packed.entry.entry_id)
                if now.pack.object_id == packed.pack.object_id:
                    raise
                packed = now
            else:
                return open_entry(sealed, self.expected(packed), key)

    def expected(self, packed: Packed) -> Expected:
        entry = packed.entry
        return Expected(
            suite=packed.pack.shape.suite,
            realm_id=self._outside.realm_id,
            entry_id=read_id(entry.entry_id),
            length_bytes=entry.length_bytes,
            root=entry.root,
        )

    async def _find(self, entry_id: ObjectId) -> Packed:
        async with self._outside.database.read() as tx:
            packed = await records.find_entry(tx, entry_id)
        if packed is None:
            raise ObjectMissing("There is no such object; it was deleted a moment ago.")
        return packed


def place(entry: EntryRecord) -> range:
    """Where in its pack an entry lies."""
    return range(entry.start_byte, entry.start_byte + entry.packed_bytes)


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data
