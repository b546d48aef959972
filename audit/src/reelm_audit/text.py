"""A report as text for a terminal and as JSON for programs."""

import json
from dataclasses import asdict

from reelm_audit.verdict import MEANINGS, Report, Verdict

_FORMAT = "reelm-audit-report/1"


def as_json(report: Report) -> str:
    value = {
        "format": _FORMAT,
        "subject": report.subject,
        "location": report.location,
        "origin": report.origin,
        "checked_seconds": report.checked_seconds,
        "exit_code": report.exit_code,
        "sentence": report.sentence,
        "claims": [asdict(claim) for claim in report.claims],
        "facts": [list(fact) for fact in report.facts],
    }
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def as_text(report: Report) -> str:
    lines = [report.sentence, ""]
    for claim in (*report.answers, *report.grounds):
        lines.append(f"{claim.verdict.upper():<14} {claim.says}.")
        lines.append(f"{'':<14} {claim.found}")
        if claim.verdict is Verdict.FAILED and len(claim.details) > 1:
            lines += [f"{'':<14} - {detail}" for detail in claim.details]
        if claim.evidence:
            lines.append(f"{'':<14} Evidence: {claim.evidence}")
    lines += ["", *(f"{name}: {value}" for name, value in report.facts)]
    used = {claim.verdict for claim in report.claims}
    lines += ["", *(f"{each.upper():<14} {said}." for each, said in MEANINGS.items() if each in used)]
    return "\n".join(printable(line) for line in lines) + "\n"


def printable(text: str) -> str:
    """A line that cannot play tricks with a terminal; much of it was written by whoever is audited."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
