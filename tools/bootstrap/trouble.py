"""What stops the launcher, in words, with what to do."""

import re
import shutil
from pathlib import Path

_NETWORK = re.compile(
    r"connection refused|failed to establish a new connection|name resolution|name or service not known"
    r"|nodename nor servname|network is unreachable|no route to host|timed? ?out"
    r"|error sending request|dns error"
    r"|failed to connect|connection (reset|aborted)|proxyerror|tunnel|certificate"
    r"|self_signed|unable_to_(get|verify)"
    r"|enotfound|econnrefused|etimedout|eai_again|econnreset|ehostunreach|enetunreach",
    re.IGNORECASE,
)
# What ends a folder's name in a path of Python's (:) or in an address of a module (# ?).
_MISTAKEN = (":", "#", "?", "\\")
_FULL_BYTES = 20_000_000
_SPACE = re.compile(r"no space left on device|enospc|disk quota exceeded", re.IGNORECASE)
_HASH = re.compile(r"do not match the hash|hash mismatch|eintegrity", re.IGNORECASE)
_WHEEL = re.compile(
    r"no matching distribution|no solution found|no wheels with a matching|not a supported wheel",
    re.IGNORECASE,
)
_VENV = re.compile(r"ensurepip|no module named '?venv", re.IGNORECASE)


class Trouble(Exception):
    """The launcher cannot go on; the text says what happened, what state things are in and what to do."""


class ToolFailed(Exception):
    """A tool ended with an error; ``output`` is its whole log."""

    def __init__(self, title: str, log: Path, output: str) -> None:
        super().__init__(title)
        self.title = title
        self.log = log
        self.output = output

    @property
    def is_network(self) -> bool:
        return bool(_NETWORK.search(self.output)) and not self.is_space

    @property
    def is_space(self) -> bool:
        # On a full disk the tool's last words are often missing from its log as well.
        is_full = self.log.parent.exists() and shutil.disk_usage(self.log.parent).free < _FULL_BYTES
        return is_full or bool(_SPACE.search(self.output))


def explain(failed: ToolFailed) -> Trouble:
    """Why a tool failed, as far as its output tells."""
    ending = "".join(f"\n  | {line}" for line in failed.output.rstrip().splitlines()[-12:])
    return Trouble(_reason(failed) + (f"\nThe end of {failed.log}:{ending}" if ending else ""))


def check_links(home: Path) -> None:
    """Refuse to prepare through a link: what it leads to would be emptied, and may belong to another copy.

    Raises:
        Trouble: nothing was changed.
    """
    for name in (".venv", ".tools"):
        folder = home / name
        if folder.is_symlink():
            raise Trouble(
                f"{folder} is a symbolic link to {folder.resolve()}.\n"
                "Preparing Reelm would empty what it leads to, so nothing was changed.\n"
                "Remove the link, not what it leads to; the same command then makes a folder of its own."
            )


def check_space(folder: Path, need_bytes: int) -> None:
    """Refuse to begin what would not fit.

    Raises:
        Trouble: less than ``need_bytes`` are free.
    """
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < need_bytes:
        raise Trouble(
            f"The disk is too full: preparing Reelm takes {need_bytes / 1e9:.1f} GB below {folder}, and "
            f"{free_bytes / 1e9:.1f} GB are free.\n"
            "Nothing was changed. Free some space or move the folder to another disk, then run this again."
        )


def check_folder(folder: Path) -> None:
    """Refuse a folder in which the tools cannot work.

    Raises:
        Trouble: its name has a letter that stands for something else there.
    """
    found = [letter for letter in _MISTAKEN if letter in str(folder)]
    if found:
        raise Trouble(
            f"Reelm cannot be prepared in {folder}: its name has {' and '.join(found)} in it, which the "
            "tools take for something else.\nNothing was changed. Rename the folder, or the one that it is "
            f"in, to a name without {' '.join(_MISTAKEN)} and run this again."
        )


def _reason(failed: ToolFailed) -> str:
    title = failed.title[0].lower() + failed.title[1:]
    again = "Nothing is half-installed: the same command begins this step again."
    if failed.is_space:
        return f"The disk became full while {title}. {again}\nFree some space first."
    for is_so, reason in (
        (_HASH, _HASH_REASON),
        (_NETWORK, _NETWORK_REASON),
        (_WHEEL, _WHEEL_REASON),
        (_VENV, _VENV_REASON),
    ):
        if is_so.search(failed.output):
            return reason.format(title=title, again=again)
    return f"Something went wrong while {title}. {again}"


_HASH_REASON = """\
A download was not what requirements/ says it must be, while {title}. It was not used. {again}
If it happens twice, the registry or something in between changes files: do not work around it."""

_NETWORK_REASON = """\
The package registry could not be reached while {title}. {again}
Needed: a connection to the registries that pip and npm are configured for on this machine. Check the network,
the proxy (HTTPS_PROXY) or the mirror (`pip config list`, `npm config list`), then try again."""

_WHEEL_REASON = """\
A package is not available for this system, while {title}. {again}
There are packages for Linux with glibc (x86_64, aarch64) and for macOS on Apple's own processors, with Python
3.11 to 3.14. A mirror may also lack the file: requirements/ names every version."""

_VENV_REASON = """\
This Python has no venv or no ensurepip, so {title} failed. Nothing was changed.
Install it (on Debian and Ubuntu it is the package python3-venv), then run the same command again."""
