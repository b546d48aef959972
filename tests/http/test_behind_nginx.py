"""A realm behind a real nginx with the very file of ``deploy/``: what passes, and what is held off."""

import asyncio
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx  # noqa: TID251 - a test's client, which asks only this machine
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from support.machine.running import ROOT, Running, free_port, join, publish, running, until
from support.media import footage
from support.web.visiting import Visitor

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180), pytest.mark.asyncio(loop_scope="module")]

PART_BYTES = 32 * 1024 * 1024
_MAIN = """\
daemon off;
{user}worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  include {folder}/reelm.conf;
}}
"""


@pytest.fixture(scope="module")
def realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data = tmp_path_factory.mktemp("proxied") / "realm"
    data.mkdir()
    (data / "settings.toml").write_text(
        'trusted_proxies = "127.0.0.1"\npublic_url = "https://clips.example"\n'
    )
    with running(data) as started:
        yield started


@pytest.fixture(scope="module")
def front(realm: Running, nginx: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Yield the port on which nginx answers for the realm."""
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    certificate(folder)
    shipped = (ROOT / "deploy" / "nginx.conf").read_text()
    changes = {
        "listen 443 ssl http2;": f"listen 127.0.0.1:{port} ssl http2;",
        "listen [::]:443 ssl http2;": "",
        "listen 80;": f"listen 127.0.0.1:{free_port()};",
        "listen [::]:80;": "",
        "server 127.0.0.1:8420;": f"server 127.0.0.1:{realm.port};",
        "/etc/letsencrypt/live/clips.example": str(folder),
    }
    for shown, here in changes.items():
        assert shown in shipped
        shipped = shipped.replace(shown, here)
    (folder / "reelm.conf").write_text(shipped)
    user = "user root;\n" if folder.owner() == "root" else ""
    (folder / "nginx.conf").write_text(_MAIN.format(folder=folder, user=user))
    with process([nginx, "-p", str(folder), "-c", str(folder / "nginx.conf")], folder):
        until(lambda: is_open(port), 20, (folder / "nginx.log").read_text)
        yield port


@contextmanager
def process(command: list[str], folder: Path) -> Iterator[None]:
    with (folder / "nginx.log").open("ab") as log:
        started = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603 - the nginx of this machine
    try:
        yield
    finally:
        started.terminate()
        started.wait(20)


def certificate(folder: Path) -> None:
    """Make a certificate that nobody else trusts."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)  # noqa: TID251 - a certificate's own
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "clips.example")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "privkey.pem").write_bytes(private)


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@asynccontextmanager
async def visiting(port: int) -> AsyncIterator[Visitor]:
    """Yield somebody's browser, which believes this certificate."""
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    url = f"https://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=url, timeout=60, verify=trusting) as client:
        yield Visitor(client)


async def test_people_join_post_and_watch_through_it(front: int) -> None:
    async with visiting(front) as ann:
        await join(ann, "ann")
        assert all(name.startswith("__Host-reelm-") for name in ann.client.cookies)
        clip_id = await publish(ann, footage.clip(seconds=0.6), "Through the proxy")
        assert (await ann.get(f"/hls/{clip_id}/master.m3u8")).status_code == 200


async def test_a_part_of_the_page_passes_and_a_refusal_in_words_arrives(front: int) -> None:
    said = {"tus-resumable": "1.0.0", "upload-length": str(PART_BYTES)}
    async with visiting(front) as ben:
        await join(ben, "ben")
        made = await ben.post("/api/uploads/tus", headers=said)
        body = {"tus-resumable": "1.0.0", "upload-offset": "0"}
        body["content-type"] = "application/offset+octet-stream"
        place = made.headers["location"]
        answer = await ben.ask("PATCH", place, headers=body, content=bytes(PART_BYTES))
    assert answer.json()["code"] == "media.not-a-video", "all of it arrived, and was looked at"


async def test_an_address_that_a_client_makes_up_is_not_believed(front: int) -> None:
    async with visiting(front) as liar:
        guess = {"email": "ann@mail.example.org", "password": "not the right words"}
        statuses = []
        for number in range(11):
            made_up = {"x-forwarded-for": f"203.0.113.{number}"}
            statuses.append((await liar.post("/api/session", json=guess, headers=made_up)).status_code)
    assert statuses == [401] * 10 + [429]


async def test_a_head_that_is_too_large_is_refused_in_the_realms_words(front: int) -> None:
    async with visiting(front) as visitor:
        answer = await visitor.get("/api/session", headers={"x-large": "x" * 17_000})
    assert (answer.status_code, answer.json()["code"]) == (431, "web.head-too-large")


async def test_connections_that_say_nothing_keep_nobody_out(front: int) -> None:
    opened = [await asyncio.open_connection("127.0.0.1", front) for _ in range(1_000)]
    async with visiting(front) as visitor:
        assert (await asyncio.wait_for(visitor.get("/"), 20)).status_code == 200
    for _, writer in opened:
        writer.close()


async def test_one_network_has_no_more_requests_at_a_time_than_a_household_needs(front: int) -> None:
    async with visiting(front) as visitor:
        token = await visitor.token()
        cookies = "; ".join(f"{name}={value}" for name, value in visitor.client.cookies.items())
        said = f"cookie: {cookies}\r\nx-csrftoken: {token}\r\ncontent-type: application/json\r\n"
        held = [await half_a_request(front, said) for _ in range(101)]
        assert (await visitor.get("/")).status_code == 429
        for writer in held:
            writer.close()
        for _ in range(100):
            if (await visitor.get("/")).status_code == 200:
                break
            await asyncio.sleep(0.05)
        assert (await visitor.get("/")).status_code == 200


async def half_a_request(port: int, said: str) -> asyncio.StreamWriter:
    """Send a head, which the realm waits for the body of; return what keeps it open."""
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting)
    head = f"POST /api/session HTTP/1.1\r\nhost: clips.example\r\ncontent-length: 10\r\n{said}\r\n"
    writer.write(head.encode())
    await writer.drain()
    return writer


async def test_figures_for_the_operator_are_for_the_operators_machine(realm: Running, front: int) -> None:
    """This machine is the operator's, so it may; the file says who may not."""
    async with visiting(front) as operator:
        assert (await operator.get("/metrics")).status_code == 200
    assert "deny all;" in (ROOT / "deploy" / "nginx.conf").read_text()
    assert realm.port
