"""A small town: people with accounts and profiles, and the clips that they post."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import insert

from reelm import accounts  # noqa: F401 - the tables of people refer to its table
from reelm.base import (
    AccountId,
    ClipId,
    Database,
    KeyedDigest,
    SealedBytes,
    Tx,
    UploadId,
    metadata,
    mint,
)
from reelm.clips import Clip, Clips, ClipShape, ProfileCounts
from reelm.events import Events, Waker
from reelm.events.adapters.sqlite_log import SqliteLog
from reelm.people import People
from reelm.realm import EpochFiles, Keys, RootKey
from support.machine.determinism import ManualClock, SeededEntropy

SHAPE = ClipShape(duration_ms=12_000, width=1080, height=1920)


@dataclass
class Town:
    """A real database, a clock that stands still, and shortcuts for what most tests need first."""

    database: Database
    folder: Path
    clock: ManualClock = field(default_factory=ManualClock)
    entropy: SeededEntropy = field(default_factory=SeededEntropy)

    def __post_init__(self) -> None:
        waker = Waker(self.folder / "wake")
        root = RootKey.create(self.folder / "root.key", self.entropy)
        keys = Keys(root, EpochFiles(self.folder / "epochs"), clock=self.clock, entropy=self.entropy)
        self.events = Events(
            SqliteLog(self.folder / "events.sqlite", waker),
            waker,
            keys,
            database=self.database,
            clock=self.clock,
            entropy=self.entropy,
        )
        self.people = People(self.events, clock=self.clock)
        self.keys = keys
        self.clips = Clips(self.people, self.events, keys, clock=self.clock, entropy=self.entropy)

    async def follow_log(self) -> None:
        """Do what the worker does with all that happened: move it into the log, and count by it."""
        with self.events.log.claim():
            while await self.events.relay.move():
                pass
        counts = self.events.following(ProfileCounts(self.people))
        while await counts.step():
            pass

    async def account(self) -> AccountId:
        """An account without a profile."""
        account_id = AccountId(mint(self.clock, self.entropy))
        row = {
            "id": account_id,
            "email_digest": KeyedDigest(account_id.encode()),
            "email_sealed": SealedBytes(b"sealed"),
            "password_sealed": SealedBytes(b"sealed"),
            "created_at": self.clock.now(),
        }
        async with self.database.write() as tx:
            await tx.execute(insert(metadata.tables["accounts"]), row)
            await self.keys.begin(tx)
            await self.keys.create_user_key(tx, account_id)
        return account_id

    async def person(self, handle: str) -> AccountId:
        account_id = await self.account()
        async with self.database.write() as tx:
            await self.people.create_profile(tx, account_id, handle=handle, display_name=handle.title())
        return account_id

    async def add_people(self, handles: str) -> list[AccountId]:
        return [await self.person(handle) for handle in handles.split()]

    async def posted(self, author: AccountId, caption: str = "") -> Clip:
        """A clip that is processing; a second passes first, so that no two have the same moment."""
        self.clock.advance(1)
        async with self.database.write() as tx:
            return await self._post(tx, author, caption)

    async def clip(self, author: AccountId, caption: str = "") -> ClipId:
        """A clip that is visible, and published in full."""
        return (await self.add_clips([author], caption))[0]

    async def add_clips(self, authors: Iterable[AccountId], caption: str = "") -> list[ClipId]:
        """Visible clips, a second apart, the first one the oldest."""
        found = []
        async with self.database.write() as tx:
            for author in authors:
                self.clock.advance(1)
                clip = await self._post(tx, author, caption)
                await self.clips.publishing.make_playable(tx, clip.id)
                await self.clips.publishing.finish(tx, clip.id)
                found.append(clip.id)
        return found

    async def remove(self, clip_id: ClipId, account_id: AccountId) -> None:
        async with self.database.write() as tx:
            await self.clips.remove(tx, clip_id, account_id)

    async def _post(self, tx: Tx, author: AccountId, caption: str) -> Clip:
        upload_id = UploadId(mint(self.clock, self.entropy))
        clip, is_new = await self.clips.create(tx, author, upload_id=upload_id, caption=caption, shape=SHAPE)
        assert is_new
        return clip
