"""Runs a real supervisor over the stand-in children that its arguments describe."""

import json
import sys
from pathlib import Path
from typing import Any

from reelm.app import Paths, Supervisor
from reelm.app.children import Child, Patience
from reelm.app.readiness import AnswersHttp, WritesFile


def child(plan: dict[str, Any], data: Path, port: int) -> Child:
    program = str(Path(__file__).with_name("child_program.py"))
    name = plan["name"]
    argv = [sys.executable, program, "--trace", str(data / f"{name}.trace"), *plan.get("arguments", [])]
    ready: AnswersHttp | WritesFile | None = None
    if plan.get("ready") == "http":
        argv += ["--http", str(port)]
        ready = AnswersHttp("127.0.0.1", port)
    elif plan.get("ready"):
        beat = data / "run" / f"{name}.ready"
        ready = WritesFile(beat)
        argv += ["--beat", str(beat)] if plan["ready"] == "beat" else []
    return Child(
        name=name,
        argv=tuple(argv),
        ready=ready,
        is_task=plan.get("is_task", False),
        is_shown=plan.get("is_task", False),
    )


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    data, port, plans = Path(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3])
    try:
        Supervisor(
            children=[child(plan, data, port) for plan in plans],
            paths=Paths(data),
            host="127.0.0.1",
            port=port,
            url=f"http://127.0.0.1:{port}",
            say=say,
            patience=Patience(stop_seconds=3, leftover_seconds=3, last_delay_seconds=0.4, start_attempts=3),
        ).run()
    except Exception as error:
        from reelm.app import exit_code  # noqa: PLC0415 - most runs end well, and need not load the records
        from reelm.base import ReelmError  # noqa: PLC0415 - as above

        if not isinstance(error, ReelmError):
            raise
        say(f"{error.code}: {error.detail}")
        return exit_code(error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
