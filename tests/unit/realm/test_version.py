"""Versions of the manifest: a change takes the signatures of those who were declared before it."""

import json
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reelm.realm import Manifest, Version, chain_faults
from reelm.realm.version import declares, first_version, lacks, next_version
from support.realm.declaring import PLAIN, in_city, signed, with_keys

TWO_OF_THREE = with_keys("ana", "ben", "cleo", threshold=2)
FIRST = signed(first_version(TWO_OF_THREE), ["ana", "ben"])


def test_a_document_is_canonical_and_names_the_version_before() -> None:
    second = next_version(in_city("Utrecht", TWO_OF_THREE), FIRST)
    read = json.loads(second.document)
    assert (
        second.document
        == json.dumps(read, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    )
    assert (read["version"], read["previous"], read["v"]) == (2, FIRST.digest, 1)
    assert "previous" not in json.loads(FIRST.document)
    assert declares(second, in_city("Utrecht", TWO_OF_THREE))
    assert not declares(second, TWO_OF_THREE)


def test_what_is_not_declared_is_absent_and_amounts_are_text() -> None:
    declared = FIRST.manifest
    assert declared["owners"][0]["share_percent"] == "100"
    assert "public_url" not in declared["realm"]
    assert "destinations" not in declared


@pytest.mark.parametrize(
    ("signers", "is_enough"),
    [
        ([], False),
        (["ana"], False),
        (["ana", "ana"], False),
        (["ana", "somebody"], False),
        (["ana", "cleo"], True),
        (["ana", "ben", "cleo"], True),
    ],
)
def test_a_version_takes_as_many_keys_as_it_declares(signers: list[str], *, is_enough: bool) -> None:
    version = signed(next_version(in_city("Utrecht", TWO_OF_THREE), FIRST), signers)
    assert (lacks(version, FIRST) == []) is is_enough


def test_new_keys_are_signed_in_by_the_old_ones() -> None:
    taken_over = with_keys("mallory", threshold=1)
    version = next_version(taken_over, FIRST)
    assert lacks(signed(version, ["mallory"]), FIRST) == [
        "0 of the 2 signatures by the previous keys; not yet signed by ana, ben, cleo"
    ]
    assert lacks(signed(version, ["ana", "ben"]), FIRST) == [
        "0 of the 1 signatures by its own keys; not yet signed by mallory"
    ]
    assert lacks(signed(version, ["ana", "ben", "mallory"]), FIRST) == []


def test_keys_are_not_dropped_without_those_who_hold_them() -> None:
    assert lacks(next_version(PLAIN, FIRST), FIRST)
    assert lacks(signed(next_version(PLAIN, FIRST), ["ben", "cleo"]), FIRST) == []


def test_a_signature_holds_for_one_document_only() -> None:
    """An old version that is put forward again, or a signature moved to another manifest, is refused."""
    second = signed(next_version(in_city("Utrecht", TWO_OF_THREE), FIRST), ["ana", "ben"])
    third = next_version(TWO_OF_THREE, second)
    assert lacks(third.with_signatures(FIRST.signatures), second)
    assert lacks(third.with_signatures(second.signatures), second)
    assert lacks(second, signed(first_version(in_city("Breda", TWO_OF_THREE)), ["ana", "ben"]))


def test_one_key_under_two_names_counts_once() -> None:
    doubled = replace(TWO_OF_THREE, keys=(TWO_OF_THREE.keys[0], replace(TWO_OF_THREE.keys[0], id="other")))
    assert lacks(signed(first_version(doubled), ["ana"]), None)


def test_the_id_of_a_realm_never_changes() -> None:
    moved = replace(TWO_OF_THREE, realm=replace(TWO_OF_THREE.realm, id="de"))
    version = signed(next_version(moved, FIRST), ["ana", "ben"])
    assert lacks(version, FIRST) == ["realm.id never changes"]


def chain(*manifests: Manifest) -> list[Version]:
    versions: list[Version] = []
    for manifest in manifests:
        version = next_version(manifest, versions[-1]) if versions else first_version(manifest)
        versions.append(signed(version, ["ana", "ben", "dora"]))
    return versions


GOOD = chain(
    PLAIN,
    TWO_OF_THREE,
    in_city("Utrecht", TWO_OF_THREE),
    with_keys("dora", threshold=1),
    in_city("Breda", with_keys("dora", threshold=1)),
)


def test_a_chain_of_versions_holds() -> None:
    assert chain_faults(GOOD) == []


def test_a_chain_holds_no_more_when_anything_of_it_is_changed() -> None:
    assert chain_faults([]) == ["there is no version at all"]
    assert chain_faults(GOOD[1:])
    for at in range(1, len(GOOD) - 1):
        assert chain_faults([*GOOD[:at], *GOOD[at + 1 :]]), "one is missing"
        assert chain_faults([*GOOD[:at], GOOD[at + 1], GOOD[at], *GOOD[at + 2 :]]), "two are swapped"
    for at, other in product(range(1, 4), range(5)):
        if at != other:
            swapped = replace(GOOD[at], document=GOOD[other].document)
            assert chain_faults([*GOOD[:at], swapped, *GOOD[at + 1 :]])


@settings(max_examples=60)
@given(st.integers(1, 3), st.data())
def test_no_bit_of_a_signed_document_can_be_changed(at: int, data: st.DataObject) -> None:
    raw = bytearray(GOOD[at].document)
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= 1 << data.draw(st.integers(0, 6))
    assert chain_faults([*GOOD[:at], replace(GOOD[at], document=bytes(raw)), *GOOD[at + 1 :]])
