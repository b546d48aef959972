"""One schedule: leaves are handed over and sequenced by processes that die, until one lives to the end."""

import asyncio
import random  # noqa: TID251 - seeded, so that a failure replays
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from reelm.base import Database, Note, Secret, SigningKey, check_signed
from reelm.ledger import Checkpoint, LogConfig, LogEnvironment, LogSuperseded
from reelm.ledger import store as ledger_records
from reelm.ledger.log import Log
from reelm.ledger.outbox import Draft, Outbox
from reelm.ledger.tiles import ENTRIES, TILE_WIDTH, Tile, entries_of, hashes_of, tiles_of
from support.ledger import trees
from support.ledger.ledger_campaign.disk import Folder, SimulatedDisk, read
from support.machine.determinism import ManualClock
from support.vault.campaign.records import Records, SimulatedDatabase

TABLES = [ledger_records.ledger_head, ledger_records.ledger_waiting, ledger_records.ledger_bodies]
KEY = SigningKey("us.example/ledger", Secret(bytes(range(32))))
# Where tiles become full, where levels begin, and the middle of nowhere.
_BEGINNINGS = (0, 0, 0, 3, 250, 255, 256, 257, 509, 511, 512)
_records: list[Records] = []


class Died(BaseException):
    """Raised where a process ends: not an error that anyone may handle."""


class Violated(AssertionError):
    """A promise was broken."""


@dataclass(frozen=True)
class Outcome:
    seed: int
    failure: str | None
    tally: Counter[str]
    trace: Sequence[str]
    digest: str

    def __str__(self) -> str:
        return "\n".join([f"seed {self.seed}: {self.failure}", *self.trace])


class Process:
    """One process: it may die at a step, and then nothing it tries has any effect."""

    def __init__(self, world: "World", steps_left: int | None) -> None:
        self._world = world
        self._steps_left = steps_left
        self._is_dark = False
        self.outside = LogEnvironment(
            realm="us",
            key=KEY,
            database=SimulatedDatabase(world.records, world.turn, self),
            disk=world.disk(world.folder, world.chance, self.touch),
            clock=ManualClock(),
            config=world.config,
        )

    def touch(self, step: str) -> None:
        if self._is_dark:
            raise Died
        if step == "between rename and folder flush":
            self._world.acknowledge()
        if self._steps_left is None or not step:
            return
        self._steps_left -= 1
        if self._steps_left <= 0:
            self._is_dark = True
            self._world.tell(f"dies {step}")
            self._world.tally[f"died {step}"] += 1
            raise Died

    async def before(self) -> None:
        self.touch("before a commit or a read of the database")

    async def after(self) -> None:
        self.touch("after a commit")


class World:
    """What processes share, and what was promised to anyone so far."""

    def __init__(self, seed: int, records: Records, disk: type[SimulatedDisk]) -> None:
        self.chance = random.Random(seed)
        self.records = records
        self.turn = asyncio.Lock()
        self.folder = Folder()
        self.disk = disk
        self.batch_leaves = self.chance.choice((3, 7, 300, 1000))
        self.config = LogConfig(batch_leaves=self.batch_leaves, kept_leaves=1 << 40)
        self.tally: Counter[str] = Counter()
        self.trace: list[str] = []
        self.handed: list[bytes] = []
        # What some reader saw in the ledger, and what no power cut may hide from one.
        self.acknowledged = 0
        self.durable = 0
        self.signed: dict[int, bytes] = {}

    def tell(self, what: str) -> None:
        self.trace.append(what)

    async def hand_over(self, count: int) -> None:
        """Leaves of another process, which lives; durable in this order."""
        fresh = [b"leaf %d" % number for number in range(len(self.handed), len(self.handed) + count)]
        if fresh:
            async with Database(self.records.engine).write() as tx:
                await Outbox.hand_over(tx, [Draft(leaf) for leaf in fresh])
        self.handed += fresh
        self.tell(f"{count} leaves wait")

    def look_at_checkpoint(self) -> Checkpoint | None:
        """The checkpoint that anyone reads now; its size never had another root."""
        data = read(self.folder, "checkpoint")
        if data is None:
            return None
        note = Note.parse(data)
        check_signed(note, KEY.verifier)
        checkpoint = Checkpoint.parse(note.text)
        if self.signed.setdefault(checkpoint.size, checkpoint.root) != checkpoint.root:
            raise Violated(f"two checkpoints of {checkpoint.size} leaves with different roots")
        return checkpoint

    def acknowledge(self) -> int:
        """What a process that waits for a leaf sees now is promised to it from now on; how many leaves."""
        checkpoint = self.look_at_checkpoint()
        size = checkpoint.size if checkpoint else 0
        self.acknowledged = max(self.acknowledged, size)
        return size

    def settle(self) -> None:
        """The log is open, or a batch was sequenced: nothing that anyone saw may be missing."""
        self.durable = self.acknowledge()
        if self.durable < self.acknowledged:
            raise Violated(f"{self.acknowledged} leaves were acknowledged, and {self.durable} came back")

    def check(self) -> None:
        """Everything that must be true of what anyone can read, whatever just happened."""
        checkpoint = self.look_at_checkpoint()
        size = checkpoint.size if checkpoint else 0
        if size < self.durable:
            raise Violated(f"{self.durable} leaves were durable, and {size} are left")
        if checkpoint is None:
            return
        leaves = self.handed[:size]
        if len(leaves) < size or trees.mth(leaves) != checkpoint.root:
            raise Violated(
                f"the root of {size} leaves is not that of what was handed over, once and in order"
            )
        self._check_tiles(size, leaves)

    def _check_tiles(self, size: int, leaves: Sequence[bytes]) -> None:
        for tile in tiles_of(size):
            found = hashes_of(self._readable(tile))[: tile.width]
            unit = TILE_WIDTH**tile.level
            first = tile.index * TILE_WIDTH
            if tile.level < 2 and found != [
                trees.mth(leaves[(first + at) * unit : (first + at + 1) * unit]) for at in range(tile.width)
            ]:
                raise Violated(f"{tile.path} has other hashes")
        for index in range(-(-size // TILE_WIDTH)):
            width = min(size - index * TILE_WIDTH, TILE_WIDTH)
            found = entries_of(self._readable(Tile(ENTRIES, index, width)))[:width]
            if found != leaves[index * TILE_WIDTH :][:width]:
                raise Violated(f"bundle {index} has other entries")

    def _readable(self, tile: Tile) -> bytes:
        data = read(self.folder, tile.path) or read(self.folder, tile.full.path)
        if data is None:
            raise Violated(f"{tile.path} is missing under a readable checkpoint")
        return data


def run(seed: int, disk: type[SimulatedDisk] = SimulatedDisk) -> Outcome:
    """Play one schedule; the same seed does the same each time."""
    if not _records:
        _records.append(Records(TABLES))
    world = World(seed, _records[0], disk)
    failure = None
    try:
        asyncio.run(_play(world))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this schedule's failure
        failure = f"{type(error).__name__}: {error}"
    digest = trees.mth([line.encode() for line in world.trace]).hex()[:16]
    return Outcome(seed, failure, world.tally, world.trace, digest)


async def _play(world: World) -> None:
    await world.records.reset()
    chance = world.chance
    await world.hand_over(chance.choice(_BEGINNINGS))
    if chance.random() < 0.7:
        await _catch_up(world)
    asleep: Log | None = None
    for _ in range(chance.randint(1, 4)):
        process = Process(world, chance.randint(1, chance.choice((12, 40, 150))))
        try:
            await _live(world, process, rounds=chance.randint(1, 4))
            world.tally["lived"] += 1
        except Died:
            if chance.random() < 0.6:
                world.tell("the power is cut")
                world.tally["power cut"] += 1
                world.folder.lose_power(chance)
        world.check()
        await _wake(world, asleep)
        asleep = await _fall_asleep(world) if chance.random() < 0.2 else None
    await _catch_up(world)
    world.check()
    if world.acknowledged != len(world.handed):
        raise Violated(
            f"{len(world.handed)} leaves were handed over, and {world.acknowledged} are in the ledger"
        )


async def _live(world: World, process: Process, *, rounds: int) -> None:
    log = await Log.open(process.outside)
    world.settle()
    for _ in range(rounds):
        await world.hand_over(world.chance.choice((0, 1, 2, 7, min(300, 2 * world.batch_leaves))))
        count = await log.sequence()
        world.settle()
        world.tell(f"{count} leaves were sequenced, {world.durable} are in the ledger")


async def _catch_up(world: World) -> None:
    """A process that lives takes up everything that waits."""
    process = Process(world, None)
    log = await Log.open(replace(process.outside, config=LogConfig()))
    world.settle()
    while await log.sequence():
        world.settle()
    world.tell(f"{world.durable} are in the ledger")


async def _fall_asleep(world: World) -> Log:
    """A process of another machine, with files of its own: it took the log over and then stopped."""
    world.tell("another process takes over and falls asleep")
    log = await Log.open(Process(world, None).outside)
    elsewhere = Folder()
    elsewhere.link("tile", Folder())
    log._environment = replace(log._environment, disk=SimulatedDisk(elsewhere, world.chance, lambda _: None))
    log._files.disk = log._environment.disk
    log._files._folders.clear()
    return log


async def _wake(world: World, asleep: Log | None) -> None:
    if asleep is None:
        return
    if (asleep._head.turn,) in world.records.rows("SELECT turn FROM ledger_head"):
        return  # nobody took over: it is only slow
    try:
        count = await asleep.sequence()
    except LogSuperseded:
        world.tally["woke up too late"] += 1
        return
    if count:
        raise Violated("a process that was superseded signed a checkpoint")
