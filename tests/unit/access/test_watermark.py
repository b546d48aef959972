"""The mark of an export: any part of a leaked file says which export it is from; no other file does."""

import random  # noqa: TID251 - seeded, so that a failure replays
from collections import Counter

import pytest

from reelm.access.watermark import CANARY_ROWS, CERTAIN_SIGMAS, Watermark, emails_in

PEOPLE = [f"person-{number}@example.org" for number in range(400)]
ONE, OTHER = Watermark(b"1" * 32), Watermark(b"2" * 32)


def test_a_file_has_everybody_and_three_rows_that_nobody_is() -> None:
    rows = ONE.in_order(PEOPLE)
    assert Counter(rows) == Counter([*PEOPLE, *ONE.canaries()])
    assert len(set(ONE.canaries())) == CANARY_ROWS
    assert all(address.endswith("@example.net") for address in ONE.canaries())


def test_what_nobody_is_differs_from_export_to_export() -> None:
    marks = [Watermark(number.to_bytes(32)) for number in range(2000)]
    assert len({address for mark in marks for address in mark.canaries()}) == 2000 * CANARY_ROWS


@pytest.mark.parametrize("number", range(CANARY_ROWS))
def test_one_made_up_row_is_enough(number: int) -> None:
    assert ONE.count_canaries([*PEOPLE[:5], ONE.canaries()[number].upper()]) == 1
    assert OTHER.count_canaries(ONE.in_order(PEOPLE)) == 0


def test_a_part_without_the_made_up_rows_is_recognised_by_its_order() -> None:
    chance = random.Random(7)
    rows = [row for row in ONE.in_order(PEOPLE) if row not in ONE.canaries()]
    for count in (15, 40, 200, len(rows)):
        part = [row for row in rows if row in chance.sample(rows, count)]
        for kept in (part, [part[at] for at in range(len(part)) if at % 2]):
            if len(kept) >= 15:
                assert ONE.sigmas_in_order(kept) >= CERTAIN_SIGMAS
                assert OTHER.sigmas_in_order(kept) < CERTAIN_SIGMAS


def test_an_order_survives_some_rows_that_were_put_elsewhere() -> None:
    chance = random.Random(8)
    rows = ONE.in_order(PEOPLE)
    for _ in range(60):
        rows.insert(chance.randrange(len(rows)), rows.pop(chance.randrange(len(rows))))
    assert ONE.sigmas_in_order(rows) >= CERTAIN_SIGMAS


@pytest.mark.slow
def test_sorted_shuffled_and_short_files_are_of_no_export() -> None:
    chance = random.Random(9)
    marks = [Watermark(number.to_bytes(32)) for number in range(500)]
    files = [sorted(PEOPLE), chance.sample(PEOPLE, 400), chance.sample(PEOPLE, 20), PEOPLE[:1], []]
    assert not [file for file in files for mark in marks if mark.sigmas_in_order(file) >= CERTAIN_SIGMAS]
    assert ONE.sigmas_in_order(ONE.in_order(PEOPLE)[:14]) < CERTAIN_SIGMAS


def test_addresses_are_found_in_whatever_they_were_pasted_into() -> None:
    text = 'a;"Ben@Example.org",<cleo@example.org>\r\n{"email": "d.e+f@x.example"} write to g@h.example.'
    assert emails_in(text) == ["ben@example.org", "cleo@example.org", "d.e+f@x.example", "g@h.example"]
