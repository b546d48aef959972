"""Runs a program where no other process has a network: a namespace that ends with it."""

import os
import subprocess
import sys
from pathlib import Path

from conftest import ROOT, missing, tool_or_skip

_SECONDS = 220
# With processes of their own as well: whatever happens, none of them outlives the program.
_FRESH = ("--user", "--map-root-user", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")


def run_alone(program: Path, *arguments: str) -> None:
    """Run a Python program of the tests in fresh namespaces, with our own rights outside of them.

    Skips where the system does not allow them.
    """
    unshare = tool_or_skip("unshare", "unshare")
    link = tool_or_skip("ip (iproute2)", "ip", "/usr/sbin/ip", "/sbin/ip")
    alone = [unshare, *_FRESH]
    if subprocess.run([*alone, link, "link"], capture_output=True, check=False).returncode:  # noqa: S603 - found on PATH
        missing("Permission to make a network namespace")
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    path = os.pathsep.join(str(ROOT / folder) for folder in ("src", "audit/src", "demo", "tests", "."))
    kept |= {"PYTHONPATH": path, "PATH": f"{Path(link).parent}{os.pathsep}{os.environ['PATH']}"}
    command = [*alone, sys.executable, str(program), *arguments]
    done = subprocess.run(  # noqa: S603 - a program of these tests
        command, env=kept, capture_output=True, text=True, check=False, timeout=_SECONDS
    )
    assert done.returncode == 0, done.stderr[-4_000:]
