"""The root key among custodians: any enough of them give it back, fewer give nothing."""

from itertools import combinations

import pytest

from reelm.base import Secret
from reelm.realm import Group, Recovery, RootKey, Scheme, Share, ShareRefused, expand
from reelm.realm.errors import SchemeInvalid
from support.machine.determinism import SeededEntropy

ROOT = RootKey(Secret(SeededEntropy(5).draw(32)))
THREE_OF_FIVE = Scheme(1, (Group("custodians", 3, 5),))
BOARD = Scheme(2, (Group("engineers", 2, 3), Group("trustees", 1, 2)))
# The first published vector: a secret of another length, shared 1 of 1.
OF_SIXTEEN_BYTES = (
    "duckling enlarge academic academic agency result length solution fridge kidney coal piece deal "
    "husband erode duke ajar critical decision keyboard"
)


def put_together(*shares: Share) -> RootKey:
    recovery = Recovery()
    for share in shares:
        recovery.add(share.listed())
    return recovery.root()


def test_any_three_of_five_give_the_root_back_and_no_two_do() -> None:
    shares = THREE_OF_FIVE.split(ROOT)
    assert {len(share.listed()) for share in shares} == {33}
    for chosen in combinations(shares, 3):
        assert put_together(*chosen).fingerprint == ROOT.fingerprint
    for few in combinations(shares, 2):
        with pytest.raises(ShareRefused, match="too few"):
            put_together(*few)


def test_two_engineers_and_one_trustee_are_enough_and_engineers_alone_are_not() -> None:
    first, second, third, trustee, other = BOARD.split(ROOT)
    assert trustee.listed() == other.listed(), "one of many has the same words for all of them"
    assert put_together(first, third, other).fingerprint == ROOT.fingerprint
    with pytest.raises(ShareRefused):
        put_together(first, second, third)


def test_more_shares_than_needed_do_no_harm() -> None:
    assert put_together(*THREE_OF_FIVE.split(ROOT)).fingerprint == ROOT.fingerprint


def test_each_split_is_another_and_they_do_not_mix() -> None:
    one, two = THREE_OF_FIVE.split(ROOT), THREE_OF_FIVE.split(ROOT)
    recovery = Recovery()
    recovery.add(one[0].listed())
    with pytest.raises(ShareRefused, match="another split"):
        recovery.add(two[1].listed())
    recovery.add(one[1].listed())
    recovery.add(one[2].listed())
    assert recovery.root().fingerprint == ROOT.fingerprint


def test_it_says_what_is_still_needed() -> None:
    first, second, _, trustee, _ = BOARD.split(ROOT)
    recovery = Recovery()
    assert recovery.missing() == ("the first share",)
    recovery.add(first.listed())
    assert recovery.missing() == ("1 more share of group 1", "shares of 1 more group")
    recovery.add(second.listed())
    assert recovery.missing() == ("shares of 1 more group",)
    assert not recovery.is_complete
    recovery.add(trustee.listed())
    assert recovery.missing() == ()
    assert recovery.is_complete


def test_a_single_group_has_no_number() -> None:
    recovery = Recovery()
    recovery.add(THREE_OF_FIVE.split(ROOT)[0].listed())
    assert recovery.missing() == ("2 more shares of the custodians",)


def test_a_share_counts_once() -> None:
    share, *_ = THREE_OF_FIVE.split(ROOT)
    recovery = Recovery()
    recovery.add(share.listed())
    with pytest.raises(ShareRefused, match="given already"):
        recovery.add(share.listed())
    assert recovery.missing() == ("2 more shares of the custodians",)


@pytest.mark.parametrize("place", range(33))
def test_one_wrong_word_is_noticed_wherever_it_is(place: int) -> None:
    words = list(THREE_OF_FIVE.split(ROOT)[0].listed())
    words[place] = "academic" if words[place] != "academic" else "acid"
    with pytest.raises(ShareRefused, match="Compare each word"):
        Recovery().add(words)


def test_words_are_found_by_four_letters_and_in_any_case() -> None:
    assert expand("ACAD") == expand("academic") == expand(" Academic ") == "academic"


@pytest.mark.parametrize("typed", ["", "aca", "academics", "acadXXX", "zzzz", "7"])
def test_what_is_no_word_is_refused(typed: str) -> None:
    with pytest.raises(ShareRefused, match="not a word"):
        expand(typed)


def test_a_near_miss_gets_a_hint() -> None:
    with pytest.raises(ShareRefused, match="Did you mean academic"):
        expand("acdemic")


def test_shares_of_something_else_are_no_root_key() -> None:
    recovery = Recovery()
    recovery.add(OF_SIXTEEN_BYTES.split())
    with pytest.raises(ShareRefused, match="something else"):
        recovery.root()


@pytest.mark.parametrize(
    ("threshold", "groups"),
    [
        (1, ()),
        (0, (Group("a", 1, 1),)),
        (2, (Group("a", 1, 1),)),
        (1, (Group("a", 3, 2),)),
        (1, (Group("a", 0, 2),)),
        (1, (Group("a", 2, 17),)),
        (1, (Group("a", 1, 1), Group("a", 1, 1))),
        (1, tuple(Group(str(number), 1, 1) for number in range(17))),
    ],
)
def test_what_cannot_be_split_is_refused(threshold: int, groups: tuple[Group, ...]) -> None:
    with pytest.raises(SchemeInvalid, match="Nothing was split"):
        Scheme(threshold, groups)


def test_words_do_not_show() -> None:
    share, *_ = THREE_OF_FIVE.split(ROOT)
    assert share.listed()[5] not in repr(share)


def test_the_fingerprint_is_the_same_for_the_same_key_and_tells_nothing_of_it() -> None:
    assert ROOT.fingerprint == RootKey(ROOT.reveal()).fingerprint
    assert len(ROOT.fingerprint) == 19
    assert ROOT.fingerprint.replace("-", "") not in ROOT.reveal().reveal().hex()
