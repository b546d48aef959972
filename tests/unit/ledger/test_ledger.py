import asyncio
import json
from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from hmac import digest as hmac_digest
from pathlib import Path

import pytest

from reelm.events import Topic, Waker
from reelm.ledger import (
    KindUnknown,
    LeafMissing,
    Ledger,
    LogBroken,
    NotInLedger,
    Private,
    Pruned,
    Receipt,
    Sequencer,
    read_leaf,
)
from reelm.ledger.log import Log
from reelm.ledger.outbox import Draft, Outbox
from reelm.realm import KeyDestroyed
from support.ledger.recording import IMPATIENT, POLICY, Book, grow, opened_book
from support.machine.determinism import SeededEntropy
from support.realm.keyed import ANA

ID = "0" * 26
APPEAL: dict[str, object] = {"appeal": ID, "decision": ID}


async def promised(book: Book, count: int = 1, private: Private | None = None) -> list[int]:
    async with book.outside.database.write() as tx:
        return [await book.ledger.promise(tx, "mod.appeal", APPEAL, private) for _ in range(count)]


async def test_an_append_comes_back_with_a_receipt_that_anyone_believes(tmp_path: Path) -> None:
    async with opened_book(tmp_path) as book:
        running = asyncio.create_task(Sequencer(book.outside).run())
        receipts = await asyncio.gather(*(book.ledger.append("mod.appeal", APPEAL) for _ in range(20)))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert sorted(receipt.index for receipt in receipts) == list(range(20))
    for receipt in receipts:
        assert Receipt.parse(receipt.encode()).check(POLICY).size >= 20
        assert read_leaf(receipt.leaf).kind == "mod.appeal"


async def test_what_does_not_belong_on_the_record_is_refused_before_anything_is_kept(tmp_path: Path) -> None:
    async with opened_book(tmp_path) as book:
        with pytest.raises(KindUnknown):
            await book.ledger.append("mod.gossip", APPEAL)
        assert (await book.ledger.status()).waiting == 0


async def test_an_act_that_nobody_records_may_not_be_done(tmp_path: Path) -> None:
    async with opened_book(tmp_path, config=IMPATIENT) as book:
        with pytest.raises(NotInLedger, match="must not be done"):
            await book.ledger.append("mod.appeal", APPEAL)
        assert (await book.ledger.status()).waiting == 1
        await grow(book.outside)
        assert (await book.ledger.receipt(0)).index == 0


async def test_a_promise_is_kept_when_its_transaction_is_and_not_otherwise(tmp_path: Path) -> None:
    async with opened_book(tmp_path) as book:
        (number,) = await promised(book)
        async with book.outside.database.write() as tx:
            await book.ledger.promise(tx, "mod.appeal", APPEAL)
            await tx.rollback()
        await grow(book.outside)
        assert await book.ledger.outbox.index_of(number) == 0
        assert len(await book.ledger.latest(9)) == 1


@pytest.mark.parametrize("way", ["append", "promise", "announce"])
async def test_a_sequencer_is_woken_by_leaves_of_another_process(tmp_path: Path, way: str) -> None:
    async with opened_book(tmp_path, config=IMPATIENT) as book:
        sequencing, writing = Waker(tmp_path / "wake"), Waker(tmp_path / "wake")
        await sequencing.wait(Topic.LEAVES, 0, 0)  # listens from here on
        ledger = Ledger(book.another(waker=writing), book.keys, entropy=SeededEntropy(5))
        with book.outside.disk.claim(), suppress(NotInLedger):  # no one may sequence
            if way == "append":
                await ledger.append("mod.appeal", APPEAL)
            elif way == "announce":
                await ledger.announcements.announce("mod.appeal", APPEAL)
            else:
                async with book.outside.database.write() as tx:
                    await ledger.promise(tx, "mod.appeal", APPEAL)
        async with asyncio.timeout(10):
            await sequencing.wait(Topic.LEAVES, 0, 60)
        for each in (sequencing, writing):
            each.close()
        await ledger.close()


async def test_an_index_can_be_asked_for_long_after(tmp_path: Path) -> None:
    async with opened_book(tmp_path) as book:
        first, second = await promised(book, 2)
        await grow(book.outside)
        assert [await book.ledger.outbox.index_of(number) for number in (second, first)] == [1, 0]


async def test_a_receipt_for_what_is_not_on_the_record_is_refused(tmp_path: Path) -> None:
    async with opened_book(tmp_path) as book:
        with pytest.raises(LeafMissing):
            await book.ledger.receipt(0)
        await promised(book)
        await grow(book.outside)
        with pytest.raises(LeafMissing, match="No leaf with index 1"):
            await book.ledger.receipt(1)


async def test_a_damaged_file_makes_no_receipt(tmp_path: Path) -> None:
    async with opened_book(tmp_path) as book:
        await promised(book, 300)
        await grow(book.outside)
        for path in ("tile/0/000", "tile/entries/000"):
            kept = (book.folder / path).read_bytes()
            (book.folder / path).write_bytes(kept[:70] + bytes([kept[70] ^ 1]) + kept[71:])
            with pytest.raises(LogBroken):
                await book.ledger.receipt(2)
            (book.folder / path).write_bytes(kept)
            assert (await book.ledger.receipt(2)).check(POLICY).size == 300


async def test_a_private_part_is_shown_to_whom_it_is_about_and_proves_itself(tmp_path: Path) -> None:
    async with opened_book(tmp_path) as book:
        async with book.outside.database.write() as tx:
            await book.keys.create_user_key(tx, ANA)
        await promised(book, private=Private({"subject": ANA, "why": "ticket 7"}, owner=ANA))
        await grow(book.outside)
        (recorded,) = await book.ledger.latest(1)
        async with book.outside.database.read() as tx:
            opening = json.loads(await book.ledger.bodies.opening(tx, recorded.leaf))
    assert opening["body"] == {"subject": ANA, "why": "ticket 7"}
    body = json.dumps(opening["body"], separators=(",", ":"), sort_keys=True).encode()
    message = b"reelm/ledger/private/1\0mod.appeal\0" + body
    said = hmac_digest(bytes.fromhex(opening["key"]), message, "sha256")
    assert read_leaf(recorded.leaf).private == said
    assert b"ticket 7" not in recorded.leaf
    assert ANA.encode() not in recorded.leaf


async def test_nobody_opens_a_private_part_of_somebody_who_was_erased(tmp_path: Path) -> None:
    async with opened_book(tmp_path) as book:
        async with book.outside.database.write() as tx:
            await book.keys.create_user_key(tx, ANA)
        await promised(book, private=Private({"why": "ticket 7"}, owner=ANA))
        await grow(book.outside)
        (recorded,) = await book.ledger.latest(1)
        async with book.outside.database.write() as tx:
            await book.keys.destroy_user_key(tx, ANA)
        async with book.outside.database.read() as tx:
            with pytest.raises(KeyDestroyed):
                await book.ledger.bodies.opening(tx, recorded.leaf)
        async with book.outside.database.write() as tx:
            await book.ledger.forget(tx, ANA)
        async with book.outside.database.read() as tx:
            with pytest.raises(LeafMissing, match="erased"):
                await book.ledger.bodies.opening(tx, recorded.leaf)
        assert (await book.ledger.receipt(0)).check(POLICY).size == 1


async def test_equal_private_parts_look_different_in_public(tmp_path: Path) -> None:
    async with opened_book(tmp_path) as book:
        await promised(book, 2, Private({"why": "ticket 7"}))
        await grow(book.outside)
        one, other = await book.ledger.latest(2)
        assert read_leaf(one.leaf).private != read_leaf(other.leaf).private


async def test_what_was_announced_is_said_again_only_when_it_changes(tmp_path: Path) -> None:
    digest = sha256(b"").hexdigest()
    async with opened_book(tmp_path) as book:
        first = await book.ledger.announcements.announce(
            "manifest.publish", {"digest": digest}, counted_as="version"
        )
        again = await book.ledger.announcements.announce(
            "manifest.publish", {"digest": digest}, counted_as="version"
        )
        other = await book.ledger.announcements.announce(
            "manifest.publish", {"digest": "0" * 64}, counted_as="version"
        )
        back = await book.ledger.announcements.announce(
            "manifest.publish", {"digest": digest}, counted_as="version"
        )
        said = [read_leaf(each.leaf).public for each in await book.ledger.latest(9)]
    assert [first, again, other, back] == [0, 0, 1, 2]
    assert [(getattr(each, "version"), getattr(each, "digest")) for each in said] == [  # noqa: B009 - of one kind
        (3, digest),
        (2, "0" * 64),
        (1, digest),
    ]


async def test_an_announcement_that_a_crash_cut_off_is_not_said_twice(tmp_path: Path) -> None:
    async with opened_book(tmp_path) as book:
        said = await book.ledger.announcements._say("manifest.publish", {"digest": "0" * 64}, "version")
        assert said.leaf_index is None
        assert (
            await book.ledger.announcements.announce(
                "manifest.publish", {"digest": "0" * 64}, counted_as="version"
            )
            == 0
        )
        assert len(await book.ledger.latest(9)) == 1


async def test_old_entries_go_and_their_proofs_stay(tmp_path: Path) -> None:
    async with opened_book(tmp_path) as book:
        await promised(book, 300)
        await grow(book.outside)
        early = await book.ledger.receipt(7)
        book.outside.clock.advance(1000)  # type: ignore[attr-defined] # the clock of a test
        await promised(book, 300)
        await grow(book.outside)
        before = book.outside.clock.now() - timedelta(seconds=500)
        assert await book.ledger.prune(before=before) == 256
        assert not (book.folder / "tile/entries/000").exists()
        assert (book.folder / "minimum-index").read_text() == "256\n"
        with pytest.raises(Pruned):
            await book.ledger.receipt(7)
        with pytest.raises(Pruned):
            await book.ledger.files.public("tile/entries/000")
        assert early.check(POLICY).size == 300
        assert (await book.ledger.receipt(599)).check(POLICY).size == 600
        assert await book.ledger.prune(before=before) == 256
        await Log.open(book.outside)


async def test_the_first_entry_that_is_left_is_itself_old_enough_to_go(tmp_path: Path) -> None:
    """Whoever comes later sees its date, and not the dates of those that are gone."""
    async with opened_book(tmp_path) as book:
        await promised(book, 256)
        await grow(book.outside)
        book.outside.clock.advance(1000)  # type: ignore[attr-defined] # the clock of a test
        await promised(book, 10)
        await grow(book.outside)
        before = book.outside.clock.now() - timedelta(seconds=500)
        assert await book.ledger.prune(before=before) == 0
        book.outside.clock.advance(1000)  # type: ignore[attr-defined] # the clock of a test
        assert await book.ledger.prune(before=before + timedelta(seconds=1000)) == 256


async def test_pruning_that_a_crash_cut_off_is_finished_by_the_next(tmp_path: Path) -> None:
    async with opened_book(tmp_path) as book:
        await promised(book, 800)
        await grow(book.outside)
        book.outside.clock.advance(1000)  # type: ignore[attr-defined] # the clock of a test
        kept = {index: (book.folder / f"tile/entries/00{index}").read_bytes() for index in range(3)}
        await book.ledger.prune(before=book.outside.clock.now())
        (book.folder / "tile/entries/002").write_bytes(kept[2])
        (book.folder / "tile/entries/001").write_bytes(kept[1])
        await book.ledger.prune(before=book.outside.clock.now())
        assert sorted(path.name for path in (book.folder / "tile/entries").iterdir()) == ["003.p"]


async def test_only_the_files_of_the_log_are_public(tmp_path: Path) -> None:
    async with opened_book(tmp_path) as book:
        await promised(book)
        await grow(book.outside)
        assert await book.ledger.files.public("checkpoint")
        assert await book.ledger.files.public("tile/0/000.p/1")
        for path in (".checkpoint", ".lock", "../records.sqlite", "tile", "tile/0/000.p", "policy", ""):
            assert await book.ledger.files.public(path) is None


async def test_drafts_of_many_tasks_share_a_commit_and_keep_their_leaves(tmp_path: Path) -> None:
    async with opened_book(tmp_path) as book:
        running = asyncio.create_task(Sequencer(book.outside).run())
        outbox = Outbox(book.outside)
        leaves = [b"leaf %d" % number for number in range(1500)]
        indices = await asyncio.gather(*(outbox.record(Draft(leaf)) for leaf in leaves))
        assert [await book.files.entry(index, 1500) for index in indices[::100]] == leaves[::100]
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await outbox.close()
