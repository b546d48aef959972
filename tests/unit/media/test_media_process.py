import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from reelm.media.errors import TookTooLong
from reelm.media.process import Bounds, run

ROOMY = Bounds(wall_seconds=20, cpu_seconds=10, memory_bytes=2 * 1024**3, file_bytes=1024)


def python(code: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", code]


def written(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


async def pid_in(path: Path) -> int:
    """What a started program writes into a file, once it has."""
    for _ in range(1000):
        if text := written(path):
            return int(text)
        await asyncio.sleep(0.02)
    raise TimeoutError


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_output_and_the_end_of_the_complaints_come_back() -> None:
    code = "import sys; print('out'); sys.stderr.write('x' * 9000 + 'why'); sys.exit(3)"
    outcome = await run(python(code), bounds=ROOMY)
    assert (outcome.status, outcome.output) == (3, b"out\n")
    assert outcome.complaint.endswith("xwhy")
    assert len(outcome.complaint) == 4096


async def test_a_program_that_hangs_is_stopped_by_the_clock() -> None:
    bounds = Bounds(wall_seconds=0.3, cpu_seconds=10, memory_bytes=2 * 1024**3, file_bytes=0)
    with pytest.raises(TookTooLong):
        await run(python("import time; time.sleep(60)"), bounds=bounds)


@pytest.mark.slow
@pytest.mark.every_python
async def test_a_program_that_burns_the_processor_is_stopped_by_the_kernel() -> None:
    bounds = Bounds(wall_seconds=20, cpu_seconds=1, memory_bytes=2 * 1024**3, file_bytes=0)
    with pytest.raises(TookTooLong):
        await run(python("while True: pass"), bounds=bounds)


async def test_a_program_cannot_take_more_memory_than_it_may() -> None:
    bounds = Bounds(wall_seconds=20, cpu_seconds=10, memory_bytes=256 * 1024**2, file_bytes=0)
    outcome = await run(python("bytearray(400 * 1024**2)"), bounds=bounds)
    assert outcome.status == 1
    assert "MemoryError" in outcome.complaint


async def test_a_program_cannot_write_a_larger_file_than_it_may(tmp_path: Path) -> None:
    path = tmp_path / "out"
    code = f"file = open({str(path)!r}, 'wb', buffering=0); file.write(bytes(1024)); file.write(b'x')"
    outcome = await run(python(code), bounds=ROOMY)
    assert "File too large" in outcome.complaint
    assert path.read_bytes() == bytes(1024)


async def test_a_program_sees_no_secrets_of_its_parents_environment() -> None:
    os.environ["REELM_TEST_SECRET"] = "visible"
    try:
        outcome = await run(python("import os; print(sorted(os.environ))"), bounds=ROOMY)
    finally:
        del os.environ["REELM_TEST_SECRET"]
    assert b"REELM_TEST_SECRET" not in outcome.output


async def test_a_cancelled_caller_leaves_no_process(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    code = f"import os, time; open({str(mark)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    running = asyncio.ensure_future(run(python(code), bounds=ROOMY))
    pid = await pid_in(mark)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not is_running(pid)


@pytest.mark.slow
@pytest.mark.every_python
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent died")
async def test_a_killed_caller_leaves_no_process(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    child = f"import os, time; open({str(mark)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    code = (
        "import asyncio\nfrom reelm.media.process import Bounds, run\n"
        "bounds = Bounds(wall_seconds=60, cpu_seconds=10, memory_bytes=2 * 1024**3, file_bytes=1024)\n"
        f"asyncio.run(run({python(child)!r}, bounds=bounds))\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    caller = await asyncio.create_subprocess_exec(sys.executable, "-c", code, env=environment)
    pid = await pid_in(mark)
    caller.send_signal(signal.SIGKILL)
    await caller.wait()
    for _ in range(100):
        if not is_running(pid):
            return
        await asyncio.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    pytest.fail("the program outlived its caller")


@pytest.mark.parametrize("length_bytes", [200_000, 3_000_000])
async def test_a_line_may_have_any_length(length_bytes: int) -> None:
    code = f"import sys; sys.stderr.write('e' * {length_bytes}); print('x' * {length_bytes}); print('end')"
    outcome = await run(python(code), bounds=ROOMY)
    assert outcome.output == (b"x" * length_bytes + b"\nend\n")[: 1024 * 1024]
    lines: list[bytes] = []
    await run(python(code), bounds=ROOMY, on_line=lines.append)
    assert lines[-1] == b"end\n"


async def test_lines_are_passed_on_as_they_come() -> None:
    lines: list[bytes] = []
    outcome = await run(python("print('a'); print('b')"), bounds=ROOMY, on_line=lines.append)
    assert lines == [b"a\n", b"b\n"]
    assert outcome.output == b""
