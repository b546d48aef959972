"""Define the commands ``manifest``, ``policy``, ``release``, ``staff``, ``access``. Standard library only."""

import argparse
import re
from pathlib import Path


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    _add_manifest(verbs)
    _add_policy(verbs)
    _add_release(verbs)
    _add_staff(verbs)
    _add_access(verbs)


def _add_manifest(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    below = _group(verbs, "manifest", "what the realm declares, and who signed it")
    show = _job(below, "show", "a version as it is in the ledger", "What is signed, then the signatures")
    show.add_argument("version", type=int, nargs="?", metavar="N", help="which (default: the newest)")
    diff = _job(
        below,
        "diff",
        "what changed between two versions, in plain words",
        "Without numbers: what manifest.toml changes in the newest version",
    )
    diff.add_argument("versions", type=int, nargs="*", metavar="N", help="the earlier and the later version")
    sign = _job(
        below,
        "sign",
        "sign manifest.toml as the next version",
        "In the ledger once enough keys signed it; exit code 1 until then. Without keys it needs none",
    )
    sign.add_argument("--key", type=Path, metavar="FILE", help="the signer's private key")
    sign.add_argument(
        "--provider",
        metavar="ID",
        help="confirm this provider's own entry in the ledger instead, with its key",
    )
    _job(
        below,
        "check",
        "whether every version follows from the one before and is signed",
        "And whether manifest.toml is the newest, and which providers confirmed their entry; exit code 1 "
        "when something is wrong",
    )
    key = below.add_parser(
        "key", help="make a signing key", description="Make a signing key. Needs no realm."
    )
    key.add_argument("name", metavar="NAME", help="what the key is called, such as board.reelm.example")
    key.add_argument("file", type=Path, metavar="FILE", help="where its private part goes")


def _add_policy(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    below = _group(verbs, "policy", "what staff may do and what may leave the realm")
    _job(
        below, "show", "the version in effect, and what each role may do at most", "The realm may be running"
    )
    _job(below, "check", "look for faults in the folder of policies", "Changes nothing")
    _job(
        below,
        "publish",
        "put the folder of policies into effect",
        "Refused, and nothing changed, when one of them has a fault or a role could do too much",
    )


def _add_release(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    below = _group(verbs, "release", "the code and the page that the realm runs")
    _job(below, "show", "the digests of what is installed here", "Anyone can make them again")
    publish = _job(
        below,
        "publish",
        "put the release that is installed here on the ledger, so that it may run",
        "After every update, before the realm is started; the first start of a realm does it by itself",
    )
    publish.add_argument(
        "description",
        type=Path,
        nargs="?",
        metavar="FILE",
        help="the release.json of the build, with the digest of its wheel",
    )


def _add_staff(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    below = _group(verbs, "staff", "who works for the realm, and in which role")
    _job(below, "list", "everybody who has or had a role, by pseudonym", "Changes nothing")
    grant = _job(
        below,
        "grant",
        "give somebody their one role",
        "On the ledger, at once in effect, and for the person at the machine alone. The realm may be running",
    )
    grant.add_argument("account", metavar="HANDLE", help="of their account in this realm")
    grant.add_argument(
        "--as",
        dest="pseudonym",
        required=True,
        type=_pseudonym,
        metavar="PSEUDONYM",
        help="what the ledger calls them: lower-case letters, digits and hyphens",
    )
    grant.add_argument("--role", required=True, metavar="ROLE", help="one that ./reelm policy show lists")
    grant.add_argument("--employer", metavar="NAME", help="who employs them (default: the realm's operator)")
    grant.add_argument(
        "--country",
        type=_country,
        metavar="CC",
        help="where the employer is, ISO 3166-1 (default: the operator's)",
    )
    revoke = _job(
        below,
        "revoke",
        "take somebody's role away",
        "At once, also in sessions that are open; safe to repeat. The realm may be running",
    )
    revoke.add_argument("pseudonym", metavar="PSEUDONYM", help="as ./reelm staff list has it")


def _pseudonym(text: str) -> str:
    if not re.fullmatch("[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?", text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not 1 to 32 lower-case letters, digits and hyphens, such as kite-07"
        )
    return text


def _country(text: str) -> str:
    if not re.fullmatch("[A-Z]{2}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not two capital letters, such as NL")
    return text


def _add_access(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    below = _group(verbs, "access", "what staff took away of people's data")
    identify = _job(
        below,
        "identify",
        "which export a file that was found elsewhere is from",
        "A part of it is enough. Exit code 1 when it is from none. The realm may be running",
    )
    identify.add_argument("file", type=Path, metavar="FILE", help="what was found, as text")


def _group(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, brief: str
) -> "argparse._SubParsersAction[argparse.ArgumentParser]":
    group = verbs.add_parser(
        name, help=brief, description=f"{brief[0].upper()}{brief[1:]}. Each job explains itself."
    )
    return group.add_subparsers(dest="job", metavar="JOB", title="jobs", required=True)


def _job(
    below: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, brief: str, more: str
) -> argparse.ArgumentParser:
    job = below.add_parser(
        name, help=brief, description=f"{brief[0].upper()}{brief[1:]}. {more[0].upper()}{more[1:]}."
    )
    job.add_argument(
        "--data", type=Path, metavar="DIR", help="the realm's folder (default: reelm-data in this repository)"
    )
    return job
