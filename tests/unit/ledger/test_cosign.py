from collections.abc import Sequence
from pathlib import Path

import pytest

from reelm.base import Algorithm, Signature
from reelm.ledger import Cosigning, LogConfig, NotInLedger, Panel, Policy, Receipt
from reelm.ledger.checkpoint import Checkpoint
from reelm.ledger.files import COSIGNED, POLICY
from reelm.ledger.outbox import Draft, Outbox
from reelm.ledger.ports import Elsewhere
from support.ledger.recording import KEY, Book, grow, opened_book
from support.ledger.witnessing import HonestWitness, SomeWitness
from support.machine.determinism import ManualClock

SIGNERS = {
    "w0": SomeWitness("w0.example", 10),
    "w1": SomeWitness("w1.example", 11, Algorithm.MLDSA44_COSIGNATURE),
    "w2": SomeWitness("w2.example", 12),
}


def two_of_three() -> tuple[Panel, dict[str, HonestWitness]]:
    lines = [f"log {KEY.verifier}", *(f"witness {name} {each.key}" for name, each in SIGNERS.items())]
    text = "\n".join([*lines, "group most 2 w0 w1 w2", "quorum most", ""])
    witnesses = {name: HonestWitness(each, KEY.verifier) for name, each in SIGNERS.items()}
    return Panel(text, Policy.parse(text), witnesses), witnesses


async def leaves_wait(book: Book, count: int) -> list[int]:
    async with book.outside.database.write() as tx:
        return await Outbox.hand_over(tx, [Draft(b"leaf") for _ in range(count)])


async def cosigned(book: Book) -> Checkpoint | None:
    note = await book.files.checkpoint(COSIGNED)
    return None if note is None else Checkpoint.parse(note.text)


async def test_a_checkpoint_that_enough_witnesses_saw_is_kept_beside_the_newest(tmp_path: Path) -> None:
    panel, witnesses = two_of_three()
    async with opened_book(tmp_path) as book:
        cosigning = Cosigning(book.outside, panel)
        for count in (3, 300, 1):
            await leaves_wait(book, count)
            await grow(book.outside)
            assert await cosigning.ask_all() == await cosigned(book)
        note = await book.files.checkpoint(COSIGNED)
        assert note is not None
        assert panel.policy.check(note).size == 304
        assert witnesses["w1"].asked == [0, 3, 303]
        receipt = Receipt.parse((await book.ledger.receipt(77)).encode())
        assert receipt.check(panel.policy).size == 304


async def test_nobody_is_asked_twice_about_what_is_cosigned_already(tmp_path: Path) -> None:
    panel, witnesses = two_of_three()
    async with opened_book(tmp_path) as book:
        await leaves_wait(book, 3)
        await grow(book.outside)
        cosigning = Cosigning(book.outside, panel)
        assert await cosigning.ask_all() is not None
        assert await cosigning.ask_all() is None
        assert witnesses["w0"].asked == [0]


async def test_in_an_idle_realm_they_are_asked_anew_before_it_looks_frozen(tmp_path: Path) -> None:
    panel, witnesses = two_of_three()
    clock = ManualClock()
    async with opened_book(tmp_path) as book:
        await leaves_wait(book, 3)
        await grow(book.outside)
        cosigning = Cosigning(book.another(clock=clock), panel)
        assert await cosigning.ask_all() is not None
        clock.advance(3599)
        assert await cosigning.ask_all() is None
        for witness in witnesses.values():
            witness.now_seconds += 3600
        clock.advance(1)
        assert await cosigning.ask_all() == await cosigned(book)
        note = await book.files.checkpoint(COSIGNED)
        assert note is not None
        assert set(panel.policy.witnessed(note).values()) == {1_800_003_600}
        assert witnesses["w0"].asked == [0, 3]
        assert await cosigning.ask_all() is None


async def test_as_long_as_too_few_answer_anew_they_are_asked_at_every_turn(tmp_path: Path) -> None:
    panel, witnesses = two_of_three()
    clock = ManualClock()
    async with opened_book(tmp_path) as book:
        await leaves_wait(book, 3)
        await grow(book.outside)
        cosigning = Cosigning(book.another(clock=clock), panel)
        await cosigning.ask_all()
        clock.advance(3600)
        witnesses["w1"].is_away = witnesses["w2"].is_away = True
        assert await cosigning.ask_all() is None
        witnesses["w1"].is_away = False
        assert await cosigning.ask_all() is not None


async def test_a_realm_that_starts_again_has_others_cosign_what_is_cosigned_already(tmp_path: Path) -> None:
    panel, witnesses = two_of_three()
    async with opened_book(tmp_path) as book:
        await leaves_wait(book, 3)
        await grow(book.outside)
        await Cosigning(book.outside, panel).ask_all()
        assert await Cosigning(book.outside, panel).ask_all() is not None
        assert witnesses["w0"].asked == [0, 0, 3]


async def test_one_witness_that_is_away_is_not_missed(tmp_path: Path) -> None:
    panel, witnesses = two_of_three()
    witnesses["w2"].is_away = True
    async with opened_book(tmp_path) as book:
        await leaves_wait(book, 3)
        await grow(book.outside)
        assert await Cosigning(book.outside, panel).ask_all() is not None


async def test_without_a_quorum_the_log_goes_on_and_the_older_cosigned_one_stays(tmp_path: Path) -> None:
    panel, witnesses = two_of_three()
    async with opened_book(tmp_path) as book:
        cosigning = Cosigning(book.outside, panel)
        await leaves_wait(book, 3)
        await grow(book.outside)
        await cosigning.ask_all()
        witnesses["w1"].is_away = witnesses["w2"].is_away = True
        (number,) = await leaves_wait(book, 1)
        await grow(book.outside)
        assert await cosigning.ask_all() is None
        kept = await cosigned(book)
        assert kept is not None
        assert kept.size == 3
        assert await book.ledger.outbox.index_of(number) == 3
        assert Checkpoint.parse((await book.ledger.receipt(3)).checkpoint.text).size == 4


async def test_a_policy_may_ask_for_the_quorum_before_a_leaf_counts(tmp_path: Path) -> None:
    panel, _ = two_of_three()
    config = LogConfig(look_seconds=0.002, patience_seconds=0, needs_quorum=True)
    async with opened_book(tmp_path, config=config) as book:
        (number,) = await leaves_wait(book, 1)
        await grow(book.outside)
        with pytest.raises(NotInLedger, match="waits durably"):
            await book.ledger.outbox.index_of(number)
        await Cosigning(book.outside, panel).ask_all()
        assert await book.ledger.outbox.index_of(number) == 0


async def test_a_realm_that_starts_again_learns_what_its_witnesses_saw(tmp_path: Path) -> None:
    panel, witnesses = two_of_three()
    async with opened_book(tmp_path) as book:
        for count in (300, 5):
            await leaves_wait(book, count)
            await grow(book.outside)
            assert await Cosigning(book.outside, panel).ask_all() is not None
        assert witnesses["w0"].asked == [0, 0, 300]


async def test_a_witness_that_has_seen_more_than_there_is_does_not_cosign(tmp_path: Path) -> None:
    """The log was restored from a backup that is too old: its witnesses remember what it forgot."""
    panel, witnesses = two_of_three()
    for witness in witnesses.values():
        witness.seen = (50, bytes(32))
    async with opened_book(tmp_path) as book:
        await leaves_wait(book, 3)
        await grow(book.outside)
        assert await Cosigning(book.outside, panel).ask_all() is None
        assert await cosigned(book) is None


class Forger:
    """Answers with the signature of somebody else, or over something else."""

    def __init__(self, signature: Signature) -> None:
        self._signature = signature

    async def add_checkpoint(
        self, old_size: int, proof: Sequence[bytes], checkpoint: bytes
    ) -> tuple[Signature, ...] | Elsewhere:
        del old_size, proof, checkpoint
        return (self._signature,)


async def test_forged_and_foreign_cosignatures_count_for_nothing(tmp_path: Path) -> None:
    panel, _ = two_of_three()
    other = KEY.sign(Checkpoint(KEY.verifier.name, 9, bytes(32)).text)
    forged = {
        "w0": Forger(SIGNERS["w0"].cosign(other, seconds=5)),
        "w1": Forger(SIGNERS["w0"].cosign(other, seconds=5)),
        "w2": Forger(Signature("w2.example", SIGNERS["w2"].key.id, b"short")),
    }
    async with opened_book(tmp_path) as book:
        await leaves_wait(book, 3)
        await grow(book.outside)
        assert await Cosigning(book.outside, Panel(panel.text, panel.policy, forged)).ask_all() is None
        assert await cosigned(book) is None


async def test_the_policy_is_published_as_it_is(tmp_path: Path) -> None:
    panel, _ = two_of_three()
    async with opened_book(tmp_path) as book:
        await Cosigning(book.outside, panel).publish_policy()
        published = await book.ledger.files.public(POLICY)
        assert published == panel.text.encode()
        assert Policy.parse(published.decode()) == panel.policy
