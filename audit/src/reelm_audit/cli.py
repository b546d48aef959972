"""``reelm-audit``: the command line. It parses, calls, prints; the exit code is for cron.

0: nothing contradicts the realm. 1: something does. 2: it could not be checked.
"""

import argparse
import http
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from reelm_audit.budget import MAX_BYTES, MAX_SECONDS, Budget
from reelm_audit.clock import Clock, machine_seconds
from reelm_audit.errors import AuditError, Malformed, Misused, Unreachable, Untrusted
from reelm_audit.evidence import EVIDENCE_MAX_BYTES, Evidence
from reelm_audit.independence import MANIFEST_PATH
from reelm_audit.leaf import reader
from reelm_audit.ledger import Audited, Demand, audit_ledger
from reelm_audit.page import as_page
from reelm_audit.receipt import audit_receipt, read_file
from reelm_audit.site import WebSite
from reelm_audit.source import is_web
from reelm_audit.state import default_path
from reelm_audit.subjects import SUBJECTS, Beside, judge
from reelm_audit.text import as_json, as_text
from reelm_audit.tlog.keys import VerifierKey
from reelm_audit.tlog.policy import POLICY_MAX_BYTES, Policy
from reelm_audit.verdict import Claim, Report, Verdict

_MANIFEST_MAX_BYTES = 1 << 20
_PLACEMENT_MAX_BYTES = 16 << 20
_PLACEMENT_PATH = "/api/storage"


def main(arguments: Sequence[str] | None = None, *, clock: Clock = machine_seconds) -> int:
    """Run one command; returns the exit code."""
    chosen = _parser().parse_args(arguments)
    now_seconds = chosen.as_of if chosen.as_of is not None else clock()
    if hasattr(chosen, "max_minutes"):  # one for everything that this command does
        chosen.budget = Budget.of(chosen.max_minutes * 60, int(chosen.max_gib * (1 << 30)))
    place = str(getattr(chosen, "site", None) or getattr(chosen, "location", None) or chosen.file)
    try:
        audited = _COMMANDS.get(chosen.command, _subject)(chosen, now_seconds)
    except AuditError as fault:
        claim = Claim(
            id=chosen.command, says="The check could be made", verdict=Verdict.NOT_CHECKED, found=str(fault)
        )
        audited = Audited(claims=[claim])
    report = Report(
        subject=chosen.command,
        location=place,
        origin=audited.origin,
        checked_seconds=now_seconds,
        claims=tuple(audited.claims),
        facts=tuple(audited.facts),
    )
    return _print(report, chosen)


def _print(report: Report, chosen: argparse.Namespace) -> int:
    if chosen.html is not None:
        try:
            chosen.html.write_text(as_page(report), encoding="utf-8")
        except OSError as fault:
            sys.stderr.write(f"The page could not be written to {chosen.html}: {fault.strerror}.\n")
            return 2
    sys.stdout.write(as_json(report) if chosen.json else as_text(report))
    return report.exit_code


def _ledger(chosen: argparse.Namespace, now_seconds: int) -> Audited:
    served = _served(chosen, MANIFEST_PATH)
    return audit_ledger(_demand(chosen, manifest=served.raw), now_seconds=now_seconds)


@dataclass(frozen=True, slots=True)
class _Served:
    """A file that a realm serves beside its ledger, or why it is not at hand."""

    raw: bytes | None = None
    trouble: str | None = None


def _served(chosen: argparse.Namespace, path: str) -> _Served:
    """Return what the realm serves at a path of its address; nothing for a ledger in a folder."""
    location = str(chosen.location)
    if not is_web(location):
        return _Served()
    address = urlsplit(location)
    try:
        answer = WebSite(f"{address.scheme}://{address.netloc}", chosen.budget).ask(path)
    except (Unreachable, Misused) as fault:
        return _Served(trouble=str(fault))
    content = answer.content
    if answer.status != http.HTTPStatus.OK or content is None:
        return _Served(trouble=f"{path} was answered with status {answer.status}.")
    return _Served(raw=content)


def _file_or_served(chosen: argparse.Namespace, file: Path | None, path: str, max_bytes: int) -> _Served:
    return _Served(raw=read_file(file, max_bytes)) if file is not None else _served(chosen, path)


def _subject(chosen: argparse.Namespace, now_seconds: int) -> Audited:
    """The ledger's audit first, since everything else rests on it; then what the subject's leaves say."""
    kinds = SUBJECTS[chosen.command].kinds
    manifest = _file_or_served(chosen, chosen.manifest, MANIFEST_PATH, _MANIFEST_MAX_BYTES)
    audited = audit_ledger(_demand(chosen, wanted=kinds, manifest=manifest.raw), now_seconds=now_seconds)
    try:
        audited.claims += _about(chosen, audited, manifest, now_seconds)
    except AuditError as fault:  # what was found of the ledger is said all the same
        says = SUBJECTS[chosen.command].says
        claim = Claim(id=chosen.command, says=says, verdict=Verdict.NOT_CHECKED, found=str(fault))
        audited.claims.append(claim)
    return audited


def _about(chosen: argparse.Namespace, audited: Audited, manifest: _Served, now_seconds: int) -> list[Claim]:
    """The claims about one subject."""
    kinds = SUBJECTS[chosen.command].kinds
    leaves = [leaf for leaf in audited.leaves if leaf.kind.startswith(kinds or ("\0",))]
    placement = _Served()
    if chosen.command == "storage":
        placement = _file_or_served(chosen, chosen.placement, _PLACEMENT_PATH, _PLACEMENT_MAX_BYTES)
    beside = Beside(
        now_seconds=now_seconds,
        manifest=manifest.raw,
        placement=placement.raw,
        trouble=manifest.trouble or placement.trouble,
        peer=None if chosen.peer is None else _peer(chosen, now_seconds).leaves,
        disclosed=chosen.disclosed,
        site=None if chosen.site is None else WebSite(chosen.site, chosen.budget),
        built=chosen.built,
        budget=chosen.budget,
    )
    is_sound = not any(claim.verdict in {Verdict.FAILED, Verdict.NOT_CHECKED} for claim in audited.claims)
    return judge(chosen.command, leaves, beside, is_sound=is_sound, is_whole=audited.is_whole)


def _client(chosen: argparse.Namespace, now_seconds: int) -> Audited:
    """A realm serves its ledger below its own address, unless a copy of it is named."""
    site = WebSite(chosen.site)
    chosen.location = chosen.location or f"{site.location}/ledger"
    return _subject(chosen, now_seconds)


def _peer(chosen: argparse.Namespace, now_seconds: int) -> Audited:
    demand = Demand(
        location=chosen.peer,
        state_path=default_path(chosen.peer),
        evidence_folder=_evidence_folder(chosen),
        key=None if chosen.peer_key is None else VerifierKey.parse(chosen.peer_key),
        wanted=("flow.",),
        processes=chosen.processes,
        max_seconds=chosen.budget.left_seconds(),
        max_bytes=chosen.budget.max_bytes,
    )
    audited = audit_ledger(demand, now_seconds=now_seconds)
    if audited.has_failed:
        raise Misused(
            f"The log of the other realm, {chosen.peer}, fails its own audit. Audit it by itself to see why."
        )
    return audited


def _receipt(chosen: argparse.Namespace, _now_seconds: int) -> Audited:
    policy = Policy() if chosen.policy is None else Policy.parse(read_file(chosen.policy, POLICY_MAX_BYTES))
    key = None if chosen.key is None else VerifierKey.parse(chosen.key)
    leaves = reader(chosen.kinds)
    return audit_receipt(chosen.file, key=key, policy=policy, leaves=leaves, opening=chosen.opening)


def _evidence(chosen: argparse.Namespace, _now_seconds: int) -> Audited:
    key = None if chosen.key is None else VerifierKey.parse(chosen.key)
    says = "This file proves that a log broke its word"
    out = Audited()
    try:
        evidence = Evidence.parse(read_file(chosen.file, EVIDENCE_MAX_BYTES))
        out.origin = evidence.key.name
        found = evidence.check(key)
    except (Malformed, Untrusted) as fault:
        out.claims.append(Claim(id="evidence", says=says, verdict=Verdict.FAILED, found=str(fault)))
        return out
    verdict = Verdict.PROVEN if evidence.offence.is_proof else Verdict.PROMISED
    how = (
        ""
        if key is not None
        else "The key is the file's own. Compare it with the realm's, or name that with --key."
    )
    out.claims.append(Claim(id="evidence", says=says, verdict=verdict, found=found, how=how))
    return out


_COMMANDS = {"client": _client, "ledger": _ledger, "receipt": _receipt, "evidence": _evidence}


def _demand(
    chosen: argparse.Namespace, *, wanted: tuple[str, ...] = (), manifest: bytes | None = None
) -> Demand:
    return Demand(
        location=chosen.location,
        state_path=_state_path(chosen),
        evidence_folder=_evidence_folder(chosen),
        key=None if chosen.key is None else VerifierKey.parse(chosen.key),
        policy=None if chosen.policy is None else read_file(chosen.policy, POLICY_MAX_BYTES),
        max_age_seconds=int(chosen.max_age_hours * 3600),
        is_full=chosen.full,
        wanted=wanted,
        kinds=chosen.kinds,
        processes=chosen.processes,
        manifest=manifest,
        max_seconds=chosen.budget.left_seconds(),
        max_bytes=chosen.budget.max_bytes,
    )


def _state_path(chosen: argparse.Namespace) -> Path:
    return chosen.state or default_path(chosen.location)


def _evidence_folder(chosen: argparse.Namespace) -> Path:
    return chosen.evidence or _state_path(chosen).parent / "evidence"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="reelm-audit",
        description="Checks what a realm put into its public ledger, and says what is proven.",
        epilog="Exit code: 0 nothing contradicts the realm, 1 something does, 2 it could not be checked.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in [("ledger", "is the ledger whole, unaltered and the same for everybody?")] + [
        (name, subject.says) for name, subject in SUBJECTS.items()
    ]:
        _add_log(commands.add_parser(name, help=text, description=text), name)
    receipt = commands.add_parser("receipt", help="is this entry in the ledger?")
    receipt.add_argument("--policy", type=Path, help="a trust policy: whose cosignatures count")
    receipt.add_argument(
        "--opening", type=Path, help="what the entry committed to in private, as you were shown it"
    )
    receipt.add_argument("--kinds", type=Path, help="schemas of kinds in place of the built-in ones")
    evidence = commands.add_parser("evidence", help="what does this file of evidence prove?")
    for command in (receipt, evidence):
        command.add_argument("file", type=Path)
        _add_common(command)
    return parser


def _add_log(command: argparse.ArgumentParser, name: str) -> None:
    if name == "client":
        command.add_argument("site", help="the realm's address, as browsers have it")
        command.add_argument(
            "--log", dest="location", help="a copy of its ledger (default: below its address)"
        )
    else:
        command.add_argument("location", help="the log: a folder, or an address beginning with https://")
    command.add_argument("--policy", type=Path, help="a trust policy: whose cosignatures count")
    command.add_argument("--state", type=Path, help="where this audit is kept for the next one")
    command.add_argument("--evidence", type=Path, help="a folder for evidence")
    command.add_argument("--full", action="store_true", help="read again what earlier audits have read")
    command.add_argument(
        "--max-age-hours",
        type=float,
        default=3.0,
        help="how old the witnesses' last look may be (default 3; an idle realm is seen anew every hour)",
    )
    command.add_argument(
        "--max-minutes", type=float, default=MAX_SECONDS / 60, help="how long all of it may take (default 10)"
    )
    command.add_argument(
        "--max-gib",
        type=float,
        default=MAX_BYTES / (1 << 30),
        help="how much of the ledger may be read, in GiB (default 8)",
    )
    command.add_argument("--kinds", type=Path, help="schemas of kinds in place of the built-in ones")
    command.add_argument("--processes", type=int, default=0, help="0 for one per processor")
    _add_common(command)
    if name != "ledger":
        _add_beside(command, name)


def _add_beside(command: argparse.ArgumentParser, name: str) -> None:
    command.add_argument(
        "--manifest", type=Path, help="the realm's manifest, where it is not served beside the log"
    )
    command.add_argument(
        "--placement", type=Path, help="the realm's /api/storage, where it is not served beside the log"
    )
    command.add_argument("--peer", help="the log of the other realm, for flows")
    command.add_argument("--peer-key", help="its key")
    command.add_argument("--disclosed", type=Path, help="policies and requests, each named by its SHA-256")
    command.add_argument(
        "--built", type=Path, help="for releases: a wheel, or the folder of an installed package"
    )
    if name != "client":
        command.set_defaults(site=None)


def _add_common(command: argparse.ArgumentParser) -> None:
    command.add_argument("--key", help="the log's verifier key, from a place that the realm cannot change")
    command.add_argument("--as-of", type=int, help="judge as of this POSIX second, for an old copy")
    command.add_argument("--json", action="store_true", help="print JSON")
    command.add_argument("--html", type=Path, help="also write a page that people can read")
