"""Tests that are stuck, and processes of tests that do not end: each says where, and ends.

pytest-timeout raises an error in the main thread. That does not come through to code in C, it is raised only
once, and it knows nothing of what goes on after the last test. Here a thread of the interpreter's own looks
on, which needs no lock: it writes the stack of every thread to where the tests were started, and ends the
process.
"""

import faulthandler
import os
from collections.abc import Generator
from typing import Any

import pytest

# For the time-out of a test to be reported and its fixtures to end, and for the process to end after all.
GRACE_VARIABLE = "REELM_TEST_GRACE_SECONDS"
_GRACE_SECONDS = "60"
_STDERR = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    """Keep the way to the terminal, which is closed while tests run."""
    with config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        config.stash[_STDERR] = os.dup(2)


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_timeout_set_timer(item: pytest.Item, settings: Any) -> Generator[None, bool | None, bool | None]:
    """Look on from where the time of a test begins."""
    _exit_after(settings.timeout + _grace_seconds(), item.config)
    return (yield)


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_timeout_cancel_timer(item: pytest.Item) -> Generator[None, bool | None, bool | None]:
    """Look away again."""
    faulthandler.cancel_dump_traceback_later()
    return (yield)


def pytest_enter_pdb() -> None:
    """Leave somebody who looks into a test alone."""
    faulthandler.cancel_dump_traceback_later()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Look on while the process ends, which waits for its threads.

    A worker waits for the others first; the process that began them looks on then.
    """
    if not hasattr(config, "workerinput"):
        _exit_after(_grace_seconds(), config)


def _exit_after(seconds: float, config: pytest.Config) -> None:
    faulthandler.dump_traceback_later(seconds, exit=True, file=config.stash[_STDERR])


def _grace_seconds() -> float:
    return float(os.environ.get(GRACE_VARIABLE, _GRACE_SECONDS))
