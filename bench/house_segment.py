"""A two-second segment of about 500 KB from the warm origin; peers: nginx and a bare server."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from bench.figure import Figure, report
from bench.house.guest import Guest
from bench.house.load import Load, load
from bench.house.realm import Running, answers, free_port, process, realm, wait_for, web_alone
from bench.house.source import make

REPEATS = 5
WANTED_BYTES = 500_000
LENGTH_SECONDS = 2.0
_NGINX = ("nginx", "/usr/sbin/nginx", "/usr/local/sbin/nginx")
_CONFIGURATION = """\
daemon off;
{user}worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location /segments/ {{ alias {files}/; types {{ }} default_type video/iso.segment; expires max; }}
  }}
}}
"""


def publish(data: Path, folder: Path) -> str:
    """A clip that is hard to encode, told in full; the path of its segment closest to the wanted size."""
    source = make(folder / "source.mp4", size="1080x1920", seconds=9, noise=24)
    with realm(data) as running:
        guest = Guest(running.port)
        guest.join("segment")
        clip = guest.post(source, "noise")
        guest.wait_until_done(clip)
        whole = [
            piece
            for rendition in guest.renditions(clip)
            for piece in rendition
            if piece.seconds == LENGTH_SECONDS
        ]
        return min(whole, key=lambda piece: abs(len(guest.ask("GET", piece.path)) - WANTED_BYTES)).path


@contextmanager
def nginx(files: Path, folder: Path) -> Iterator[Running | None]:
    """An nginx with sendfile over the cached files; None where it is not installed."""
    program = next((found for name in _NGINX if (found := shutil.which(name))), None)
    if program is None:
        yield None
        return
    port, configuration = free_port(), folder / "nginx.conf"
    # Its workers give up the rights of root otherwise, and the cache is open to its owner only.
    user = "user root;\n" if os.geteuid() == 0 else ""
    configuration.write_text(_CONFIGURATION.format(folder=folder, port=port, files=files, user=user))
    command = [program, "-p", str(folder), "-c", str(configuration)]
    with process(command, log=folder / "nginx.log") as started:
        yield Running(started.pid, port, folder / "nginx.log")


@contextmanager
def bare(files: Path, folder: Path) -> Iterator[Running]:
    """The file server that comes with Python."""
    port, log = free_port(), folder / "bare.log"
    (folder / "public").mkdir()
    (folder / "public" / "segments").symlink_to(files)
    command = [
        sys.executable,
        "-m",
        "http.server",
        str(port),
        "--bind",
        "127.0.0.1",
        "--protocol",
        "HTTP/1.1",
    ]
    command += ["--directory", str(folder / "public")]
    with process(command, log=log) as started:
        yield Running(started.pid, port, log)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="reelm-bench-") as place, ExitStack() as stack:
        folder = Path(place)
        data = folder / "realm"
        path = publish(data, folder)
        files = data / "cache" / "segments"
        servers = {"origin": stack.enter_context(web_alone(data))}
        assert answers(servers["origin"].port, path) == 200
        if (peer := stack.enter_context(nginx(files, folder))) is not None:
            servers["nginx"] = peer
        servers["bare"] = stack.enter_context(bare(files, folder))
        for each in servers.values():
            wait_for(each.port, path, each.log)
        loads: dict[str, list[Load]] = {name: [] for name in servers}
        for _ in range(REPEATS):
            for name, server in servers.items():
                loads[name].append(load(server.url + path, pid=server.pid))
        size = (files / Path(path).name).stat().st_size
    report(*figures(loads, size))


def figures(loads: dict[str, list[Load]], size: int) -> list[Figure]:
    made = []
    for name, found in loads.items():
        rate = median(each.per_second for each in found)
        note = f"{rate:,.0f} req/s seen; one piece of {size:,} bytes; load on the same machine"
        values = tuple(each.per_core for each in found)
        made.append(Figure(name=f"house.segment-{name}", values=values, unit="req/s per core", note=note))
    for peer in loads.keys() - {"origin"}:
        pairs = zip(loads["origin"], loads[peer], strict=True)
        values = tuple(own.per_core / other.per_core for own, other in pairs)
        note = "1 is as much work per processor second as the peer does"
        made.append(Figure(name=f"house.segment-to-{peer}", values=values, unit="ratio", note=note))
    return made


if __name__ == "__main__":
    main()
