"""The golden vectors of RVF1, against the product; for a reader from the page alone see `test_rvf1_tool`."""

import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from reelm.base import Database, DataClass, ObjectId, write_id
from reelm.vault import FragmentRefused, KeyRefused, NotEnoughFragments, ObjectBroken, VaultError
from reelm.vault.errors import FailedCheck
from reelm.vault.fragment import check_whole
from reelm.vault.model import FragmentState, ObjectState
from reelm.vault.store import FragmentRecord, ObjectRecord, add_intent, mark_stored
from spec.rvf1_writer import HOME, files
from support.machine.determinism import ManualClock
from support.vault.vaulting import OwnerKey, memory_stores, open_vault, records

VECTORS: dict[str, Any] = json.loads((HOME / "vectors.json").read_bytes())
SEAL_KEY = bytes.fromhex(VECTORS["seal_key"])
GOOD = pytest.mark.parametrize("case", VECTORS["good"], ids=lambda case: case["name"])
OF_ONE_FRAGMENT = {fault.value for fault in [*FailedCheck][: [*FailedCheck].index(FailedCheck.LEAF) + 1]}


def is_of_one_fragment(case: dict[str, Any]) -> bool:
    return case["expect"] in OF_ONE_FRAGMENT or case["name"].startswith("media")


def cases(*, of_one_fragment: bool) -> pytest.MarkDecorator:
    chosen = [case for case in VECTORS["bad"] if is_of_one_fragment(case) == of_one_fragment]
    return pytest.mark.parametrize("case", chosen, ids=lambda case: case["name"])


BAD_FRAGMENT, BAD_OBJECT = cases(of_one_fragment=True), cases(of_one_fragment=False)


def load(case: dict[str, Any]) -> list[bytes]:
    return [(HOME / path).read_bytes() for path in case["fragments"]]


def plaintext(case: dict[str, Any]) -> bytes:
    data = hashlib.shake_128(case["plaintext"]["shake128_of"].encode()).digest(case["length"])
    assert hashlib.sha256(data).hexdigest() == case["plaintext"]["sha256"]
    return data


def key_of(case: dict[str, Any]) -> bytes | None:
    return bytes.fromhex(case["user_key"]) if case["user_key"] else None


def test_the_writer_still_makes_exactly_these_files() -> None:
    """The format stays: a change that shows here needs a new format number, not new vectors."""
    made = dict(files())
    committed = {str(path.relative_to(HOME)): path.read_bytes() for path in HOME.rglob("*") if path.is_file()}
    committed.pop("README.md")
    assert sorted(made) == sorted(committed)
    assert [path for path in made if made[path] != committed[path]] == []


def test_every_fault_on_the_page_has_a_bad_vector_except_the_one_that_needs_records() -> None:
    assert {case["expect"] for case in VECTORS["bad"]} == {fault.value for fault in FailedCheck} - {
        FailedCheck.IDENTITY
    }


@GOOD
async def test_the_product_opens_every_good_vector(case: dict[str, Any], world: "World") -> None:
    object_id = await world.hold(load(case), length=case["length"])
    for store in world.stores[: case["n"] - case["k"]]:
        store.fragments.clear()
    assert await world.read(object_id, key_of(case)) == plaintext(case)


@BAD_FRAGMENT
def test_the_product_refuses_every_bad_fragment(case: dict[str, Any]) -> None:
    with pytest.raises(FragmentRefused) as refusal:
        check_whole(load(case)[0])
    assert refusal.value.fault == case["expect"]


@BAD_OBJECT
async def test_the_product_refuses_every_bad_object(case: dict[str, Any], world: "World") -> None:
    """Whatever a forger does with records and fragments that fit each other."""
    fault, length = FailedCheck(case["expect"]), 100 if case["name"] == "length-unpadded" else 2500
    object_id = await world.hold(load(case), length=length)
    with pytest.raises(VaultError) as refused:
        await world.read(object_id, key_of(case))
    if fault in {FailedCheck.TOO_FEW, FailedCheck.DISAGREE, FailedCheck.SEAL}:
        assert isinstance(refused.value, NotEnoughFragments)
    else:
        assert isinstance(refused.value, KeyRefused | ObjectBroken)
        assert refused.value.fault is fault


class World:
    """A vault whose stores and records were filled from files, as after a recovery."""

    def __init__(self, database: Database) -> None:
        self.stores = memory_stores(6)
        self._database = database
        self._vault = open_vault(database, self.stores)

    async def hold(self, fragments: Sequence[bytes], *, length: int) -> ObjectId:
        first = check_whole(fragments[0])
        common, shape, roots = first.header.common, first.header.shape, first.trailer.roots
        pieces = []
        for number, (store, data) in enumerate(zip(self.stores, fragments, strict=False)):
            index, name = data[42], f"{number:064x}"
            store.fragments[name] = data
            pieces.append(
                FragmentRecord(index, store.place.provider, name, roots[index], FragmentState.STORED)
            )
        record = ObjectRecord(
            object_id=ObjectId(write_id(common.object_id)),
            generation=common.generation,
            reference="r",
            shape=shape,
            length_bytes=length,
            object_root=first.trailer.object_root,
            data_class=DataClass.PUBLIC,
            key_epoch=common.key_epoch,
            state=ObjectState.INTENT,
            created_at=ManualClock().now(),
            fragments=tuple({piece.index: piece for piece in pieces}.values()),
        )
        async with self._database.write() as tx:
            await add_intent(tx, record)
            await mark_stored(tx, record)
        return record.object_id

    async def read(self, object_id: ObjectId, user_key: bytes | None) -> bytes:
        return await self._vault.read(object_id, key=OwnerKey(user_key) if user_key else None)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with records(tmp_path) as database:
        yield World(database)
