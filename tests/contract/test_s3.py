"""What only a bucket on a real S3 server can show: uploads in parts, and who is let in."""

import re
import tracemalloc
from collections.abc import AsyncIterator, Sequence

import pytest

from reelm.base import Secret, SystemClock, SystemEntropy
from reelm.vault import FragmentMissing, ProviderId, ProviderPlace, StoreFailed
from reelm.vault.adapters.credentials import Credentials
from reelm.vault.adapters.qualify_bucket import qualify_bucket
from reelm.vault.adapters.s3 import PART_BYTES, S3Store
from reelm.vault.qualification import Suitability
from support.vault.radosgw import Gateway
from support.vault.s3 import REGION, S3_MARKS, open_s3
from support.vault.vaulting import sample

pytestmark = S3_MARKS
NAME, HEAD_BYTES = "ab" * 32, 213


@pytest.fixture
async def store(gateways: Sequence[Gateway]) -> AsyncIterator[S3Store]:
    opened = open_s3(gateways[0])
    yield opened
    await opened.delete(NAME)
    await opened.close()


async def upload(store: S3Store, data: bytes, *, block_bytes: int = 700_001) -> None:
    writer = await store.create(NAME, head_bytes=HEAD_BYTES)
    for at in range(HEAD_BYTES, len(data), block_bytes):
        await writer.write([memoryview(data)[at : at + block_bytes]])
    await writer.finish(data[:HEAD_BYTES])
    await writer.abort()


async def unfinished(store: S3Store) -> bytes:
    """What the server lists of uploads that were never completed."""
    return (await store.bucket.ask("GET", "", {"uploads": ""})).body


async def names(store: S3Store) -> list[bytes]:
    """What the bucket holds."""
    listing = await store.bucket.ask("GET", "", {"list-type": "2", "prefix": ""})
    return re.findall(rb"<Key>(.*?)</Key>", listing.body)


@pytest.mark.parametrize("extra", [-1, 0, 1])
@pytest.mark.parametrize("parts", [1, 2, 3])
async def test_a_fragment_around_the_edge_of_a_part_comes_back_whole(
    store: S3Store, parts: int, extra: int
) -> None:
    data = sample(1 << 20) * 8 * parts + b"!"
    data = data[: PART_BYTES * parts + extra]
    await upload(store, data)
    assert await store.size(NAME) == len(data)
    assert await store.read(NAME, start=0, length=len(data)) == data
    assert await store.read(NAME, start=PART_BYTES - 50, length=40) == data[PART_BYTES - 50 : PART_BYTES - 10]


async def test_one_block_may_be_larger_than_several_parts(store: S3Store) -> None:
    data = sample(1 << 20) * 20
    await upload(store, data, block_bytes=len(data))
    assert await store.read(NAME, start=0, length=len(data)) == data


async def test_a_fragment_in_parts_is_invisible_until_its_head_is_there(store: S3Store) -> None:
    writer = await store.create(NAME, head_bytes=4)
    await writer.write([bytes(PART_BYTES * 2)])
    with pytest.raises(FragmentMissing):
        await store.size(NAME)
    await writer.finish(b"head")
    assert await store.read(NAME, start=0, length=5) == b"head\0"


async def test_an_abort_leaves_no_parts(store: S3Store) -> None:
    writer = await store.create(NAME, head_bytes=4)
    await writer.write([bytes(PART_BYTES * 3)])
    assert NAME.encode() in await unfinished(store)
    await writer.abort()
    assert NAME.encode() not in await unfinished(store)
    with pytest.raises(FragmentMissing):
        await store.size(NAME)


async def test_the_parts_that_a_crash_leaves_go_with_the_fragments_deletion(store: S3Store) -> None:
    """The records name the fragment before its first byte, so what normally deletes it finds its parts."""
    writer = await store.create(NAME, head_bytes=4)
    await writer.write([bytes(PART_BYTES * 2)])
    assert NAME.encode() in await unfinished(store)
    await store.delete(NAME)
    assert NAME.encode() not in await unfinished(store)
    with pytest.raises(StoreFailed):
        await writer.finish(b"head")


async def test_a_wrong_secret_is_refused_and_not_repeated_in_the_message(
    store: S3Store, gateways: Sequence[Gateway]
) -> None:
    wrong = Credentials(store.bucket.credentials.access_key_id, Secret(b"0" * 40))
    other = S3Store.open(
        gateways[0].url, ProviderPlace(ProviderId("p1")), wrong, clock=SystemClock(), region=REGION
    )
    for work in (
        other.read(NAME, start=0, length=1),
        other.delete(NAME),
        other.probe(),
        upload(other, bytes(999)),
    ):
        with pytest.raises(StoreFailed, match="refuses the credentials") as refusal:
            await work
        assert wrong.access_key_id not in str(refusal.value)
    await other.close()


async def test_a_bucket_that_is_gone_is_no_missing_fragment(gateways: Sequence[Gateway]) -> None:
    elsewhere = gateways[0].url.rpartition("/")[0] + "/no-such-bucket"
    other = S3Store.open(
        elsewhere,
        ProviderPlace(ProviderId("p1")),
        gateways[0].credentials,
        clock=SystemClock(),
        region=REGION,
    )
    for work in (other.read(NAME, start=0, length=1), other.size(NAME)):
        with pytest.raises(StoreFailed, match="no such bucket"):
            await work
    await other.close()


async def test_a_real_server_passes_the_examination_and_keeps_nothing_of_it(store: S3Store) -> None:
    before = await names(store)
    examination = await qualify_bucket(store, clock=SystemClock(), entropy=SystemEntropy())
    assert examination.is_fit, examination.findings
    assert {finding.check for finding in examination.findings} == {
        "write and read",
        "part of a fragment",
        "overwrite",
        "large fragment",
        "latency",
        "encryption",
        "wrong secret",
        "no credentials",
        "listing",
        "unfinished uploads",
        "conditional writes",
        "clock",
        "deletion",
        "durability",
    }
    verdicts = {finding.check: finding.verdict for finding in examination.findings}
    assert verdicts["durability"] is Suitability.NOTED
    assert await names(store) == before
    assert b"<UploadId>" not in await unfinished(store)


async def test_a_large_fragment_needs_the_memory_of_a_few_parts(store: S3Store) -> None:
    """The first part waits for the head, one is being sent and one is being filled."""
    block = bytes(1 << 20)
    tracemalloc.start()
    try:
        writer = await store.create(NAME, head_bytes=4)
        for _ in range(200):
            await writer.write([block])
        await writer.finish(b"head")
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 5 * PART_BYTES
