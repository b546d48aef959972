"""Store fragments as objects in a bucket of an S3-compatible server.

The server is asked for as little as any S3 has: put, get a range, head, delete, and an upload in parts. Never
a conditional write: some servers ignore the condition and overwrite in silence.

Where the connections go is decided by construction. obstore connects by itself, outside the realm's only
way out, so its client is built with nothing but the store's own address from the manifest. The ``AWS_*``
variables that it would read (other endpoints, other credentials, certificates unchecked) are taken out of the
environment first; with static credentials no metadata service is asked; and every host but the store's is
sent through a proxy that cannot exist, which also ends the environment's proxies and redirects elsewhere.
"""

import asyncio
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store as Remote

from reelm.base import Clock, Endpoint, Outbound, OutboundLimits, cancel_all
from reelm.vault.adapters.credentials import Credentials
from reelm.vault.adapters.multipart import Bucket, MultipartUpload, forget_unfinished
from reelm.vault.adapters.refusal import refusal, status_and_code
from reelm.vault.codec import Block
from reelm.vault.errors import FailedCheck, FragmentMissing, FragmentRefused, StoreFailed, StoreRefused
from reelm.vault.model import ProviderPlace

if TYPE_CHECKING:
    from obstore import GetResult

# Some servers want all parts but the last to have one size, so the first has it too.
PART_BYTES: Final = 8 << 20
DEFAULT_REGION: Final = "us-east-1"
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_NOWHERE: Final = "http://127.0.0.1:0"
_MARKER: Final = "reelm-store"
_CONNECT_SECONDS: Final = 5
_IDLE_SECONDS: Final = 20
_TOTAL_SECONDS: Final = 120
_ABORT_SECONDS: Final = 10


class S3Store:
    """One provider in one bucket. Nothing is retried here: who asks knows what may be repeated."""

    def __init__(self, place: ProviderPlace, bucket: Bucket, remote: Remote) -> None:
        self._place = place
        self.remote = remote
        self.bucket = bucket

    @classmethod
    def open(
        cls,
        url: str,
        place: ProviderPlace,
        credentials: Credentials,
        *,
        clock: Clock,
        region: str = DEFAULT_REGION,
    ) -> "S3Store":
        """Return the store behind an address, with nothing sent yet.

        The address is ``https://host[:port]/bucket``, or ``http`` on this machine.

        Raises:
            StoreRefused: it is no such address.
        """
        host = _check(url, place)
        url = url.rstrip("/")
        limits = OutboundLimits(_CONNECT_SECONDS, _IDLE_SECONDS, _TOTAL_SECONDS)
        outbound = Outbound([url], limits=limits)
        bucket = Bucket(place.provider, url, region, credentials, clock, outbound)
        return cls(place, bucket, _connect(bucket, host))

    @property
    def place(self) -> ProviderPlace:
        """Return which provider this is, and which groups it belongs to."""
        return self._place

    async def create(self, name: str, *, head_bytes: int) -> "S3Writer":
        """Return the writer of a fragment; nothing is sent yet."""
        return S3Writer(self, name, head_bytes=head_bytes)

    async def read(self, name: str, *, start: int, length: int) -> bytes:
        """Return bytes of a fragment, fetched with one request for exactly them."""
        if not length:
            if start > await self.size(name):
                raise _too_short()
            return b""
        with self._translated():
            found = await obstore.get_async(self.remote, name, options={"range": (start, start + length)})
            return await self._collect(found, length)

    async def size(self, name: str) -> int:
        """Return the size of a fragment."""
        try:
            with self._translated():
                return (await obstore.head_async(self.remote, name))["size"]
        except FragmentMissing:
            # An answer without a body cannot say whether the whole bucket is gone; this one can.
            await self.read(name, start=0, length=1)
            raise

    async def delete(self, name: str) -> None:
        """Delete a fragment, and take back what an upload in parts left that a crash cut off."""
        with suppress(FragmentMissing), self._translated():
            await obstore.delete_async(self.remote, name)
        await forget_unfinished(self.bucket, name)

    async def probe(self) -> tuple[int | None, str]:
        """Write a small object, and return that the bucket is ready."""
        await self.put(_MARKER, self._place.provider.encode())
        return None, "ready"

    async def put(self, name: str, data: bytes) -> None:
        """Write one whole object, which is there when this returns."""
        with self._translated():
            await obstore.put_async(self.remote, name, data, use_multipart=False)
        await self.confirm(name, len(data))

    async def confirm(self, name: str, length: int) -> None:
        """Check that what was acknowledged is there, as long as it must be."""
        try:
            found = await self.size(name)
        except FragmentMissing:
            found = None
        if found != length:
            raise StoreFailed(
                f"The server took a fragment of {length} bytes and has {found or 'nothing'}. "
                "The fragment counts as lost. Do not trust this provider.",
                provider=self._place.provider,
            )

    async def close(self) -> None:
        """Close the connections."""
        await self.bucket.outbound.close()

    async def _collect(self, found: "GetResult", length: int) -> bytes:
        pieces, left = [], length
        async for piece in found.stream():
            left -= len(piece)
            pieces.append(piece)
            if left < 0:
                raise StoreFailed(
                    "The server sent more than it was asked for.", provider=self._place.provider
                )
        if left:
            raise _too_short()
        return b"".join(pieces)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Raise the client's errors as what they mean; its texts, which quote requests, go no further."""
        try:
            yield
        except FileNotFoundError as error:
            status, code = status_and_code(str(error))
            if code == "NoSuchBucket":
                raise refusal(self._place.provider, status=status, code=code) from None
            raise FragmentMissing(
                "A fragment is not where it should be.", provider=self._place.provider
            ) from None
        except BaseError as error:
            status, code = status_and_code(str(error))
            raise refusal(self._place.provider, status=status, code=code) from None


class S3Writer:
    """Uploads one fragment in one request, or in parts of which the first is sent last.

    The head belongs into the first part and is known only at the end, so that part waits in memory. Besides
    it there are only the part that is being sent and the one that is being filled.
    """

    def __init__(self, store: S3Store, name: str, *, head_bytes: int) -> None:
        self._store = store
        self._name = name
        self._size = head_bytes
        self._room = PART_BYTES - head_bytes
        self._part = bytearray()
        self._first = b""
        self._upload: MultipartUpload | None = None
        self._number = 1
        self._sending: list[asyncio.Task[None]] = []

    async def write(self, blocks: Sequence[Block]) -> None:
        """Append blocks behind the head, sending each part that is full."""
        for block in blocks:
            rest = memoryview(block)
            self._size += len(rest)
            while len(self._part) + len(rest) > self._room:
                taken = self._room - len(self._part)
                self._part += rest[:taken]
                rest = rest[taken:]
                await self._end_part()
            self._part += rest

    async def finish(self, head: bytes) -> None:
        """Send what is left and the first part, and make the object visible."""
        if self._upload is None:
            await self._store.put(self._name, head + self._part)
            return
        self._send(1, head + self._first)
        self._send(self._number + 1, bytes(self._part))
        await self._wait_for_parts()
        await self._upload.complete()
        self._upload = None
        await self._store.confirm(self._name, self._size)

    async def abort(self) -> None:
        """Take back the parts that were sent, unless the upload is finished."""
        upload, self._upload = self._upload, None
        self._first, self._part = b"", bytearray()
        await cancel_all(self._sending)
        if upload is not None:
            # Parts that stay here are taken back when the fragment is deleted.
            with suppress(StoreFailed, TimeoutError):
                async with asyncio.timeout(_ABORT_SECONDS):
                    await upload.abort()

    async def _end_part(self) -> None:
        """Keep the first part that is full, and send every other."""
        part, self._part = bytes(self._part), bytearray()
        self._room = PART_BYTES
        if self._upload is None:
            self._first = part
            self._upload = await MultipartUpload.begin(self._store.bucket, self._name)
            return
        await self._wait_for_parts()
        self._number += 1
        self._send(self._number, part)

    def _send(self, number: int, part: bytes) -> None:
        if self._upload is not None:
            self._sending.append(asyncio.create_task(self._upload.send(number, part)))

    async def _wait_for_parts(self) -> None:
        """Wait until the parts on their way are there."""
        await asyncio.gather(*self._sending)
        self._sending.clear()


def _check(url: str, place: ProviderPlace) -> str:
    """Return the host of a store's address.

    Raises:
        StoreRefused: it is not encrypted, or names no bucket.
    """
    try:
        end = Endpoint.of(url)
    except ValueError as error:
        raise StoreRefused(f"The url of {place.provider} is {error}.", provider=place.provider) from error
    parts = urlsplit(url)
    if end.scheme == "http" and end.host not in _LOOPBACK:
        raise StoreRefused(
            f"The url of {place.provider} is not encrypted. Use https.", provider=place.provider
        )
    if len(parts.path.strip("/").split("/")) != 1 or not parts.path.strip("/") or parts.query:
        raise StoreRefused(
            f"The url of {place.provider} must name one bucket: https://HOST/BUCKET.",
            provider=place.provider,
        )
    return end.host


def _connect(bucket: Bucket, host: str) -> Remote:
    """Return obstore's client for one bucket, with everything it would look up elsewhere decided here."""
    for name in [name for name in os.environ if name.upper().startswith("AWS_")]:
        del os.environ[name]
    endpoint, _, bucket_name = bucket.url.rpartition("/")
    is_encrypted = endpoint.startswith("https://")
    return Remote(
        bucket_name,
        config={
            "endpoint": endpoint,
            "region": bucket.region,
            "access_key_id": bucket.credentials.access_key_id,
            "secret_access_key": bucket.credentials.secret.reveal().decode(),
            "virtual_hosted_style_request": False,
            "unsigned_payload": is_encrypted,
            "disable_bulk_delete": True,
        },
        client_options={
            "allow_http": not is_encrypted,
            "allow_invalid_certificates": False,
            "http1_only": True,
            "user_agent": "reelm",
            "connect_timeout": timedelta(seconds=_CONNECT_SECONDS),
            "read_timeout": timedelta(seconds=_IDLE_SECONDS),
            "timeout": timedelta(seconds=_TOTAL_SECONDS),
            "proxy_url": _NOWHERE,
            "proxy_excludes": host,
        },
        retry_config={"max_retries": 0, "retry_timeout": timedelta(0)},
    )


def _too_short() -> FragmentRefused:
    return FragmentRefused(FailedCheck.TRUNCATED, "A fragment is shorter than it should be.")
