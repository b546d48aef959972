"""Define every command and flag. Standard library only: help is shown before anything is installed."""

import argparse
from pathlib import Path

from reelm import __version__
from reelm.app import settings
from reelm.cli import declarations

DESCRIPTION = """\
Reelm: a short-video platform whose operator can prove where data lives, who can read it and who decides what
people see. The first start prepares everything below this folder (Python packages, the page); later starts
take seconds."""

EPILOG = """\
examples:
  ./reelm demo                  a realm with sample clips, on this machine
  ./reelm up --port 9000        an empty realm on another port
  ./reelm test -k publish       the tests whose name contains "publish"

Each command explains itself: ./reelm help COMMAND"""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands; docs/reference/commands.md is made from it."""
    parser = argparse.ArgumentParser(
        prog="./reelm",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"reelm {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="COMMAND", title="commands")
    _add_realm_verbs(verbs)
    _add_key_verbs(verbs)
    declarations.add_verbs(verbs)
    _add_vault_verbs(verbs)
    _add_ledger_verbs(verbs)
    _add_encoder_verbs(verbs)
    _add_developer_verbs(verbs)
    helper = verbs.add_parser("help", help="explain a command", description="Explain a command.")
    helper.add_argument("command", nargs="*", metavar="COMMAND")
    verbs.add_parser("version", help="print the version", description="Print the version.")
    return parser


def explain(parser: argparse.ArgumentParser, command: list[str]) -> str | None:
    """Return the help text of a command such as ["dev", "check"], or None when there is no such command."""
    for word in command:
        found = subcommands(parser).get(word)
        if found is None:
            return None
        parser = found
    return parser.format_help()


def subcommands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the commands below one command, in the order of the help."""
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to list them
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - as above
            return dict(action.choices)
    return {}


def _add_realm_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    start = _verb(
        verbs, "up", "start a realm; Ctrl-C stops it", "an empty realm, unless the folder holds one"
    )
    _add_data(start, default="reelm-data in this repository")
    settings.add_flags(start)
    demo = _verb(
        verbs,
        "demo",
        "start a realm with sample content",
        "Sample clips, accounts and comments are made at the first start, in the background",
    )
    _add_data(demo, default="reelm-demo in this repository")
    settings.add_flags(demo)
    status = _verb(
        verbs, "status", "what runs: processes, ports, queue, disk", "Exit code 3 when nothing runs"
    )
    _add_data(status, default="the folders of up and demo")
    down = _verb(verbs, "down", "stop a running realm cleanly", "Waits until it has stopped")
    _add_data(down, default="whatever up or demo started here")
    shown = _verb(
        verbs,
        "settings",
        "the effective settings and where each came from",
        "docs/reference/settings.md explains each",
    )
    _add_data(shown, default="reelm-data in this repository")
    settings.add_flags(shown)


def _add_key_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    keys = _verb(verbs, "keys", "look after a realm's keys", "see docs/how-to/keep-the-root-key.md")
    below = keys.add_subparsers(dest="job", metavar="JOB", title="jobs", required=True)
    status = _verb(
        below, "status", "the epoch, its age, and how many keys it wraps", "The realm may be running"
    )
    rotate = _verb(
        below,
        "rotate",
        "begin a new epoch now and destroy the key of the old one",
        "The realm may be running; the worker does this by itself every key_epoch_days",
    )
    split = _verb(
        below,
        "split",
        "share the root key among custodians, as words on paper",
        "Without --group, T of M custodians put it together. With --group, --threshold says how many of the "
        "groups it takes (default: all); in a group with T = 1 everybody gets the same words",
    )
    split.add_argument("--threshold", type=int, metavar="T", help="how many it takes")
    split.add_argument("--shares", type=int, metavar="M", help="how many custodians there are, 1 to 16")
    split.add_argument(
        "--group",
        type=_group,
        action="append",
        default=[],
        metavar="NAME:T:M",
        help="a kind of custodians, T of M of whom count as the group; repeat it for each",
    )
    split.add_argument(
        "--out", type=Path, metavar="FOLDER", help="write one file per custodian, for printing"
    )
    combine = _verb(
        below,
        "combine",
        "put the root key together from custodians' words",
        "Writes keys/root.key, never over another key",
    )
    combine.add_argument(
        "--check", metavar="FINGERPRINT", help="write nothing; exit code 1 when it is another key"
    )
    for job in (status, rotate, split, combine):
        _add_data(job, default="reelm-data in this repository")


def _group(text: str) -> tuple[str, int, int]:
    name, *numbers = text.split(":")
    if not name.replace("-", "").isalnum() or len(numbers) != 2 or not all(map(str.isdecimal, numbers)):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME:T:M, such as engineers:2:3")
    return name, int(numbers[0]), int(numbers[1])


def _add_ledger_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    ledger = _verb(verbs, "ledger", "the public ledger", "Each job explains itself")
    below = ledger.add_subparsers(dest="job", metavar="JOB", title="jobs", required=True)
    status = _verb(below, "status", "how long it is, who cosigned it, the newest leaves", "Changes nothing")
    receipt = _verb(
        below,
        "receipt",
        "print the receipt of one leaf",
        "A .tlog-proof that proves, without this realm, that the leaf is on the ledger",
    )
    receipt.add_argument("index", type=int, metavar="INDEX", help="of the leaf, counted from 0")
    for job in (status, receipt):
        _add_data(job, default="reelm-data in this repository")


def _add_vault_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    vault = _verb(verbs, "vault", "stores and what they hold", "Each job explains itself")
    below = vault.add_subparsers(dest="job", metavar="JOB", title="jobs", required=True)
    status = _verb(
        below, "status", "who holds what, what waits for repair", "Exit code 1 when data is at risk"
    )
    where = _verb(below, "where", "where a clip's fragments lie", "Of every rendition, and the poster")
    where.add_argument("clip", metavar="CLIP", help="its id, or the address of its page")
    scrub = _verb(
        below,
        "scrub",
        "look at every fragment",
        "Its size; with --deep, every byte of it. What is wrong is queued for repair; exit code 1 then",
    )
    scrub.add_argument("--deep", action="store_true", help="read and prove every byte")
    scrub.add_argument(
        "--mib-per-second", type=float, default=64.0, metavar="N", help="how fast to read (default: 64)"
    )
    audit = _verb(
        below,
        "audit",
        "prove random blocks",
        "Says which loss the samples exclude; exit code 1 when one was wrong or missing",
    )
    audit.add_argument("--samples", type=int, default=460, metavar="N", help="how many (default: 460)")
    drain = _verb(
        below,
        "drain",
        "leave a provider, and lose nothing",
        "Goes on until it is withdrawn; may be interrupted and repeated. docs/how-to/leave-a-provider.md",
    )
    drain.add_argument(
        "--hostile", action="store_true", help="send it no request any more, not even deletions"
    )
    keep = _verb(below, "keep", "stay with a provider after all", "Until its copies are deleted")
    for job in (drain, keep):
        job.add_argument("provider", metavar="STORE", help="the store's id in manifest.toml")
    for job in (status, where, scrub, audit, drain, keep):
        _add_data(job, default="reelm-data in this repository")
    _add_probe(below)


def _add_encoder_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    encoders = _verb(
        verbs, "encoders", "machines elsewhere that may encode", "see docs/how-to/encode-elsewhere.md"
    )
    below = encoders.add_subparsers(dest="job", metavar="JOB", title="jobs", required=True)
    add = _verb(below, "add", "let a machine in; prints its token", "The token is shown once")
    listing = _verb(below, "list", "which there are, and when each asked for work", "By name")
    remove = _verb(below, "remove", "let a machine in no more", "What it has in work is encoded elsewhere")
    for job in (add, remove):
        job.add_argument("name", metavar="NAME", help="lower-case letters, digits and hyphens")
    for job in (add, listing, remove):
        _add_data(job, default="reelm-data in this repository")
    worker = _verb(
        verbs,
        "worker",
        "encode for a realm on another machine",
        "Needs no realm here; docs/how-to/encode-elsewhere.md says what this machine gets to see",
    )
    worker.add_argument("--only", required=True, choices=("encode",), help="what it does")
    worker.add_argument("--realm", required=True, metavar="URL", help="the realm's https address")
    worker.add_argument(
        "--token", type=Path, required=True, metavar="FILE", help="what `./reelm encoders add` printed"
    )
    worker.add_argument(
        "--spool",
        type=Path,
        metavar="DIR",
        help="private folder, wiped after each job (default: reelm-encoder in this repository)",
    )
    worker.add_argument(
        "--at-once", type=int, default=1, metavar="N", help="how many encodings at a time (default: 1)"
    )


def _add_probe(below: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    probe = _verb(
        below,
        "probe",
        "try out a bucket or a folder before it becomes a store",
        "Leaves nothing behind; exit code 1 when it is unfit",
    )
    probe.add_argument("place", metavar="URL|FOLDER", help="https://HOST/BUCKET, or a folder")
    probe.add_argument(
        "--credentials", type=Path, metavar="FILE", help="the bucket's key id and secret, on two lines"
    )
    probe.add_argument("--region", help="what the server calls its part of the world (default: us-east-1)")


def _add_developer_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    test = _verb(
        verbs,
        "test",
        "run the whole test suite, or what pytest arguments select",
        "A missing tool (Chromium, PostgreSQL, nginx) skips tests visibly; REELM_TEST_REQUIRE_ALL=1 fails",
    )
    test.add_argument("pytest", nargs=argparse.REMAINDER, metavar="...", help="handed on to pytest")
    dev = _verb(verbs, "dev", "developer commands", "What a change needs before it is committed")
    below = dev.add_subparsers(dest="job", metavar="JOB", title="jobs", required=True)
    build = _verb(
        below,
        "build",
        "build the page, the wheels and their digests",
        "The same files give the same bytes; docs/how-to/reproduce-a-release.md",
    )
    build.add_argument("--out", type=Path, metavar="DIR", help="where they go (default: dist)")
    check = _verb(
        below,
        "check",
        "lint, types, layers, shape and fast tests",
        "Two steps at a time; the output only of those that fail",
    )
    check.add_argument("--static", action="store_true", help="leave the tests out")
    fast = _verb(below, "test", "the fast tests, or those of a path", "No encoders, no browser")
    fast.add_argument("pytest", nargs=argparse.REMAINDER, metavar="...", help="handed on to pytest")
    _verb(below, "fix", "format, and apply safe fixes", "Changes files in place")
    docs = _verb(below, "docs", "regenerate docs/reference from the code", "Changes files in place")
    docs.add_argument("--check", action="store_true", help="change nothing; fail when a page is stale")
    _verb(
        below,
        "lock",
        "pin the requirements anew",
        "requirements/*.in -> *.txt with hashes; needs the registry",
    )
    _verb(
        below,
        "types",
        "regenerate the page's types from the HTTP interface",
        "OpenAPI document -> ui/src/lib",
    )
    bench = _verb(
        verbs,
        "bench",
        "measure against the published bars",
        "Rewrites docs/reference/figures.md; exit code 1 when a figure falls short",
    )
    bench.add_argument("area", nargs="*", metavar="AREA", help="such as house or vault (default: all)")


def _verb(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, brief: str, more: str
) -> argparse.ArgumentParser:
    return verbs.add_parser(
        name, help=brief, description=f"{brief[0].upper()}{brief[1:]}. {more[0].upper()}{more[1:]}."
    )


def _add_data(parser: argparse.ArgumentParser, *, default: str) -> None:
    parser.add_argument("--data", type=Path, metavar="DIR", help=f"the realm's folder (default: {default})")
