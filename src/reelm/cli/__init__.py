"""Offer the command line: thin verbs over ``reelm.app``, one module per kind of user.

Nouns: ``main`` (runs one command and gives its exit code), ``build_parser`` (every command and flag; the
    reference
page is generated from it). Expected errors become three readable lines and an exit code, never a traceback.
"""

from reelm.cli.command import main
from reelm.cli.parser import build_parser

__all__ = ["build_parser", "main"]
