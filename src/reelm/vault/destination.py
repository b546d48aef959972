"""Choose where a fragment moves: by residency, groups and history."""

from collections.abc import Collection, Sequence

from reelm.vault.errors import RenewalNeeded, TooFewPlaces
from reelm.vault.model import FragmentState, ProviderId, ProviderPlace
from reelm.vault.placement import choose_place, stays_safe, within
from reelm.vault.snapshot import ProviderSnapshot
from reelm.vault.store import FormerFragment, FragmentRecord, ObjectRecord


def choose_destination(
    record: ObjectRecord,
    piece: FragmentRecord,
    former: Collection[FormerFragment],
    *,
    snapshot: ProviderSnapshot,
    order: Sequence[ProviderId],
) -> ProviderPlace:
    """Return a new place for a fragment; earlier in ``order`` is preferred.

    Raises:
        RenewalNeeded: only the history rule is in the way.
        TooFewPlaces: there is no place.
    """
    fit = [snapshot.places[one] for one in order if one != piece.provider and snapshot.is_open(one)]
    candidates = _safe(within(fit, record.residency), record, piece, snapshot)
    others = {other.index: snapshot.place(other.provider) for other in record.fragments}
    past = [*others.items(), *((copy.index, snapshot.place(copy.provider)) for copy in former)]
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
    places: Sequence[ProviderPlace], record: ObjectRecord, piece: FragmentRecord, snapshot: ProviderSnapshot
) -> Sequence[ProviderPlace]:
    """Return the places where a good fragment leaves the object no worse off; all of them for a lost one."""
    if piece.state is not FragmentState.STORED or snapshot.is_hostile(piece.provider):
        return places
    here, k = snapshot.place(piece.provider), record.shape.k
    others = [
        snapshot.place(other.provider)
        for other in record.fragments
        if other.index != piece.index
        and other.state is FragmentState.STORED
        and not snapshot.is_hostile(other.provider)
    ]
    return [there for there in places if stays_safe(others, here=here, there=there, k=k)]
