"""Work that several processes share, none of which outlives the one that began it.

Each holds one end of a pipe whose other end only the first process has. However that one ends, by its own
will or by a signal that it cannot catch, the pipe is closed, and whoever waits on it ends as well.
"""

import contextlib
import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Any, TypeVar

from reelm_audit.errors import Unreachable

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Given = TypeVar("Given")
Made = TypeVar("Made")


def spread(
    begin: Callable[[Any], None],
    plan: object,
    work: Callable[[Given], Made],
    given: Iterable[Given],
    *,
    processes: int,
) -> Generator[Made, None, None]:
    """Do the work on each of what is given, in order; close the generator to end it all at once.

    Args:
        begin: called once in each process with the plan.
        plan: whatever the work needs.
        work: a function of a module, as processes are begun anew.
        given: taken one by one, and never far ahead.
        processes: how many; 0 for one per processor.

    Raises:
        Unreachable: a process was ended by this machine.
    """
    count = processes or os.cpu_count() or 1
    context = multiprocessing.get_context("spawn")
    theirs, ours = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(count, mp_context=context, initializer=_first, initargs=(theirs, begin, plan))
    is_done = False
    try:
        yield from _in_order(pool, work, given, room=2 * count)
        is_done = True
    except BrokenProcessPool:
        raise Unreachable("A process of the audit was ended by this machine; it may lack memory.") from None
    finally:
        if not is_done:
            ours.close()
        pool.shutdown(wait=True, cancel_futures=True)
        ours.close()
        theirs.close()


def end_with_parent(pipe: "Connection[Any, Any]") -> None:
    """End this process when the other end of a pipe is closed, whatever it is doing."""

    def wait() -> None:
        with contextlib.suppress(EOFError, OSError):
            pipe.recv_bytes()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _first(pipe: "Connection[Any, Any]", begin: Callable[[Any], None], plan: object) -> None:
    end_with_parent(pipe)
    begin(plan)


def _in_order(
    pool: ProcessPoolExecutor, work: Callable[[Given], Made], given: Iterable[Given], room: int
) -> Generator[Made, None, None]:
    under_way: deque[Future[Made]] = deque()
    for each in given:
        if len(under_way) >= room:
            yield under_way.popleft().result()
        under_way.append(pool.submit(work, each))
    while under_way:
        yield under_way.popleft().result()
