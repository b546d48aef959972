"""Know the subtitles of each clip and language: the words until the vault has them, then where they are."""

from dataclasses import dataclass

from sqlalchemy import Row, Select, delete, select, update

from reelm.base import AccountId, ClipId, Clock, ObjectId, SealedBytes, Tx
from reelm.delivery.errors import NoSuchSubtitles
from reelm.delivery.store.tables import subtitles
from reelm.realm import Keys


@dataclass(frozen=True, slots=True)
class Subtitled:
    """Subtitles of a clip in one language. ``text_sealed`` is there until ``object_id`` is."""

    id: str
    clip_id: ClipId
    language: str
    owner: AccountId
    text_sealed: SealedBytes | None = None
    object_id: ObjectId | None = None


class SubtitleTracks:
    """The subtitles of every clip, sealed under their owner's key until the vault has them."""

    def __init__(self, keys: Keys, *, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    async def keep(self, tx: Tx, made: Subtitled, words: bytes) -> None:
        """Record subtitles that the vault does not have yet; the words are sealed until it has."""
        user_key = await self._keys.user_key(tx, made.owner)
        values = {
            "id": made.id,
            "clip_id": made.clip_id,
            "language": made.language,
            "owner": made.owner,
            "text_sealed": user_key.seal(words, purpose=_purpose(made.id)),
        }
        await tx.execute(subtitles.insert().values(values))

    async def waiting(self, tx: Tx, *, limit: int = 100) -> tuple[Subtitled, ...]:
        """Return the subtitles that the vault does not have yet, oldest first."""
        query = select(subtitles).where(subtitles.c.object_id.is_(None)).order_by(subtitles.c.id).limit(limit)
        return tuple(_subtitled(row) for row in await tx.execute(query))

    async def drop(self, tx: Tx, subtitles_id: str) -> None:
        """Forget subtitles unless they are stored. Safe to repeat."""
        await tx.execute(
            delete(subtitles).where(subtitles.c.id == subtitles_id, subtitles.c.object_id.is_(None))
        )

    async def open(self, tx: Tx, found: Subtitled) -> bytes:
        """Open the words of subtitles that wait to be stored."""
        assert found.text_sealed is not None  # noqa: S101 - it waits
        user_key = await self._keys.user_key(tx, found.owner)
        return user_key.open(found.text_sealed, purpose=_purpose(found.id))

    async def announce(self, tx: Tx, found: Subtitled, object_id: ObjectId) -> bool:
        """Let players find stored subtitles, in place of earlier ones; False when nobody wants them now."""
        query = update(subtitles).where(subtitles.c.id == found.id, subtitles.c.object_id.is_(None))
        stored = await tx.execute(query.values(object_id=object_id, text_sealed=None))
        if stored.rowcount != 1:
            return False
        await self.withdraw(tx, found.clip_id, found.language, but=found.id)
        return True

    async def has(self, tx: Tx, object_id: ObjectId) -> bool:
        """Return whether an object is of subtitles that are recorded, announced or on their way out."""
        query = select(subtitles.c.id).where(subtitles.c.object_id == object_id)
        return (await tx.execute(query)).first() is not None

    async def withdraw(self, tx: Tx, clip_id: ClipId, language: str | None = None, *, but: str = "") -> None:
        """Stop announcing those of a language, or all, except ``but``; what was never stored is gone.

        Safe to repeat.
        """
        ours = [subtitles.c.clip_id == clip_id, subtitles.c.id != but]
        if language is not None:
            ours.append(subtitles.c.language == language)
        await tx.execute(delete(subtitles).where(*ours, subtitles.c.object_id.is_(None)))
        live = update(subtitles).where(*ours, subtitles.c.withdrawn_at.is_(None))
        await tx.execute(live.values(withdrawn_at=self._clock.now()))

    async def languages(self, tx: Tx, clip_id: ClipId) -> tuple[str, ...]:
        """Return the languages in which players can have subtitles."""
        rows = await tx.execute(_live(clip_id).order_by(subtitles.c.language))
        return tuple(row.language for row in rows)

    async def find(self, tx: Tx, clip_id: ClipId, language: str) -> tuple[AccountId, ObjectId]:
        """Return whose key opens subtitles, and the object that holds them.

        Raises:
            NoSuchSubtitles: there are none in this language.
        """
        query = _live(clip_id).where(subtitles.c.language == language)
        row = (await tx.execute(query.order_by(subtitles.c.id.desc()))).first()
        if row is None:
            raise NoSuchSubtitles("This clip has no subtitles in this language.")
        return AccountId(row.owner), ObjectId(row.object_id)


def _purpose(subtitles_id: str) -> str:
    return f"delivery/subtitles/{subtitles_id}"


def _live(clip_id: ClipId) -> Select[tuple[object, ...]]:
    is_live = (subtitles.c.object_id.is_not(None), subtitles.c.withdrawn_at.is_(None))
    return select(subtitles).where(subtitles.c.clip_id == clip_id, *is_live)


def _subtitled(row: Row[tuple[object, ...]]) -> Subtitled:
    return Subtitled(
        id=row.id,
        clip_id=ClipId(row.clip_id),
        language=row.language,
        owner=AccountId(row.owner),
        text_sealed=row.text_sealed,
        object_id=None if row.object_id is None else ObjectId(row.object_id),
    )
