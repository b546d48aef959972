"""A realm behind a real nginx and a real Caddy with the very files of ``deploy/``: what passes, what not."""

import asyncio
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
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

# Where Linux lets anybody come from; other systems have to be told of it.
ELSEWHERE = "127.0.0.2"
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


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that answers for the realm on this port."""

    name: str
    port: int


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def proxy(
    realm: Running, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    program = request.getfixturevalue(request.param)
    folder, here = tmp_path_factory.mktemp(request.param), Proxy(request.param, free_port())
    certificate(folder)
    begin = begin_nginx if here.name == "nginx" else begin_caddy
    with process(begin(program, here, realm, folder), folder):
        until(lambda: is_open(here.port), 20, (folder / "log").read_text)
        yield here


def begin_nginx(program: str, proxy: Proxy, realm: Running, folder: Path) -> list[str]:
    shipped = changed(
        "nginx.conf",
        {
            "listen 443 ssl http2;": f"listen 127.0.0.1:{proxy.port} ssl http2;",
            "listen [::]:443 ssl http2;": "",
            "listen 80;": f"listen 127.0.0.1:{free_port()};",
            "listen [::]:80;": "",
            "server 127.0.0.1:8420;": f"server 127.0.0.1:{realm.port};",
            "/etc/letsencrypt/live/clips.example": str(folder),
        },
    )
    (folder / "reelm.conf").write_text(shipped)
    user = "user root;\n" if folder.owner() == "root" else ""
    (folder / "nginx.conf").write_text(_MAIN.format(folder=folder, user=user))
    return [program, "-p", str(folder), "-c", str(folder / "nginx.conf")]


def begin_caddy(program: str, proxy: Proxy, realm: Running, folder: Path) -> list[str]:
    """With a certificate that is there already: nobody would give it one for this name."""
    certificate_here = f"tls {folder}/fullchain.pem {folder}/privkey.pem"
    shipped = changed(
        "Caddyfile",
        {
            "{\n\tservers {": "{\n\tadmin off\n\tauto_https disable_redirects\n\tservers {",
            "clips.example {": f"https://127.0.0.1:{proxy.port} {{\n\t{certificate_here}",
            "reverse_proxy 127.0.0.1:8420 {": f"reverse_proxy 127.0.0.1:{realm.port} {{",
        },
    )
    (folder / "Caddyfile").write_text(shipped)
    homes = [f"XDG_DATA_HOME={folder}", f"XDG_CONFIG_HOME={folder}"]
    return ["env", *homes, program, "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


def changed(name: str, changes: Mapping[str, str]) -> str:
    """Return the file that is shipped, with what is of this machine in the place of what it shows."""
    shipped = (ROOT / "deploy" / name).read_text()
    for shown, here in changes.items():
        assert shown in shipped
        shipped = shipped.replace(shown, here)
    return shipped


@contextmanager
def process(command: list[str], folder: Path) -> Iterator[None]:
    with (folder / "log").open("ab") as log:
        started = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603 - the proxy of this machine
    try:
        yield
    finally:
        started.terminate()
        started.wait(20)


def certificate(folder: Path) -> None:
    """Make a certificate that nobody else trusts."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)  # noqa: TID251 - a certificate's own
    named = [x509.DNSName("clips.example"), x509.IPAddress(ip_address("127.0.0.1"))]
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "clips.example")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .add_extension(x509.SubjectAlternativeName(named), critical=False)
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
async def visiting(port: int, *, address: str = "127.0.0.1") -> AsyncIterator[Visitor]:
    """Yield somebody's browser, which believes this certificate."""
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    url = f"https://127.0.0.1:{port}"
    transport = httpx.AsyncHTTPTransport(verify=trusting, local_address=address)
    async with httpx.AsyncClient(base_url=url, timeout=60, transport=transport) as client:
        yield Visitor(client)


async def test_people_join_post_and_watch_through_it(proxy: Proxy) -> None:
    async with visiting(proxy.port) as ann:
        await join(ann, f"ann_{proxy.name}")
        assert all(name.startswith("__Host-reelm-") for name in ann.client.cookies)
        clip_id = await publish(ann, footage.clip(seconds=0.6), "Through the proxy")
        assert (await ann.get(f"/hls/{clip_id}/master.m3u8")).status_code == 200


async def test_a_part_of_the_page_passes_and_a_refusal_in_words_arrives(proxy: Proxy) -> None:
    said = {"tus-resumable": "1.0.0", "upload-length": str(PART_BYTES)}
    async with visiting(proxy.port) as ben:
        await join(ben, f"ben_{proxy.name}")
        made = await ben.post("/api/uploads/tus", headers=said)
        body = {"tus-resumable": "1.0.0", "upload-offset": "0"}
        body["content-type"] = "application/offset+octet-stream"
        place = made.headers["location"]
        answer = await ben.ask("PATCH", place, headers=body, content=bytes(PART_BYTES))
    assert answer.json()["code"] == "media.not-a-video", "all of it arrived, and was looked at"


async def test_an_address_that_a_client_makes_up_is_not_believed(proxy: Proxy) -> None:
    async with visiting(proxy.port) as liar:
        guess = {"email": f"{proxy.name}@mail.example.org", "password": "not the right words"}
        statuses = []
        for number in range(11):
            made_up = {"x-forwarded-for": f"203.0.113.{number}"}
            statuses.append((await liar.post("/api/session", json=guess, headers=made_up)).status_code)
    assert statuses == [401] * 10 + [429]


async def test_a_head_that_is_too_large_is_refused_in_the_realms_words(proxy: Proxy) -> None:
    async with visiting(proxy.port) as visitor:
        answer = await visitor.get("/api/session", headers={"x-large": "x" * 17_000})
    assert (answer.status_code, answer.json()["code"]) == (431, "web.head-too-large")


async def test_connections_that_say_nothing_keep_nobody_out(proxy: Proxy) -> None:
    opened = [await asyncio.open_connection("127.0.0.1", proxy.port) for _ in range(1_000)]
    async with visiting(proxy.port) as visitor:
        assert (await asyncio.wait_for(visitor.get("/"), 20)).status_code == 200
    for _, writer in opened:
        writer.close()


# Caddy has no such limit of its own, as the how-to says.
@pytest.mark.parametrize("proxy", ["nginx"], indirect=True)
async def test_one_network_has_no_more_requests_at_a_time_than_a_household_needs(proxy: Proxy) -> None:
    async with visiting(proxy.port) as visitor:
        token = await visitor.token()
        cookies = "; ".join(f"{name}={value}" for name, value in visitor.client.cookies.items())
        said = f"cookie: {cookies}\r\nx-csrftoken: {token}\r\ncontent-type: application/json\r\n"
        held = [await half_a_request(proxy.port, said) for _ in range(101)]
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


@pytest.mark.skipif(sys.platform != "linux", reason="no second address to come from")
async def test_figures_for_the_operator_are_for_the_operators_machine(proxy: Proxy) -> None:
    async with visiting(proxy.port) as operator, visiting(proxy.port, address=ELSEWHERE) as visitor:
        assert (await operator.get("/metrics")).status_code == 200
        assert (await visitor.get("/health/live")).status_code == 200
        assert (await visitor.get("/metrics")).status_code == 403
