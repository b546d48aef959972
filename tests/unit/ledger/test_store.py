"""The records of the ledger, on every kind of database."""

from dataclasses import replace

from reelm.base import Database
from reelm.ledger import store as records
from reelm.ledger.merkle import EMPTY_ROOT
from reelm.ledger.model import LogHead


async def test_each_who_takes_the_log_over_has_a_turn_of_its_own(database: Database) -> None:
    async with database.write() as tx:
        assert await records.begin(tx, "us/ledger") == "us/ledger"
        assert await records.begin(tx, "eu/ledger") == "us/ledger"
        first = await records.take_over(tx, "us/ledger")
        second = await records.take_over(tx, "us/ledger")
        assert (first.turn, second.turn) == (1, 2)
        assert not await records.advance(tx, first, replace(first, size=1))
        assert await records.advance(tx, second, replace(second, size=1, root=bytes(32)))
        assert not await records.advance(tx, second, replace(second, size=2))
        assert await records.find_head(tx) == LogHead("us/ledger", 1, bytes(32), 2)


async def test_a_log_that_nobody_began_begins_when_it_is_taken_over(database: Database) -> None:
    async with database.write() as tx:
        assert await records.take_over(tx, "us/ledger") == LogHead("us/ledger", 0, EMPTY_ROOT, 1)


async def test_leaves_wait_in_order_until_they_have_an_index(database: Database) -> None:
    leaves = [b"leaf %d" % number for number in range(1200)]
    async with database.write() as tx:
        ids = await records.add_waiting(tx, leaves)
        assert ids == sorted(set(ids))
        assert await records.add_waiting(tx, []) == []
    async with database.write() as tx:
        await records.add_waiting(tx, [b"undone"])
        await tx.rollback()
    async with database.write() as tx:
        ids += await records.add_waiting(tx, [b"last"])
        assert await records.waiting(tx, 2000) == list(zip(ids, [*leaves, b"last"], strict=True))
        assert await records.count_waiting(tx) == 1201
        await records.settle(tx, [*ids[:3], *ids[5:9]], 70)
        assert await records.indices(tx, ids[0], ids[-1], size=76) == {
            **dict(zip(ids[:3], (70, 71, 72), strict=True)),
            **dict(zip(ids[5:8], (73, 74, 75), strict=True)),
        }
        assert [found for found, _ in await records.waiting(tx, 3)] == [ids[3], ids[4], ids[9]]
        await records.forget_settled(tx, 72)
        assert list((await records.indices(tx, ids[0], ids[-1], size=99)).values()) == [72, 73, 74, 75, 76]


async def test_the_number_of_a_leaf_is_never_given_out_again(database: Database) -> None:
    async with database.write() as tx:
        (first,) = await records.add_waiting(tx, [b"leaf"])
        await records.settle(tx, [first], 0)
        await records.forget_settled(tx, 1)
        (second,) = await records.add_waiting(tx, [b"leaf"])
    assert second > first
