"""Recomputing a log: every entry is hashed and read, every tile compared, and the roots come out.

The work goes to processes in portions of a few thousand entries, and no more portions are under way than
there is room for, so memory does not grow with the log. What a log is read for is bounded: by the time and
the bytes of the run, and by how much of it may be missing before nothing more is learned from the rest.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from pathlib import Path

from reelm_audit.budget import Budget
from reelm_audit.dates import Dates
from reelm_audit.errors import AuditError, Malformed, OutOfBudget, Unreachable
from reelm_audit.leaf import Leaf, reader
from reelm_audit.source import open_source
from reelm_audit.tlog.merkle import Frontier, fold
from reelm_audit.tlog.tiles import WIDTH, Part, cut_bundle, cut_tile, parts
from reelm_audit.together import spread
from reelm_audit.tower import Tower

FAULTS_KEPT = 20
PORTION_BUNDLES = 8
STOPPED_AT_FAULTS = 512
MOST_LEAVES = 500_000
_REALMS_KEPT = 8
_ALONE_BUNDLES = 96  # a smaller log is done before other processes would have started
_REPORT_SECONDS = 2.0  # for processes to say what they found until the time was over


@dataclass(frozen=True, slots=True)
class Plan:
    """What to read.

    Attributes:
        location: of the log, as ``open_source`` takes it.
        size: how many entries the log has.
        budget: how long this may take, and how much may be read.
        latest: the latest moment at which an entry can be dated, as a leaf writes it.
        new_from: the first entry that no earlier audit has seen.
        start: the frontier of what was checked before; its size is a multiple of 256.
        sizes: besides ``size``, at which sizes the root is wanted.
        minimum_index: entries below it may be gone; their hashes may not.
        wanted: beginnings of the kinds whose leaves are wanted.
        kinds: a file of schemas in place of the built-in one.
        processes: how many; 0 for as many as there are processors.
        most_leaves: how many of those wanted may be held at once.
    """

    location: str
    size: int
    budget: Budget
    latest: str
    new_from: int = 1 << 63
    start: tuple[tuple[int, bytes], ...] = ()
    sizes: tuple[int, ...] = ()
    minimum_index: int = 0
    wanted: tuple[str, ...] = ()
    kinds: Path | None = None
    processes: int = 0
    most_leaves: int = MOST_LEAVES

    @property
    def first_bundle(self) -> int:
        return sum(leaves for leaves, _ in self.start) // WIDTH

    @property
    def bundles(self) -> int:
        """Return how many are to be read."""
        return -(-self.size // WIDTH) - self.first_bundle

    @property
    def marked(self) -> frozenset[int]:
        """Bundles within which a root is wanted."""
        return frozenset(size // WIDTH for size in (self.size, *self.sizes) if size % WIDTH)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something not as signed; ``about`` is ``entries``, ``tiles``, ``leaves``, ``dates`` or ``unread``."""

    about: str
    detail: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """Hashes of one bundle, by its entries and by its tile; None where those cannot be had.

    They are one hash of all 256, or the hashes of the entries where a root within is wanted.
    """

    part: Part
    leaves_each: int
    by_entries: tuple[bytes, ...] | None
    by_tile: tuple[bytes, ...] | None
    is_pruned: bool


@dataclass(slots=True)
class Portion:
    """What was found in a few bundles."""

    bundles: list[Bundle] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    realms: set[str] = field(default_factory=set)
    leaves: list[Leaf] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    faults_count: Counter[str] = field(default_factory=Counter)
    size_bytes: int = 0
    dates: Dates = field(default_factory=Dates)
    new_dates: Dates = field(default_factory=Dates)

    def add(self, other: "Portion") -> None:
        """Take in what comes after this; bundles are kept by whoever needs them."""
        self.counts.update(other.counts)
        self.realms.update(sorted(other.realms)[: _REALMS_KEPT - len(self.realms)])
        self.leaves += other.leaves
        self.faults_count.update(other.faults_count)
        for about in {fault.about for fault in other.faults}:
            room = FAULTS_KEPT - sum(fault.about == about for fault in self.faults)
            self.faults += [fault for fault in other.faults if fault.about == about][: max(0, room)]
        self.size_bytes += other.size_bytes
        for fault in self.dates.add(other.dates):
            self.note("dates", fault)
        list(self.new_dates.add(other.new_dates))

    def note(self, about: str, detail: str) -> None:
        self.faults_count[about] += 1
        if sum(fault.about == about for fault in self.faults) < FAULTS_KEPT:
            self.faults.append(Fault(about, detail))


class Examiner:
    """Reads bundles and their tiles; one in each process."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._source = open_source(plan.location, plan.budget)
        self._reader = reader(plan.kinds)

    def examine(self, wanted: Sequence[Part]) -> Portion:
        found = Portion()
        paired = [each for part in wanted for each in (part, Part(0, part.index, part.width))]
        got = self._source.read_all(paired)
        for part, bundle in zip(wanted, got, strict=False):
            found.bundles.append(self._bundle(part, bundle, next(got), found))
        return found

    def _bundle(
        self, part: Part, bundle: bytes | AuditError, tile: bytes | AuditError, found: Portion
    ) -> Bundle:
        is_gone = isinstance(bundle, AuditError) and not isinstance(bundle, Unreachable)
        is_pruned = is_gone and part.index * WIDTH + part.width <= self._plan.minimum_index
        by_tile = self._tile(tile, part, found)
        by_entries = by_tile if is_pruned else self._entries(bundle, part, found)
        if by_entries is not None and by_tile is not None and by_entries != by_tile:
            odd = next(at for at in range(part.width) if by_entries[at] != by_tile[at])
            hashes = Part(0, part.index, part.width).path
            found.note(
                "tiles", f"Entry {part.index * WIDTH + odd} does not hash to what {hashes} has for it."
            )
        if part.index in self._plan.marked:
            return Bundle(part, 1, _tuple(by_entries), _tuple(by_tile), is_pruned)
        return Bundle(part, WIDTH, _folded(by_entries), _folded(by_tile), is_pruned)

    def _tile(self, tile: bytes | AuditError, part: Part, found: Portion) -> list[bytes] | None:
        try:
            return cut_tile(_have(tile), part.width)
        except Unreachable as fault:
            found.note("unread", str(fault))
            return None
        except AuditError as fault:
            found.note("tiles", f"The hashes of the entries from {part.index * WIDTH} on: {fault}")
            return None

    def _entries(self, bundle: bytes | AuditError, part: Part, found: Portion) -> list[bytes] | None:
        try:
            raw = _have(bundle)
            entries = cut_bundle(raw, part.width)
        except Unreachable as fault:
            found.note("unread", str(fault))
            return None
        except AuditError as fault:
            found.note("entries", f"The entries from {part.index * WIDTH} on: {fault}")
            return None
        found.size_bytes += len(raw) + part.width * 32
        self._read(entries, part.index * WIDTH, found)
        return [sha256(b"\x00" + entry).digest() for entry in entries]

    def _read(self, entries: Sequence[bytes], first: int, found: Portion) -> None:
        check, wanted = self._reader.check, self._plan.wanted
        for index, entry in enumerate(entries, start=first):
            try:
                members = check(entry)
            except Malformed as refused:
                found.note("leaves", f"Entry {index} is refused: {refused}.")
                continue
            kind = members["kind"]
            found.counts[kind] += 1
            found.realms.add(members["realm"])
            if fault := found.dates.take(members["time"], index, self._plan.latest):
                found.note("dates", fault)
            if index >= self._plan.new_from:
                found.new_dates.take(members["time"], index, self._plan.latest)
            if wanted and kind.startswith(wanted):
                found.leaves.append(self._reader.read(entry, index))


def _have(given: bytes | AuditError) -> bytes:
    if isinstance(given, AuditError):
        raise given
    return given


def _tuple(hashes: list[bytes] | None) -> tuple[bytes, ...] | None:
    return None if hashes is None else tuple(hashes)


def _folded(hashes: list[bytes] | None) -> tuple[bytes, ...] | None:
    return None if hashes is None else (fold(hashes),)


class Line:
    """Roots that grow out of one kind of evidence, until a piece of it is missing."""

    def __init__(self, start: Iterable[tuple[int, bytes]], sizes: Iterable[int]) -> None:
        self.frontier: Frontier = Frontier(start)
        self.aligned = self.frontier.copy()
        self.roots: dict[int, bytes] = {}
        self._is_whole = True
        self._sizes = frozenset(sizes)
        self._note_root()

    def push(self, hashes: tuple[bytes, ...] | None, leaves_each: int) -> None:
        if hashes is None:
            self._is_whole = False
        if not self._is_whole or hashes is None:
            return
        for digest in hashes:
            self.frontier.push(digest, leaves=leaves_each)
            self._note_root()
            if self.frontier.size % WIDTH == 0:
                self.aligned = self.frontier.copy()

    def _note_root(self) -> None:
        if self.frontier.size in self._sizes:
            self.roots[self.frontier.size] = self.frontier.root()


@dataclass(slots=True)
class Swept:
    """What a whole log, or all that is new of it, turned out to be.

    Attributes:
        by_entries: size -> root, recomputed from what the log says.
        by_tiles: size -> root, recomputed from the hashes that it serves.
        aligned: the frontier of the last multiple of 256, to go on from another day; by the entries.
        read_count: entries that were read.
        pruned_count: entries of which only the hash is there.
        found: counts, leaves that were wanted, faults.
    """

    by_entries: dict[int, bytes] = field(default_factory=dict)
    by_tiles: dict[int, bytes] = field(default_factory=dict)
    aligned: tuple[tuple[int, bytes], ...] = ()
    read_count: int = 0
    pruned_count: int = 0
    found: Portion = field(default_factory=Portion)

    def count(self, bundle: Bundle) -> None:
        """Count the entries of a bundle by what could be had of them."""
        self.pruned_count += bundle.part.width if bundle.is_pruned else 0
        self.read_count += 0 if bundle.is_pruned or bundle.by_entries is None else bundle.part.width


def sweep(plan: Plan) -> Swept:
    """Read everything that the plan asks for, or as much as its budget lets it.

    Raises:
        Unreachable: this machine had no room for the work.
    """
    swept = Swept()
    sizes = {plan.size, *plan.sizes}
    entries, tiles = Line(plan.start, sizes), Line(plan.start, sizes)
    tower = Tower(open_source(plan.location, plan.budget), plan.start, plan.size)
    try:
        with _portions(plan) as portions:
            for portion in portions:
                swept.found.add(portion)
                for bundle in portion.bundles:
                    entries.push(bundle.by_entries, bundle.leaves_each)
                    tiles.push(bundle.by_tile, bundle.leaves_each)
                    tower.push(bundle.by_tile or bundle.by_entries, bundle.part.width)
                    swept.count(bundle)
                done = portion.bundles[-1].part
                if why := _stop(plan, swept, is_last=done.index * WIDTH + done.width >= plan.size):
                    swept.found.note("unread", why)
                    break
            else:
                for about, detail in tower.finish():
                    swept.found.note(about, detail)
    except OutOfBudget as over:
        swept.found.note("unread", f"{over} See --max-minutes.")
    swept.by_entries, swept.by_tiles = entries.roots, tiles.roots
    swept.aligned = entries.aligned.subtrees
    return swept


def _stop(plan: Plan, swept: Swept, *, is_last: bool) -> str | None:
    """Return why the rest is not read; None to go on."""
    if is_last:
        return None
    counts = swept.found.faults_count
    if len(swept.found.leaves) > plan.most_leaves:
        return f"There are more than {plan.most_leaves:,} entries of these kinds, and no more are held."
    at = f"after {swept.read_count:,} of {plan.size:,} entries"
    if plan.budget.is_over(swept.found.size_bytes):
        return f"The time or the bytes of this run were used up {at}. See --max-minutes and --max-gib."
    if counts["entries"] + counts["tiles"] + counts["unread"] >= STOPPED_AT_FAULTS:
        return f"So much is missing or wrong that the rest was not read, {at}."
    return None


@contextmanager
def _portions(plan: Plan) -> Iterator[Iterator[Portion]]:
    """In order, by this process alone or by several."""
    cut = _cut(parts(None, plan.size, start=plan.first_bundle))
    if plan.processes == 1 or plan.bundles < _ALONE_BUNDLES:
        yield map(Examiner(plan).examine, cut)
        return
    until = plan.budget.until + _REPORT_SECONDS
    with spread(_begin, plan, _examine, cut, processes=plan.processes, until=until) as portions:
        yield portions


def _cut(wanted: Iterable[Part]) -> Iterator[tuple[Part, ...]]:
    """Portions, made as they are asked for: a log may claim to have any number of entries."""
    left = iter(wanted)
    while portion := tuple(islice(left, PORTION_BUNDLES)):
        yield portion


_EXAMINERS: list[Examiner] = []


def _begin(plan: Plan) -> None:
    _EXAMINERS.append(Examiner(plan))


def _examine(wanted: Sequence[Part]) -> Portion:
    return _EXAMINERS[0].examine(wanted)
