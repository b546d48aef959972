from itertools import combinations, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelm.base import DataClass
from reelm.vault import ProviderId, ProviderPlace, Suite, TooFewPlaces, VaultConfig
from reelm.vault.errors import ClassNeedsSeal
from reelm.vault.model import check_class, padme
from reelm.vault.placement import choose_places, fragments_per_group, stays_safe, survives_any_loss


def places(*groups: str) -> list[ProviderPlace]:
    return [
        ProviderPlace(ProviderId(f"p{number}"), frozenset(filter(None, [group])))
        for number, group in enumerate(groups)
    ]


def test_five_folders_hold_one_fragment_each() -> None:
    chosen = choose_places(places("", "", "", "", ""), k=3, n=5, order=(4, 2, 0, 1, 3))
    assert [place.provider for place in chosen] == ["p4", "p2", "p0", "p1", "p3"]


def test_three_places_may_hold_two_fragments_each_and_two_places_may_not() -> None:
    chosen = choose_places(places("", "", ""), k=3, n=5, order=(0, 1, 2))
    assert max(chosen.count(place) for place in chosen) == 2
    with pytest.raises(TooFewPlaces) as refusal:
        choose_places(places("", ""), k=3, n=5, order=(0, 1))
    assert "too few places" in str(refusal.value)
    assert refusal.value.facts == {"places": 2, "fragments": 5, "per_group": 2}


def test_a_parent_company_counts_as_one_place_to_lose() -> None:
    chosen = choose_places(places("acme", "acme", "acme", "", "", ""), k=3, n=5, order=range(6))
    assert sum("acme" in place.groups for place in chosen) <= 2
    with pytest.raises(TooFewPlaces):
        choose_places(places("acme", "acme", "acme", "acme", ""), k=3, n=5, order=range(5))


@given(
    groups=st.lists(st.sampled_from(["", "a", "b", "c"]), min_size=1, max_size=7),
    shape=st.sampled_from([(3, 5), (4, 6), (2, 3), (8, 12)]),
)
def test_no_group_ever_holds_a_readers_share_or_more_than_may_be_lost(
    groups: list[str], shape: tuple[int, int]
) -> None:
    k, n = shape
    try:
        chosen = choose_places(places(*groups), k=k, n=n, order=range(len(groups)))
    except TooFewPlaces:
        return
    assert len(chosen) == n
    for group in {group for place in chosen for group in place.all_groups}:
        held = sum(group in place.all_groups for place in chosen)
        assert held < k
        assert n - held >= k
        assert held <= fragments_per_group(k, n)
    assert survives_any_loss(chosen, k)


def test_a_placement_is_found_whenever_there_is_one() -> None:
    """Depth-first search against counting by brute force, over every small world of overlapping groups."""
    for groups in combinations(["x", "x", "y", "y", "", ""], 4):
        for order in permutations(range(4)):
            world = places(*groups)
            feasible = sum(min(2, 2 * groups.count(group)) for group in {*groups} - {""}) + 2 * groups.count(
                ""
            )
            try:
                choose_places(world, k=3, n=5, order=order)
                found = True
            except TooFewPlaces:
                found = False
            assert found == (feasible >= 5), (groups, order)


def test_four_durable_fragments_of_five_are_safe_and_three_are_not() -> None:
    world = places("", "", "", "", "")
    assert survives_any_loss(world[:4], 3)
    assert not survives_any_loss(world[:3], 3)
    assert not survives_any_loss([], 3)
    assert not survives_any_loss(places("s", "s", "", ""), 3)


def test_a_fragment_moves_only_where_the_object_survives_as_much_as_before() -> None:
    here, *others = places("", "", "", "")
    (free,) = places("", "", "", "", "")[4:]
    assert stays_safe(others, here=here, there=free, k=3)
    assert not stays_safe(others, here=here, there=others[0], k=3), "the fifth fragment is lost"
    whole = [*others, free]
    assert stays_safe(whole, here=here, there=others[0], k=3), "with all five, two may lie together"
    assert not stays_safe(others[:2], here=here, there=others[0], k=3), (
        "already in danger, and it gets no worse"
    )


@given(st.integers(0, 1 << 45))
def test_padding_grows_by_an_eighth_at_most_and_is_stable(length: int) -> None:
    padded = padme(length)
    assert length <= padded <= length * 1.12 + 1
    assert padme(padded) == padded


def test_padding_matches_the_papers_examples() -> None:
    assert [padme(length) for length in (0, 1, 2, 8, 9, 100, 1000, 1 << 20, (1 << 20) + 1)] == [
        0,
        1,
        2,
        8,
        10,
        104,
        1024,
        1 << 20,
        (1 << 20) + (1 << 15),
    ]


def test_protected_data_is_never_stored_unsealed() -> None:
    for klass in (DataClass.PROTECTED, DataClass.SECRET):
        with pytest.raises(ClassNeedsSeal):
            check_class(Suite.MEDIA, klass)
        check_class(Suite.SEALED, klass)
    check_class(Suite.MEDIA, DataClass.PUBLIC)


@pytest.mark.parametrize(
    "wrong",
    [{"k": 1}, {"k": 5}, {"n": 33}, {"chunk_log2": 25}, {"small_chunk_log2": 9}, {"window_bytes": 1000}],
)
def test_settings_that_break_the_promises_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"at least 2|whole chunks"):
        VaultConfig(**wrong)  # type: ignore[arg-type]  # the point is that it is wrong
