"""Pages that do what no page of a realm may: each must be caught, or nothing is proven by silence."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from support.machine.serving import serving_port

_STUN = """
const line = new RTCPeerConnection({ iceServers: [{ urls: "stun:stun.elsewhere.example:3478" }] });
line.createDataChannel("x");
line.createOffer().then((offer) => line.setLocalDescription(offer));
"""
_WORKER = "data:text/javascript,fetch('http://worker.elsewhere.example/')"

# What it is -> its script. Each runs in a page without any policy.
OFFENCES = {
    "fetch": "fetch('http://fetch.elsewhere.example/', { mode: 'no-cors' })",
    "picture": "new Image().src = 'http://picture.elsewhere.example/pixel.png'",
    "beacon": "navigator.sendBeacon('http://beacon.elsewhere.example/', 'x')",
    "socket": "new WebSocket('ws://socket.elsewhere.example/')",
    "worker": f'new Worker("{_WORKER}")',
    "service worker": "navigator.serviceWorker.register('/service.js')",
    "stun": _STUN,
    "address": "fetch('http://203.0.113.9:8081/', { mode: 'no-cors' })",
    "neighbour": "fetch('http://127.0.0.1:8631/', { mode: 'no-cors' })",
    "clipboard": "navigator.clipboard.readText().catch(() => {})",
    "paste": "document.execCommand('paste')",
}
_SERVICE = (
    "addEventListener('install', () => fetch('http://service.elsewhere.example/', { mode: 'no-cors' }))"
)


class _Offender(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        is_script = self.path == "/service.js"
        script = OFFENCES.get(self.path.strip("/").replace("-", " "), "")
        body = _SERVICE if is_script else f"<!doctype html><title>x</title><script>{script}</script>"
        self.send_response(200)
        self.send_header("content-type", "text/javascript" if is_script else "text/html")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_arguments: object) -> None:
        """Quiet."""


@contextmanager
def offending() -> Iterator[str]:
    """The address of a server of such pages."""
    with serving_port(ThreadingHTTPServer(("127.0.0.1", 0), _Offender)) as port:
        yield f"http://127.0.0.1:{port}"
