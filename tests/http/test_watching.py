"""Who may fetch which bytes of a clip, and with which headers they come."""

import hashlib

import httpx  # noqa: TID251 - names the type of an answer; every request stays in this process
import pytest

from reelm.base import ClipId
from support.media.playlists import parts, screen, variants
from support.web.visiting import Site, Visitor, check_problem

pytestmark = pytest.mark.asyncio(loop_scope="module")

FOREVER = "public, max-age=31536000, immutable"


async def playlist_urls(visitor: Visitor, clip_id: ClipId) -> tuple[str, str]:
    """The clip's master playlist and its first media playlist."""
    master = f"/hls/{clip_id}/master.m3u8"
    (uri, *_) = variants((await visitor.get(master)).text)
    return master, f"/hls/{clip_id}/{uri}"


async def segment_urls(visitor: Visitor, clip_id: ClipId) -> list[str]:
    _, media = await playlist_urls(visitor, clip_id)
    return [part.url for part in parts((await visitor.get(media)).text, at=media)]


async def test_anybody_watches_a_visible_clip_over_http(shared: Site) -> None:
    async with shared.visit() as nobody:

        async def fetch(url: str) -> bytes:
            answer = await nobody.get(url)
            assert answer.status_code == 200, url
            return answer.content

        (only,) = await screen(fetch, shared.known.visible)
    assert only.seconds == pytest.approx(0.6, abs=0.1)
    assert only.sound_count > 0


async def test_playlists_and_keys_are_never_cached_segments_for_ever_pictures_privately(
    shared: Site,
) -> None:
    async with shared.visit() as nobody:
        master, media = await playlist_urls(nobody, shared.known.visible)
        key = media.replace("media.m3u8", "key")
        expected = {
            master: ("no-store", "application/vnd.apple.mpegurl"),
            media: ("no-store", "application/vnd.apple.mpegurl"),
            key: ("no-store", "application/octet-stream"),
            f"/api/clips/{shared.known.visible}/poster": ("private, max-age=3600", "image/jpeg"),
            f"/api/clips/{shared.known.visible}/strip": ("private, max-age=3600", "image/jpeg"),
            (await segment_urls(nobody, shared.known.visible))[0]: (FOREVER, "video/iso.segment"),
        }
        for url, (caching, kind) in expected.items():
            answer = await nobody.get(url)
            assert answer.headers["cache-control"] == caching, url
            assert answer.headers["content-type"].partition(";")[0] == kind, url
        assert len((await nobody.get(key)).content) == 16


@pytest.mark.parametrize("who", ["ann", "ben", None])
@pytest.mark.parametrize("which", ["processing", "failed", "removed"])
async def test_what_is_not_visible_is_refused_alike_to_everyone(
    shared: Site, which: str, who: str | None
) -> None:
    clip_id: ClipId = getattr(shared.known, which)
    rendition = "0" * 26
    async with shared.visit(getattr(shared.known, who) if who else None) as visitor:
        for url in (
            f"/hls/{clip_id}/master.m3u8",
            f"/hls/{clip_id}/{rendition}/media.m3u8",
            f"/hls/{clip_id}/{rendition}/key",
            f"/api/clips/{clip_id}/poster",
            f"/api/clips/{clip_id}/strip",
        ):
            answer = await visitor.get(url)
            assert answer.status_code == (410 if which == "removed" else 404), (url, answer.text)
            check_problem(answer, answer.status_code, answer.json()["code"])


@pytest.mark.parametrize(("who", "status"), [("ann", 200), ("ben", 404), (None, 404)])
@pytest.mark.parametrize("which", ["processing", "failed"])
async def test_only_its_owner_sees_that_a_clip_is_not_visible_yet(
    shared: Site, which: str, who: str | None, status: int
) -> None:
    async with shared.visit(getattr(shared.known, who) if who else None) as visitor:
        answer = await visitor.get(f"/api/clips/{getattr(shared.known, which)}")
        assert answer.status_code == status
        if status == 200:
            assert answer.json()["state"] == which
            assert answer.json()["playlist_url"] is None
            assert (answer.json()["failure"] is not None) == (which == "failed")


async def test_a_rendition_is_only_found_below_its_own_clip(shared: Site) -> None:
    async with shared.visit(shared.known.ann) as ann:
        _, media = await playlist_urls(ann, shared.known.visible)
        rendition = media.split("/")[3]
        for other in (shared.known.processing, shared.known.failed):
            for ending in ("media.m3u8", "key"):
                check_problem(
                    await ann.get(f"/hls/{other}/{rendition}/{ending}"), 404, "delivery.no-such-rendition"
                )


async def test_after_its_removal_nothing_of_a_clip_is_served(site: Site) -> None:
    async with site.visit(site.known.ann) as ann, site.visit() as nobody:
        master, media = await playlist_urls(nobody, site.known.visible)
        segments = await segment_urls(nobody, site.known.visible)
        for url in segments:
            assert (await nobody.get(url)).status_code == 200
        check_problem(await nobody.delete(f"/api/clips/{site.known.visible}"), 401, "web.sign-in-first")
        assert (await ann.delete(f"/api/clips/{site.known.visible}")).status_code == 204
        assert (await ann.delete(f"/api/clips/{site.known.visible}")).status_code == 204
        for url in (master, media, media.replace("media.m3u8", "key")):
            check_problem(await nobody.get(url), 410, "social.clip-removed")
        for url in segments:
            check_problem(await nobody.get(url), 404, "delivery.no-such-segment")
        page = await nobody.get(f"/c/{site.known.visible}")
        assert page.status_code == 404
        assert "og:title" not in page.text


async def test_nobody_removes_or_retries_what_belongs_to_somebody_else(site: Site) -> None:
    async with site.visit(site.known.ben) as ben:
        check_problem(await ben.delete(f"/api/clips/{site.known.visible}"), 403, "social.not-yours")
        check_problem(await ben.delete(f"/api/clips/{site.known.processing}"), 404, "social.no-such-clip")
        check_problem(await ben.post(f"/api/clips/{site.known.failed}/retry"), 404, "social.no-such-clip")
        check_problem(await ben.get(f"/api/clips/{site.known.visible}/progress"), 403, "social.not-yours")


@pytest.mark.parametrize(
    "name",
    ["0" * 64, "A" * 64, "0" * 63, "..%2f..%2fkeys%2froot.key", "%00" * 64, "0" * 64 + ".part"],
)
async def test_a_segment_that_nobody_announced_is_no_file_of_ours(shared: Site, name: str) -> None:
    async with shared.visit() as nobody:
        answer = await nobody.get(f"/segments/{name}.m4s")
    assert answer.status_code == 404
    assert b"html" in answer.content or answer.json()["code"] == "delivery.no-such-segment"


class Ranges:
    """One segment and what a correct server says about parts of it (RFC 9110, section 14)."""

    def __init__(self, whole: bytes) -> None:
        self.whole = whole

    def check(self, answer: httpx.Response, first: int, last: int) -> None:
        assert answer.status_code == 206
        assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(self.whole)}"
        assert answer.headers["content-length"] == str(last - first + 1)
        assert answer.headers["cache-control"] == FOREVER
        assert answer.content == self.whole[first : last + 1]


async def test_a_segment_comes_in_parts_when_asked_for(shared: Site) -> None:
    async with shared.visit() as nobody:
        url = (await segment_urls(nobody, shared.known.visible))[1]
        answer = await nobody.get(url)
        assert answer.headers["accept-ranges"] == "bytes"
        assert hashlib.sha256(answer.content).hexdigest() in url
        ranges, size = Ranges(answer.content), len(answer.content)

        async def part(asked: str) -> httpx.Response:
            return await nobody.get(url, headers={"range": asked})

        ranges.check(await part("bytes=0-0"), 0, 0)
        ranges.check(await part("bytes=10-19"), 10, 19)
        ranges.check(await part("bytes=10-"), 10, size - 1)
        ranges.check(await part(f"bytes=0-{size * 10}"), 0, size - 1)
        ranges.check(await part("bytes=-5"), size - 5, size - 1)
        ranges.check(await part(f"bytes=-{size * 10}"), 0, size - 1)


@pytest.mark.parametrize("asked", ["bytes={size}-", "bytes=99999999999-", "bytes=-0", "bytes=5-2"])
async def test_a_part_outside_the_segment_is_refused_with_its_size(shared: Site, asked: str) -> None:
    async with shared.visit() as nobody:
        url = (await segment_urls(nobody, shared.known.visible))[1]
        size = len((await nobody.get(url)).content)
        answer = await nobody.get(url, headers={"range": asked.format(size=size)})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{size}"
    assert answer.content == b""


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,4-5", "bytes=-", "bytes=x-y", "items=0-1", "", "bytes=" + "9" * 6_000 + "-"]
)
async def test_a_range_that_is_none_is_ignored(shared: Site, asked: str) -> None:
    async with shared.visit() as nobody:
        url = (await segment_urls(nobody, shared.known.visible))[1]
        whole = (await nobody.get(url)).content
        answer = await nobody.get(url, headers={"range": asked})
    assert answer.status_code == 200
    assert answer.content == whole


async def test_head_says_what_get_would_say_without_the_body(shared: Site) -> None:
    async with shared.visit() as nobody:
        master, media = await playlist_urls(nobody, shared.known.visible)
        segment = (await segment_urls(nobody, shared.known.visible))[1]
        for url in (
            master,
            media,
            segment,
            f"/api/clips/{shared.known.visible}",
            f"/api/clips/{shared.known.visible}/poster",
            f"/api/clips/{shared.known.visible}/strip",
            f"/api/clips/{shared.known.removed}",
            "/segments/" + "0" * 64 + ".m4s",
            "/assets/app.js",
            "/",
            "/nothing",
            "/health/live",
        ):
            got, head = await nobody.get(url), await nobody.ask("HEAD", url)
            assert head.status_code == got.status_code, url
            assert head.content == b"", url
            for name in ("content-type", "content-length", "cache-control"):
                assert head.headers.get(name) == got.headers.get(name), (url, name)
        part = await nobody.ask("HEAD", segment, headers={"range": "bytes=0-9"})
        assert (part.status_code, part.headers["content-length"], part.content) == (206, "10", b"")
