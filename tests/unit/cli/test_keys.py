"""The ceremony on a real terminal, and the verbs that look after keys."""

import asyncio
import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reelm.app import open_keys, settings
from reelm.base import AccountId, SystemEntropy
from reelm.cli import main
from reelm.cli.keys import scheme_of, status_lines
from reelm.realm import KeyDestroyed, KeyStatus, RootKey
from reelm.realm.errors import SchemeInvalid

ROOT = Path(__file__).parents[3]
CLEAR = "\x1b[2J\x1b[3J\x1b[H"
WORD = re.compile(r"\b(\d{1,2}) ([a-z]{3,8})\b")
PATIENCE_SECONDS = 60.0


@dataclass
class Terminal:
    """A person in front of a terminal: waits for words, then types."""

    master: int
    seen: str = ""
    read_to: int = 0

    def wait_for(self, text: str) -> str:
        """What appeared since the last answer, up to and with the text."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while text not in self.seen[self.read_to :]:
            if not select.select([self.master], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise AssertionError(f"no {text!r} in {self.seen[self.read_to :]!r}")
            try:
                self.seen += os.read(self.master, 65_536).decode()
            except OSError as error:  # the program has ended
                raise AssertionError(f"ended without {text!r}: {self.seen[self.read_to :]!r}") from error
        end = self.seen.index(text, self.read_to) + len(text)
        shown, self.read_to = self.seen[self.read_to : end], end
        return shown

    def type(self, line: str) -> None:
        os.write(self.master, f"{line}\n".encode())


@contextmanager
def sitting_at(*words: str) -> Iterator[tuple[Terminal, subprocess.Popen[bytes]]]:
    """``reelm WORDS`` on a terminal of its own."""
    master, slave = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "TERM": "xterm"}
    program = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "reelm", *words], stdin=slave, stdout=slave, stderr=slave, env=environment
    )
    os.close(slave)
    try:
        yield Terminal(master), program
    finally:
        program.kill()
        program.wait()
        os.close(master)


def read_words(screen: str) -> list[str]:
    found = {
        int(number): word for number, word in WORD.findall(screen.rpartition("UTC")[2].partition("Write")[0])
    }
    return [found[number] for number in range(1, 34)]


def hand_out(terminal: Terminal, name: str, *, slips: bool = False) -> list[str]:
    """One custodian's turn; whoever slips gets a word wrong the first time."""
    terminal.wait_for(f"Press Enter when {name} is alone")
    terminal.type("")
    words = read_words(terminal.wait_for(f"Press Enter when {name} has done so"))
    terminal.type("")
    terminal.wait_for("read from your paper")
    if slips:
        terminal.wait_for("Word ")
        terminal.type("zzzz")
        assert read_words_again(terminal, name) == words
        terminal.wait_for("read from your paper")
    for _ in range(3):
        terminal.wait_for("Word ")
        number = int(terminal.wait_for(": ").rstrip(": "))
        terminal.type(words[number - 1][:4])
    return words


def read_words_again(terminal: Terminal, name: str) -> list[str]:
    terminal.wait_for("Press Enter to see the words again")
    terminal.type("")
    words = read_words(terminal.wait_for(f"Press Enter when {name} has done so"))
    terminal.type("")
    return words


@pytest.fixture
def root(tmp_path: Path) -> RootKey:
    (tmp_path / "keys").mkdir(mode=0o700)
    return RootKey.create(tmp_path / "keys" / "root.key", SystemEntropy())


@pytest.mark.slow
def test_a_whole_ceremony_and_the_way_back(tmp_path: Path, root: RootKey) -> None:
    flags = ("--group", "engineers:2:3", "--group", "trustees:1:2", "--data", str(tmp_path))
    with sitting_at("keys", "split", *flags) as (terminal, program):
        terminal.wait_for("2 of 3 engineers; 1 of 2 trustees")
        terminal.wait_for("Press Enter to begin")
        terminal.type("")
        for name in ("Ana", "Ben", "Cleo", "Dora", ""):
            terminal.wait_for("(Enter: leave it): ")
            terminal.type(name)
        names = ("Ana", "Ben", "Cleo", "Dora", "trustees 2 of 2")
        shares = {name: hand_out(terminal, name, slips=name == "Ben") for name in names}
        ending = terminal.wait_for("collect and burn them")
        assert program.wait(timeout=PATIENCE_SECONDS) == 0
    assert root.fingerprint in ending
    assert f"keys combine --check {root.fingerprint}" in ending
    assert shares["Dora"] == shares["trustees 2 of 2"]
    one_at_a_time(terminal.seen, shares)

    (tmp_path / "keys" / "root.key").unlink()
    with sitting_at("keys", "combine", "--data", str(tmp_path)) as (terminal, program):
        terminal.wait_for("word 1 of 33: ")
        type_share(terminal, shares["Cleo"])
        terminal.wait_for("Share 1 is right")
        terminal.wait_for("Still needed: 1 more share of group 1, shares of 1 more group")
        type_share_with_mistakes(terminal, shares["Ana"])
        terminal.wait_for("Share 2 is right")
        terminal.wait_for("Still needed: shares of 1 more group")
        type_share(terminal, shares["Dora"])
        terminal.wait_for(f"(fingerprint {root.fingerprint})")
        assert program.wait(timeout=PATIENCE_SECONDS) == 0
    assert RootKey.open(tmp_path / "keys" / "root.key").fingerprint == root.fingerprint


def one_at_a_time(seen: str, shares: dict[str, list[str]]) -> None:
    """Between two wipes of the screen there is never more than one share, and none after the last."""
    screens = seen.split(CLEAR)
    shown = [len(WORD.findall(screen.rpartition("UTC")[2].partition("Write")[0])) for screen in screens]
    assert max(screen.count("Share of") for screen in screens) == 1
    assert shown.count(33) == len(shares) + 1, "and once more for who slipped"
    assert "Share of" not in screens[-1]


def type_share(terminal: Terminal, words: list[str]) -> None:
    for start in range(0, 33, 11):
        numbered = (f"{start + at}. {word}" for at, word in enumerate(words[start : start + 11], start=1))
        terminal.type(" ".join(numbered))


def type_share_with_mistakes(terminal: Terminal, words: list[str]) -> None:
    """No word at all, a word taken back, and a wrong one that only the whole share shows."""
    terminal.type("acdemic")
    terminal.wait_for("Did you mean academic")
    terminal.type(f"{words[0]} {words[0]}")
    terminal.type("-")
    wrong = "academic" if words[4] != "academic" else "acid"
    terminal.type(" ".join([*words[1:4], wrong, *words[5:]]))
    terminal.wait_for("at least one of them is wrong")
    terminal.type(f"5 {words[4][:4]}")


def test_words_are_not_shown_to_what_is_no_terminal(
    tmp_path: Path, root: RootKey, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["keys", "split", "--threshold", "2", "--shares", "3", "--data", str(tmp_path)]) == 78
    said = capsys.readouterr()
    assert "app.no-terminal" in said.err
    assert "--out FOLDER" in said.err
    assert not WORD.search(said.out)


def files_of(tmp_path: Path, *flags: str) -> list[Path]:
    folder = tmp_path / "papers"
    assert main(["keys", "split", *flags, "--out", str(folder), "--data", str(tmp_path)]) == 0
    return sorted(folder.iterdir())


def combine(tmp_path: Path, papers: list[Path], *flags: str) -> subprocess.CompletedProcess[str]:
    words = "\n".join(" ".join(read_words(paper.read_text())) for paper in papers)
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "reelm", "keys", "combine", *flags, "--data", str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        input=words + "\n",
        capture_output=True,
        text=True,
        check=False,
    )


def test_files_for_printing_are_for_one_custodian_and_one_user_each(
    tmp_path: Path, root: RootKey, capsys: pytest.CaptureFixture[str]
) -> None:
    papers = files_of(tmp_path, "--threshold", "2", "--shares", "3")
    assert [paper.name for paper in papers] == [f"custodians-{number}-of-3.txt" for number in (1, 2, 3)]
    for paper in papers:
        assert paper.stat().st_mode & 0o777 == 0o600
        assert root.fingerprint in paper.read_text()
        assert len(read_words(paper.read_text())) == 33
    said = capsys.readouterr()
    assert "any 2 of 3 custodians" in said.out
    assert not WORD.search(said.out.partition("fingerprint")[0])


def test_a_file_that_is_there_is_not_overwritten_and_no_share_stays(
    tmp_path: Path, root: RootKey, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "custodians-2-of-3.txt").write_text("precious")
    flags = ["--threshold", "2", "--shares", "3", "--out", str(tmp_path / "papers"), "--data", str(tmp_path)]
    assert main(["keys", "split", *flags]) == 70
    assert "No share was left behind" in capsys.readouterr().err
    (left,) = (tmp_path / "papers").iterdir()
    assert left.read_text() == "precious"


@pytest.mark.slow
def test_the_root_is_restored_once_and_never_over_another(tmp_path: Path, root: RootKey) -> None:
    papers = files_of(tmp_path, "--threshold", "2", "--shares", "3")[1:]
    key = tmp_path / "keys" / "root.key"
    raw = key.read_bytes()

    done = combine(tmp_path, papers, "--check", root.fingerprint.upper())
    assert (done.returncode, key.read_bytes()) == (0, raw), done.stderr
    done = combine(tmp_path, papers, "--check", "0000-0000-0000-0000")
    assert done.returncode == 1
    assert "another root key" in done.stdout

    done = combine(tmp_path, papers)
    assert done.returncode == 0
    assert "is this very key already" in done.stdout

    key.unlink()
    assert combine(tmp_path, papers).returncode == 0
    assert (key.read_bytes(), key.stat().st_mode & 0o777) == (raw, 0o600)

    key.write_bytes(b"k" * 32)
    done = combine(tmp_path, papers)
    assert done.returncode == 73
    assert "left as it is" in done.stderr
    assert key.read_bytes() == b"k" * 32


@pytest.mark.slow
def test_too_few_shares_end_without_a_key(tmp_path: Path, root: RootKey) -> None:
    papers = files_of(tmp_path, "--threshold", "2", "--shares", "3")
    (tmp_path / "keys" / "root.key").unlink()
    done = combine(tmp_path, papers[:1])
    assert done.returncode == 78
    assert "Nothing was saved" in done.stderr
    assert "Still needed: 1 more share of the custodians" in done.stdout
    assert not (tmp_path / "keys" / "root.key").exists()


@pytest.mark.slow
def test_keys_are_rotated_and_looked_at_in_a_realm_that_runs(
    tmp_path: Path, root: RootKey, capsys: pytest.CaptureFixture[str]
) -> None:
    owners = [AccountId(f"{number:026d}") for number in range(3)]
    loaded = settings.load(tmp_path)

    async def people() -> None:
        async with open_keys(loaded) as (keys, database), database.write() as tx:
            for owner in owners:
                await keys.create_user_key(tx, owner)
            await keys.destroy_user_key(tx, owners[0])

    async def look() -> None:
        async with open_keys(loaded) as (keys, database), database.read() as tx:
            await keys.user_key(tx, owners[1])
            with pytest.raises(KeyDestroyed):
                await keys.user_key(tx, owners[0])

    asyncio.run(people())
    assert main(["keys", "rotate", "--data", str(tmp_path)]) == 0
    assert "2 of 2 keys re-wrapped" in capsys.readouterr().out
    assert main(["keys", "status", "--data", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "Epoch 2" in said
    assert "epoch 2      2 keys" in said
    assert root.fingerprint in said
    asyncio.run(look())
    assert [path.name for path in (tmp_path / "keys" / "epochs").glob("*.key")] == ["2.key"]


def test_a_folder_without_a_realm_gets_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for job in ("status", "rotate"):
        assert main(["keys", job, "--data", str(tmp_path)]) == 70
        assert "realm.root-key-missing" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("group", ["engineers", "engineers:2", "engineers:two:3", ":2:3", "a/b:2:3"])
def test_a_group_that_is_none_is_refused(group: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["keys", "split", "--group", group])
    assert "NAME:T:M" in capsys.readouterr().err


def test_the_flags_say_who_it_takes() -> None:
    assert scheme_of(3, 5, []).threshold == 1
    assert scheme_of(None, None, [("a", 2, 3), ("b", 1, 2)]).threshold == 2
    assert scheme_of(1, None, [("a", 2, 3), ("b", 1, 2)]).threshold == 1
    with pytest.raises(SchemeInvalid):
        scheme_of(None, None, [])


def test_the_status_says_when_the_next_rotation_is_and_whether_one_is_under_way() -> None:
    status = KeyStatus(3, datetime(2026, 1, 25, tzinfo=UTC), {2: 10, 3: 1_000}, is_rotating=True)
    assert status_lines(status, timedelta(days=2), 7) == [
        "Epoch 3, begun 2 d 0 h ago; next in 5 d 0 h",
        "  epoch 2      10 keys",
        "  epoch 3      1,000 keys",
        "  A rotation is under way, or was cut off; the worker, or ./reelm keys rotate, ends it.",
    ]
    assert "due now" in status_lines(status, timedelta(days=7), 7)[0]
