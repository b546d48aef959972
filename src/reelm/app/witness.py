"""Run one witness of the demo: ``python -m reelm.app.witness --data DIR --name one``, kept by the supervisor.

It learns the key of the log from the policy that the realm publishes, and then is ``reelm-witness`` itself.
"""

import argparse
import runpy
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from reelm.app.paths import Paths
from reelm.app.supervised import exit_with_parent

_LOOK_SECONDS = 0.1
_PATIENCE_SECONDS = 60.0


def configuration(policy: str, name: str) -> str:
    """Return the configuration of ``reelm-witness``: where it listens, whose log it watches.

    Args:
        policy: as the realm publishes it: its log line, and one for each witness with its address.
        name: of the witness.

    Raises:
        ValueError: the policy has no log, or no such witness at an address.
    """
    lines = [line.split() for line in policy.splitlines()]
    logs = [words[1] for words in lines if words[:1] == ["log"]]
    urls = [words[3] for words in lines if words[:2] == ["witness", name] and len(words) == 4]
    if not logs or not urls:
        raise ValueError(f"the published policy names no log, or no witness {name} with an address")
    listen = urls[0].removeprefix("http://")
    return f'listen = "{listen}"\nfolder = "seen"\nkeys = ["key"]\n\n[[logs]]\nkey = "{logs[0]}"\n'


def _published(path: Path) -> str:
    """Read the policy, as soon as the realm has published it: at its first start it takes a moment."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
    return path.read_text(encoding="utf-8")


def _main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="reelm.app.witness")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--name", required=True)
    chosen = parser.parse_args(arguments)
    paths = Paths(chosen.data)
    file = paths.witness_homes / chosen.name / "witness.toml"
    file.write_text(configuration(_published(paths.ledger / "policy"), chosen.name), encoding="utf-8")
    sys.argv = ["reelm-witness", "serve", "--config", str(file)]
    runpy.run_module("reelm_audit.witness", run_name="__main__")


if __name__ == "__main__":
    exit_with_parent()
    _main(sys.argv[1:])
