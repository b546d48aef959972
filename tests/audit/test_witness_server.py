"""The witness as a process: bounded, stopped by a signal, and sound after being killed."""

import contextlib
import http.client
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from reelm_audit.errors import Misused, Unusable
from reelm_audit.tlog.checkpoint import Checkpoint
from reelm_audit.tlog.keys import Kind, VerifierKey, check_signed
from reelm_audit.tlog.note import Note, parse_signatures
from reelm_audit.witness import keyfile
from reelm_audit.witness.cli import main
from reelm_audit.witness.config import Config
from reelm_audit.witness.request import REQUEST_MAX_BYTES
from reelm_audit.witness.server import CONNECTIONS_MAX
from reelm_audit.witness.store import origin_hash
from support.ledger.logs import SomeLog, naive_root, request

SOURCE = Path(__file__).parents[2] / "audit" / "src"


@dataclass
class Running:
    """A witness and where it listens."""

    process: subprocess.Popen[str]
    port: int

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@contextmanager
def running(config: Path) -> Iterator[Running]:
    command = [sys.executable, "-m", "reelm_audit.witness", "serve", "--config", str(config)]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    with subprocess.Popen(  # noqa: S603 - our own program
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            assert process.stdout is not None
            yield Running(process, int(process.stdout.readline().rpartition(":")[2]))
        finally:
            process.kill()


@pytest.fixture
def log(tmp_path: Path) -> SomeLog:
    return SomeLog.of(tmp_path / "log", 1500)


@pytest.fixture
def config(tmp_path: Path, log: SomeLog) -> Path:
    """A witness of one log with a key of each kind."""
    keyfile.generate(tmp_path / "old.key", "w.example/1", Kind.ED25519_COSIGNATURE)
    keyfile.generate(tmp_path / "new.key", "w.example/1", Kind.ML_DSA_44_COSIGNATURE)
    path = tmp_path / "witness.toml"
    settings = 'listen = "127.0.0.1:0"\nfolder = "state"\nkeys = ["old.key", "new.key"]\n'
    path.write_text(f'{settings}\n[[logs]]\nkey = "{log.key.verifier}"\n')
    return path


@pytest.mark.slow
def test_a_witness_serves_logs_and_monitors_and_ends_when_told(log: SomeLog, config: Path) -> None:
    shown = f"/{origin_hash(log.key.name)}/checkpoint"
    with running(config) as witness:
        assert witness.ask("GET", shown)[0] == 404
        status, body = witness.ask("POST", "/add-checkpoint", request(log, 0, 5))
        assert status == 200
        note = Note(log.note(5).text, parse_signatures(body.decode()))
        for path in ("old.key", "new.key"):
            check_signed(note, keyfile.read(config.parent / path).verifier)
        assert witness.ask("POST", "/add-checkpoint", request(log, 0, 9)) == (409, b"5\n")
        assert witness.ask("GET", shown)[0] == 200
        assert witness.ask("POST", "/elsewhere", b"")[0] == 404
        assert witness.ask("GET", "/../old.key")[0] == 404
        witness.process.send_signal(signal.SIGTERM)
        assert witness.process.wait(20) == 0


@pytest.mark.slow
def test_a_request_that_is_too_large_or_has_no_length_is_not_read(config: Path) -> None:
    with running(config) as witness:
        for head, status in (
            (f"Content-Length: {REQUEST_MAX_BYTES + 1}", b"413"),
            ("Transfer-Encoding: chunked", b"411"),
            ("Content-Length: -1", b"411"),
        ):
            with socket.create_connection(("127.0.0.1", witness.port), 20) as raw:
                raw.sendall(f"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\n{head}\r\n\r\n".encode())
                assert raw.recv(1000).split()[1] == status


@pytest.mark.slow
def test_more_than_it_can_serve_at_once_are_turned_away(log: SomeLog, config: Path) -> None:
    with running(config) as witness, contextlib.ExitStack() as open_ones:
        for _ in range(CONNECTIONS_MAX):
            open_ones.enter_context(socket.create_connection(("127.0.0.1", witness.port), 20))
        with socket.create_connection(("127.0.0.1", witness.port), 20) as raw:
            assert raw.recv(1000).split()[1] == b"503"
        open_ones.close()
        answers = (witness.ask("POST", "/add-checkpoint", request(log, 0, 5))[0] for _ in range(50))
        assert any(status == 200 for status in answers)


@pytest.mark.slow
def test_a_second_witness_in_the_same_folder_does_not_start(config: Path) -> None:
    with running(config):
        assert main(["serve", "--config", str(config)]) == 1


@pytest.mark.slow
def test_a_witness_that_is_killed_at_any_moment_remembers_what_it_cosigned(
    log: SomeLog, config: Path
) -> None:
    """The last request may have been kept and not answered; then the log is told so, and asks again."""
    answered = 0
    for turn in range(8):
        with running(config) as witness:
            killer = threading.Timer(0.02 * turn, witness.process.kill)
            killer.start()
            kept = answered
            with contextlib.suppress(OSError, http.client.HTTPException):
                while True:
                    status, body = witness.ask("POST", "/add-checkpoint", request(log, kept, kept + 1))
                    if status == 200:
                        kept = answered = kept + 1
                    else:
                        assert (status, body) == (409, f"{answered + 1}\n".encode()), turn
                        kept = answered = answered + 1
            killer.join()
    with running(config) as witness:
        _, said = witness.ask("POST", "/add-checkpoint", request(log, 0, len(log.entries)))
        size = int(said)
        assert size in {answered, answered + 1}
        _, shown = witness.ask("GET", f"/{origin_hash(log.key.name)}/checkpoint")
    note = Note.parse(shown)
    assert Checkpoint.parse(note.text).root == naive_root(log.hashes[:size])
    check_signed(note, keyfile.read(config.parent / "new.key").verifier)


def test_a_key_is_for_its_owners_eyes_and_never_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "w.key"
    assert main(["keygen", "--name", "w.example/1", "--out", str(path)]) == 0
    key = VerifierKey.parse(capsys.readouterr().out.strip())
    assert key == keyfile.read(path).verifier
    assert key.kind is Kind.ML_DSA_44_COSIGNATURE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(Misused):
        keyfile.generate(path, "w.example/1", Kind.ED25519_COSIGNATURE)
    path.chmod(0o640)
    with pytest.raises(Unusable, match="chmod"):
        keyfile.read(path)


def test_keys_prints_what_others_need(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "--config", str(config)]) == 0
    kinds = [VerifierKey.parse(line).kind for line in capsys.readouterr().out.splitlines()]
    assert kinds == [Kind.ED25519_COSIGNATURE, Kind.ML_DSA_44_COSIGNATURE]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        'folder = "s"\nkeys = []\nlogs = []\n',
        'folder = "s"\nkeys = ["k"]\nlogs = [{key = "none"}]\n',
        'folder = "s"\nkeys = ["k"]\nlogs = []\nspeed = 1\n',
        'listen = "8410"\nfolder = "s"\nkeys = ["k"]\nlogs = []\n',
    ],
)
def test_a_configuration_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "witness.toml"
    path.write_text(text)
    with pytest.raises(Unusable):
        Config.read(path)
