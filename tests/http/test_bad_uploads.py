"""Whatever is sent as a video gets a clear answer, and what is refused leaves nothing behind."""

from collections.abc import Callable
from pathlib import Path

import pytest

from support.media import footage
from support.web.visiting import Site, check_problem

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

FOUR_GB = 4 * 1024**3


def one_pixel() -> Path:
    path = footage.folder() / "dot.mkv"
    shrunk = ("-vf", "scale=1:1", "-c:v", "mjpeg", "-pix_fmt", "yuvj444p", "-t", "0.5")
    footage.ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x64:rate=10", *shrunk, str(path))
    return path


def three_hours() -> Path:
    """A frame every hundred seconds."""
    return footage.clip(name="long.mp4", size="128x128", rate="1/100", seconds=10_800, audio=None)


@pytest.mark.parametrize(
    ("source", "status", "code"),
    [
        (footage.empty, 422, "media.empty"),
        (footage.text, 415, "media.not-a-video"),
        pytest.param(footage.noise, 415, "media.not-a-video"),
        pytest.param(footage.playlist, 415, "media.not-a-video"),
        pytest.param(footage.picture, 415, "media.not-a-video"),
        (footage.cut, 422, "media.truncated"),
        (lambda: footage.cut(index_first=False), 422, "media.truncated"),
        (footage.audio_only, 415, "media.no-video"),
        pytest.param(footage.with_cover, 415, "media.no-video"),
        (footage.no_frames, 422, "media.too-short"),
        (one_pixel, 422, "media.too-small"),
        (footage.claims_8k, 413, "media.too-large-picture"),
        (three_hours, 413, "media.too-long"),
        pytest.param(footage.many_tracks, 422, "media.too-many-streams"),
        pytest.param(footage.scrambled, 422, "media.unreadable"),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
async def test_a_file_that_cannot_be_published_is_refused_and_forgotten(
    site: Site, source: Callable[[], Path], status: int, code: str
) -> None:
    body = source().read_bytes()
    before = await site.traces()
    async with site.visit(site.known.ann) as ann:
        document = check_problem(await ann.upload(body), status, code)
    assert document["retryable"] is False
    after = await site.traces()
    assert after.world == before.world
    assert {name: after.rows[name] - before.rows[name] for name in after.rows if name != "sessions"} == {
        name: 0 for name in after.rows if name != "sessions"
    }


async def test_four_gigabytes_are_refused_by_their_announcement_alone(site: Site) -> None:
    before = await site.traces()
    async with site.visit(site.known.ann) as ann:
        headers = {"content-type": "video/mp4", "content-length": str(FOUR_GB)}
        answer = await ann.post("/api/uploads", content=b"the first bytes", headers=headers)
    document = check_problem(answer, 413, "media.too-many-bytes")
    assert "2.0 GiB" in document["detail"]
    assert (await site.traces()).world == before.world


@pytest.mark.parametrize("length", ["-1", "abc", "1e9", "99999999999999999999999", "", "²"])
async def test_an_announcement_that_is_no_size_is_no_fault_of_ours(site: Site, length: str) -> None:
    """An HTTP server in front refuses most of these; the application must not trust that."""
    async with site.visit(site.known.ann) as ann:
        headers = {"content-type": "video/mp4", "content-length": length.encode()}
        answer = await ann.post("/api/uploads", content=b"x", headers=headers)
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"


async def test_less_than_announced_is_refused_and_forgotten(site: Site) -> None:
    before = await site.traces()
    async with site.visit(site.known.ann) as ann:
        headers = {"content-type": "video/mp4", "content-length": "1000"}
        answer = await ann.post("/api/uploads", content=b"only this", headers=headers)
    check_problem(answer, 422, "media.truncated")
    assert (await site.traces()).world == before.world


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "..\\..\\windows\\system.ini",
        "/etc/passwd",
        "a/b.mp4",
        "..",
        ".",
        "",
        "x" * 256,
        "nul\x00.mp4",
        "line\nbreak.mp4",
        "right\u202eto-left.mp4",
    ],
)
async def test_a_name_that_plays_tricks_is_refused(site: Site, name: str) -> None:
    before = await site.traces()
    async with site.visit(site.known.ann) as ann:
        answer = await ann.upload(footage.clip(seconds=0.6).read_bytes(), name=name)
    check_problem(answer, 422, "web.bad-file-name")
    assert (await site.traces()).world == before.world


async def test_a_name_is_never_kept(site: Site) -> None:
    async with site.visit(site.known.ann) as ann:
        answer = await ann.upload(footage.clip(seconds=0.6).read_bytes(), name="Ann's secret day.mp4")
    assert answer.status_code == 201
    assert "secret" not in answer.text
    for path in site.stage.data.rglob("*"):
        assert "secret" not in path.name
        assert not path.is_file() or b"secret day" not in path.read_bytes()


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "image/jpeg", "", "video", "video/mp4x"])
async def test_a_body_that_does_not_claim_to_be_video_is_refused(site: Site, kind: str) -> None:
    async with site.visit(site.known.ann) as ann:
        answer = await ann.upload(footage.clip(seconds=0.6).read_bytes(), kind=kind)
    check_problem(answer, 415, "web.not-a-video-type")


async def test_somebody_who_is_not_signed_in_cannot_upload(site: Site) -> None:
    before = await site.traces()
    async with site.visit() as nobody:
        answer = await nobody.upload(footage.clip(seconds=0.6).read_bytes())
    check_problem(answer, 401, "web.sign-in-first")
    assert (await site.traces()).world == before.world


async def test_it_is_said_when_the_sound_is_left_out(site: Site) -> None:
    dts = footage.clip(name="dts.mkv", seconds=0.6, audio=("-c:a", "dca", "-strict", "-2", "-ac", "2"))
    silent = footage.clip(name="silent.mkv", seconds=0.6, audio=None)
    async with site.visit(site.known.ann) as ann:
        for source, is_left_out in ((dts, True), (silent, False)):
            sent = (await ann.upload(source.read_bytes())).json()
            assert (sent["has_audio"], sent["audio_left_out"]) == (False, is_left_out)
            assert (await ann.delete(f"/api/uploads/{sent['id']}")).status_code == 204


async def test_what_is_fine_is_taken_described_and_can_be_discarded(site: Site) -> None:
    before = await site.traces()
    source = footage.clip(seconds=0.6)
    async with site.visit(site.known.ann) as ann:
        answer = await ann.upload(source.read_bytes(), name="Mein schöner Tag 🌞.mp4")
        assert answer.status_code == 201
        sent = answer.json()
        assert set(sent) == {
            "id", "duration_ms", "width", "height", "has_audio", "audio_left_out", "size_bytes", "expires_at",
            "plays_as_it_is",
        }  # fmt: skip
        assert (sent["width"], sent["height"]) == (128, 228)
        assert (sent["has_audio"], sent["audio_left_out"]) == (True, False)
        assert (await ann.delete(f"/api/uploads/{sent['id']}")).status_code == 204
        check_problem(await ann.delete(f"/api/uploads/{sent['id']}"), 404, "media.upload-missing")
    assert (await site.traces()).world == before.world
