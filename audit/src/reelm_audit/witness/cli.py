"""``reelm-witness``: the command line."""

import argparse
import signal
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import NoReturn

from reelm_audit.clock import Clock, machine_seconds
from reelm_audit.errors import AuditError
from reelm_audit.tlog.keys import Kind
from reelm_audit.witness import keyfile
from reelm_audit.witness.config import Config
from reelm_audit.witness.server import Server
from reelm_audit.witness.store import Store
from reelm_audit.witness.witness import Witness

_KINDS = {"ml-dsa-44": Kind.ML_DSA_44_COSIGNATURE, "ed25519": Kind.ED25519_COSIGNATURE}


def main(arguments: Sequence[str] | None = None, *, clock: Clock = machine_seconds) -> int:
    """Run one command; returns the exit code."""
    chosen = _parser().parse_args(arguments)
    try:
        if chosen.command == "keygen":
            key = keyfile.generate(chosen.out, chosen.name, _KINDS[chosen.kind])
            sys.stdout.write(f"{key.verifier}\n")
        elif chosen.command == "keys":
            for path in Config.read(chosen.config).keys:
                sys.stdout.write(f"{keyfile.read(path).verifier}\n")
        else:
            _serve(Config.read(chosen.config), clock)
    except AuditError as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    return 0


def _serve(config: Config, clock: Clock) -> None:
    """Serve until told to end."""
    keys = [keyfile.read(path) for path in config.keys]
    signal.signal(signal.SIGTERM, _end)
    with closing(Store(config.folder)) as store:
        witness = Witness(store, keys, config.logs, clock=clock)
        with Server((config.host, config.port), witness) as server:
            host, port = server.server_address[:2]
            sys.stdout.write(f"Witnessing {len(config.logs)} logs on {host!s}:{port}\n")
            sys.stdout.flush()
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                return


def _end(_signal: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="reelm-witness", description="Cosigns logs that only grow.")
    commands = parser.add_subparsers(dest="command", required=True)
    keygen = commands.add_parser("keygen", help="make a key; prints the line that others verify with")
    keygen.add_argument("--name", required=True, help="such as witness.example.org/one")
    keygen.add_argument("--out", type=Path, required=True, help="the file for the secret key")
    keygen.add_argument("--kind", choices=sorted(_KINDS), default="ml-dsa-44")
    for name, text in (("keys", "print the lines that others verify with"), ("serve", "take checkpoints")):
        commands.add_parser(name, help=text).add_argument("--config", type=Path, required=True)
    return parser
