"""The frame of the published figures."""

from datetime import UTC, datetime

import pytest
from bench.figure import Figure, rounded
from bench.run import merged, section

WARM = Figure(name="house.warm-start", values=(2.1, 1.9, 2.4), unit="s", bar=3)
RATE = Figure(name="house.feed-page", values=(900.0,), unit="requests/s", bar=1000, direction="at least")


def test_a_line_has_the_agreed_form() -> None:
    assert WARM.line() == "house.warm-start  2.10 s  bar ≤ 3.00  met"
    assert RATE.line() == "house.feed-page  900 requests/s  bar ≥ 1,000  short"


def test_a_figure_without_a_promise_is_met() -> None:
    free = Figure(name="a.b", values=(5,), unit="s")
    assert free.is_met
    assert free.promise == "none"


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (0.01234, "0.0123"), (4.5678, "4.57"), (789.4, "789"), (12345.6, "12,300")]
)
def test_values_have_three_significant_digits(value: float, text: str) -> None:
    assert rounded(value) == text


def test_a_section_replaces_its_older_one_and_leaves_the_others() -> None:
    at = datetime(2026, 1, 25, 12, tzinfo=UTC)
    first = merged("", {"vault": section("vault", [RATE], at=at, where="A")})
    both = merged(first, {"house": section("house", [WARM], at=at, where="A")})
    again = merged(both, {"house": section("house", [WARM, RATE], at=at, where="B")})
    assert again.count("## house") == 1
    assert again.index("## house") < again.index("## vault")
    assert "| `house.warm-start` | 2.10 s | ≤ 3.00 | met | 3 | 1.90-2.40 |" in again
    assert "on B." in again
    assert "**short**" in again
