"""Ids: short, sortable, and nothing else passes for one."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelm.base import ID_LENGTH, ID_PATTERN, BadId, mint, read_id, write_id
from support.machine.determinism import ManualClock, SeededEntropy


@given(st.binary(min_size=16, max_size=16))
def test_sixteen_bytes_come_back(raw: bytes) -> None:
    text = write_id(raw)
    assert len(text) == ID_LENGTH
    assert re.fullmatch(ID_PATTERN, text)
    assert read_id(text) == raw


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16))
def test_text_sorts_as_the_bytes_do(left: bytes, right: bytes) -> None:
    assert (left < right) == (write_id(left) < write_id(right))


def test_ids_sort_by_the_time_they_were_made() -> None:
    clock, entropy = ManualClock(), SeededEntropy()
    minted = []
    for _ in range(50):
        minted.append(mint(clock, entropy))
        clock.advance(0.001)
    assert minted == sorted(minted)
    assert len(set(minted)) == 50


def test_the_layout_is_the_published_one() -> None:
    """The example of the ULID specification, in lower case: 2016-07-30 and the time part 01ARZ3NDEK."""
    assert write_id((1469922850259).to_bytes(6, "big") + bytes(10))[:10] == "01arz3ndek"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0" * 25,
        "0" * 27,
        "8" + "0" * 25,
        "0" * 25 + "i",
        "0" * 25 + "U",
        "0" * 25 + "é",
        " " + "0" * 25,
        "0" * 25 + "\n",
    ],
)
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(BadId, match="26 lower-case"):
        read_id(text)
    assert not re.fullmatch(ID_PATTERN, text)
