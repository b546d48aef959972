"""Exclusive claims that end with their process, whatever ends it.

A claim is an flock on a file that is never removed. The kernel drops it when the last process that
inherited it is gone, so it needs no cleaning up after kill -9 or a power failure. What the file says is
only a note about who took it.
"""

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self


class Lock:
    """A claim on one file, held until ``release()`` or until every process that inherited it has ended."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def take(cls, path: Path, *, note: Mapping[str, Any] | None = None) -> Self | None:
        """Take the claim on ``path``, or return None while another process holds it. Never waits.

        Args:
            path: made when missing; its folder must exist.
            note: what ``holder()`` tells the others, beside this process's ``pid``.
        """
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps({"pid": os.getpid(), **(note or {})}).encode(), 0)
        return cls(descriptor)

    @property
    def descriptor(self) -> int:
        """Return the descriptor that hands the claim to a child process, which then holds it too."""
        return self._descriptor

    def release(self) -> None:
        """Let go here; a child that inherited the claim keeps it."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def is_held(path: Path) -> bool:
    """Return whether a living process holds the claim."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def holder(path: Path) -> dict[str, Any] | None:
    """Return the note of who holds the claim (at least ``pid``), or None when nobody does."""
    if not is_held(path):
        return None
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # taken this very moment, its note is not written yet
        return {}
    return note if isinstance(note, dict) else {}
