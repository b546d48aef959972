"""An upload is interrupted in every way a day with a phone has, and goes on where it stopped."""

import asyncio
import hashlib
import os
import random  # noqa: TID251 - seeded, so that a failure replays
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Route, expect

from e2e.conftest import ARTIFACTS, Visit
from e2e.person import Person
from e2e.visitor import Visitor
from support.machine.running import Running, free_port
from support.media import footage

SEED = int(os.environ.get("REELM_TEST_SEED", "4"))
KILLS = 20
SIZE_BYTES = 6 * 1024**2
BYTES_PER_SECOND = 1024**2
NGINX = """
daemon off;
pid {folder}/nginx.pid;
events {{}}
http {{
  access_log off;
  proxy_temp_path {folder}/proxied;
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass {realm}; proxy_set_header Host $http_host; proxy_request_buffering off; }}
  }}
}}
"""


def large_source(folder: Path, name: str = "holiday.mp4", *, size_bytes: int = SIZE_BYTES) -> Path:
    """A short clip with a long box behind it that players skip."""
    clip = footage.clip(seconds=0.6).read_bytes()
    rest_bytes = size_bytes - len(clip)
    path = folder / name
    path.write_bytes(
        clip + rest_bytes.to_bytes(4, "big") + b"free" + random.Random(SEED).randbytes(rest_bytes - 8)
    )
    return path


async def slow(visitor: Visitor, *, bytes_per_second: int = BYTES_PER_SECOND) -> None:
    """A network as slow as a phone's."""
    session = await visitor.context.new_cdp_session(visitor.page)
    await session.send("Network.enable")
    conditions = {"offline": False, "latency": 0, "downloadThroughput": -1}
    conditions |= {"uploadThroughput": bytes_per_second}
    await session.send("Network.emulateNetworkConditions", conditions)


async def begin(visitor: Visitor, source: Path) -> None:
    """Choose a file and wait until a part of it has been sent."""
    await visitor.go("/upload")
    await slow(visitor)
    await visitor.page.locator("input[type=file]").set_input_files(source)
    await sent(visitor, 20)


async def sent(visitor: Visitor, percent: int) -> None:
    """Wait until so much was sent, and not yet all."""
    line = visitor.page.get_by_role("progressbar", name="Posting")
    tens = "".join(str(digit) for digit in range(percent // 10, 10))
    await expect(line).to_have_text(re.compile(f"Uploading, [{tens}]\\d %"), timeout=20_000)


async def post(visitor: Visitor) -> None:
    await visitor.button("Post").click()
    line = visitor.page.get_by_role("progressbar", name="Posting")
    await expect(line).to_have_text("Live, in every quality", timeout=60_000)


async def kill_when_sent(visitor: Visitor, realm: Running, percent: int) -> None:
    """End the process that takes the upload in, once so much was sent; back when it has a successor."""
    await visitor.page.wait_for_function(
        """(percent) => {
          const line = document.querySelector("[role=progressbar][aria-label=Posting]").textContent;
          return Number(/Uploading, (\\d+) %/.exec(line)?.[1] ?? -1) >= percent;
        }""",
        arg=percent,
        timeout=60_000,
    )
    assert realm.kill("serving")
    line = visitor.page.get_by_role("progressbar", name="Posting")
    await expect(line).to_contain_text("Nothing is lost", timeout=20_000)
    await asyncio.to_thread(realm.wait)


@pytest.mark.timeout(500)
async def test_an_upload_goes_on_by_itself_after_each_of_twenty_kills(
    visit: Visit, newcomer: Person, realm: Running, tmp_path: Path
) -> None:
    moments = random.Random(SEED)
    author = await visit(state=await newcomer.state())
    author.expects("/api/", "Failed to load resource")
    source = large_source(tmp_path, size_bytes=4 * SIZE_BYTES)
    await author.go("/upload")
    await slow(author, bytes_per_second=4 * BYTES_PER_SECOND)
    await author.page.locator("input[type=file]").set_input_files(source)
    for percent in sorted(moments.randrange(1, 90) for _ in range(KILLS)):
        await kill_when_sent(author, realm, percent)
    line = author.page.get_by_role("progressbar", name="Posting")
    await expect(line).to_have_text("Uploaded. Post it when you are ready", timeout=60_000)
    kept = max(realm.paths.spool.glob("*.source"), key=lambda path: path.stat().st_mtime)
    assert hashlib.sha256(kept.read_bytes()).digest() == hashlib.sha256(source.read_bytes()).digest()
    await post(author)


async def test_an_upload_waits_for_the_network_and_goes_on_by_itself(
    visit: Visit, newcomer: Person, tmp_path: Path
) -> None:
    author = await visit(screen="phone", state=await newcomer.state())
    author.expects("ERR_INTERNET_DISCONNECTED", "Failed to load resource")
    await begin(author, large_source(tmp_path))
    await author.context.set_offline(True)
    line = author.page.get_by_role("progressbar", name="Posting")
    await expect(line).to_contain_text("You are offline. Nothing is lost")
    await author.button("Post").click(trial=True)  # nothing lies over it
    await author.page.screenshot(path=ARTIFACTS / "screens" / "upload-offline-phone.png")
    await author.context.set_offline(False)
    await expect(line).to_have_text("Uploaded. Post it when you are ready", timeout=40_000)


async def test_a_paused_upload_stays_where_it_is_until_it_is_resumed(
    visit: Visit, newcomer: Person, tmp_path: Path
) -> None:
    author = await visit(state=await newcomer.state())
    await begin(author, large_source(tmp_path))
    await author.button("Pause").focus()
    await author.page.keyboard.press("Enter")
    line = author.page.get_by_role("progressbar", name="Posting")
    await expect(line).to_contain_text("Paused. What was sent is kept.")
    await author.button("Resume").focus()
    await author.page.keyboard.press("Enter")
    await expect(line).to_have_text("Uploaded. Post it when you are ready", timeout=40_000)


async def test_after_a_reload_the_same_file_goes_on_and_another_does_not(
    visit: Visit, newcomer: Person, tmp_path: Path
) -> None:
    author = await visit(state=await newcomer.state())
    author.page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
    source, other = large_source(tmp_path), large_source(tmp_path, "another.mp4")
    await begin(author, source)
    caption = author.page.get_by_label("Caption")
    await caption.fill("The #sea, at last")
    await author.page.reload()
    await expect(author.page.get_by_role("heading", name="Go on where it stopped")).to_be_visible()
    share = author.page.get_by_text("is safe in this realm")
    await expect(share).to_have_text(re.compile(r"^[1-9]\d %"))
    choose = author.page.get_by_label("Choose the same file")
    await choose.set_input_files(other)
    await expect(author.page.get_by_role("alert")).to_contain_text("another.mp4 is another file")
    asked: list[str] = []
    author.page.on("request", lambda request: asked.append(request.method))
    await choose.set_input_files(source)
    line = author.page.get_by_role("progressbar", name="Posting")
    await expect(line).to_have_text("Uploaded. Post it when you are ready", timeout=40_000)
    assert "PATCH" in asked
    assert asked.count("POST") == 0
    await author.page.reload()
    await expect(line).to_have_text("Uploaded. Post it when you are ready")
    await expect(caption).to_have_value("The #sea, at last")
    await post(author)


async def test_a_discarded_upload_makes_room_for_another(
    visit: Visit, newcomer: Person, tmp_path: Path
) -> None:
    author = await visit(state=await newcomer.state())
    author.page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
    await begin(author, large_source(tmp_path))
    await author.page.reload()
    await author.button("Discard it").click()
    await expect(author.page.get_by_text("Drop a video here")).to_be_visible()
    await author.page.reload()
    await expect(author.page.get_by_text("Drop a video here")).to_be_visible()


@pytest.fixture
def proxy(nginx: str, realm: Running, tmp_path: Path) -> Iterator[str]:
    """The address of an nginx as it is installed: a request may have one megabyte."""
    port, configuration = free_port(), tmp_path / "nginx.conf"
    configuration.write_text(NGINX.format(folder=tmp_path, port=port, realm=realm.url))
    command = [nginx, "-c", str(configuration), "-e", str(tmp_path / "error.log")]
    with subprocess.Popen(command) as process:  # noqa: S603 - a program of this machine
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


async def test_an_upload_behind_a_proxy_fits_its_limit_and_never_begins_anew(
    visit: Visit, newcomer: Person, proxy: str, tmp_path: Path
) -> None:
    author = await visit(state=await newcomer.state())
    author.expects("Failed to load resource", "/api/uploads/tus")
    author.url = proxy
    asked: list[tuple[str, str | None]] = []
    wrong = [502, 429, 500]

    async def interfere(route: Route) -> None:
        request = route.request
        asked.append((request.method, request.headers.get("upload-offset")))
        parts = sum(method == "PATCH" and offset != "0" for method, offset in asked)
        if request.method == "PATCH" and parts == 2 and wrong:
            await route.abort("connectionreset")
        elif request.method == "HEAD" and parts >= 2 and wrong:
            await route.fulfill(status=wrong.pop(0))
        else:
            await route.continue_()

    await author.page.route("**/api/uploads/tus**", interfere)
    await author.page.goto(f"{proxy}/upload")
    await author.page.locator("input[type=file]").set_input_files(large_source(tmp_path))
    line = author.page.get_by_role("progressbar", name="Posting")
    await expect(line).to_have_text("Uploaded. Post it when you are ready", timeout=40_000)
    assert [method for method, _ in asked].count("POST") == 1
    assert not wrong, asked
    offsets = [int(offset) for method, offset in asked if method == "PATCH" and offset]
    assert offsets == sorted(offsets)
    assert offsets[-1] == SIZE_BYTES - 1024**2


async def test_a_proxy_that_takes_nearly_nothing_is_named(
    visit: Visit, newcomer: Person, tmp_path: Path
) -> None:
    author = await visit(state=await newcomer.state())
    author.expects("Failed to load resource", "/api/uploads/tus")

    async def refuse(route: Route) -> None:
        is_part = route.request.method == "PATCH"
        await (route.fulfill(status=413, body="<html>Too large</html>") if is_part else route.continue_())

    await author.page.route("**/api/uploads/tus/**", refuse)
    await author.go("/upload")
    await author.page.locator("input[type=file]").set_input_files(large_source(tmp_path))
    await expect(author.page.get_by_role("alert")).to_contain_text("client_max_body_size", timeout=20_000)
