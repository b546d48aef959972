"""What an audit says: claims, each with a verdict that does not say more than what was checked."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum


class Verdict(StrEnum):
    """How far a claim can be believed.

    ``proven``: recomputed here, from bytes that the realm cannot change any more without being caught.
    ``sampled``: recomputed for a part; the rest is promised. ``promised``: the realm says so, and nothing
    here can tell. ``failed``: what is published contradicts it. ``not published``: there is nothing yet to
    check. ``not checked``: this run could not look, which says nothing about the realm.
    """

    PROVEN = "proven"
    SAMPLED = "sampled"
    PROMISED = "promised"
    FAILED = "failed"
    NOT_PUBLISHED = "not published"
    NOT_CHECKED = "not checked"


_LEDGER = "ledger."
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
    """

    id: str
    says: str
    verdict: Verdict
    found: str
    how: str = ""
    details: tuple[str, ...] = ()
    evidence: str | None = None


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
        found=f"{len(details):,} contradictions were found."
        if len(details) > 1
        else details[0]
        if details
        else found,
        how=how,
        details=details[:20],
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
