"""A child process that does what its arguments say; a stand-in for web, worker and tasks."""

import argparse
import http.server
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from reelm.app import Heartbeat, exit_with_parent


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Quiet."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--http", type=int)
    parser.add_argument("--beat", type=Path)
    parser.add_argument("--trace", type=Path, required=True)
    parser.add_argument("--exit", type=int)
    parser.add_argument("--say", default="")
    parser.add_argument("--stubborn", action="store_true")
    parser.add_argument("--helper", action="store_true")
    chosen = parser.parse_args()
    if chosen.stubborn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    else:
        exit_with_parent(grace_seconds=1)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with chosen.trace.open("a") as trace:
        trace.write(f"{os.getpid()}\n")
    if chosen.helper:
        helper = subprocess.Popen(["/bin/sleep", "600"])
        chosen.trace.with_suffix(".helper").write_text(str(helper.pid))
    if chosen.say:
        sys.stdout.write(f"{chosen.say}\n")
        sys.stdout.flush()
    if chosen.exit is not None:
        sys.exit(chosen.exit)
    if chosen.beat:
        Heartbeat(chosen.beat, lambda: {"waiting_count": 3}).start()
    if chosen.http:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", chosen.http), Answer)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    while True:
        time.sleep(0.05)


main()
