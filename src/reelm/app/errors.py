"""List what can go wrong when a realm is started, stopped or configured.

::

    NotFound ── DemoMissing        the sample content is not part of this installation
    Invalid  ─┬ BadSettings        settings.toml or a flag cannot be used
              └ NoTerminal         a command needs somebody in front of a terminal
    Conflict ─┬ AlreadyRunning     another supervisor holds the data folder
              ├ PortTaken          something else listens on the port
              └ LeftoverRuns       a process of an earlier start will not go away
    Broken   ─┬ ChildFailed        a process of the realm cannot start
              ├ PageAltered        the page is not as it was built
              ├ StopIncomplete     the realm did not stop in time
              ├ ShareFileFailed    a custodian's file could not be written
              └ SampleFailed       a sample clip of the demo could not be made
"""

from reelm.base import (
    Broken,
    Conflict,
    Invalid,
    NotFound,
    ReelmError,
    TooLarge,
    TooMany,
    Unavailable,
    Unsupported,
)


class BadSettings(Invalid):
    code = "app.bad-settings"
    title = "The settings cannot be used"


class NoTerminal(Invalid):
    code = "app.no-terminal"
    title = "This needs a terminal"


class AlreadyRunning(Conflict):
    code = "app.already-running"
    title = "This realm is already running"


class PortTaken(Conflict):
    code = "app.port-taken"
    title = "The port is taken"


class LeftoverRuns(Conflict):
    code = "app.leftover-runs"
    title = "A process of an earlier start is still running"


class ChildFailed(Broken):
    code = "app.child-failed"
    title = "A process of the realm cannot start"


class PageAltered(Broken):
    code = "app.page-altered"
    title = "The page is not as it was built"


class StopIncomplete(Broken):
    code = "app.stop-incomplete"
    title = "The realm did not stop in time"


class ShareFileFailed(Broken):
    code = "app.share-file-failed"
    title = "A share could not be written"


class SampleFailed(Broken):
    code = "app.sample-failed"
    title = "A sample clip could not be made"


class DemoMissing(NotFound):
    code = "app.demo-missing"
    title = "The demo is not installed"


# What a process of Reelm ends with, by branch of the error tree; the numbers are those of sysexits.h.
# 78 also tells the supervisor that starting the process again is no use.
EXIT_CODES: dict[type[ReelmError], int] = {
    Invalid: 78,
    TooLarge: 65,
    Unsupported: 65,
    Conflict: 73,
    TooMany: 75,
    Unavailable: 75,
    Broken: 70,
    ReelmError: 1,
}


def exit_code(error: ReelmError) -> int:
    """Return the exit code of a process that ends with this error."""
    return next(code for branch, code in EXIT_CODES.items() if isinstance(error, branch))
