"""Name the processes of one realm: web, worker and, for the demo, its witnesses and its sample maker.

The demo's witnesses are two ``reelm-witness`` processes on this machine, with keys and memory in
``DATA/witnesses``, so that its ledger is cosigned like that of other realms. Whoever runs the demo runs them
as well, so they prove nothing to anybody else; the manifest says so.
"""

import shutil
import socket
import subprocess
from pathlib import Path

from reelm.app.children import AUDIT_SOURCE, DEMO_SOURCE, Child, child_environment, python
from reelm.app.paths import Paths
from reelm.app.readiness import AnswersHttp, WritesFile
from reelm.app.settings import Settings, as_arguments
from reelm.app.state import ready_file

WITNESS_NAMES = ("one", "two")
_KEYGEN_SECONDS = 60
_QUORUM = f"group both all {' '.join(WITNESS_NAMES)}\nquorum both\n"
_DESTINATION = """
# One of the demo's own witnesses. It runs on this machine, under the hands of whoever runs the realm, so it
# shows how a realm is witnessed and proves nothing. docs/how-to/have-the-ledger-witnessed.md
[[destinations]]
id = "witness-{name}"
url = "{url}"
purpose = "have the public ledger cosigned"
data_classes = ["public"]
"""


def realm_children(settings: Settings, *, with_samples: bool) -> tuple[Child, ...]:
    """Return what the supervisor keeps running, each with its settings on its command line."""
    arguments = as_arguments(settings)
    web = Child(
        name="web",
        argv=python("reelm.web", *arguments),
        ready=AnswersHttp(settings.host, settings.port),
    )
    worker = Child(
        name="worker",
        argv=python("reelm.app.worker", *arguments),
        ready=WritesFile(ready_file(settings.paths, "worker")),
    )
    if not with_samples:
        return web, worker
    seed = Child(name="seed", argv=python("reelm_demo", *arguments), is_task=True, is_shown=True)
    return web, worker, *witness_children(settings.paths), seed


def require_demo() -> None:
    """Refuse to start a demo where its sample content is not beside the product.

    Raises:
        DemoMissing: this is an installed package, not a copy of the repository.
    """
    if not DEMO_SOURCE.is_dir():
        from reelm.app.errors import DemoMissing  # noqa: PLC0415 - reelm.base costs half a second

        raise DemoMissing(
            "The sample content of the demo is not part of the installed package. Nothing was started. "
            "Run ./reelm demo in a copy of the repository, or start an empty realm with up."
        )


def make_witnesses(paths: Paths) -> bool:
    """Give a realm that has not begun yet its own witnesses; what a crash left is made anew.

    Nothing is done where the auditor's tool is not beside the product, nor to a realm that has a manifest:
    that is in the ledger, and only its operator changes it.

    Returns:
        Whether the realm has witnesses now, its own or others.
    """
    if not paths.manifest.exists() and AUDIT_SOURCE.is_dir():
        try:
            _make(paths)
        except (OSError, subprocess.SubprocessError):
            # The realm makes a manifest of its own, without them.
            shutil.rmtree(paths.witness_homes, ignore_errors=True)
            paths.witnesses.unlink(missing_ok=True)
    return paths.witnesses.exists()


def witness_children(paths: Paths) -> tuple[Child, ...]:
    """Return the witnesses of this realm; it runs on when they cannot be started."""
    homes = [paths.witness_homes / name for name in WITNESS_NAMES]
    return tuple(
        Child(
            name=f"witness-{home.name}",
            argv=python("reelm.app.witness", "--data", str(paths.data), "--name", home.name),
            is_task=True,
        )
        for home in homes
        if home.is_dir() and AUDIT_SOURCE.is_dir()
    )


def _make(paths: Paths) -> None:
    from reelm.app.bootstrap import draft_manifest, write_whole  # noqa: PLC0415 - it costs half a second

    shutil.rmtree(paths.witness_homes, ignore_errors=True)
    urls = {name: f"http://127.0.0.1:{_free_port()}" for name in WITNESS_NAMES}
    lines = [f"witness {name} {_make_key(paths.witness_homes / name)} {url}\n" for name, url in urls.items()]
    write_whole(paths.witnesses, "".join(lines) + _QUORUM)
    tables = "".join(_DESTINATION.format(name=name, url=url) for name, url in urls.items())
    # Last: a realm that has a manifest has its witnesses.
    write_whole(paths.manifest, draft_manifest(paths) + tables)


def _make_key(home: Path) -> str:
    """Make a key of a witness; return the line that others verify with."""
    home.mkdir(parents=True, mode=0o700)
    named = ("--kind", "ed25519", "--name", f"{home.name}.witness.localhost", "--out", str(home / "key"))
    done = subprocess.run(  # noqa: S603 - our own program
        python("reelm_audit.witness", "keygen", *named),
        stdout=subprocess.PIPE,
        env=child_environment(),
        timeout=_KEYGEN_SECONDS,
        check=True,
        text=True,
    )
    return done.stdout.strip()


def _free_port() -> int:
    """Return a port that is free now. It is declared for good; a witness that finds it taken stays away."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port
