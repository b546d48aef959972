"""Every published vector of SLIP-0039, good and bad."""

import json
from pathlib import Path
from typing import Any

import pytest

from reelm.realm import Recovery, ShareRefused

HOME = Path(__file__).parent / "vectors" / "slip39"
VECTORS: list[list[Any]] = json.loads((HOME / "vectors.json").read_bytes())
GOOD = [case for case in VECTORS if case[2]]
BAD = [case for case in VECTORS if not case[2]]
PASSPHRASE = b"TREZOR"


def recover(mnemonics: list[str]) -> bytes:
    recovery = Recovery()
    for mnemonic in mnemonics:
        recovery.add(mnemonic.split())
    return recovery.recover(PASSPHRASE).reveal()


def test_there_are_all_of_them() -> None:
    assert (len(GOOD), len(BAD)) == (15, 30)


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case[0])
def test_a_good_set_gives_its_secret(case: list[Any]) -> None:
    assert recover(case[1]) == bytes.fromhex(case[2])


@pytest.mark.parametrize("case", BAD, ids=lambda case: case[0])
def test_a_bad_set_is_refused(case: list[Any]) -> None:
    with pytest.raises(ShareRefused):
        recover(case[1])


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case[0])
def test_four_letters_of_each_word_are_enough(case: list[Any]) -> None:
    assert recover([" ".join(word[:4] for word in mnemonic.split()) for mnemonic in case[1]])
