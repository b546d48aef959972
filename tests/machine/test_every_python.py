"""What is promised for one Python holds for every other one that this machine has.

The one that runs this suite runs all of it; the others run what depends on Python itself: the fast unit
tests, the slow ones marked ``every_python``, and a realm whose folder goes from one Python to another and
back. What an encoder makes of a file, and what PostgreSQL makes of a statement, does not depend on it.
"""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import missing
from support.machine.checkout import PREPARING_SECONDS, Checkout, last_lines
from support.machine.interpreters import RUNNING, SUPPORTED, installed, too_old
from support.machine.running import REELM, join, publish, running, sign_in
from support.media import footage
from support.web.watching import watch_whole

LEAST = 3
SUITES = ("tests/unit", "tests/audit", "tests/spec")
CHOICE = "(not slow or every_python) and not postgres"
# It takes 180 to 300 on two busy processors; one test that is stuck is ended by support.machine.stuck.
SUITE_SECONDS = 600

# One worker for each, so that its checkout is made once.
others = pytest.mark.parametrize(
    "minor",
    [
        pytest.param(minor, id=f"3.{minor}", marks=pytest.mark.xdist_group(f"python3.{minor}"))
        for minor in SUPPORTED
        if minor != RUNNING
    ],
)
pytestmark = pytest.mark.slow


def test_three_of_the_promised_pythons_are_here() -> None:
    here = ", ".join(f"3.{minor}" for minor in sorted(installed()))
    if len(installed()) < LEAST:
        missing(f"A third of the promised Pythons (here: {here})")


def test_a_command_by_a_python_that_is_too_old_goes_on_under_a_newer_one() -> None:
    old = too_old()
    if old is None:
        missing("A Python that is too old")
    assert old is not None
    newer = os.pathsep.join(str(Path(program).parent) for program in installed().values())
    done = Checkout(Path(__file__).parents[2], old).run(
        "version", seconds=30, environment={**os.environ, "PATH": newer, "PYTHONDONTWRITEBYTECODE": "1"}
    )
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("reelm ")


@others
@pytest.mark.timeout(PREPARING_SECONDS + SUITE_SECONDS + 60)
def test_the_unit_tests_pass(minor: int, checkout: Callable[[int], Checkout]) -> None:
    quietly = ("-q", "-p", "no:cacheprovider", "--hypothesis-profile=brief")
    done = checkout(minor).run("test", *SUITES, "-m", CHOICE, *quietly, seconds=SUITE_SECONDS)
    assert done.returncode == 0, last_lines(done.stdout)
    assert " passed" in done.stdout


@others
@pytest.mark.timeout(300)
@pytest.mark.parametrize("is_first", [True, False], ids=["made-by-it", "made-by-another"])
async def test_a_folder_goes_from_one_python_to_another_with_a_clip_posted_under_each(
    *, minor: int, is_first: bool, checkout: Callable[[int], Checkout], tmp_path: Path
) -> None:
    it = checkout(minor).command
    source = await asyncio.to_thread(footage.clip, seconds=1.0)
    posted: list[str] = []
    for turn, command in enumerate((it, REELM) if is_first else (REELM, it, REELM)):
        with running(tmp_path / "realm", command=command) as realm:
            async with realm.visit() as visitor:
                await (sign_in(visitor, "ann") if posted else join(visitor, "ann"))
                posted.append(await publish(visitor, source, f"Clip number {turn}"))
                for clip_id in posted:
                    await watch_whole(visitor, clip_id)
            realm.stop()
