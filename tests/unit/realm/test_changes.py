"""Differences between manifests, as sentences that anyone understands."""

from dataclasses import replace

from reelm.realm import Manifest
from reelm.realm.changes import changes
from reelm.realm.model import Owner, Tenure
from reelm.realm.version import as_declared
from support.realm.declaring import PLAIN, in_city, with_keys


def said(before: Manifest, after: Manifest) -> list[str]:
    return [str(change) for change in changes(as_declared(before), as_declared(after))]


def test_the_same_manifest_differs_in_nothing() -> None:
    assert said(PLAIN, PLAIN) == []


def test_what_became_another_is_said_with_both_values() -> None:
    assert said(PLAIN, in_city("Utrecht")) == ['Site "here" has another city: not declared became Utrecht.']
    sold = replace(PLAIN, providers=(replace(PLAIN.providers[0], tenure=Tenure.CLOUD),))
    assert said(PLAIN, sold) == ['Provider "this-machine" has another tenure: owned became cloud.']


def test_what_is_new_or_gone_is_said_with_what_it_is_or_was() -> None:
    fewer = replace(PLAIN, stores=PLAIN.stores[1:])
    assert said(PLAIN, fewer) == ['Store "store-1" is gone. It was: site here, folder stores/1.']
    assert said(fewer, PLAIN)[0].startswith('Store "store-1" is new: ')
    named = replace(PLAIN, realm=replace(PLAIN.realm, public_url="https://reelm.example"))
    assert said(PLAIN, named) == ["The realm now has a public url: https://reelm.example."]
    assert said(named, PLAIN) == ["The realm has no public url any more. It was https://reelm.example."]


def test_a_change_of_keys_is_said() -> None:
    lines = said(PLAIN, with_keys("ana", threshold=1))
    assert lines[0] == "The realm now has a key threshold: 1."
    assert lines[1].startswith('Signing key "ana" is new: ')


def test_owners_of_one_name_are_told_apart() -> None:
    both = replace(PLAIN, owners=(Owner("A", "NL", 40.5), Owner("A", "NL", 20.0)))
    less = replace(PLAIN, owners=(Owner("A", "NL", 40.5), Owner("A", "NL", 10.0)))
    assert said(both, less) == ['Owner "A (2)" has another share percent: 20 became 10.']


def test_another_order_is_a_change_too() -> None:
    turned = replace(PLAIN, stores=PLAIN.stores[::-1])
    assert said(PLAIN, turned) == ["The order of stores is another."]
