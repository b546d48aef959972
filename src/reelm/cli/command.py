"""Turn arguments into an exit code."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module

from reelm import __version__
from reelm.cli.console import complain, say
from reelm.cli.parser import build_parser, explain

_OWN_MODULES = {"access", "keys", "ledger", "manifest", "policy", "release", "staff", "vault"}
_FREE_FORM = (["test"], ["dev", "test"])


def main(arguments: Sequence[str]) -> int:
    """Run one command.

    Returns:
        0 when it did what was asked, 2 when the command itself is wrong, else what docs/reference/errors.md
        says.
    """
    parsed, rest = list(arguments), []
    for words in _FREE_FORM:  # what follows these belongs to pytest, dashes included
        if parsed[: len(words)] == words and parsed[len(words) : len(words) + 1] not in (["-h"], ["--help"]):
            parsed, rest = words, parsed[len(words) :]
    parser = build_parser()
    chosen = parser.parse_args(parsed)
    try:
        return _run(chosen.verb, chosen, rest)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:  # the reader of our output, such as head, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        from reelm.app import exit_code  # noqa: PLC0415 - reelm.base costs a warm start half a second
        from reelm.base import ReelmError  # noqa: PLC0415 - as above

        if not isinstance(error, ReelmError):
            raise
        complain(f"{error.title} ({error.code})\n{error.detail}")
        return exit_code(error)


def _run(verb: str | None, chosen: argparse.Namespace, rest: list[str]) -> int:
    # Each side is imported only when asked for: a warm start does not load what developers need.
    if verb in {None, "help"}:
        return _help(getattr(chosen, "command", []))
    if verb == "version":
        say(f"reelm {__version__}")
        return 0
    if verb in {"test", "dev", "bench"}:
        from reelm.cli import developer  # noqa: PLC0415 - see above

        return developer.run(verb, chosen, rest)
    if verb in _OWN_MODULES:
        code: int = import_module(f"reelm.cli.{verb}").run(chosen)
        return code
    return _run_realm(verb or "", chosen)


def _run_realm(verb: str, chosen: argparse.Namespace) -> int:
    if verb in {"encoders", "worker"}:
        from reelm.cli import encoders  # noqa: PLC0415 - as above

        return encoders.work(chosen) if verb == "worker" else encoders.run(chosen)
    from reelm.cli import realm  # noqa: PLC0415 - as above

    return realm.run(verb, chosen)


def _help(command: list[str]) -> int:
    text = explain(build_parser(), command)
    if text is None:
        complain(f"There is no command {' '.join(command)!r}. `./reelm help` lists them.")
        return 2
    say(text.rstrip())
    return 0
