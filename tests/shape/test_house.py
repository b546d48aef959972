"""Budgets on what makes the code hard to read: each says what the tree has now and, beside it, the target."""

from functools import cache

from tools.house import House

from support.machine.source import ROOT

DOUBLED_CLASSES = 0  # target: 0
NOUN_CLAUSES = 40  # target: 0
NOUN_FUNCTIONS = 33  # target: 0
PASSING_ON = 43  # target: met
SHORT_FILES = 23  # target: met
WIDEST_EXPORTS = 40  # target: 40
LONG_FILES = 0  # of more than LONGEST_LINES; target: 0
LONGEST_LINES = 400


@cache
def house() -> House:
    return House(ROOT)


def within(found: list[str], budget: int) -> str:
    """Return nothing if the places are few enough, or else the places."""
    return "" if len(found) <= budget else f"{len(found)}, not {budget}:\n" + "\n".join(found)


def test_a_class_name_exists_once_outside_web() -> None:
    assert within(house().doubled_classes(), DOUBLED_CLASSES) == ""


def test_a_docstring_begins_with_no_clause() -> None:
    assert within(house().noun_clauses(), NOUN_CLAUSES) == ""


def test_a_docstring_of_a_function_begins_with_a_verb() -> None:
    assert within(house().noun_functions(), NOUN_FUNCTIONS) == ""


def test_a_function_does_more_than_pass_its_arguments_on() -> None:
    assert within(house().passing_on(), PASSING_ON) == ""


def test_a_file_holds_more_than_a_few_lines() -> None:
    assert within(house().short_files(), SHORT_FILES) == ""


def test_a_front_door_is_narrow() -> None:
    wide = {
        name: count for name, count in house().exports().items() if name != "base" and count > WIDEST_EXPORTS
    }
    assert wide == {}


def test_a_file_is_no_longer_than_a_reader_bears() -> None:
    assert within(house().long_files(LONGEST_LINES), LONG_FILES) == ""


def test_no_module_is_in_a_cycle() -> None:
    assert house().cycles() == []


def test_no_test_puts_a_mock_in_the_place_of_something() -> None:
    assert house().mocks() == []
