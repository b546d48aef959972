"""What an audit says: claims, each with a verdict that does not say more than what was checked.

What a finding about the ledger is worth is in one table, ``verdicts.json``, which the page of a realm uses
as well: code says what was found, and the table says what that proves.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any


class Verdict(StrEnum):
    """How far a claim can be believed.

    ``proven``: recomputed in this run from what it read, or what follows from that by a proof.
    ``sampled``: recomputed in this run for a part; the rest is promised. ``promised``: the
    realm says so, and nothing here can tell. ``failed``: what is published contradicts it.
    ``not published``: there is nothing yet to check. ``not checked``: this run could not look,
    which says nothing about the realm.
    """

    PROVEN = "proven"
    SAMPLED = "sampled"
    PROMISED = "promised"
    FAILED = "failed"
    NOT_PUBLISHED = "not published"
    NOT_CHECKED = "not checked"


# One line each, for readers of every form of a report.
MEANINGS = {
    Verdict.PROVEN: "recomputed on the auditor's machine, in this run; the realm cannot have made it up",
    Verdict.SAMPLED: "recomputed in part in this run; the rest is a promise",
    Verdict.PROMISED: "the realm says so; nothing here can tell whether it is true",
    Verdict.FAILED: "what is published contradicts it",
    Verdict.NOT_PUBLISHED: "there is nothing yet to check",
    Verdict.NOT_CHECKED: "this time it could not be looked at; that says nothing about the realm",
}
_LEDGER = "ledger."
DETAILS_KEPT = 20
EXIT_FAILED = 1
EXIT_NOT_CHECKED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One sentence that a realm would like to be believed, and what was found.

    Attributes:
        id: stable, ``subject.claim``.
        says: the claim in plain words.
        verdict: how far it can be believed.
        found: what was found, in a sentence or two.
        how: how it was checked, and what that cannot show.
        details: one line each, such as the entries that are wrong.
        evidence: a file that others can verify, where one was saved.
        finding: its row in the table of verdicts; empty for claims that are not about the ledger itself.
    """

    id: str
    says: str
    verdict: Verdict
    found: str
    how: str = ""
    details: tuple[str, ...] = ()
    evidence: str | None = None
    finding: str = ""


@cache
def table() -> Mapping[str, Mapping[str, Any]]:
    """The claims about a ledger: what each says, and the verdict of each finding."""
    text = resources.files(__package__).joinpath("verdicts.json").read_text(encoding="utf-8")
    rows: dict[str, dict[str, Any]] = json.loads(text)
    return rows


def told(claim_id: str, finding: str, found: str, *, how: str = "", details: Iterable[str] = ()) -> Claim:
    """A claim of the table with what was found; the table decides what that is worth."""
    row = table()[claim_id]
    verdict = Verdict(row["verdicts"][finding])
    return Claim(
        id=claim_id,
        says=row["says"],
        verdict=verdict,
        found=found,
        how=how,
        details=tuple(details)[:DETAILS_KEPT],
        finding=finding,
    )


def failing(claim_id: str, finding: str, faults: Iterable[str], *, how: str = "") -> Claim:
    """A claim of the table that these faults contradict; at least one."""
    details = tuple(faults)
    return told(claim_id, finding, _summed(details), how=how, details=details)


def _summed(faults: tuple[str, ...]) -> str:
    return f"{len(faults):,} contradictions were found." if len(faults) > 1 else faults[0]


def not_published(claim_id: str, says: str) -> Claim:
    """There is nothing to check, and nothing is made of that."""
    return Claim(
        id=claim_id,
        says=says,
        verdict=Verdict.NOT_PUBLISHED,
        found="Not yet published by this realm. That is neither good nor bad, and no proof of anything.",
    )


def judged(claim_id: str, says: str, *, faults: Iterable[str], found: str, how: str) -> Claim:
    """Proven without faults, failed with them; ``found`` is said when there are none."""
    details = tuple(faults)
    return Claim(
        id=claim_id,
        says=says,
        verdict=Verdict.FAILED if details else Verdict.PROVEN,
        found=_summed(details) if details else found,
        how=how,
        details=details[:DETAILS_KEPT],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The result of one run.

    Attributes:
        subject: the command that was given.
        location: where the realm's log was read from.
        origin: which log it says it is; None when it could not be read.
        checked_seconds: when, in POSIX seconds.
        facts: figures for the reader, label and value.
    """

    subject: str
    location: str
    origin: str | None
    checked_seconds: int
    claims: tuple[Claim, ...]
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def answers(self) -> tuple[Claim, ...]:
        """The claims about what was asked."""
        about = tuple(claim for claim in self.claims if not claim.id.startswith(_LEDGER))
        return about or self.claims

    @property
    def grounds(self) -> tuple[Claim, ...]:
        """The claims about the ledger that the answers rest on, when they were not what was asked."""
        return tuple(claim for claim in self.claims if claim not in self.answers)

    @property
    def sentence(self) -> str:
        """The result in one sentence, to quote: who was checked, when, and how much of it is proven."""
        named = self.origin or self.location
        checked = f"On {moment(self.checked_seconds)} reelm-audit checked the {self.subject} of {named}"
        failed = [claim for claim in self.claims if claim.verdict is Verdict.FAILED]
        if failed:
            others = f", as do {len(failed) - 1} of the other claims" if len(failed) > 1 else ""
            return f"{checked} and found a contradiction: “{failed[0].says}” fails{others}."
        if self.exit_code == EXIT_NOT_CHECKED:
            return f"{checked} and could not look at all of it, so nothing is concluded."
        counts = [
            f"{count} {'is' if count == 1 else 'are'} {verdict}"
            for verdict in MEANINGS
            if (count := sum(claim.verdict is verdict for claim in self.claims))
        ]
        tally = ", ".join(counts[:-1]) + (" and " if len(counts) > 1 else "") + counts[-1] if counts else ""
        of = f"{len(self.claims)} claim{'' if len(self.claims) == 1 else 's'}"
        return f"{checked} and found nothing that contradicts it: of {of}, {tally}."

    @property
    def exit_code(self) -> int:
        """For cron: 1 when a claim failed, else 2 when something could not be checked, else 0."""
        verdicts = {claim.verdict for claim in self.claims}
        if Verdict.FAILED in verdicts:
            return EXIT_FAILED
        return EXIT_NOT_CHECKED if Verdict.NOT_CHECKED in verdicts else 0


def moment(seconds: int) -> str:
    """POSIX seconds for readers: ``2026-11-25 14:06 UTC``."""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):
        return f"second {seconds} of the epoch"
