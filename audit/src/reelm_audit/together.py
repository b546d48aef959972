"""Work that several processes share, none of which outlives the one that began it, nor the time it is given.

Each process has one end of a pipe of its own, and only the first process has the other. However one of the
two ends, by its own will or by a signal that it cannot catch, the pipe is closed, and the other one waits no
longer, even in the midst of a message. Nothing else is shared: a process that is killed would keep a lock for
ever, and leave half of an answer in a queue for others to wait for.
"""

import multiprocessing
import os
import pickle
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import count, islice
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from reelm_audit.clock import running_seconds
from reelm_audit.errors import OutOfBudget, Unreachable

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Given = TypeVar("Given")
Made = TypeVar("Made")
_Answer: TypeAlias = tuple[Exception | None, Any]  # what was raised, and else what was made

_REAP_SECONDS = 5.0  # for the system to take down a process that it was told to kill


@contextmanager
def spread(
    begin: Callable[[Any], None],
    plan: object,
    work: Callable[[Given], Made],
    given: Iterable[Given],
    *,
    processes: int,
    until: float,
) -> Iterator[Iterator[Made]]:
    """Do the work on each of what is given, in order, and leave no process behind when the block ends.

    Args:
        begin: called once in each process with the plan.
        plan: whatever the work needs.
        work: a function of a module, as processes are begun anew.
        given: taken one by one, and never far ahead.
        processes: how many; 0 for one per processor.
        until: when all of them are ended, whatever they do; in seconds of ``running_seconds``.

    Raises:
        OutOfBudget: the time was over.
        Unreachable: a process was ended by this machine.
    """
    team = _Team((begin, plan, work), most=processes or os.cpu_count() or 1, until=until)
    ending = threading.Timer(max(0.0, until - running_seconds()), team.end)
    ending.daemon = True
    ending.start()
    try:
        yield team.in_order(given)
    except _Ended:
        if running_seconds() >= until:
            raise OutOfBudget(
                "The processes of the audit were ended: the time of this run is over."
            ) from None
        raise Unreachable("A process of the audit was ended by this machine; it may lack memory.") from None
    finally:
        ending.cancel()
        ending.join()
        team.end()
        team.leave()


class _Ended(Exception):
    """The other process is gone."""


class _Worker:
    """Another process, which does one thing after the other."""

    def __init__(self, task: object, until: float) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, until), daemon=True)
        # What is handed over here has to fit into a pipe that nobody reads yet, so the task comes later.
        self._process.start()
        theirs.close()  # or its end would not be noticed
        self._task: object = task

    def ask(self, what: object) -> None:
        with _noticing():
            if self._task is not None:
                _send(self.pipe, self._task)
                self._task = None
            _send(self.pipe, what)

    def answer(self) -> _Answer:
        with _noticing():
            answer: _Answer = _receive(self.pipe)
        return answer

    def end(self) -> None:
        self._process.kill()

    def leave(self) -> None:
        self._process.join(_REAP_SECONDS)
        self.pipe.close()


class _Team:
    """Processes that are begun when there is something for them to do."""

    def __init__(self, task: object, *, most: int, until: float) -> None:
        self._task = task
        self._most = most
        self._until = until
        self._workers: list[_Worker] = []
        self._idle: list[_Worker] = []
        self._busy: dict[object, tuple[int, _Worker]] = {}
        self._taken = 0
        self._is_over = False

    def in_order(self, given: Iterable[Any]) -> Iterator[Any]:
        left = iter(given)
        answers: dict[int, _Answer] = {}
        for at in count():
            while at not in answers:
                self._hand_out(left, most=at + 2 * self._most)
                if not self._busy:
                    return
                for pipe in wait([worker.pipe for _, worker in self._busy.values()]):
                    index, worker = self._busy.pop(pipe)
                    answers[index] = worker.answer()
                    self._idle.append(worker)
            fault, made = answers.pop(at)
            if fault is not None:
                raise fault
            yield made

    def end(self) -> None:
        """End all processes, also those that are only being begun; called by two threads."""
        self._is_over = True
        for worker in list(self._workers):
            worker.end()

    def leave(self) -> None:
        """Wait for their ends."""
        for worker in self._workers:
            worker.leave()

    def _hand_out(self, left: Iterator[Any], most: int) -> None:
        free = len(self._idle) + self._most - len(self._workers)
        for each in islice(left, min(free, most - self._taken)):
            worker = self._idle.pop() if self._idle else self._begin()
            worker.ask(each)
            self._busy[worker.pipe] = (self._taken, worker)
            self._taken += 1

    def _begin(self) -> _Worker:
        worker = _Worker(self._task, self._until)
        self._workers.append(worker)
        if self._is_over:  # while it was begun
            worker.end()
        return worker


@contextmanager
def _noticing() -> Iterator[None]:
    """Tell the end of the other process from what goes wrong in the work."""
    try:
        yield
    except (EOFError, OSError):
        raise _Ended from None


def _send(pipe: "Connection[Any, Any]", what: object) -> None:
    # The pipe's own ``send`` leaves a view of its buffer in the error of a broken pipe, on which the garbage
    # collector can crash the process (seen with Python 3.12.1).
    pipe.send_bytes(pickle.dumps(what))


def _receive(pipe: "Connection[Any, Any]") -> Any:
    return pickle.loads(pipe.recv_bytes())  # noqa: S301 - of a process that this one began


def _serve(pipe: "Connection[Any, Any]", until: float) -> None:
    """Answer what is asked, until nobody is there to ask or the time is over."""
    if sys.platform != "win32":
        # The system's own alarm, which also ends a process that nothing in Python can get through to.
        # Later than the one who asks would, who knows better what it means.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, max(0.0, until - running_seconds()) + _REAP_SECONDS)
    asked: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(pipe, asked), daemon=True).start()
    begin, plan, work = asked.get()
    begin(plan)
    while True:
        _send(pipe, _attempt(work, asked.get()))


def _listen(pipe: "Connection[Any, Any]", asked: "queue.SimpleQueue[Any]") -> None:
    """Take in what is asked, and end this process with the one that asks, whatever it is doing."""
    try:
        while True:
            asked.put(_receive(pipe))
    finally:
        os._exit(1)


def _attempt(work: Callable[[Any], Any], given: object) -> _Answer:
    try:
        return None, work(given)
    except Exception as fault:  # noqa: BLE001 - it is raised by whoever asked
        fault.add_note(traceback.format_exc())
        return fault, None
