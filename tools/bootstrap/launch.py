"""Which command needs what, and the hand-over to it."""

import fcntl
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools.bootstrap.environment import Environment
from tools.bootstrap.page import Page
from tools.bootstrap.report import Report
from tools.bootstrap.trouble import ToolFailed, Trouble, check_folder, check_links, explain

# Commands that need nothing but this Python: they help before anything is installed, or look at what
# already runs.
_BARE = {"help", "version", "status", "down", "-h", "--help", "--version"}
_DEVELOPER = {"test", "dev", "bench"}
_PAGELESS = {"settings", "keys"}


def launch(home_name: str, arguments: Sequence[str]) -> int:
    """Prepare, then become the command; returns only when something is in the way."""
    home = Path(home_name)
    report = Report(home / ".tools")
    environment = Environment(home, report)
    verb = arguments[0] if arguments else "help"
    try:
        check_folder(home)
        if verb not in _BARE and not _asks_help(arguments):
            _prepare(home, verb, environment, report)
    except ToolFailed as failed:
        report.say(str(explain(failed)))
        return 1
    except Trouble as trouble:
        report.say(str(trouble))
        return 1
    except OSError as error:
        report.say(
            f"Preparing Reelm failed: {error}\nNothing is half-installed; the same command goes on from here."
        )
        return 1
    except KeyboardInterrupt:
        report.say("\nInterrupted. Nothing is half-installed: the same command goes on from here.")
        return 128 + signal.SIGINT
    python = environment.python if environment.python.exists() else Path(sys.executable)
    # The package is run from src, not installed; compiled modules are kept, since a warm start depends on
    # them.
    settings = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    settings["PYTHONPATH"] = str(home / "src")
    os.execve(python, [str(python), "-P", "-m", "reelm", *arguments], settings)  # noqa: S606 - becomes it
    raise AssertionError("unreachable")


def _prepare(home: Path, verb: str, environment: Environment, report: Report) -> None:
    check_links(home)
    profile = "dev" if verb in _DEVELOPER else "run"
    page = Page(home, environment, report)

    def is_ready() -> bool:
        with_tools = verb in _DEVELOPER
        return environment.is_ready(profile) and (verb in _PAGELESS or page.is_ready(with_tools=with_tools))

    if is_ready():
        return
    environment.choose()
    with _alone(home, report):
        if not environment.is_ready(profile):
            report.say("Preparing Reelm in this folder (only the first time, and after an update)")
            environment.prepare(profile)
        if not is_ready():
            page.prepare()
    report.finish()


def _asks_help(arguments: Sequence[str]) -> bool:
    """Whether it is only about a command's help; what follows ``test`` belongs to pytest."""
    return any(word in {"-h", "--help"} for word in arguments[1:3])


@contextmanager
def _alone(home: Path, report: Report) -> Iterator[None]:
    """One launcher at a time prepares a folder; the kernel lets go once it and its tools have ended."""
    tools = home / ".tools"
    tools.mkdir(exist_ok=True)
    with (tools / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            who = file.read().strip() or "unknown"
            report.say(f"Another ./reelm (process {who}) is preparing this folder; waiting ...")
            fcntl.flock(file, fcntl.LOCK_EX)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        report.shared = (file.fileno(),)
        yield
