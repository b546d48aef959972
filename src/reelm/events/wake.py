"""Wake whoever waits for facts, in this process at once and in others by a datagram.

Every process that waits binds a socket of its own in one folder, and whoever has news sends one byte to each.
A wake may be lost, and then the waiting looks by itself after a second: it says that there may be something,
never what.
"""

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path

POLL_SECONDS = 1.0
_LONGEST_ADDRESS = 100  # bytes; what every system takes
_DESCRIPTORS = Path("/proc/self/fd")


class Topic(StrEnum):
    """The subject of news: facts for the relay, entries of the log, or leaves for the ledger."""

    OUTBOX = "o"
    LOG = "l"
    LEAVES = "v"


class Waker:
    """Wakes the tasks of all processes that share a folder. Used by one event loop.

    Args:
        folder: of sockets, made when somebody waits; None to wake this process alone.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._counts = dict.fromkeys(Topic, 0)
        self._waiting: dict[Topic, set[asyncio.Future[None]]] = {topic: set() for topic in Topic}
        self._listening: socket.socket | None = None
        self._sending: socket.socket | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def notify(self, topic: Topic) -> None:
        """Say that there may be something. Never fails and never waits."""
        self._heard(topic)
        if self._folder is not None:
            with suppress(OSError):
                self._send(self._folder, topic.encode())

    def count(self, topic: Topic) -> int:
        """Return how often this process was woken; taken before looking, and given to ``wait``."""
        return self._counts[topic]

    async def wait(self, topic: Topic, seen: int, seconds: float) -> None:
        """Return when somebody notified since ``seen`` was the count, or after so many seconds.

        The first call listens from then on and returns at once, as if it had been woken: what was said
        before nobody heard.
        """
        if self._listen() or self._counts[topic] != seen:
            return
        woken = asyncio.get_running_loop().create_future()
        self._waiting[topic].add(woken)
        try:
            await asyncio.wait_for(woken, seconds)
        except TimeoutError:
            return
        finally:
            self._waiting[topic].discard(woken)

    def close(self) -> None:
        """Stop listening."""
        if self._listening is not None and self._loop is not None and self._folder is not None:
            self._loop.remove_reader(self._listening)
            with suppress(OSError):
                (self._folder / self._own_name).unlink(missing_ok=True)
        for each in (self._listening, self._sending):
            if each is not None:
                each.close()
        self._listening = self._sending = None

    @property
    def _own_name(self) -> str:
        return f"{os.getpid()}-{id(self):x}.sock"

    def _heard(self, topic: Topic) -> None:
        self._counts[topic] += 1
        for woken in self._waiting[topic]:
            if not woken.done():
                woken.set_result(None)

    def _send(self, folder: Path, what: bytes) -> None:
        names = os.listdir(folder)  # noqa: PTH208 - names are asked for, not paths
        if self._sending is None:
            self._sending = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._sending.setblocking(False)
        with _short(folder) as short:
            for name in names:
                if name == self._own_name or not name.endswith(".sock"):
                    continue
                try:
                    self._sending.sendto(what, f"{short}/{name}")
                except ConnectionRefusedError:  # its process ended
                    (folder / name).unlink(missing_ok=True)
                except OSError:  # gone just now, or so full that it will wake anyway
                    continue

    def _listen(self) -> bool:
        if self._loop is not None or self._folder is None:
            return False
        self._loop = asyncio.get_running_loop()
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        listening.setblocking(False)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _short(self._folder) as short:
                listening.bind(f"{short}/{self._own_name}")
        except OSError:  # no such sockets here, or a name too long: looking every second is enough
            listening.close()
            return True
        self._listening = listening
        self._loop.add_reader(listening, self._receive, listening)
        return True

    def _receive(self, listening: socket.socket) -> None:
        heard = set()
        with suppress(BlockingIOError):
            while True:
                heard.add(listening.recv(1))
        for topic in Topic:
            if topic.encode() in heard:
                self._heard(topic)


@contextmanager
def _short(folder: Path) -> Iterator[str]:
    """Give a name of a folder that is short enough for a socket's address, where the system has one."""
    if len(os.fsencode(folder)) + 40 <= _LONGEST_ADDRESS or not _DESCRIPTORS.is_dir():
        yield str(folder)
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield str(_DESCRIPTORS / str(descriptor))
    finally:
        os.close(descriptor)
