"""A log that Reelm wrote, on a plain web server, audited by a Python that has no Reelm."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from reelm.base import Outbound, SystemClock
from reelm.ledger import Cosigning, Panel, Policy, Private
from reelm.ledger.adapters.witness import HttpWitness
from reelm_audit.clock import Clock, machine_seconds
from reelm_audit.ledger import Audited, Demand, audit_ledger
from reelm_audit.tlog.keys import Kind, SignerKey, VerifierKey
from reelm_audit.witness.server import Server
from reelm_audit.witness.store import Store
from reelm_audit.witness.witness import Witness
from support.ledger.auditing import failed
from support.ledger.logs import signer
from support.ledger.recording import KEY, Book, grow, opened_book
from support.machine.determinism import ManualClock
from support.machine.serving import serving_port

SOURCE = Path(__file__).parents[2] / "audit" / "src"
WITNESSES = {
    "one": signer("one.example/w", 31),
    "two": signer("two.example/w", 32, Kind.ML_DSA_44_COSIGNATURE),
}
ALONE = f"""
import importlib.util, sys
sys.path.insert(0, {str(SOURCE)!r})
assert importlib.util.find_spec("reelm") is None
from reelm_audit.cli import main
sys.exit(main())
"""

pytestmark = [pytest.mark.slow, pytest.mark.every_python]


@contextmanager
def witnessing(folder: Path, key: SignerKey, *, clock: Clock = machine_seconds) -> Iterator[str]:
    """The witness of the auditor's distribution, and where it takes checkpoints."""
    log = VerifierKey.parse(str(KEY.verifier))
    with closing(Store(folder)) as store:
        witness = Witness(store, [key], {log.name: [log]}, clock=clock)
        with serving_port(Server(("127.0.0.1", 0), witness)) as port:
            yield f"http://127.0.0.1:{port}"


@contextmanager
def plain_server(folder: Path) -> Iterator[str]:
    command = [
        sys.executable,
        "-u",
        "-m",
        "http.server",
        "0",
        "--bind",
        "127.0.0.1",
        "--directory",
        str(folder),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:  # noqa: S603 - Python's own
        try:
            assert process.stdout is not None
            yield process.stdout.readline().partition("(")[2].partition(")")[0].rstrip("/")
        finally:
            process.terminate()


def reelm_audit(*arguments: object) -> tuple[int, dict[str, Any]]:
    """Exit code and report, of a Python that takes nothing from its environment."""
    command = [sys.executable, "-I", "-c", ALONE, *map(str, arguments), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def policy() -> str:
    lines = [f"log {KEY.verifier}", *(f"witness {name} {key.verifier}" for name, key in WITNESSES.items())]
    return "\n".join([*lines, "group both all one two", "quorum both", ""])


async def record(book: Book, count: int, *, first: int) -> list[int]:
    """Leaves as a realm makes them, through the front door; their indices."""
    async with book.outside.database.write() as tx:
        numbers = [
            await book.ledger.promise(
                tx, "flow.deny", {"flow": f"us-eu-{number}", "to": "eu", "reason": "quota"}
            )
            for number in range(first, first + count)
        ]
    await grow(book.outside)
    return [await book.ledger.outbox.index_of(number) for number in numbers]


async def test_a_log_that_reelm_wrote_passes_and_so_do_its_receipts(tmp_path: Path) -> None:
    (tmp_path / "policy").write_text(policy())
    with (
        witnessing(tmp_path / "w1", WITNESSES["one"]) as one,
        witnessing(tmp_path / "w2", WITNESSES["two"]) as two,
    ):
        async with (
            opened_book(tmp_path, clock=SystemClock()) as book,
            Outbound([one, two]) as outbound,
        ):
            asked = {"one": HttpWitness(outbound, one), "two": HttpWitness(outbound, two)}
            cosigning = Cosigning(book.outside, Panel(policy(), Policy.parse(policy()), asked))
            await cosigning.publish_policy()
            for first, count in ((0, 3), (3, 597), (600, 100)):
                indices = await record(book, count, first=first)
                assert await cosigning.ask_all() is not None
                shutil.copytree(book.folder, tmp_path / "copy", dirs_exist_ok=True)
                audit_the_copy(tmp_path, first=first, size=first + count)
            receipt = tmp_path / "one.tlog-proof"
            for index in (0, 255, indices[0], indices[-1]):
                receipt.write_bytes((await book.ledger.receipt(index)).encode())
                code, report = reelm_audit("receipt", receipt, "--policy", tmp_path / "policy")
                assert code == 0
                assert {claim["verdict"] for claim in report["claims"]} == {"proven"}


async def test_an_idle_realm_stays_fresh_and_one_that_is_held_back_does_not(tmp_path: Path) -> None:
    """Nothing happens for half a day. Whoever is shown the state of its beginning is shown a frozen log."""
    clock = ManualClock()
    began_seconds = int(clock.now().timestamp())

    def now_seconds() -> int:
        return int(clock.now().timestamp())

    def audited(folder: Path) -> Audited:
        demand = Demand(
            location=str(folder),
            state_path=tmp_path / f"{folder.name}.json",
            evidence_folder=tmp_path / "evidence",
            policy=policy().encode(),
            processes=1,
        )
        return audit_ledger(demand, now_seconds=now_seconds())

    with (
        witnessing(tmp_path / "w1", WITNESSES["one"], clock=now_seconds) as one,
        witnessing(tmp_path / "w2", WITNESSES["two"], clock=now_seconds) as two,
    ):
        async with opened_book(tmp_path) as book, Outbound([one, two]) as outbound:
            asked = {"one": HttpWitness(outbound, one), "two": HttpWitness(outbound, two)}
            panel = Panel(policy(), Policy.parse(policy()), asked)
            cosigning = Cosigning(book.another(clock=clock), panel)
            await record(book, 3, first=0)
            assert await cosigning.ask_all() is not None
            shutil.copytree(book.folder, tmp_path / "held-back")
            for _ in range(12):
                clock.advance(3600)
                assert await cosigning.ask_all() is not None
                assert failed(audited(book.folder)) == set()
    assert now_seconds() == began_seconds + 12 * 3600
    assert failed(audited(tmp_path / "held-back")) == {"fresh"}


async def test_what_a_person_was_shown_is_what_the_leaf_committed_to(tmp_path: Path) -> None:
    body = Private({"subject": "somebody", "fields": ["email"]})
    public = {"actor": "sam", "role": "support", "purpose": "ticket", "data": ["email"]}
    digests = {"policy_digest": "a" * 64, "request_digest": "b" * 64}
    async with opened_book(tmp_path) as book:
        async with book.outside.database.write() as tx:
            number = await book.ledger.promise(tx, "access.read", {**public, **digests}, body)
        await grow(book.outside)
        receipt = await book.ledger.receipt(await book.ledger.outbox.index_of(number))
        async with book.outside.database.read() as tx:
            opening = await book.ledger.bodies.opening(tx, receipt.leaf)
    (tmp_path / "opening.json").write_bytes(opening)
    (tmp_path / "one.tlog-proof").write_bytes(receipt.encode())
    given = ("--key", KEY.verifier, "--opening", tmp_path / "opening.json")
    code, report = reelm_audit("receipt", tmp_path / "one.tlog-proof", *given)
    assert code == 0
    assert {claim["id"]: claim["verdict"] for claim in report["claims"]} == {
        "receipt.included": "proven",
        "receipt.shared": "promised",
        "receipt.opened": "proven",
    }


def audit_the_copy(home: Path, *, first: int, size: int) -> None:
    with plain_server(home / "copy") as address:
        given = ("--policy", home / "policy", "--state", home / "state.json")
        code, report = reelm_audit("ledger", address, *given)
    assert code == 0, report
    assert ["Entries", f"{size:,}"] in report["facts"]
    found = {claim["id"]: claim["verdict"] for claim in report["claims"]}
    before = "proven" if first else "promised"
    assert found.pop("ledger.appended") == found.pop("ledger.witnesses") == before
    assert set(found.values()) == {"proven"}
