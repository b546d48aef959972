"""Hold one order to publish a clip, and put its pictures into the vault."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec

from reelm.base import AccountId, ClipId, DataClass, ObjectId, UploadId
from reelm.clips import ClipRemoved, Publication
from reelm.vault import DeletionUnfinished
from reelm.workflows.realm import OpenRealm

BLOCK_BYTES = 1024 * 1024


class Order(msgspec.Struct, frozen=True):
    """A clip to publish; ``attempt`` counts the creator's retries, ``round`` is when it is served."""

    clip_id: ClipId
    upload_id: UploadId
    owner: AccountId
    attempt: int
    round: int = 0

    @classmethod
    def of(cls, publication: Publication) -> "Order":
        return cls(
            publication.clip_id,
            publication.upload_id,
            publication.account_id,
            publication.attempt,
            publication.round,
        )

    @property
    def reference(self) -> str:
        return f"clip/{self.clip_id}/{self.attempt}"


async def put_picture(order: Order, name: str, path: Path, realm: OpenRealm) -> ObjectId:
    """Store a picture of the clip under its creator's key; a repeat finds what the vault already has."""
    async with realm.database.read() as tx:
        user_key = await realm.identity.keys.user_key(tx, order.owner)
    receipt = await realm.vault.put(
        blocks(path),
        reference=f"{order.reference}/{name}",
        klass=DataClass.PUBLIC,
        key=user_key,
        owner=order.owner,
    )
    return receipt.object_id


@asynccontextmanager
async def kept_unless_removed(object_id: ObjectId, realm: OpenRealm) -> AsyncIterator[None]:
    """Delete an object again when the creator takes the clip back while its bytes are on their way."""
    try:
        yield
    except ClipRemoved:
        with suppress(DeletionUnfinished):  # a store is away; ``tidy`` deletes there later
            await realm.vault.delete(object_id)
        raise


async def blocks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while block := await asyncio.to_thread(file.read, BLOCK_BYTES):
            yield block
