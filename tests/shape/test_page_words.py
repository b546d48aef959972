"""The page has a sentence for every kind of leaf, and for no other."""

import re
from pathlib import Path

from reelm.ledger import schemas

PAGE = Path(__file__).parents[2] / "ui" / "src" / "trust" / "leaves.ts"


def test_every_kind_of_leaf_has_a_sentence_that_uses_its_own_fields() -> None:
    said = dict(re.findall(r'^  "([a-z.]+)": (.*),$', PAGE.read_text(), re.MULTILINE))
    kinds = schemas()
    assert sorted(said) == sorted(kinds)
    for kind, sentence in said.items():
        assert set(re.findall(r'f\["(\w+)"\]', sentence)) <= set(kinds[kind]["properties"]), kind
