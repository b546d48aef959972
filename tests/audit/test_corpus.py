"""Every ledger of the corpus, as the auditor and the page of a realm judge it, by one table of verdicts."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random  # noqa: TID251 - seeded: a failure can be repeated

import pytest

from reelm_audit.errors import AuditError
from reelm_audit.ledger import Demand, audit_ledger
from reelm_audit.verdict import Verdict, table
from support.ledger.hostile import hiding, serving
from support.ledger.lies import sound
from support.ledger.logs import START
from support.ledger.lying import CASES, MODES, SOUND, Case
from support.machine.source import ROOT

pytestmark = pytest.mark.slow

SEEN_SECONDS = START + 60


@dataclass(frozen=True)
class Corpus:
    """Every ledger in a folder of its own, and what an audit of the sound one left behind."""

    home: Path

    def folder(self, case: Case) -> Path:
        return self.home / case.name.replace(" ", "-")

    @property
    def policy(self) -> bytes:
        return (self.home / "sound-before" / "policy").read_bytes()

    def own(self, case: Case) -> bytes:
        """The policy of somebody who believes the witnesses, where these are others than before as well."""
        if case.by_mode.get("later", {}) is None:
            return (self.folder(case) / "policy").read_bytes()
        return self.policy

    def demand(self, case: Case, mode: str, location: str) -> Demand:
        state = self.folder(case).with_suffix(f".{mode}.json")
        if mode == "later":
            shutil.copy(self.home / "before.json", state)
        return Demand(
            location=location,
            state_path=state,
            evidence_folder=self.home / "evidence",
            policy=self.own(case) if mode == "own" else None,
            processes=1,
            random=Random(1),
        )


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    made = Corpus(tmp_path_factory.mktemp("corpus"))
    before = sound(made.home / "sound-before")
    demand = Demand(
        location=str(before.folder),
        state_path=made.home / "before.json",
        evidence_folder=made.home / "evidence",
        processes=1,
    )
    audit_ledger(demand, now_seconds=SEEN_SECONDS)
    for case in CASES:
        case.lie(sound(made.folder(case)))
    return made


@contextmanager
def place(corpus: Corpus, case: Case) -> Iterator[str]:
    if case.hidden:
        with serving(corpus.folder(case), hiding(case.hidden[0], "503")) as address:
            yield address
    else:
        yield str(corpus.folder(case))


def asked() -> list[tuple[Case, str]]:
    return [(case, mode) for case in CASES for mode in MODES if case.expected(mode) is not None]


def judged(findings: Mapping[str, str]) -> dict[str, list[str]]:
    """With the verdict that the table has for each finding."""
    rows = table()
    return {
        f"ledger.{name}": [what, rows[f"ledger.{name}"]["verdicts"][what]] for name, what in findings.items()
    }


def test_the_corpus_is_large_and_names_each_ledger_once() -> None:
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)
    assert all(case.why for case in CASES if case.browser or case.browser_later)


@pytest.mark.parametrize(
    ("case", "mode"), asked(), ids=lambda each: each if isinstance(each, str) else each.name
)
def test_the_auditor_says_what_is_expected(corpus: Corpus, case: Case, mode: str) -> None:
    with place(corpus, case) as location:
        audited = audit_ledger(corpus.demand(case, mode, location), now_seconds=case.now)
    found = {claim.id: [claim.finding, claim.verdict.value] for claim in audited.claims}
    assert found == judged(case.expected(mode) or {})


@pytest.mark.parametrize("case", [case for case in CASES if case.by_mode.get("first", {}) is None])
def test_of_a_ledger_that_names_no_key_of_its_own_nothing_is_proven(corpus: Corpus, case: Case) -> None:
    with place(corpus, case) as location:
        try:
            audited = audit_ledger(corpus.demand(case, "first", location), now_seconds=case.now)
        except AuditError:
            return
    assert Verdict.FAILED in {claim.verdict for claim in audited.claims}


def test_the_page_says_what_is_expected(corpus: Corpus, node: str) -> None:
    looks = [
        {
            "name": f"{case.name}: {mode}",
            "folder": str(corpus.folder(case)),
            "before": str(corpus.home / "sound-before") if mode == "later" else None,
            "beforeSeconds": SEEN_SECONDS,
            "nowSeconds": case.now,
            "own": corpus.own(case).decode() if mode == "own" else None,
            "hidden": case.hidden,
        }
        for case, mode in asked()
    ]
    asking = corpus.home / "looks.json"
    asking.write_text(json.dumps(looks))
    command = [node, "--import", "./tests/resolve.ts", "tests/lying-realms.ts", str(asking)]
    done = subprocess.run(command, cwd=ROOT / "ui", capture_output=True, text=True, check=False)  # noqa: S603 - a pinned tool
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    expected = {
        f"{case.name}: {mode}": judged(case.expected_in_browser(mode) or {}) for case, mode in asked()
    }
    assert {name: said for name, said in found.items() if said != expected[name]} == {}


def test_the_two_differ_only_where_it_is_said_why() -> None:
    different = {
        (case.name, name)
        for case, mode in asked()
        for name, what in (case.expected(mode) or {}).items()
        if name != "shape" and (case.expected_in_browser(mode) or {}).get(name) != what
    }
    assert {name for name, _ in different} <= {case.name for case in CASES if case.why}
    assert set(SOUND) == set(MODES)
