"""Run the web process: ``python -m reelm.web --data DIR``, started and restarted by the supervisor.

Granian's main process listens and keeps the serving processes alive; only those open the realm.
"""

import os
import resource
import shlex
import shutil
import sys
from contextlib import suppress

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings

from reelm.app import exit_with_parent, open_realm, settings
from reelm.base import SystemClock, telemetry
from reelm.web.application import Deferred
from reelm.web.front import App
from reelm.web.proxies import behind_proxies

ARGUMENTS = "REELM_WEB_ARGUMENTS"
GRACE_SECONDS = 5
# Connections of one serving process, if the system lets it have so many files open; more wait to be accepted.
MOST_CONNECTIONS = 16_384
# The files that a serving process needs besides: databases, stores, segments on their way out.
_OTHER_FILES = 512
_WAITING_CONNECTIONS = 4096
# A connection has so long for the head of its first request, and of the next one, before it is closed. The
# proxies in deploy/ keep theirs for less, so that they never send a request into one that is being closed.
HEAD_SECONDS = 15
# Heads above ``front.MOST_HEAD_BYTES`` are taken in, to be refused in words; beyond this they are cut off.
# Bodies come in blocks of this size, and with half of it files arrive a quarter more slowly.
_BUFFER_BYTES = 128 * 1024


def application() -> App:
    """Return what each serving process calls; it finds its settings in the environment."""
    exit_with_parent()
    chosen = settings.from_command_line(shlex.split(os.environ[ARGUMENTS]), program="reelm.web")
    telemetry.configure_logs(clock=SystemClock(), level=chosen.log_level)
    app = Deferred(
        lambda: open_realm(chosen), public_url=chosen.public_url, is_only_receiver=chosen.web_processes == 1
    )
    proxies = [proxy.strip() for proxy in chosen.trusted_proxies.split(",") if proxy.strip()]
    return behind_proxies(app, proxies, public_url=chosen.public_url)


def raise_file_limit() -> int:
    """Let this process and its children open as many files as the system allows; return how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OTHER_FILES + MOST_CONNECTIONS if hard == resource.RLIM_INFINITY else hard
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):  # macOS has a bound of its own below the one that it names
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return wanted if soft == resource.RLIM_INFINITY else soft


def connections_for(files: int) -> int:
    """Return how many connections a process may hold that can have so many files open."""
    return max(_OTHER_FILES // 2, min(MOST_CONNECTIONS, files - _OTHER_FILES))


def main() -> None:
    """Serve until told to stop."""
    exit_with_parent()
    chosen = settings.from_command_line(sys.argv[1:], program="reelm.web")
    os.environ[ARGUMENTS] = shlex.join(sys.argv[1:])
    shutil.rmtree(chosen.paths.cache, ignore_errors=True)
    connections = connections_for(raise_file_limit())
    Granian(
        "reelm.web.__main__:application",
        factory=True,
        interface=Interfaces.ASGI,
        address=chosen.host,
        port=chosen.port,
        workers=chosen.web_processes,
        workers_kill_timeout=GRACE_SECONDS,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEAD_SECONDS * 1000, max_buffer_size=_BUFFER_BYTES),
        backlog=_WAITING_CONNECTIONS,
        backpressure=connections,
        # A process that died has a successor at once; dying again within seconds ends all, and the supervisor
        # starts them anew, each time a little later.
        respawn_failed_workers=True,
        websockets=False,
        log_access=False,
    ).serve()


if __name__ == "__main__":
    main()
