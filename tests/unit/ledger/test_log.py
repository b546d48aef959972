"""What is on disk, and in which order it gets there, is in tests/crash; here is what the log does."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from reelm.base import Secret, SigningKey
from reelm.ledger import LogBroken, LogBusy, LogConfig, LogSuperseded, Sequencer
from reelm.ledger import store as records
from reelm.ledger.checkpoint import Checkpoint
from reelm.ledger.log import Log
from reelm.ledger.outbox import Draft, Outbox
from reelm.ledger.tiles import Tile, entries_of, tiles_of
from support.ledger import trees
from support.ledger.recording import KEY, ORIGIN, Book, grow, opened_book


async def hand_over(book: Book, leaves: Sequence[bytes]) -> list[int]:
    async with book.outside.database.write() as tx:
        return await Outbox.hand_over(tx, [Draft(leaf) for leaf in leaves])


def leaves(count: int, *, first: int = 0) -> list[bytes]:
    return [b'{"leaf":%d}' % number for number in range(first, first + count)]


async def published(book: Book) -> Checkpoint:
    note = await book.files.checkpoint()
    assert note is not None
    return Checkpoint.parse(note.text)


async def test_a_new_log_has_the_checkpoint_of_an_empty_tree(tmp_path: Path) -> None:
    async with opened_book(tmp_path) as book:
        await grow(book.outside)
        assert await published(book) == Checkpoint(ORIGIN, 0, trees.mth([]))


@pytest.mark.parametrize("count", [1, 255, 256, 257, 700])
async def test_the_folder_is_a_log_that_anyone_can_read(tmp_path: Path, count: int) -> None:
    """Read with nothing of ours but paths: what any web server serves."""
    async with opened_book(tmp_path) as book:
        await hand_over(book, leaves(count))
        await grow(book.outside)
        checkpoint = await published(book)
        assert (checkpoint.size, checkpoint.root) == (count, trees.mth(leaves(count)))
    read: list[bytes] = []
    for index in range(-(-count // 256)):
        tile = Tile(-1, index, min(count - index * 256, 256))
        read += entries_of((book.folder / tile.path).read_bytes())
    assert read == leaves(count)
    assert all((book.folder / tile.path).stat().st_size == 32 * tile.width for tile in tiles_of(count))


async def test_leaves_keep_the_order_in_which_they_were_handed_over(tmp_path: Path) -> None:
    async with opened_book(tmp_path) as book:
        numbers = await hand_over(book, leaves(3))
        numbers += await hand_over(book, leaves(3, first=3))
        await grow(book.outside)
        assert [await book.ledger.outbox.index_of(number) for number in numbers] == list(range(6))
        assert [await book.files.entry(index, 6) for index in range(6)] == leaves(6)


async def test_numbers_with_gaps_get_indices_without(tmp_path: Path) -> None:
    async with opened_book(tmp_path) as book:
        await hand_over(book, leaves(2))
        async with book.outside.database.write() as tx:
            await Outbox.hand_over(tx, [Draft(b"undone")])
            await tx.rollback()
        await hand_over(book, [])
        numbers = await hand_over(book, leaves(2, first=2))
        await grow(book.outside)
        assert [await book.ledger.outbox.index_of(number) for number in numbers] == [2, 3]


async def test_the_tree_grows_over_many_batches_and_starts(tmp_path: Path) -> None:
    async with opened_book(tmp_path, config=LogConfig(batch_leaves=100)) as book:
        done = 0
        for count in (1, 99, 100, 56, 1, 300, 210):
            await hand_over(book, leaves(count, first=done))
            done += count
            await grow(book.outside)
            checkpoint = await published(book)
            assert (checkpoint.size, checkpoint.root) == (done, trees.mth(leaves(done)))


async def test_partial_tiles_of_older_checkpoints_stay_until_the_full_one_is_covered(tmp_path: Path) -> None:
    async with opened_book(tmp_path) as book:
        for count in (3, 2, 250):
            await hand_over(book, leaves(count))
            await grow(book.outside)
        partial = book.folder / "tile/0/000.p"
        assert sorted(path.name for path in partial.iterdir()) == ["255", "3", "5"]
        await hand_over(book, leaves(1))
        await grow(book.outside)
        assert not partial.exists()
        assert (book.folder / "tile/0/000").exists()
        assert not (book.folder / "tile/entries/000.p").exists()


async def test_every_checkpoint_is_a_continuation_of_the_one_before(tmp_path: Path) -> None:
    async with opened_book(tmp_path) as book:
        await hand_over(book, leaves(5))
        first = await grow(book.outside)
        before = (book.folder / "checkpoint").read_bytes()
        assert await first.sequence() == 0
        assert (book.folder / "checkpoint").read_bytes() == before


async def test_a_process_that_was_only_asleep_signs_nothing_more(tmp_path: Path) -> None:
    async with opened_book(tmp_path) as book:
        asleep = await Log.open(book.outside)
        await hand_over(book, leaves(5))
        await grow(book.outside)
        await hand_over(book, leaves(1, first=5))
        with pytest.raises(LogSuperseded, match="took the ledger"):
            await asleep.sequence()
        assert (await published(book)).size == 5
        await grow(book.outside)
        assert (await published(book)).root == trees.mth(leaves(6))


async def test_a_second_sequencer_is_refused_while_the_first_one_lives(tmp_path: Path) -> None:
    async with opened_book(tmp_path) as book:
        with book.outside.disk.claim(), pytest.raises(LogBusy, match="Another process"):
            await Sequencer(book.outside).run()


async def test_the_loop_takes_up_what_waits(tmp_path: Path) -> None:
    async with opened_book(tmp_path) as book:
        running = asyncio.create_task(Sequencer(book.outside).run())
        numbers = await hand_over(book, leaves(1200))
        indices = await asyncio.gather(*map(book.ledger.outbox.index_of, numbers))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert indices == list(range(1200))
        assert (await published(book)).size >= 1200


async def test_records_that_were_decided_before_a_crash_are_published_at_the_next_start(
    tmp_path: Path,
) -> None:
    async with opened_book(tmp_path) as book:
        await grow(book.outside)
        empty = (book.folder / "checkpoint").read_bytes()
        await hand_over(book, leaves(300))
        await grow(book.outside)
        (book.folder / "checkpoint").write_bytes(empty)
        await Log.open(book.outside)
        assert (await published(book)).size == 300


async def test_records_from_a_backup_take_up_what_is_public(tmp_path: Path) -> None:
    async with opened_book(tmp_path) as book:
        await hand_over(book, leaves(10))
        await grow(book.outside)
        async with book.outside.database.read() as tx:
            old = await records.find_head(tx)
        assert old is not None
        await hand_over(book, leaves(300, first=10))
        await grow(book.outside)
        async with book.outside.database.write() as tx:
            now = await records.find_head(tx)
            assert now is not None
            assert await records.advance(tx, now, old)
        await grow(book.outside)
        assert (await published(book)).size == 310
        await hand_over(book, leaves(1, first=310))
        await grow(book.outside)
        assert (await published(book)).root == trees.mth(leaves(311))


async def test_records_of_another_history_are_not_signed(tmp_path: Path) -> None:
    async with opened_book(tmp_path) as book:
        await hand_over(book, leaves(10))
        await grow(book.outside)
        async with book.outside.database.write() as tx:
            now = await records.find_head(tx)
            assert now is not None
            assert await records.advance(tx, now, replace(now, root=bytes(32)))
        with pytest.raises(LogBroken, match="Nothing was changed"):
            await Log.open(book.outside)


@pytest.mark.parametrize("lost", ["tile/0/001.p/44", "tile/entries/001.p/44", "tile/1/000.p/1"])
async def test_a_log_whose_files_are_lost_or_damaged_is_not_continued(tmp_path: Path, lost: str) -> None:
    async with opened_book(tmp_path) as book:
        await hand_over(book, leaves(300))
        await grow(book.outside)
        path = book.folder / lost
        kept = path.read_bytes()
        for damaged in (
            None,
            kept[:-1],
            kept[:40] + bytes([kept[40] ^ 1]) + kept[41:] if len(kept) > 40 else b"",
        ):
            path.unlink() if damaged is None else path.write_bytes(damaged)
            with pytest.raises(LogBroken):
                await Log.open(book.outside)
        path.write_bytes(kept)
        await Log.open(book.outside)


async def test_a_checkpoint_that_the_key_did_not_sign_stops_the_log(tmp_path: Path) -> None:
    async with opened_book(tmp_path) as book:
        await grow(book.outside)
        other = SigningKey(ORIGIN, Secret(bytes(32)))
        (book.folder / "checkpoint").write_bytes(
            other.sign(Checkpoint(ORIGIN, 0, trees.mth([])).text).encode()
        )
        with pytest.raises(LogBroken, match="another key"):
            await Log.open(book.outside)


async def test_the_name_of_a_log_does_not_change(tmp_path: Path) -> None:
    async with opened_book(tmp_path) as book:
        await grow(book.outside)
        renamed = SigningKey("eu.example/ledger", Secret(bytes(range(32))))
        with pytest.raises(LogBroken, match=r"are of the log us\.example/ledger"):
            await Log.open(book.another(key=renamed))
        assert KEY.verifier.name == ORIGIN


async def test_what_a_crash_left_beyond_the_checkpoint_is_swept(tmp_path: Path) -> None:
    async with opened_book(tmp_path) as book:
        await hand_over(book, leaves(300))
        await grow(book.outside)
        beyond = ["tile/0/001.p/99", "tile/0/001", "tile/0/002.p/7", "tile/entries/003", "tile/1/000.p/2"]
        beyond += ["tile/1/000", "tile/2/000.p/1"]
        for path in beyond:
            (book.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (book.folder / path).write_bytes(b"of a batch that nobody decided")
        await Log.open(book.outside)
        assert [path for path in beyond if (book.folder / path).exists()] == []
        assert (book.folder / "tile/0/001.p/44").exists()


async def test_what_is_public_is_never_written_over_not_even_by_a_second_name(tmp_path: Path) -> None:
    """A power cut in the middle of a rename may leave the draft and the checkpoint as one file."""
    async with opened_book(tmp_path) as book:
        await hand_over(book, leaves(3))
        await grow(book.outside)
        checkpoint, witness = book.folder / "checkpoint", tmp_path / "the-same-file"
        (book.folder / ".checkpoint").hardlink_to(checkpoint)
        witness.hardlink_to(checkpoint)
        before = witness.read_bytes()
        await hand_over(book, leaves(1, first=3))
        await grow(book.outside)
        assert witness.read_bytes() == before
        assert (await published(book)).size == 4
