"""How facts are written and read again, also by older and newer code."""

from dataclasses import dataclass, replace
from datetime import datetime

import pytest

from reelm.base import canonical_json
from reelm.events import (
    ERASED,
    Entry,
    Erased,
    Fact,
    FactBroken,
    FactUnknown,
    UnknownFact,
    declared_kinds,
    fact,
)
from reelm.events.model import read_fact, write_fact
from support.events.logs import NOON, WATCHED, WATCHED_ERASED, Counted, Watched


def entry_of(stated: Fact) -> Entry:
    return Entry(stated.fact_kind.name, stated.at, write_fact(stated)[0])


def test_a_fact_is_canonical_json_without_its_protected_fields() -> None:
    body, protected = write_fact(WATCHED)
    assert body == (
        b'{"fields":{"account_id":"0000000000000000000000000a","device":"phone"},'
        b'"subjects":["0000000000000000000000000a"],"version":1}'
    )
    assert protected == b'{"clip_id":"clip-1","played_ms":3000}'


def test_a_fact_reads_back_as_it_was_and_without_its_key_as_erased() -> None:
    body, protected = write_fact(WATCHED)
    entry = Entry("test.watched", NOON, body)
    assert read_fact(entry, protected) == WATCHED
    assert read_fact(entry, None) == WATCHED_ERASED
    assert write_fact(WATCHED_ERASED) == (body, None)


def test_a_field_that_was_added_later_reads_as_its_default() -> None:
    body = canonical_json({"fields": {"account_id": None}, "subjects": [], "version": 1})
    assert read_fact(Entry("test.watched", NOON, body), None) == Watched(None, ERASED, ERASED)


def test_a_field_that_was_dropped_is_passed_over() -> None:
    body = canonical_json({"fields": {"number": 4, "colour": "red"}, "subjects": [], "version": 1})
    assert read_fact(Entry("test.counted", NOON, body), None) == Counted(4)


@pytest.mark.parametrize(("name", "version"), [("test.of-tomorrow", 1), ("test.counted", 2)])
def test_a_kind_or_version_that_nobody_here_knows_reads_as_unknown(name: str, version: int) -> None:
    body = canonical_json({"fields": {"number": 4}, "subjects": ["x"], "version": version})
    assert read_fact(Entry(name, NOON, body), b"{}") == UnknownFact(
        name, version, ("x",), NOON, {"number": 4}
    )


def test_a_body_that_is_not_of_its_kind_is_an_error_that_names_the_kind() -> None:
    for body in (b"{", b"{}", b'{"fields":{"number":"4"},"subjects":[],"version":1}'):
        with pytest.raises(FactBroken, match=r"test\.counted"):
            read_fact(replace(entry_of(Counted(1)), body=body), None)


def test_a_class_that_was_not_declared_cannot_be_stated() -> None:
    @dataclass(frozen=True, slots=True)
    class Undeclared(Fact):
        at: datetime

    with pytest.raises(FactUnknown):
        write_fact(Undeclared(NOON))


def test_what_has_no_canonical_form_cannot_be_stated() -> None:
    with pytest.raises(ValueError, match="float"):
        write_fact(Counted(0.5))  # type: ignore[arg-type] # what a checker would have refused


def test_a_declaration_with_a_mistake_is_refused() -> None:
    @dataclass(frozen=True, slots=True)
    class Mistaken(Fact):
        what: str
        at: datetime

    for mistake in (
        fact("test.counted"),
        fact("test.mistaken", subjects=("whom",)),
        fact("test.mistaken", protected=("at",)),
        fact("test.mistaken", owner="what", protected=("what",)),
    ):
        with pytest.raises(ValueError, match=r"two facts|no field|cannot be sealed"):
            mistake(Mistaken)
    assert "test.mistaken" not in [kind.name for kind in declared_kinds()]


def test_a_protected_field_must_be_able_to_be_erased() -> None:
    with pytest.raises(TypeError, match="must allow Erased"):

        @fact("test.stubborn", protected=("what",))
        @dataclass(frozen=True, slots=True)
        class Stubborn(Fact):
            what: str
            at: datetime

    @fact("test.optional", protected=("what",))
    @dataclass(frozen=True, slots=True)
    class Optional(Fact):
        what: str | Erased | None
        at: datetime

    body, protected = write_fact(Optional(None, NOON))
    assert read_fact(Entry("test.optional", NOON, body), protected) == Optional(None, NOON)
