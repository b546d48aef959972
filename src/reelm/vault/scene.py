"""Which providers there are at this moment, and where a fragment may go among them."""

import asyncio
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass, replace

from reelm.base import Tx
from reelm.vault import store as records
from reelm.vault.errors import RenewalNeeded, TooFewPlaces, VaultError
from reelm.vault.model import FragmentState, Place, ProviderId, Stage
from reelm.vault.outside import Outside
from reelm.vault.patience import patience
from reelm.vault.placement import choose_place, stays_safe, within
from reelm.vault.ports import Store
from reelm.vault.store import FormerFragment, FragmentRecord, ObjectRecord, ProviderRecord


@dataclass(frozen=True, slots=True)
class Scene:
    """Providers as they stand.

    Attributes:
        places: those that have a store, by provider.
        known: every provider there ever was.
        answering: those whose stores answered when the work began.
    """

    places: dict[ProviderId, Place]
    known: dict[ProviderId, ProviderRecord]
    answering: frozenset[ProviderId]

    @property
    def circumstances(self) -> Hashable:
        """What decides whether work that failed is worth trying again."""
        stages = frozenset(
            (provider, found.stage, found.is_hostile) for provider, found in self.known.items()
        )
        return (self.answering, stages)

    def stage(self, provider: ProviderId) -> Stage:
        found = self.known.get(provider)
        return Stage.ACTIVE if found is None else found.stage

    def is_open(self, provider: ProviderId) -> bool:
        """Whether it can take a fragment now."""
        return provider in self.answering and self.stage(provider) is Stage.ACTIVE

    def is_hostile(self, provider: ProviderId) -> bool:
        found = self.known.get(provider)
        return found is not None and found.is_hostile

    def may_ask(self, provider: ProviderId) -> bool:
        return provider in self.answering and not self.is_hostile(provider)

    def place(self, provider: ProviderId) -> Place:
        """What a provider belongs to; one that was left is remembered by the records."""
        if provider in self.places:
            return self.places[provider]
        return self.known[provider].place if provider in self.known else Place(provider)

    async def again(self, tx: Tx) -> "Scene":
        """The same stores, and what the records say of their providers by now."""
        return replace(self, known=await _known(tx))


async def look_around(outside: Outside, *, answer_seconds: float | None = None) -> Scene:
    """Ask every store, but none of a hostile provider, whether it answers.

    Args:
        outside: whose stores.
        answer_seconds: how long each may take; ``Config.stall_seconds`` when it is None.
    """
    seconds = outside.config.stall_seconds if answer_seconds is None else answer_seconds
    async with outside.database.read() as tx:
        known = await _known(tx)
    asked = [
        store
        for provider, store in outside.stores.items()
        if provider not in known or not known[provider].is_hostile
    ]
    answers = await asyncio.gather(*(_answers(store, seconds) for store in asked))
    return Scene(
        places={provider: store.place for provider, store in outside.stores.items()},
        known=known,
        answering=frozenset(
            store.place.provider for store, is_there in zip(asked, answers, strict=True) if is_there
        ),
    )


def destination(
    record: ObjectRecord,
    piece: FragmentRecord,
    former: Collection[FormerFragment],
    *,
    scene: Scene,
    order: Sequence[ProviderId],
) -> Place:
    """A new place for a fragment, by residency, groups and history; earlier in ``order`` is preferred.

    Raises:
        RenewalNeeded: only the history rule is in the way.
        TooFewPlaces: there is no place.
    """
    fit = [scene.places[one] for one in order if one != piece.provider and scene.is_open(one)]
    candidates = _safe(within(fit, record.residency), record, piece, scene)
    others = {at.index: scene.place(at.provider) for at in record.fragments}
    past = [*others.items(), *((at.index, scene.place(at.provider)) for at in former)]
    k, n = record.shape.k, record.shape.n
    if not record.shape.suite.is_sealed:
        return choose_place(candidates, piece.index, others=others, past=(), k=k, n=n)
    try:
        return choose_place(candidates, piece.index, others=others, past=past, k=k, n=n)
    except TooFewPlaces:
        choose_place(candidates, piece.index, others=others, past=(), k=k, n=n)
        raise RenewalNeeded(
            f"Every place with room for fragment {piece.index} has held {k - 1} other fragments of the "
            "object, and one more would be enough to decode it. Nothing was changed. Store the object anew "
            "under its owner's key, or add a store at another provider.",
            fragment_index=piece.index,
        ) from None


def _safe(
    places: Sequence[Place], record: ObjectRecord, piece: FragmentRecord, scene: Scene
) -> Sequence[Place]:
    """Those to which a good fragment can go without leaving the object worse off; any for a lost one."""
    if piece.state is not FragmentState.STORED or scene.is_hostile(piece.provider):
        return places
    here, k = scene.place(piece.provider), record.shape.k
    others = [
        scene.place(at.provider)
        for at in record.fragments
        if at.index != piece.index and at.state is FragmentState.STORED and not scene.is_hostile(at.provider)
    ]
    return [there for there in places if stays_safe(others, here=here, there=there, k=k)]


async def _known(tx: Tx) -> dict[ProviderId, ProviderRecord]:
    return {found.place.provider: found for found in await records.all_providers(tx)}


async def _answers(store: Store, seconds: float) -> bool:
    try:
        async with patience(store.place.provider, seconds=seconds):
            await store.probe()
    except VaultError:
        return False
    return True
