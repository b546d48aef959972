"""What an operator sees: who holds what, who could read it with whom, and what waits for repair."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from reelm.base import ObjectId
from reelm.vault import store as records
from reelm.vault.errors import ObjectMissing
from reelm.vault.model import FragmentState, Place, ProviderId, Stage
from reelm.vault.outside import Outside
from reelm.vault.scene import Scene
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

    place: Place
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
        """Those that one more loss would make unreadable, or that are unreadable until a provider returns."""
        return sum(count for margin, count in self.reach.items() if margin <= 0)

    @property
    def objects_unreadable(self) -> int:
        """Those of which fewer fragments than they need can be fetched now."""
        return sum(count for margin, count in self.reach.items() if margin < 0)


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where one fragment lies.

    Attributes:
        index: of the fragment.
        provider: who has it.
        state: what the records say of it.
        root: its Merkle root in hexadecimal.
        checked_at: when it was last read in full and found good.
    """

    index: int
    provider: ProviderId
    state: FragmentState
    root: str
    checked_at: datetime | None


async def status(outside: Outside, scene: Scene) -> VaultStatus:
    """Count everything; takes as long as the records are large."""
    near = {at for at in outside.stores if scene.may_ask(at)}
    async with outside.database.read() as tx:
        held = await records.holdings(tx)
        owed = await records.copies_owed(tx)
        queue = await records.margins(tx, list(outside.stores))
        reach = queue if near == set(outside.stores) else await records.margins(tx, near)
        spreads = await records.spreads(tx)
    alone = reads_alone(spreads, scene)
    everyone = sorted({*scene.known, *scene.places, *held})
    return VaultStatus(
        providers=tuple(
            _provider(at, scene, held.get(at, _NOTHING), owed=owed.get(at, 0), alone=alone[at])
            for at in everyone
        ),
        queue=dict(sorted(queue.items())),
        reach=dict(sorted(reach.items())),
        coalitions=coalitions(spreads),
    )


async def where(outside: Outside, object_id: ObjectId) -> tuple[Whereabouts, ...]:
    """Where each fragment of an object lies, in index order; of its pack when it is small.

    Raises:
        ObjectMissing: there is no such object.
    """
    async with outside.database.read() as tx:
        packed = await records.find_entry(tx, object_id)
        found = await records.locate(tx, packed.pack.object_id if packed else object_id)
    if not found:
        raise ObjectMissing("There is no such object; it was deleted or never finished.")
    return tuple(Whereabouts(at.index, at.provider, at.state, at.root.hex(), at.checked_at) for at in found)


def reads_alone(spreads: Iterable[Spread], scene: Scene) -> Mapping[ProviderId, int]:
    """Of how many objects each provider could decode all by itself or within one of its groups."""
    counts = Counter[ProviderId]()
    for spread in spreads:
        by_group: dict[str, set[int]] = {}
        for index, provider in spread.held:
            for group in scene.place(provider).all_groups:
                by_group.setdefault(group, set()).add(index)
        too_much = {group for group, indices in by_group.items() if len(indices) >= spread.k}
        for provider in {provider for _, provider in spread.held}:
            if too_much & scene.place(provider).all_groups:
                counts[provider] += spread.objects
    return counts


def coalitions(spreads: Iterable[Spread]) -> tuple[frozenset[ProviderId], ...]:
    """The smallest sets of providers that hold k different fragments of some object, none inside another."""
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


def _provider(at: ProviderId, scene: Scene, held: Holding, *, owed: int, alone: int) -> ProviderStatus:
    tally = scene.known[at].tally if at in scene.known else Tally()
    return ProviderStatus(
        place=scene.place(at),
        stage=scene.stage(at),
        is_hostile=scene.is_hostile(at),
        is_declared=at in scene.places,
        is_reachable=at in scene.answering,
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
