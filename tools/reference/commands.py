"""docs/reference/commands.md: what ``./reelm help`` prints, for every command."""

import argparse
import os
from collections.abc import Iterator

from reelm.cli import build_parser
from reelm.cli.parser import subcommands

_INTRODUCTION = """\
# Commands

`./reelm` is the only program: it prepares what a command needs below its own folder, then runs it.
"""


def commands_page() -> str:
    # argparse wraps its help to the terminal's width; the page must not depend on who makes it.
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "100"
    try:
        sections = [_section(parser) for parser in _every(build_parser())]
    finally:
        if before is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = before
    return "\n".join([_INTRODUCTION, *sections])


def _section(parser: argparse.ArgumentParser) -> str:
    return f"## {parser.prog}\n\n```text\n{parser.format_help().rstrip()}\n```\n"


def _every(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for child in subcommands(parser).values():
        yield from _every(child)
