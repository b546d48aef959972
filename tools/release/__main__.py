"""``python -m tools.release FOLDER``: the wheels of this repository, and what the record will say of them."""

import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from tools.release.project import Project
from tools.release.wheel import write_wheel

from reelm.app import running_release

ROOT = Path(__file__).parents[2]
DESCRIPTION = "release.json"


def main(folder: Path) -> int:
    """Build into a folder, which is made; files of an earlier build of the same version are replaced."""
    running = running_release()
    if running.page_digest is None:
        sys.stderr.write("There is no built page. Nothing was built. Run ./reelm dev build.\n")
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    wheel, auditor = (write_wheel(Project.read(home), folder) for home in (ROOT, ROOT / "audit"))
    release = replace(running, artifact_digest=_digest(wheel), commit=_commit())
    described = folder / DESCRIPTION
    described.write_bytes(release.canonical())
    for path in (wheel, auditor, described):
        print(f"{_digest(path)}  {path.name}")
    return 0


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def _commit() -> str | None:
    """The commit that these files are; None outside a clone, or when something was changed since."""
    if not (ROOT / ".git").exists() or _git("status", "--porcelain") != "":
        return None
    return _git("rev-parse", "HEAD")


def _git(*words: str) -> str | None:
    try:
        asked = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=True)  # noqa: S603, S607 - whichever git the developer uses
    except (OSError, subprocess.CalledProcessError):
        return None
    return asked.stdout.strip()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
