"""A report as one page that needs nothing else: no script, no picture, no connection."""

from collections.abc import Iterable
from html import escape
from importlib import resources

from reelm_audit.text import printable
from reelm_audit.verdict import MEANINGS, Claim, Report, Verdict, moment

_MARKS = {
    Verdict.PROVEN: "✓",
    Verdict.SAMPLED: "◐",
    Verdict.PROMISED: "○",
    Verdict.FAILED: "✕",
    Verdict.NOT_PUBLISHED: "…",
    Verdict.NOT_CHECKED: "?",
}
_ORDER = tuple(MEANINGS)


def as_page(report: Report) -> str:
    """HTML, complete; everything that came from outside is escaped."""
    style = resources.files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    name = _safe(report.origin or report.location)
    answers = "\n".join(_claim(claim) for claim in report.answers)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="robots" content="noindex">
<title>Audit of {name}</title>
<style>
{style}</style>
</head>
<body>
<main>
<header>
<p class="kind">Audit: {_safe(report.subject)}</p>
<h1>{name}</h1>
<p class="headline {_slug(_worst(report))}">{_safe(report.sentence)}</p>
<p class="when">Checked on {moment(report.checked_seconds)}, from {_safe(report.location)}</p>
</header>
{_tally(report)}
<section aria-label="Claims">
{answers}
</section>
{_grounds(report)}
{_facts(report)}
{_legend()}
<footer>Made by reelm-audit on the auditor's own machine. Run it yourself and compare.</footer>
</main>
</body>
</html>
"""


def _safe(text: str) -> str:
    return escape(printable(text), quote=True)


def _slug(verdict: Verdict) -> str:
    return verdict.replace(" ", "-")


def _count(claims: Iterable[Claim], verdict: Verdict) -> int:
    return sum(claim.verdict is verdict for claim in claims)


def _worst(report: Report) -> Verdict:
    """What the first line is about."""
    if _count(report.claims, Verdict.FAILED):
        return Verdict.FAILED
    if _count(report.claims, Verdict.NOT_CHECKED):
        return Verdict.NOT_CHECKED
    return Verdict.PROVEN if _count(report.answers, Verdict.PROVEN) else Verdict.NOT_PUBLISHED


def _tally(report: Report) -> str:
    cells = (
        f'<li class="{_slug(verdict)}"><b>{_count(report.answers, verdict)}</b> {verdict}</li>'
        for verdict in _ORDER
        if _count(report.answers, verdict)
    )
    return f'<ul class="tally">{"".join(cells)}</ul>'


def _grounds(report: Report) -> str:
    if not report.grounds:
        return ""
    claims = "\n".join(_claim(claim) for claim in report.grounds)
    return f"<section><h2>The ledger that this rests on</h2>\n{claims}\n</section>"


def _claim(claim: Claim) -> str:
    details = "".join(f"<li>{_safe(detail)}</li>" for detail in claim.details)
    more = [
        f'<p class="how">{_safe(claim.how)}</p>' if claim.how else "",
        f"<ul>{details}</ul>" if details else "",
    ]
    opened = " open" if claim.verdict is Verdict.FAILED else ""
    inner = f"<summary>How, and details</summary>{''.join(more)}"
    folded = f"<details{opened}>{inner}</details>" if any(more) else ""
    evidence = (
        f'<p class="evidence">Evidence: <code>{_safe(claim.evidence)}</code></p>' if claim.evidence else ""
    )
    return (
        f'<article class="{_slug(claim.verdict)}" id="{_safe(claim.id)}">\n'
        f'<p class="verdict"><span aria-hidden="true">{_MARKS[claim.verdict]}</span> {claim.verdict}</p>\n'
        f"<h2>{_safe(claim.says)}</h2>\n<p>{_safe(claim.found)}</p>\n{evidence}{folded}\n</article>"
    )


def _facts(report: Report) -> str:
    if not report.facts:
        return ""
    rows = "".join(f"<dt>{_safe(name)}</dt><dd>{_safe(value)}</dd>" for name, value in report.facts)
    return f"<section><h2>Figures</h2><dl>{rows}</dl></section>"


def _legend() -> str:
    rows = "".join(
        f'<dt class="{_slug(verdict)}"><span aria-hidden="true">{_MARKS[verdict]}</span> {verdict}</dt>'
        f"<dd>{meaning}</dd>"
        for verdict, meaning in MEANINGS.items()
    )
    return f'<section class="legend"><h2>What the words mean</h2><dl>{rows}</dl></section>'
