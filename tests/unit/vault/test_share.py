from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from reelm.base import Secret
from reelm.vault.share import combine, interpolate_share, split
from support.machine.determinism import SeededEntropy

SECRET = Secret(bytes(range(100, 132)))


def shares(k: int, n: int) -> tuple[bytes, ...]:
    return split(SECRET, n=n, coefficients=SeededEntropy(5).draw((k - 1) * 32))


def test_any_k_shares_give_the_secret() -> None:
    for k, n in ((3, 5), (4, 6), (2, 3)):
        made = shares(k, n)
        for held in combinations(range(n), k):
            assert combine({index: made[index] for index in held}) == SECRET


def test_a_lost_share_is_regrown_from_k_others() -> None:
    made = shares(3, 5)
    for lost in range(5):
        others = [index for index in range(5) if index != lost][:3]
        assert interpolate_share({index: made[index] for index in others}, index=lost) == made[lost]


@given(st.binary(min_size=32, max_size=32))
def test_k_minus_one_shares_fit_every_secret_equally_well(guess: bytes) -> None:
    """For any secret there is exactly one third share that makes it, so two shares rule out nothing."""
    made = shares(3, 5)
    held = {0: made[0], 1: made[1]}
    # The polynomial through both shares and the guess at x = 0 (index -1) has a value at x = 3 (index 2).
    third = interpolate_share({**held, -1: guess}, index=2)
    assert combine({**held, 2: third}) == Secret(guess)
