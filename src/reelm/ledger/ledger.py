"""The ledger as the rest of the realm uses it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from reelm.base import AccountId, Entropy, Note, Tx, after_commit
from reelm.ledger import store
from reelm.ledger.announcements import Announcements, say
from reelm.ledger.bodies import Bodies
from reelm.ledger.checkpoint import Checkpoint
from reelm.ledger.cosign import NO_WITNESSES, Cosigning, Panel
from reelm.ledger.errors import LeafMissing, LogBroken
from reelm.ledger.files import CHECKPOINT, COSIGNED, MINIMUM, LogFiles
from reelm.ledger.leaf import read_leaf, write_leaf
from reelm.ledger.log import LogEnvironment, Sequencer
from reelm.ledger.merkle import inclusion_proof, inclusion_ranges
from reelm.ledger.model import LoggedLeaf, Private
from reelm.ledger.outbox import Draft, Outbox
from reelm.ledger.receipt import Receipt
from reelm.ledger.tiles import ENTRIES, TILE_WIDTH, Tile
from reelm.realm import Keys


@dataclass(frozen=True, slots=True)
class LedgerStatus:
    """The state of the log.

    Attributes:
        checkpoint: the newest published one; None before the log was ever opened.
        cosigned: the newest that enough witnesses cosigned.
        waiting: how many leaves are not under a checkpoint yet.
    """

    checkpoint: Checkpoint | None
    cosigned: Checkpoint | None
    waiting: int


class Ledger:
    """The ledger of one realm. Safe to share between tasks; every process has its own.

    Exactly one process of a realm runs its ``sequencer``; without one, leaves wait.

    Attributes:
        sequencer: puts waiting leaves under checkpoints.
        cosigning: asks the witnesses of the panel.
        announcements: puts into the ledger what is true until it changes.
        outbox: leaves on their way; knows the index of a promised one once it is in the ledger.
        files: what is published, for everyone.
        bodies: private parts of leaves, for those whom they are about.
    """

    def __init__(
        self, environment: LogEnvironment, keys: Keys, *, entropy: Entropy, panel: Panel = NO_WITNESSES
    ) -> None:
        self.sequencer = Sequencer(environment)
        self.cosigning = Cosigning(environment, panel)
        self._environment = environment
        self.files = LogFiles(environment.disk)
        self.outbox = Outbox(environment)
        self.announcements = Announcements(environment, self.outbox)
        self.bodies = Bodies(keys, clock=environment.clock, entropy=entropy)

    async def append(
        self, kind: str, public: Mapping[str, object], private: Private | None = None
    ) -> Receipt:
        """Put an act into the ledger; what it announces may be done when this returns.

        Raises:
            KindUnknown, LeafRefused, LeafTooLarge: it does not belong in the ledger; nothing was recorded.
            NotInLedger: it is not there yet; it waits and will be.
            DatabaseUnavailable: it may be recorded later, or not.
        """
        return await self.receipt((await self.record(kind, public, private)).index)

    async def record(
        self, kind: str, public: Mapping[str, object], private: Private | None = None
    ) -> LoggedLeaf:
        """Append without making the receipt, which can be had at any time."""
        if private is None:
            draft = Draft(self._leaf(kind, public, None))
        else:
            async with self._environment.database.read() as tx:
                draft = await self._draft(tx, kind, public, private)
        return LoggedLeaf(await self.outbox.record(draft), draft.leaf)

    async def promise(
        self, tx: Tx, kind: str, public: Mapping[str, object], private: Private | None = None
    ) -> int:
        """Make an act part of a transaction: if that becomes durable, the leaf will be in the ledger.

        Returns:
            A number for ``outbox.index_of``.

        Raises:
            KindUnknown, LeafRefused, LeafTooLarge: it does not belong in the ledger.
        """
        draft = await self._draft(tx, kind, public, private)
        (number,) = await Outbox.hand_over(tx, [draft])
        after_commit(tx, self.outbox.wake_sequencer)
        return number

    @staticmethod
    async def begin(tx: Tx, origin: str) -> str:
        """Give a new log its name; a log that has one keeps it. The name, which its key must have."""
        return await store.begin(tx, origin)

    @staticmethod
    async def promise_announcement(
        tx: Tx, kind: str, public: Mapping[str, object], *, realm: str, at: datetime
    ) -> None:
        """Announce within a transaction, even without an open ledger; ``announcements`` waits for the index.

        Raises:
            KindUnknown, LeafRefused, LeafTooLarge: it does not belong in the ledger.
        """
        await say(tx, kind, public, realm=realm, at=at)

    async def receipt(self, index: int) -> Receipt:
        """Return the proof of a leaf for anyone, with cosignatures when enough witnesses have seen it.

        Raises:
            LeafMissing: no leaf with this index is under the checkpoint.
            Pruned: only its hash is left.
            LogBroken: the log's files are damaged.
        """
        for name in (COSIGNED, CHECKPOINT):
            note = await self.files.checkpoint(name)
            if note is not None and Checkpoint.parse(note.text).size > index:
                return await self._receipt(index, note)
        raise LeafMissing(f"No leaf with index {index} is under the ledger's checkpoint. Try again later.")

    async def latest(self, count: int) -> Sequence[LoggedLeaf]:
        """Return the newest leaves, newest first, at most ``count``."""
        note = await self.files.checkpoint()
        size = 0 if note is None else Checkpoint.parse(note.text).size
        first = max(size - count, 0)
        return [
            LoggedLeaf(index, await self.files.entry(index, size)) for index in range(size - 1, first - 1, -1)
        ]

    @property
    def retention_days(self) -> int:
        return self._environment.config.retention_days

    async def prune(self, *, before: datetime) -> int:
        """Remove whole bundles of entries older than a moment, as was declared, and return the minimum index.

        Their hashes stay, and every proof with them. The minimum index is published before the first bundle
        goes, so that nobody finds a hole that was not announced. A crash in between leaves bundles that are
        refused already; the next run removes them. Source: c2sp.org/tlog-tiles, "Pruning".

        Raises:
            LogBroken: a bundle is damaged; nothing from there on is removed.
        """
        note = await self.files.checkpoint()
        size = 0 if note is None else Checkpoint.parse(note.text).size
        known = await self.files.minimum_index()
        minimum = await _first_kept(self.files, known, size, before)
        if minimum > known:
            await self.files.publish(f"{minimum}\n".encode(), MINIMUM)
        await _remove_below(self.files, minimum // TILE_WIDTH)
        return minimum

    @staticmethod
    async def forget(tx: Tx, owner: AccountId) -> None:
        """Remove every private body of somebody; the leaves stay, and say nothing of them."""
        await store.remove_bodies(tx, owner)

    async def status(self) -> LedgerStatus:
        notes = [await self.files.checkpoint(name) for name in (CHECKPOINT, COSIGNED)]
        newest, cosigned = (None if note is None else Checkpoint.parse(note.text) for note in notes)
        async with self._environment.database.read() as tx:
            return LedgerStatus(newest, cosigned, await store.count_waiting(tx))

    async def close(self) -> None:
        """Stop waiting; what was handed over stays, and is sequenced all the same."""
        await self.outbox.close()

    async def _draft(self, tx: Tx, kind: str, public: Mapping[str, object], private: Private | None) -> Draft:
        body = None if private is None else await self.bodies.seal(tx, kind, private)
        return Draft(self._leaf(kind, public, None if body is None else body.commitment), body)

    def _leaf(self, kind: str, public: Mapping[str, object], commitment: bytes | None) -> bytes:
        environment = self._environment
        return write_leaf(
            kind, public, realm=environment.realm, at=environment.clock.now(), private=commitment
        )

    async def _receipt(self, index: int, note: Note) -> Receipt:
        size = Checkpoint.parse(note.text).size
        nodes = await self.files.nodes(inclusion_ranges(index, size), size)
        receipt = Receipt(
            await self.files.entry(index, size), index, tuple(inclusion_proof(index, size, nodes)), note
        )
        if not receipt.is_sound():
            self.files.forget()
            raise LogBroken(
                "The ledger's tiles do not lead to its checkpoint. Nothing was handed out. "
                "Copy the tile folder from a mirror of the ledger.",
                index=index,
            )
        return receipt


async def _first_kept(files: LogFiles, minimum: int, size: int, before: datetime) -> int:
    """Return the first entry that stays. It is old enough to go: so anybody sees that all before it were."""
    stamp = before.astimezone(UTC).isoformat(timespec="milliseconds")
    while minimum + TILE_WIDTH < size:
        entries = await files.entries(minimum // TILE_WIDTH, size)
        first_left = await files.entry(minimum + TILE_WIDTH, size)
        if max(read_leaf(each).time for each in (entries[-1], first_left)) >= stamp:
            break
        minimum += TILE_WIDTH
    return minimum


async def _remove_below(files: LogFiles, end: int) -> None:
    start = end
    while start and await files.disk.read(Tile(ENTRIES, start - 1).path) is not None:
        start -= 1
    for index in range(start, end):
        await files.disk.remove(Tile(ENTRIES, index).path)
