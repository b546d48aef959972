"""Store packs as ordinary objects under the realm's key, and read entries out of them."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass

from reelm.base import DataClass, ObjectId, Tx, read_id
from reelm.vault import store as db
from reelm.vault.environment import VaultEnvironment
from reelm.vault.errors import ObjectMissing, VaultError
from reelm.vault.model import Suite
from reelm.vault.object_writer import InCommit, ObjectWriter
from reelm.vault.pack import ExpectedEntry, open_entry
from reelm.vault.placement import Residency
from reelm.vault.plan import ObjectPlan, PutRequest
from reelm.vault.ports import Wrapper
from reelm.vault.put import SourceReader
from reelm.vault.store import EntryRecord, ObjectRecord, PackedEntry

StreamObject = Callable[[ObjectRecord, Wrapper | None, range], AsyncGenerator[bytes, None]]


@dataclass(frozen=True, slots=True)
class PackKind:
    """The properties that all entries of one pack share; a pack never mixes what must be kept differently."""

    suite: Suite
    klass: DataClass
    residency: Residency


@dataclass(frozen=True, slots=True)
class PackIntent:
    """A pack whose intent is written, if the transaction it was begun in was."""

    plan: ObjectPlan
    record: ObjectRecord


class Packs:
    """Stores and reads packs through the vault's own put and get.

    Args:
        stream: the bytes of an object's part.
    """

    def __init__(
        self, environment: VaultEnvironment, object_writer: ObjectWriter, *, stream: StreamObject
    ) -> None:
        self._environment = environment
        self._object_writer = object_writer
        self._stream = stream

    async def begin(self, tx: Tx, kind: PackKind) -> PackIntent:
        """Write the intent of a pack, which names all its fragments, and return it.

        Its chunks are small, because a reader wants a small part of it.

        Raises:
            TooFewPlaces: no safe placement.
        """
        plan = self._object_writer.plan(kind.suite, self._environment.pack_key, is_small=True)
        # Nobody asks for a pack, so it has no reference.
        request = PutRequest(None, kind.klass, residency=kind.residency)
        return PackIntent(plan, await self._object_writer.begin(tx, plan, request))

    async def store(self, intent: PackIntent, data: bytes, in_commit: InCommit) -> None:
        """Write the pack; ``in_commit`` runs in the transaction that makes it readable.

        Raises:
            NotDurable, Superseded: it is not stored, and nothing of it is kept.
        """
        await self._object_writer.store(SourceReader(_once(data)), intent.plan, intent.record, in_commit)

    async def read(self, pack: ObjectRecord, part: range) -> bytes:
        """Return part of a pack, its entries still sealed."""
        return b"".join([piece async for piece in self._stream(pack, self._environment.pack_key, part)])

    async def open(self, packed: PackedEntry, key: Wrapper | None) -> bytes:
        """Return the small object.

        When its pack cannot be read, it may be because the entry lies in another one by now.

        Raises:
            ObjectMissing: it was deleted in the meantime.
            VaultError: as of ``Vault.get``.
        """
        while True:
            try:
                sealed = await self.read(packed.pack, entry_range(packed.entry))
            except VaultError:
                now = await self._find(packed.entry.entry_id)
                if now.pack.object_id == packed.pack.object_id:
                    raise
                packed = now
            else:
                return open_entry(sealed, self.expected(packed), key)

    def expected(self, packed: PackedEntry) -> ExpectedEntry:
        """Return what the database says that an entry must be."""
        entry = packed.entry
        return ExpectedEntry(
            suite=packed.pack.shape.suite,
            realm_id=self._environment.realm_id,
            entry_id=read_id(entry.entry_id),
            length_bytes=entry.length_bytes,
            root=entry.root,
        )

    async def _find(self, entry_id: ObjectId) -> PackedEntry:
        async with self._environment.database.read() as tx:
            packed = await db.find_entry(tx, entry_id)
        if packed is None:
            raise ObjectMissing("There is no such object; it was deleted a moment ago.")
        return packed


def entry_range(entry: EntryRecord) -> range:
    """Return the bytes of its pack in which an entry lies."""
    return range(entry.start_byte, entry.start_byte + entry.packed_bytes)


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data
