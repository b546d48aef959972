"""Run the web process: ``python -m reelm.web --data DIR``, started and restarted by the supervisor.

Granian's main process listens and keeps the serving processes alive; only those open the realm.
"""

import os
import shlex
import shutil
import sys

from granian import Granian
from granian.constants import Interfaces

from reelm.app import exit_with_parent, open_realm, settings
from reelm.base import SystemClock, telemetry
from reelm.web.application import Deferred
from reelm.web.front import App
from reelm.web.proxies import behind_proxies

ARGUMENTS = "REELM_WEB_ARGUMENTS"
GRACE_SECONDS = 5


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


def main() -> None:
    """Serve until told to stop."""
    exit_with_parent()
    chosen = settings.from_command_line(sys.argv[1:], program="reelm.web")
    os.environ[ARGUMENTS] = shlex.join(sys.argv[1:])
    shutil.rmtree(chosen.paths.cache, ignore_errors=True)
    Granian(
        "reelm.web.__main__:application",
        factory=True,
        interface=Interfaces.ASGI,
        address=chosen.host,
        port=chosen.port,
        workers=chosen.web_processes,
        workers_kill_timeout=GRACE_SECONDS,
        # A process that died has a successor at once; dying again within seconds ends all, and the supervisor
        # starts them anew, each time a little later.
        respawn_failed_workers=True,
        websockets=False,
        log_access=False,
    ).serve()


if __name__ == "__main__":
    main()
