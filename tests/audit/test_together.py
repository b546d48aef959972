"""However work ends that processes share, it ends for all of them, and nobody waits for what cannot come.

The work is done by functions of Python itself, since processes that are begun anew do not know these tests.
"""

import gc
import multiprocessing
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from itertools import count, repeat
from typing import Any

import pytest

from reelm_audit.clock import running_seconds
from reelm_audit.errors import OutOfBudget, Unreachable
from reelm_audit.together import spread

# Far more than a pipe holds, so that whoever is killed is killed in the midst of an answer.
LARGE_BYTES = 8 << 20

# A wait without end is what these tests are about.
pytestmark = pytest.mark.timeout(60)


def shared(
    work: Callable[[Any], object], given: Iterable[object], *, processes: int = 2, seconds: float = 40
) -> AbstractContextManager[Iterator[Any]]:
    return spread(time.sleep, 0, work, given, processes=processes, until=running_seconds() + seconds)


@pytest.fixture(autouse=True)
def _nobody_left() -> Iterator[None]:
    """Whatever happens in a test, no process of it is there afterwards, nor what cannot be cleared away."""
    yield
    gc.collect()
    assert multiprocessing.active_children() == []


def test_answers_come_in_order_and_what_is_given_is_not_taken_far_ahead() -> None:
    given = iter(range(10**9))
    with shared(str, given, processes=3) as answers:
        assert [next(answers) for _ in range(20)] == [str(number) for number in range(20)]
    assert next(given) <= 20 + 2 * 3


def test_more_processes_than_there_is_work_for_are_not_begun() -> None:
    with shared(str, [1, 2], processes=50) as answers:
        assert next(answers) == "1"
        assert len(multiprocessing.active_children()) <= 2
        assert list(answers) == ["2"]
    with shared(str, []) as answers:
        assert list(answers) == []


def test_what_the_work_raises_is_raised_here() -> None:
    with shared(int, ["1", "no number"]) as answers:
        assert next(answers) == 1
        with pytest.raises(ValueError, match="no number"):
            next(answers)


def test_work_that_is_given_up_ends_although_answers_are_on_their_way() -> None:
    """As when an audit has seen enough, or its time is over."""
    for _ in range(3):
        with shared(bytes, repeat(LARGE_BYTES), processes=3) as answers:
            assert len(next(answers)) == LARGE_BYTES


def test_nobody_is_left_behind_although_answers_are_still_asked_for() -> None:
    """What waits for processes must not be left to the garbage collector, which comes at any moment."""
    with shared(str, count()) as answers:
        assert next(answers) == "0"
        assert multiprocessing.active_children() != []
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGSEGV])
def test_a_process_that_is_ended_is_noticed(by: signal.Signals) -> None:
    with (
        pytest.raises(Unreachable, match="ended by this machine") as told,
        shared(signal.raise_signal, [0, by, 0]) as answers,
    ):
        list(answers)
    assert not isinstance(told.value, OutOfBudget)


def test_a_process_that_is_killed_in_the_midst_of_an_answer_is_noticed() -> None:
    def killed() -> None:
        with shared(bytes, repeat(LARGE_BYTES)) as answers:
            next(answers)
            for each in multiprocessing.active_children():
                each.kill()
            list(answers)

    with pytest.raises(Unreachable):
        killed()


ENDLESS: dict[str, tuple[Callable[[Any], object], object]] = {
    "sleeps": (time.sleep, 600),
    "is stopped": (signal.raise_signal, signal.SIGSTOP),
    "is busy": (sum, range(10**18)),
}


@pytest.mark.slow
@pytest.mark.parametrize("how", ENDLESS)
def test_an_answer_that_never_comes_is_waited_for_until_the_time_is_over(how: str) -> None:
    """A busy one lets nothing else run in its process."""
    work, given = ENDLESS[how]
    with (
        pytest.raises(OutOfBudget, match="the time of this run is over"),
        shared(work, [given], seconds=3) as answers,
    ):
        list(answers)


@pytest.mark.slow
def test_something_large_for_a_process_that_does_not_listen_is_not_waited_for_either() -> None:
    given = [signal.SIGSTOP, bytes(LARGE_BYTES)]
    with (
        pytest.raises(OutOfBudget),
        shared(signal.raise_signal, given, processes=1, seconds=3) as answers,
    ):
        list(answers)
