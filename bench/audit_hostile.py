"""What a hostile realm can cost an auditor: every attack ends within the budget that the auditor gave it.

Each attack is a ledger on a server of its own, and the auditor's own program with its default processes. The
limit in the same run is the budget itself, which a server that never ends is stopped by.
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from bench.figure import Figure, report
from bench.house.cost import peaks_kib

sys.path.insert(0, str(Path(__file__).parents[1] / "audit" / "src"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from reelm_audit.tlog import base64
from reelm_audit.tlog.note import Note
from support.ledger.hostile import Trick, dripping, hiding, honest, serving
from support.ledger.logs import START, SomeLog

BUDGET_SECONDS = 12
ALLOWED_SECONDS = 15  # for starting and ending six processes
MEMORY_BAR_MIB = 600
_POLL_SECONDS = 0.05


def claiming(size: int) -> Callable[[SomeLog], None]:
    """The log signs a size of which it has nothing."""

    def lie(log: SomeLog) -> None:
        text = f"{log.key.name}\n{size}\n{base64.encode(bytes(32))}\n"
        cosigned = [each.sign(text, seconds=START) for each in log.witnesses]
        signed = bytes(Note(text, (log.key.sign(text), *cosigned)))
        for name in ("checkpoint", "checkpoint.cosigned"):
            (log.folder / name).write_bytes(signed)

    return lie


def endless() -> Trick:
    """Every file is as large as it can be, of a log that never ends."""
    entries = b"".join((16_000).to_bytes(2, "big") + bytes(16_000) for _ in range(256))

    def trick(handler: object, path: str) -> bool:
        if not path.startswith("tile/"):
            return False
        raw = entries if "/entries/" in path else bytes(8192)
        handler.send_response(200)  # type: ignore[attr-defined] # a request handler
        handler.send_header("Content-Length", str(len(raw)))  # type: ignore[attr-defined] # as above
        handler.end_headers()  # type: ignore[attr-defined] # as above
        handler.wfile.write(raw)  # type: ignore[attr-defined] # as above
        return True

    return trick


def attack(home: Path, lie: Callable[[SomeLog], None], trick: Trick) -> tuple[float, float, int]:
    """Seconds, peak MiB over all processes, and how many of them are left a second later."""
    log = SomeLog.of(home / "log", 700)
    lie(log)
    with serving(log.folder, trick) as address:
        command = [sys.executable, "-m", "reelm_audit", "ledger", address, "--key", str(log.key.verifier)]
        command += ["--processes", "4", "--max-minutes", str(BUDGET_SECONDS / 60)]
        command += ["--state", str(home / "state.json"), "--as-of", str(START + 60)]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1] / "audit" / "src")}
        begun = time.perf_counter()
        peaks: dict[int, int] = {}
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:  # noqa: S603 - ours
            while process.poll() is None:
                peaks.update(peaks_kib(process.pid))
                time.sleep(_POLL_SECONDS)
        seconds = time.perf_counter() - begun
        if process.returncode not in {1, 2}:
            raise RuntimeError(f"the audit ended with {process.returncode}")
        time.sleep(1)
        left = sum(map(_is_running, peaks))
    return seconds, sum(peaks.values()) / 1024, left


def _is_running(pid: int) -> bool:
    """Whether a process is there and not only waits for whoever began it to hear of its end."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def main() -> None:
    over = threading.Event()
    attacks: list[tuple[Callable[[SomeLog], None], Trick]] = [
        (claiming(1 << 62), honest),
        (claiming(1_000_000), honest),
        (claiming(1_000_000), dripping(over, every_seconds=5)),
        (claiming(1_000_000), dripping(over, every_seconds=5, in_headers=True)),
        (claiming(1 << 62), endless()),
        (lambda _log: None, hiding("tile/entries/000", "closed")),
    ]
    with tempfile.TemporaryDirectory(prefix="reelm-bench-") as folder:
        made = [attack(Path(folder, str(at)), *each) for at, each in enumerate(attacks)]
    over.set()
    seconds, memory, left = zip(*made, strict=True)
    note = f"{len(attacks)} attacks with a budget of {BUDGET_SECONDS} s, four processes; the longest"
    report(
        Figure(
            name="audit.hostile-seconds", values=(max(seconds),), unit="s", bar=ALLOWED_SECONDS, note=note
        ),
        Figure(
            name="audit.hostile-memory",
            values=(max(memory),),
            unit="MiB",
            bar=MEMORY_BAR_MIB,
            note="peak resident memory of the worst attack, summed over all processes",
        ),
        Figure(
            name="audit.hostile-processes-left",
            values=(sum(left),),
            unit="processes",
            bar=0,
            note="of all attacks",
        ),
    )


if __name__ == "__main__":
    main()
