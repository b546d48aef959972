"""Keeps the processes of one realm running, and ends them all.

Nouns: ``Child`` (a command and its sign of readiness), ``Keeper`` (restarts one child with growing pauses),
``Supervisor`` (holds the data folder, starts the children, waits for Ctrl-C or ``./reelm down``).

A child is never orphaned for long: it holds its own lock (``DATA/run/NAME.lock``) and watches its parent,
so a supervisor ended by kill -9 leaves nothing that the next start cannot wait for or end.
"""

import os
import select
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import NoReturn

from reelm.app import state
from reelm.app.children import Child, Keeper, Patience
from reelm.app.leftovers import clear_leftovers
from reelm.app.lock import Lock, holder
from reelm.app.paths import Paths
from reelm.app.readiness import is_port_free

_POLL_SECONDS = 0.05
_IDLE_POLL_SECONDS = 0.25
_REMIND_SECONDS = 15
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(slots=True, kw_only=True)
class Supervisor:
    """One run of one realm's processes.

    Args:
        children: started together, tasks after the others are ready.
        url: where people find the realm; told once everything is ready.
        say: shows one line to whoever started it.
    """

    children: Sequence[Child]
    paths: Paths
    host: str
    port: int
    url: str
    say: Callable[[str], None]
    patience: Patience = field(default_factory=Patience)
    _keepers: list[Keeper] = field(default_factory=list)
    _signal_count: int = 0
    _is_announced: bool = False
    _started_seconds: float = 0

    def run(self) -> None:
        """Start the children and return when a signal has ended them all.

        Raises:
            AlreadyRunning: another supervisor holds the data folder.
            PortTaken: something else listens on the port.
            LeftoverRuns: a process of an earlier start will not go away.
            ChildFailed: a child cannot start; the others were stopped.
        """
        for folder in (self.paths.data, self.paths.run, self.paths.logs):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        note = {"port": self.port, "url": self.url}
        lock = Lock.take(state.supervisor_lock(self.paths), note=note)
        if lock is None:
            self._refuse_second()
        try:
            names = [child.name for child in self.children]
            clear_leftovers(self.paths, names, wait_seconds=self.patience.leftover_seconds, say=self.say)
            self._check_port()
            self._supervise()
        finally:
            state.remove_state(self.paths)
            lock.release()

    def _supervise(self) -> None:
        wake, waker = os.pipe()
        os.set_blocking(waker, False)
        previous_wake = signal.set_wakeup_fd(waker)
        previous = {number: signal.signal(number, self._on_signal) for number in _SIGNALS}
        previous[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        self._started_seconds = time.monotonic()
        self._keepers = [
            Keeper(child=child, paths=self.paths, patience=self.patience, say=self.say)
            for child in self.children
        ]
        begun = state.RunState(
            pid=os.getpid(), host=self.host, port=self.port, url=self.url, started_at=state.now()
        )
        try:
            self._watch(begun, wake)
        finally:
            self._stop(wake)
            for number, handler in previous.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(previous_wake)
            os.close(wake)
            os.close(waker)

    def _watch(self, begun: state.RunState, wake: int) -> None:
        remind_seconds = time.monotonic() + _REMIND_SECONDS
        while not self._signal_count:
            now_seconds = time.monotonic()
            # A list, not a generator: every keeper is looked after, whatever the first one says.
            if any([keeper.look(now_seconds) for keeper in self._due()]):  # noqa: C419
                write = replace(begun, children=tuple(keeper.state() for keeper in self._keepers))
                state.write_state(self.paths, write)
            for keeper in self._keepers:
                if keeper.has_given_up() and not keeper.child.is_task:
                    self._refuse_child(keeper)
            self._announce()
            if not self._is_announced and now_seconds > remind_seconds:
                remind_seconds += _REMIND_SECONDS
                self.say(f"Still waiting for {self._missing()}. Logs: {self.paths.logs}")
            _sleep(wake, _IDLE_POLL_SECONDS if self._is_announced else _POLL_SECONDS)

    def _due(self) -> list[Keeper]:
        is_up = self._is_announced
        return [keeper for keeper in self._keepers if is_up or not keeper.child.is_task]

    def _announce(self) -> None:
        if self._is_announced or not all(keeper.was_ready for keeper in self._due()):
            return
        self._is_announced = True
        took = time.monotonic() - self._started_seconds
        self.say(f"Reelm is running at {self.url}  (ready in {took:.1f} s; Ctrl-C stops it)")

    def _missing(self) -> str:
        return " and ".join(keeper.child.name for keeper in self._due() if not keeper.was_ready)

    def _on_signal(self, number: int, frame: object) -> None:
        del number, frame
        self._signal_count += 1

    def _stop(self, wake: int) -> None:
        """SIGTERM; SIGKILL after a while or at the next signal. Nothing of any child is left afterwards."""
        if any(keeper.is_running() for keeper in self._keepers):
            self.say("Stopping ... (Ctrl-C again stops at once)")
        for keeper in self._keepers:
            keeper.terminate()
        asked_count = self._signal_count
        deadline = time.monotonic() + self.patience.stop_seconds
        while any(keeper.is_running() for keeper in self._keepers):
            if self._signal_count > asked_count or time.monotonic() > deadline:
                break
            _sleep(wake, _POLL_SECONDS)
        for keeper in self._keepers:
            keeper.kill()
            keeper.mirror()
        self.say("Stopped.")

    def _check_port(self) -> None:
        try:
            if is_port_free(self.host, self.port):
                return
        except OSError as error:
            from reelm.app.errors import BadSettings  # noqa: PLC0415 - reelm.base costs a warm start 0.5 s

            raise BadSettings(
                f"{self.host} is not an address of this machine ({error}). Nothing was started. "
                "Use --host 127.0.0.1 for this machine only, or --host 0.0.0.0 for every network it is on."
            ) from error
        from reelm.app.errors import PortTaken  # noqa: PLC0415 - as above

        raise PortTaken(
            f"Port {self.port} on {self.host} is used by another program or needs more rights than you have. "
            f"Nothing was started. Choose another one with --port, for example --port {self.port + 1}.",
            port=self.port,
        )

    def _refuse_second(self) -> NoReturn:
        from reelm.app.errors import AlreadyRunning  # noqa: PLC0415 - as below

        note = holder(state.supervisor_lock(self.paths)) or {}
        raise AlreadyRunning(
            f"{self.paths.data} is already used by process {note.get('pid', '(just ended)')} at "
            f"{note.get('url', 'an unknown address')}. Nothing was changed. Open that address, stop it with "
            f"`./reelm down --data {self.paths.data}`, or start another realm with --data and --port.",
            port=note.get("port"),
        )

    def _refuse_child(self, keeper: Keeper) -> NoReturn:
        from reelm.app.errors import ChildFailed  # noqa: PLC0415 - as above

        tail = "".join(f"\n  {line}" for line in keeper.log.tail(12))
        raise ChildFailed(
            f"{keeper.child.name} cannot start. Everything was stopped and no data was changed by that. "
            f"The end of {keeper.log.path}:{tail}"
        )


def _sleep(wake: int, seconds: float) -> None:
    """Sleep until a signal comes, at most ``seconds``."""
    if select.select([wake], [], [], seconds)[0]:
        os.read(wake, 4096)
