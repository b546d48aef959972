"""A whole realm inside the test process: opened as the product opens it, with stories told on the spot.

``check`` looks at the whole world: whatever a story did, and wherever it was cut off, stores and records must
agree to the byte and nothing may be left that nobody names.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select

from reelm.accounts import PasswordHash
from reelm.app import open_realm, running_release, settings
from reelm.base import AccountId, ClipId, Clock, RenditionId, Tx, UploadId, metadata
from reelm.clips import ClipView, Progress
from reelm.media import Upload
from reelm.realm import Release
from reelm.workflows import Jobs, Json, OpenRealm, Run
from reelm.workflows.join import join
from reelm.workflows.publish import Posting, post, publish, publish_job
from reelm.workflows.upload import receive
from reelm.workflows.watch import key, master_playlist, media_playlist
from support.media.playlists import Fetch
from support.realm.inline_jobs import InlineJobs

PASSWORD = "four words that fit"
# The tables that name objects of the vault.
ANNOUNCING = ("renditions", "posters", "strips", "subtitles", "uploads")
Tell = Callable[[Run, dict[str, Json]], Awaitable[None]]


@dataclass
class Stage:
    """An open realm, and shortcuts for what most stories begin with."""

    realm: OpenRealm
    data: Path
    jobs: Jobs = field(init=False)

    def __post_init__(self) -> None:
        async def tell(run: Run, arguments: dict[str, Json]) -> None:
            await publish(run, arguments, realm=self.realm)

        self.jobs = InlineJobs(workflows={"publish": tell})

    async def person(self, handle: str) -> AccountId:
        async with self.realm.database.write() as tx:
            account = await join(
                tx,
                email=f"{handle}@example.org",
                password=PasswordHash("a hash that nobody checks here"),
                handle=handle,
                display_name=None,
                realm=self.realm,
            )
        return account.id

    async def upload(self, owner: AccountId, source: Path) -> Upload:
        data = _read(source)
        return await receive(blocks(data), declared_bytes=len(data), owner=owner, realm=self.realm)

    async def post(self, owner: AccountId, source: Path, caption: str = "") -> ClipView:
        """A clip that waits to be published."""
        sent = await self.upload(owner, source)
        return await self.post_upload(owner, sent.id, caption)

    async def post_upload(
        self, owner: AccountId, upload_id: UploadId, caption: str = "", **more: Any
    ) -> ClipView:
        async with self.realm.database.write() as tx:
            return await post(tx, upload_id, Posting(caption, **more), by=owner, realm=self.realm)

    async def publish(self) -> None:
        """Tell the story of everything that waits, as the worker does."""
        async with self.realm.database.read() as tx:
            waiting = await self.realm.clips.publishing.due(tx, 100)
        for publication in waiting:
            await self.jobs.start(publish_job(publication))

    async def clip(self, owner: AccountId, source: Path, caption: str = "") -> ClipView:
        """A clip that is published in full."""
        made = await self.post(owner, source, caption)
        await self.publish()
        return await self.see(made.id, owner)

    async def see(self, clip_id: ClipId, viewer: AccountId | None = None) -> ClipView:
        async with self.realm.database.read() as tx:
            return await self.realm.clips.view(tx, clip_id, viewer)

    async def progress(self, clip_id: ClipId, owner: AccountId) -> Progress:
        async with self.realm.database.read() as tx:
            return await self.realm.clips.publishing.progress(tx, clip_id, owner)


@cache
def this_release() -> Release:
    """The code under test, which no test changes: read once, not for every realm."""
    return running_release()


@asynccontextmanager
async def staged(
    data: Path, *, clock: Clock | None = None, running: Release | None = None
) -> AsyncIterator[Stage]:
    """A realm in ``data``, made there if there is none; ``running`` is other code than this."""
    async with open_realm(settings.load(data), clock=clock, running=running or this_release()) as realm:
        yield Stage(realm, data)


async def blocks(data: bytes, *, size: int = 65_536) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


@dataclass(frozen=True)
class World:
    """What a realm holds on disk and in its records.

    Attributes:
        files: (store folder, fragment name) of every finished fragment file.
        fragments: the same, as the records say it.
        objects: reference -> object id, small ones included and the packs they lie in not; an object without
            reference is on its way out.
        announced: object ids that renditions, pictures and subtitles point to, withdrawn ones included.
        spooled: names in the spool.
        unfinished: fragment files that never got their name.
    """

    files: frozenset[tuple[str, str]]
    fragments: frozenset[tuple[str, str]]
    objects: dict[str, str]
    announced: tuple[str, ...]
    spooled: tuple[str, ...]
    unfinished: tuple[str, ...]

    def check(self) -> None:
        """Nothing is stored twice, nothing is orphaned, nothing is missing."""
        assert self.files == self.fragments
        assert sorted(self.announced) == sorted(self.objects.values())
        assert self.unfinished == ()


async def look(stage: Stage) -> World:
    async with stage.realm.database.read() as tx:
        return await _world(tx, stage)


async def _world(tx: Tx, stage: Stage) -> World:
    objects, fragments = metadata.tables["objects"], metadata.tables["fragments"]
    entries, packs = metadata.tables["entries"], metadata.tables["packs"]
    announcing = [metadata.tables[name] for name in ANNOUNCING]
    folders = {str(place.id): place.folder or "" for place in stage.realm.identity.manifest.stores}
    rows = (await tx.execute(select(fragments.c.provider_id, fragments.c.name))).all()
    alone = select(objects.c.reference, objects.c.object_id).where(
        objects.c.object_id.not_in(select(packs.c.pack_id))
    )
    packed = select(entries.c.reference, entries.c.entry_id).where(entries.c.reference.is_not(None))
    stored = (await tx.execute(alone.union_all(packed))).all()
    announced = [
        str(row.object_id)
        for table in announcing
        for row in await tx.execute(select(table.c.object_id).where(table.c.object_id.is_not(None)))
    ]
    files = {
        (folder, file.name)
        for folder in folders.values()
        for file in (stage.data / folder).glob("[0-9a-f][0-9a-f]/*")
    }
    unfinished = (stage.data / "stores").glob("*/unfinished/*")
    spool = stage.data / "spool"
    return World(
        files=frozenset(files),
        fragments=frozenset((folders[row.provider_id], row.name) for row in rows),
        objects={row.reference or f"deleting {row.object_id}": row.object_id for row in stored},
        announced=tuple(announced),
        spooled=tuple(sorted(path.name for path in spool.iterdir())) if spool.exists() else (),
        unfinished=tuple(path.name for path in unfinished),
    )


def viewer(stage: Stage, viewer: AccountId | None = None) -> Fetch:
    """What a player fetches, without HTTP in between."""
    realm = stage.realm

    async def fetch(url: str) -> bytes:
        kind, first, *rest = url.strip("/").split("/")
        if kind == "segments":
            return _read(await realm.delivery.origin.segment(first.removesuffix(".m4s")))
        clip_id = ClipId(first)
        async with realm.database.read() as tx:
            if rest == ["master.m3u8"]:
                return (await master_playlist(tx, clip_id, viewer=viewer, realm=realm)).encode()
            rendition_id = RenditionId(rest[0])
            if rest[1] == "key":
                return (await key(tx, clip_id, rendition_id, viewer=viewer, realm=realm)).reveal()
            return (await media_playlist(tx, clip_id, rendition_id, viewer=viewer, realm=realm)).encode()

    return fetch


def _read(path: Path) -> bytes:
    return path.read_bytes()
