"""Upload a large object in numbered parts, in any order, and take an unfinished upload back.

The client library gives parts their numbers in the order in which they come, and a fragment's first part
comes last. So these few requests of the S3 protocol are made here, through the realm's only way out.

Source: "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload", "AbortMultipartUpload" and
"ListMultipartUploads" of the Amazon S3 API reference.
"""

import asyncio
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from html import unescape
from urllib.parse import quote

from reelm.base import Answer, Clock, DestinationFailed, Outbound
from reelm.vault.adapters.credentials import Credentials, sign
from reelm.vault.adapters.refusal import code_in, refusal
from reelm.vault.errors import StoreFailed, VaultError

_NOT_OFFERED = frozenset({400, 403, 404, 405, 501})
_QUICK_BYTES = 1 << 20
_ID = re.compile(r"<UploadId>([^<]{1,2000})</UploadId>")
_UNFINISHED = re.compile(r"<Upload>.*?</Upload>", re.DOTALL)
_KEY = re.compile(r"<Key>([^<]{1,2000})</Key>")


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket, as far as signed requests to it need to know.

    Attributes:
        url: scheme, host, port and the bucket's name; nothing is asked of anything else.
        outbound: declared for that host only.
    """

    provider: str
    url: str
    region: str
    credentials: Credentials
    clock: Clock
    outbound: Outbound

    async def ask(
        self, method: str, name: str = "", query: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """Send one signed request and return its answer, which is a good one.

        Raises:
            StoreFailed, StoreFull: it is not, or did not come.
        """
        answer = await self.send(method, name, query, body)
        if not 200 <= answer.status < 300:
            raise self.refusal(answer)
        return answer

    async def send(
        self, method: str, name: str = "", query: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """Send one signed request and return its answer, whatever it is.

        Raises:
            StoreFailed: it did not come.
        """
        # Percent-encoded and sorted, as the signature wants it.
        listed = sorted((query or {}).items())
        asked = "&".join(f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in listed)
        url = f"{self.url}/{quote(name)}".rstrip("/") + (f"?{asked}" if asked else "")
        signed = None if url.startswith("https://") else body
        work = partial(
            sign, method, url, self.credentials, region=self.region, body=signed, at=self.clock.now()
        )
        # Hashing a part takes milliseconds, which other tasks need not wait for.
        headers = await asyncio.to_thread(work) if len(signed or b"") > _QUICK_BYTES else work()
        try:
            return await self.outbound.request(method, url, headers=headers, body=body or None)
        except DestinationFailed:
            raise refusal(self.provider, status=None, code="") from None

    def refusal(self, answer: Answer) -> VaultError:
        """Return the error for an answer that is not a good one."""
        code = code_in(answer.body[:4096].decode(errors="replace"))
        # Some errors come with the status of a success.
        return refusal(self.provider, status=answer.status if answer.status >= 300 else 500, code=code)


class MultipartUpload:
    """Uploads one object in parts; nothing of it is visible before ``complete``."""

    def __init__(self, bucket: Bucket, name: str, upload_id: str) -> None:
        self._bucket = bucket
        self._name = name
        self._id = upload_id
        self._tags: dict[int, str] = {}

    @classmethod
    async def begin(cls, bucket: Bucket, name: str) -> "MultipartUpload":
        """Start an upload and return it.

        A crash after this leaves parts that ``forget_unfinished`` takes back.
        """
        answer = await bucket.ask("POST", name, {"uploads": ""})
        found = _ID.search(answer.body.decode(errors="replace"))
        if found is None:
            raise StoreFailed("The server began no upload in parts.", provider=bucket.provider)
        return cls(bucket, name, unescape(found[1]))

    async def send(self, number: int, data: bytes) -> None:
        """Send one part; all but the one with the highest number have the same size."""
        where = {"partNumber": str(number), "uploadId": self._id}
        answer = await self._bucket.ask("PUT", self._name, where, data)
        tag = answer.headers.get("etag")
        if not tag:
            raise StoreFailed("The server did not confirm a part.", provider=self._bucket.provider)
        self._tags[number] = tag

    async def complete(self) -> None:
        """Make the object out of its parts. The answer may be 200 and still an error."""
        listed = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>"
            for number, tag in sorted(self._tags.items())
        )
        body = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
        answer = await self._bucket.ask("POST", self._name, {"uploadId": self._id}, body)
        if b"CompleteMultipartUploadResult" not in answer.body:
            raise self._bucket.refusal(answer)

    async def abort(self) -> None:
        """Take the parts back."""
        await self._bucket.ask("DELETE", self._name, {"uploadId": self._id})


async def forget_unfinished(bucket: Bucket, name: str) -> None:
    """Take back what uploads of this name left that were never completed, if the server can tell.

    One that offers no such list, or not to this key, is left to its own rule for unfinished uploads.

    Raises:
        StoreFailed: it did not answer.
    """
    answer = await bucket.send("GET", "", {"prefix": name, "uploads": ""})
    if answer.status in _NOT_OFFERED:
        return
    if answer.status != 200:
        raise bucket.refusal(answer)
    for upload_id in _unfinished(answer.body.decode(errors="replace"), name):
        with suppress(StoreFailed):  # another deletion was faster
            await MultipartUpload(bucket, name, upload_id).abort()


def _unfinished(listing: str, name: str) -> Iterator[str]:
    for entry in _UNFINISHED.findall(listing):
        key, upload_id = _KEY.search(entry), _ID.search(entry)
        if key and upload_id and unescape(key[1]) == name:
            yield unescape(upload_id[1])
