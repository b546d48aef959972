"""What the S3 store makes of servers that answer wrongly, and where it connects at all."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from reelm.base import SystemClock, SystemEntropy
from reelm.vault import FragmentMissing, FragmentRefused, ProviderId, ProviderPlace, StoreFailed, VaultError
from reelm.vault.adapters.multipart import forget_unfinished
from reelm.vault.adapters.qualify_bucket import qualify_bucket
from reelm.vault.adapters.s3 import PART_BYTES
from reelm.vault.errors import StoreFull, StoreRefused
from support.vault.bad_s3 import (
    ACCESS_KEY,
    SECRET,
    Asked,
    BadServer,
    always,
    answer,
    bad_s3,
    error,
    found,
    part,
    self_signed,
)

NAME = "ab" * 32


async def refused(reply: bytes, *, length: int = 100) -> VaultError:
    """What a read of 100 bytes raises when that is the answer."""
    async with bad_s3(always(reply)) as server:
        store = server.store()
        with pytest.raises(VaultError) as refusal:
            await store.read(NAME, start=0, length=length)
        await store.close()
    told = repr(refusal.value) + str(refusal.value)
    assert ACCESS_KEY not in told
    assert SECRET not in told
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None
    return refusal.value


@pytest.mark.parametrize(
    ("reply", "kind", "says"),
    [
        (answer("200 OK", b"x" * 100, etag='"x"'), StoreFailed, "not 206"),
        (answer("200 OK"), StoreFailed, "not 206"),
        (part(b"x" * 100, start=7, size=5000), StoreFailed, "did not answer properly"),
        (part(b"x" * 50, start=0, size=50), FragmentRefused, "shorter"),
        (part(b"x" * 100, start=0, size=5000, content_length="500"), StoreFailed, "properly"),
        (error("416 Range Not Satisfiable", "InvalidRange"), FragmentRefused, "shorter"),
        (error("404 Not Found", "NoSuchKey"), FragmentMissing, "not where"),
        (error("404 Not Found", "NoSuchBucket"), StoreFailed, "no such bucket"),
        (error("403 Forbidden", "SignatureDoesNotMatch"), StoreFailed, "refuses the credentials"),
        (error("403 Forbidden", "RequestTimeTooSkewed"), StoreFailed, "another time"),
        (error("503 Service Unavailable", "SlowDown"), StoreFailed, "fewer requests"),
        (error("500 Internal Server Error", "InternalError"), StoreFailed, "failed"),
        (b"HTTP/1.1 206 Partial", StoreFailed, "properly"),
        (b"", StoreFailed, "properly"),
    ],
)
async def test_a_wrong_answer_to_a_read_is_refused_with_its_reason(
    reply: bytes, kind: type[VaultError], says: str
) -> None:
    error_told = await refused(reply)
    assert type(error_told) is kind
    assert says in str(error_told)


async def test_more_bytes_than_were_asked_for_are_not_kept() -> None:
    told = await refused(part(b"x" * 100, start=0, size=5000, content_range="bytes 0-49/5000"), length=50)
    assert "more than it was asked for" in str(told)


async def test_a_server_that_hangs_does_not_hold_a_cancelled_read() -> None:
    async with bad_s3(always(None)) as server:
        store = server.store()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await store.read(NAME, start=0, length=100)
        await store.close()


async def write(reply: Callable[[Asked], bytes | None], size: int) -> list[Asked]:
    """Write a fragment of that size; what was asked, in order."""
    async with bad_s3(reply) as server:
        store = server.store()
        try:
            writer = await store.create(NAME, head_bytes=4)
            try:
                await writer.write([bytes(size - 4)])
                await writer.finish(b"head")
            finally:
                await writer.abort()
        finally:
            await store.close()
        return server.asked


@pytest.mark.parametrize("there", [found(99), answer("404 Not Found")], ids=["shorter", "missing"])
async def test_a_fragment_that_was_acknowledged_and_is_not_whole_counts_as_lost(there: bytes) -> None:
    def reply(asked: Asked) -> bytes:
        return answer("200 OK", etag='"x"') if asked.method == "PUT" else there

    with pytest.raises(StoreFailed, match="Do not trust"):
        await write(reply, 100)


@pytest.mark.parametrize("code", ["QuotaExceeded", "InsufficientStorage"])
async def test_a_full_bucket_is_told_from_a_broken_one(code: str) -> None:
    with pytest.raises(StoreFull):
        await write(always(error("403 Forbidden", code)), 100)


async def test_a_write_never_carries_a_condition() -> None:
    asked = await write(
        lambda asked: found(100) if asked.method == "HEAD" else answer("200 OK", etag='"x"'), 100
    )
    assert [one.method for one in asked] == ["PUT", "HEAD"]
    assert not {"if-none-match", "if-match"} & {name for one in asked for name in one.headers}
    assert asked[0].headers["x-amz-content-sha256"] != "UNSIGNED-PAYLOAD"


def in_parts(asked: Asked) -> bytes:
    """A server that takes uploads in parts, and then says that it failed, with status 200."""
    if asked.method == "POST" and "uploads" in asked.path:
        return answer("200 OK", b"<R><UploadId>one</UploadId></R>")
    if asked.method == "POST":
        return answer("200 OK", b"<Error><Code>InternalError</Code></Error>")
    return answer("204 No Content") if asked.method == "DELETE" else answer("200 OK", etag='"x"')


async def test_an_upload_that_fails_with_status_200_is_a_failure_and_its_parts_are_taken_back() -> None:
    everything: list[Asked] = []

    def reply(asked: Asked) -> bytes:
        everything.append(asked)
        return in_parts(asked)

    with pytest.raises(StoreFailed, match="InternalError"):
        await write(reply, PART_BYTES * 2 + 5)
    assert everything[-1].method == "DELETE"
    assert "uploadId=one" in everything[-1].path
    parts = {
        asked.path.partition("partNumber=")[2][:1]: asked.body
        for asked in everything
        if asked.method == "PUT"
    }
    assert {number: len(body) for number, body in parts.items()} == {"1": PART_BYTES, "2": PART_BYTES, "3": 5}
    assert parts["1"][:4] == b"head"


async def test_a_part_that_is_refused_fails_the_write() -> None:
    def reply(asked: Asked) -> bytes:
        return error("503 Service Unavailable", "SlowDown") if asked.method == "PUT" else in_parts(asked)

    with pytest.raises(StoreFailed, match="SlowDown"):
        await write(reply, PART_BYTES * 3)


@pytest.mark.parametrize("status", ["403 Forbidden", "501 Not Implemented"])
async def test_a_server_that_does_not_list_unfinished_uploads_still_deletes(status: str) -> None:
    def reply(asked: Asked) -> bytes:
        return answer("204 No Content") if asked.method == "DELETE" else error(status, "AccessDenied")

    async with bad_s3(reply) as server:
        store = server.store()
        await store.delete(NAME)
        await store.close()
    assert [asked.method for asked in server.asked] == ["DELETE", "GET"]


@pytest.mark.parametrize("status", ["403 Forbidden", "503 Service Unavailable"])
async def test_a_deletion_that_is_refused_is_not_reported_as_done(status: str) -> None:
    async with bad_s3(always(error(status, "AccessDenied"))) as server:
        store = server.store()
        with pytest.raises(StoreFailed):
            await store.delete(NAME)
        await store.close()


@pytest.mark.parametrize(
    "url",
    [
        "http://s3.example.net/b",
        "https://s3.example.net",
        "https://s3.example.net/a/b",
        "ftp://h/b",
        "https://u:p@h/b",
    ],
)
async def test_an_address_that_is_not_an_encrypted_bucket_is_refused(url: str) -> None:
    store = BadServer(1).store()
    await store.close()
    with pytest.raises(StoreRefused) as refusal:
        type(store).open(url, ProviderPlace(ProviderId("p1")), store.bucket.credentials, clock=SystemClock())
    assert "u:p" not in str(refusal.value)


async def test_nothing_of_the_environment_decides_where_or_how_to_connect(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The client would read all of these: other endpoints, other keys, no signature, proxies."""
    async with bad_s3(always(answer("200 OK", b"x" * 9))) as elsewhere:
        there = f"http://127.0.0.1:{elsewhere.port}"
        for name, value in {
            "AWS_ENDPOINT_URL_S3": there,
            "AWS_ENDPOINT": there,
            "AWS_METADATA_ENDPOINT": there,
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": there,
            "AWS_SKIP_SIGNATURE": "true",
            "AWS_SESSION_TOKEN": "token",
            "AWS_ACCESS_KEY_ID": "OTHERKEY",
            "AWS_ALLOW_INVALID_CERTIFICATES": "true",
            "AWS_PROXY_URL": there,
            "HTTP_PROXY": there,
            "http_proxy": there,
            "ALL_PROXY": there,
        }.items():
            monkeypatch.setenv(name, value)
        async with bad_s3(always(part(b"x" * 9, start=0, size=9))) as server:
            store = server.store()
            assert await store.read(NAME, start=0, length=9) == b"x" * 9
            await store.close()
    assert elsewhere.asked == []
    headers = server.asked[0].headers
    assert f"Credential={ACCESS_KEY}/" in headers["authorization"]
    assert "x-amz-security-token" not in headers


async def test_a_certificate_that_nobody_vouches_for_is_refused_by_both_clients(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ALLOW_INVALID_CERTIFICATES", "true")
    async with bad_s3(always(part(b"x" * 9, start=0, size=9)), tls=self_signed(tmp_path)) as server:
        store = server.store()
        with pytest.raises(StoreFailed):
            await store.read(NAME, start=0, length=9)
        with pytest.raises(StoreFailed):
            await forget_unfinished(store.bucket, NAME)
        await store.close()
    assert server.asked == []


async def test_only_an_encrypted_connection_may_carry_an_unsigned_body() -> None:
    for scheme, is_unsigned in (("https", "true"), ("http", "false")):
        store = BadServer(1, scheme).store()
        assert str(store.remote.config["unsigned_payload"]).lower() == is_unsigned
        await store.close()


async def test_a_redirect_to_another_host_is_not_followed() -> None:
    async with bad_s3(always(part(b"x" * 9, start=0, size=9))) as elsewhere:
        away = f"http://localhost:{elsewhere.port}/bucket/{NAME}"
        async with bad_s3(always(answer("307 Temporary Redirect", location=away))) as server:
            store = server.store()
            with pytest.raises(StoreFailed):
                await store.read(NAME, start=0, length=9)
            await store.close()
    assert elsewhere.asked == []


async def test_the_probe_finds_a_server_that_sends_wholes_unfit() -> None:
    kept: dict[str, bytes] = {}

    def reply(asked: Asked) -> bytes:
        if asked.method == "PUT":
            kept[asked.path] = asked.body
            return answer("200 OK", etag='"x"')
        if asked.method == "HEAD":
            return found(len(kept[asked.path]))
        return answer("200 OK", kept.get(asked.path, b""), etag='"x"')

    async with bad_s3(reply) as server:
        store = server.store()
        examination = await qualify_bucket(store, clock=SystemClock(), entropy=SystemEntropy())
        await store.close()
    assert not examination.is_fit
    assert "not 206" in examination.findings[0].detail
