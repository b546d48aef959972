"""The command line: help, exit codes, and errors that a person can use."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from reelm.cli import build_parser, main
from reelm.cli.check import CheckStep, run_steps
from reelm.cli.console import duration, size
from reelm.cli.developer import fast_tests, grouped, memory_folder
from reelm.cli.parser import subcommands

ROOT = Path(__file__).parents[3]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "reelm", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    for verb in subcommands(build_parser()):
        assert main(["help", verb]) == 0
        assert f"usage: ./reelm {verb}" in capsys.readouterr().out
    assert main(["help", "dev", "check"]) == 0
    assert "usage: ./reelm dev check" in capsys.readouterr().out


def test_a_terminal_that_lacks_a_letter_shows_the_line_all_the_same() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from reelm.cli.console import say; say('Grüße, 短 …'); say('on')"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode("latin-1").splitlines() == ["Grüße, \\u77ed \\u2026", "on"]


def test_help_for_what_does_not_exist_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", "fly"]) == 2
    assert "fly" in capsys.readouterr().err


def test_settings_are_printed_with_where_they_came_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["settings", "--data", str(tmp_path), "--port", "9000"]) == 0
    port = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("port "))
    assert port.split() == ["port", "9000", "--port"]


def test_bad_settings_are_three_lines_and_an_exit_code_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("prot = 1\n")
    done = run("settings", "--data", str(tmp_path))
    assert done.returncode == 78
    assert "app.bad-settings" in done.stderr
    assert "did you mean port?" in done.stderr
    assert "Traceback" not in done.stderr


def test_status_of_a_folder_where_nothing_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--data", str(tmp_path)]) == 3
    assert "Nothing runs" in capsys.readouterr().out
    assert main(["down", "--data", str(tmp_path)]) == 0


def test_help_and_status_need_no_installed_package() -> None:
    """Before the first start there is only the standard library; ``-S`` hides what is installed."""
    for words in (["help"], ["version"], ["status", "--data", "/nonexistent"]):
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-S", "-m", "reelm", *words],
            env={"PYTHONPATH": str(ROOT / "src")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stderr == ""
        assert done.stdout


def test_workers_of_ones_own_number_keep_groups_together_too() -> None:
    together = ("--dist", "loadgroup")
    for arguments in (["-n", "4"], ["-n4", "tests/e2e"]):
        assert grouped(arguments) == (*arguments, *together)
        assert fast_tests(arguments)[-2:] == together
    for arguments in ([], ["tests/e2e"], ["-n", "4", "--dist=load"], ["-n", "4", *together]):
        assert grouped(arguments) == tuple(arguments)


def test_the_fast_tests_of_a_path_run_on_workers_unless_told_otherwise() -> None:
    fast, workers = ("-m", "not slow and not browser"), ("-n", "3", "--dist", "loadgroup")
    assert fast_tests([]) == (*fast, *workers)
    assert fast_tests(["tests/unit", "-k", "x"]) == (*fast, *workers, "tests/unit", "-k", "x")
    assert fast_tests(["tests/unit", "-m", "slow"]) == (*workers, "tests/unit", "-m", "slow")
    assert fast_tests(["-n0", "tests/unit"]) == (*fast, "-n0", "tests/unit")


def test_steps_run_to_the_end_and_only_failures_show_their_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def step(name: str, code: str) -> CheckStep:
        return CheckStep(name, (sys.executable, "-c", code))

    steps = [step("good", "print('noise')"), step("bad", "print('the reason'); raise SystemExit(3)")]
    assert run_steps(steps, root=tmp_path, environment=os.environ) == 1
    out = capsys.readouterr().out
    assert "noise" not in out
    assert "the reason" in out
    assert "failed: bad" in out
    assert run_steps(steps[:1], root=tmp_path, environment=os.environ) == 0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (12_000, "3 h 20 min"), (190_800, "2 d 5 h")],
)
def test_durations_read_as_people_say_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(("count", "text"), [(812, "812 B"), (4_100, "4.1 kB"), (1_300_000_000, "1.3 GB")])
def test_sizes_read_as_people_say_them(count: int, text: str) -> None:
    assert size(count) == text


def test_tests_write_into_memory_only_where_there_is_enough_of_it(tmp_path: Path) -> None:
    assert memory_folder(tmp_path, need_bytes=1) == tmp_path
    assert memory_folder(tmp_path, need_bytes=2**60) is None
    assert memory_folder(tmp_path / "no-such-system", need_bytes=1) is None


@pytest.mark.slow
def test_tests_of_a_group_run_in_one_process(tmp_path: Path) -> None:
    """They share what takes long to start, which would be started in each process otherwise."""
    seen = tmp_path / "seen"
    tests = f"""
import os, pathlib, pytest

@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("number", range(8))
def test_it(number):
    with pathlib.Path({str(seen)!r}).open("a") as file:
        file.write(os.environ["PYTEST_XDIST_WORKER"] + "\\n")
"""
    (tmp_path / "test_group.py").write_text(tests)
    chosen = ("-m", "pytest", "-q", *fast_tests(("-m", "", str(tmp_path))))
    subprocess.run([sys.executable, *chosen], cwd=tmp_path, check=True, capture_output=True)  # noqa: S603 - ours
    workers = seen.read_text().split()
    assert (len(workers), len(set(workers))) == (8, 1)
