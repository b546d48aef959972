"""Report to an operator who holds what, who could read it with whom, and what waits for repair."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from reelm.vault import store as db
from reelm.vault.environment import VaultEnvironment
from reelm.vault.model import FragmentState, ProviderId, ProviderPlace, Stage
from reelm.vault.snapshot import ProviderSnapshot
from reelm.vault.store import Holding, Spread, Tally

_NOTHING = Holding(0, 0, 0, 0, None)


@dataclass(frozen=True, slots=True)
class ProviderStatus:
    """One provider.

    Attributes:
        place: what it belongs to.
        stage: how far it is on its way out.
        is_hostile: left without a request to it.
        is_declared: whether there is a store of it.
        is_reachable: whether that store answered just now.
        fragments: that lie there now, or should.
        bytes_held: of their bodies.
        suspects: fragments of those that are missing, damaged or unconfirmed.
        unchecked: fragments of those that were never read in full since they were written.
        oldest_check_at: when the longest unchecked one was read in full.
        copies_owed: former copies that it still has, or may keep.
        moved: fragments that lie elsewhere since it is being left.
        copies_deleted: former copies that are gone since then.
        reads_alone: sealed objects of which it, or a company or site it belongs to, holds enough to decode.
            Always 0: the rules of placement see to it.
    """

    place: ProviderPlace
    stage: Stage
    is_hostile: bool
    is_declared: bool
    is_reachable: bool
    fragments: int
    bytes_held: int
    suspects: int
    unchecked: int
    oldest_check_at: datetime | None
    copies_owed: int
    moved: int
    copies_deleted: int
    reads_alone: int


@dataclass(frozen=True, slots=True)
class VaultStatus:
    """The whole vault.

    Attributes:
        providers: every one there ever was, by id.
        queue: objects with something to repair, by how many good fragments they have more than they need.
        reach: objects of which not every fragment can be fetched now, by how many more than they need can;
            unlike a lost fragment, one at a provider that is away comes back with it.
        coalitions: the smallest sets of providers that together hold enough of some sealed object to decode
            it; to read it they would still lack its owner's key.
    """

    providers: tuple[ProviderStatus, ...]
    queue: dict[int, int]
    reach: dict[int, int]
    coalitions: tuple[frozenset[ProviderId], ...]

    @property
    def objects_at_risk(self) -> int:
        """Return how many objects one more loss would make unreadable, or are so until a provider returns."""
        return sum(count for margin, count in self.reach.items() if margin <= 0)

    @property
    def objects_unreadable(self) -> int:
        """Return how many objects have fewer fragments in reach now than they need."""
        return sum(count for margin, count in self.reach.items() if margin < 0)


@dataclass(frozen=True, slots=True)
class FragmentLocation:
    """The place and state of one fragment.

    Attributes:
        index: of the fragment.
        provider: who has it.
        state: what the database says of it.
        root: its Merkle root in hexadecimal.
        checked_at: when it was last read in full and found good.
    """

    index: int
    provider: ProviderId
    state: FragmentState
    root: str
    checked_at: datetime | None


async def status(environment: VaultEnvironment, snapshot: ProviderSnapshot) -> VaultStatus:
    """Count everything and return it; takes as long as the database is large."""
    near = {provider for provider in environment.stores if snapshot.may_ask(provider)}
    async with environment.database.read() as tx:
        held = await db.holdings(tx)
        owed = await db.copies_owed(tx)
        queue = await db.margins(tx, list(environment.stores))
        reach = queue if near == set(environment.stores) else await db.margins(tx, near)
        spreads = await db.spreads(tx)
    alone = reads_alone(spreads, snapshot)
    everyone = sorted({*snapshot.known, *snapshot.places, *held})
    return VaultStatus(
        providers=tuple(
            _provider(one, snapshot, held.get(one, _NOTHING), owed=owed.get(one, 0), alone=alone[one])
            for one in everyone
        ),
        queue=dict(sorted(queue.items())),
        reach=dict(sorted(reach.items())),
        coalitions=coalitions(spreads),
    )


def reads_alone(spreads: Iterable[Spread], snapshot: ProviderSnapshot) -> Mapping[ProviderId, int]:
    """Return how many objects each provider could decode all by itself or within one of its groups."""
    counts = Counter[ProviderId]()
    for spread in spreads:
        by_group: dict[str, set[int]] = {}
        for index, provider in spread.held:
            for group in snapshot.place(provider).all_groups:
                by_group.setdefault(group, set()).add(index)
        too_much = {group for group, indices in by_group.items() if len(indices) >= spread.k}
        for provider in {provider for _, provider in spread.held}:
            if too_much & snapshot.place(provider).all_groups:
                counts[provider] += spread.objects
    return counts


def coalitions(spreads: Iterable[Spread]) -> tuple[frozenset[ProviderId], ...]:
    """Return the smallest sets of providers that hold k fragments of some object, none inside another."""
    found: set[frozenset[ProviderId]] = set()
    for spread in spreads:
        who = sorted({provider for _, provider in spread.held})
        for size in range(1, spread.k + 1):
            for some in map(frozenset, combinations(who, size)):
                indices = {index for index, provider in spread.held if provider in some}
                if len(indices) >= spread.k:
                    found.add(some)
    smallest = [some for some in found if not any(other < some for other in found)]
    return tuple(sorted(smallest, key=lambda some: (len(some), sorted(some))))


def _provider(
    provider: ProviderId, snapshot: ProviderSnapshot, held: Holding, *, owed: int, alone: int
) -> ProviderStatus:
    tally = snapshot.known[provider].tally if provider in snapshot.known else Tally()
    return ProviderStatus(
        place=snapshot.place(provider),
        stage=snapshot.stage(provider),
        is_hostile=snapshot.is_hostile(provider),
        is_declared=provider in snapshot.places,
        is_reachable=provider in snapshot.answering,
        fragments=held.fragments,
        bytes_held=held.bytes_held,
        suspects=held.suspects,
        unchecked=held.unchecked,
        oldest_check_at=held.oldest_check_at,
        copies_owed=owed,
        moved=tally.moved,
        copies_deleted=tally.copies_deleted,
        reads_alone=alone,
    )
