"""Rule where fragments may lie, and when an object is safe: no clock, disk, network or randomness.

Three things hold for every object after every single step, whoever takes it: no group holds more fragments
than ``fragments_per_group``; no group has ever held as many different fragments as a reader needs (the
history rule: a provider that was left may have kept its copy); and all of them lie where the object's
residency allows.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from reelm.vault.errors import TooFewPlaces
from reelm.vault.model import ProviderPlace

Residency = frozenset[str] | None


def fragments_per_group(k: int, n: int) -> int:
    """Return how many fragments one group may hold: less than a reader needs, no more than may be lost."""
    return min(k - 1, n - k)


def left_after_any_loss(durable: Collection[ProviderPlace]) -> int:
    """Return how many fragments remain at least when one group is lost."""
    held = Counter(group for place in durable for group in place.all_groups)
    return len(durable) - max(held.values(), default=0)


def survives_any_loss(durable: Collection[ProviderPlace], k: int) -> bool:
    """Return whether ``k`` fragments remain after any one group is lost; the rule behind every receipt."""
    return left_after_any_loss(durable) >= k


def stays_safe(others: Sequence[ProviderPlace], *, here: ProviderPlace, there: ProviderPlace, k: int) -> bool:
    """Return whether a durable fragment may move: the object survives a loss as before, or well enough.

    While some fragment is lost and not yet back, two of the rest must not come to lie together.

    Args:
        others: where the object's other durable fragments are.
        here: where the one that moves is.
        there: where it would be.
        k: fragments needed to read.
    """
    return left_after_any_loss([*others, there]) >= min(k, left_after_any_loss([*others, here]))


def choose_places(
    places: Sequence[ProviderPlace], *, k: int, n: int, order: Sequence[int]
) -> tuple[ProviderPlace, ...]:
    """Return the place of each of ``n`` fragments, in index order.

    Spreads as widely as it can: a place gets a second fragment only when there is no other way.

    Args:
        places: where fragments may lie; all different.
        k: fragments needed to read.
        n: fragments to place.
        order: a permutation of ``range(len(places))``, drawn at random by the caller; earlier places are
            preferred and get the lower indices.

    Raises:
        TooFewPlaces: no choice keeps every group at or below ``fragments_per_group``.
    """
    ordered = [places[position] for position in order]
    limit = fragments_per_group(k, n)
    for per_place in range(1, limit + 1):
        counts = _fill(ordered, n, limit=limit, per_place=per_place, held=Counter())
        if counts is not None:
            rounds = range(per_place)
            return tuple(
                place for nth in rounds for place, count in zip(ordered, counts, strict=True) if count > nth
            )
    raise TooFewPlaces(
        f"There are too few places: {len(places)}, and {n} fragments with at most {limit} at any one "
        "provider, company or site do not fit. Nothing was stored. Add stores at other providers.",
        places=len(places),
        fragments=n,
        per_group=limit,
    )


def _fill(
    places: Sequence[ProviderPlace], left: int, *, limit: int, per_place: int, held: Counter[str]
) -> tuple[int, ...] | None:
    """Return how many fragments each place takes, found by depth-first search, or None."""
    if left > len(places) * per_place:
        return None
    if not places:
        return ()
    groups = places[0].all_groups
    room = min([per_place, left, *(limit - held[group] for group in groups)])
    share = -(-left // len(places))
    for count in sorted(range(room, -1, -1), key=lambda count: abs(count - share)):
        taken = held + Counter(dict.fromkeys(groups, count))
        rest = _fill(places[1:], left - count, limit=limit, per_place=per_place, held=taken)
        if rest is not None:
            return (count, *rest)
    return None


def within(places: Iterable[ProviderPlace], residency: Residency) -> tuple[ProviderPlace, ...]:
    """Return the places in those countries; all of them when an object may lie anywhere."""
    return tuple(place for place in places if residency is None or place.country in residency)


def may_hold(
    place: ProviderPlace,
    index: int,
    *,
    others: Mapping[int, ProviderPlace],
    past: Collection[tuple[int, ProviderPlace]],
    k: int,
    n: int,
) -> bool:
    """Return whether fragment ``index`` may lie at ``place``, as things are.

    Args:
        place: the place that is asked about.
        index: of the fragment.
        others: where the object's other fragments are or are about to be, by index.
        past: every fragment that ever lay anywhere, current ones included; pass nothing for objects of the
            media suite, whose bytes are no secret to who holds them.
        k: fragments needed to read.
        n: fragments of the object.
    """
    for group in place.all_groups:
        held = sum(group in other.all_groups for other_index, other in others.items() if other_index != index)
        if held + 1 > fragments_per_group(k, n):
            return False
        ever = {past_index for past_index, other in past if group in other.all_groups}
        if len(ever | {index}) > k - 1 and past:
            return False
    return True


def choose_place(
    places: Sequence[ProviderPlace],
    index: int,
    *,
    others: Mapping[int, ProviderPlace],
    past: Collection[tuple[int, ProviderPlace]],
    k: int,
    n: int,
) -> ProviderPlace:
    """Return a new place for fragment ``index``: the one with the fewest of the object's, earlier first.

    Raises:
        TooFewPlaces: none of them may hold it.
    """
    fit = [place for place in places if may_hold(place, index, others=others, past=past, k=k, n=n)]
    if not fit:
        raise TooFewPlaces(
            f"No other place may hold fragment {index}: {len(places)} were considered, and at each, one "
            f"provider, company or site would have more than {fragments_per_group(k, n)} of the object's "
            "fragments, now or counting what it held before. Nothing was changed. Add a store at another "
            "provider.",
            places=len(places),
            fragment_index=index,
        )
    held = Counter(other.provider for other_index, other in others.items() if other_index != index)
    return min(fit, key=lambda place: held[place.provider])
