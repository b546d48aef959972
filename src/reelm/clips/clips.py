"""Post clips, look at them, take them back."""

from collections.abc import Sequence

from reelm.base import AccountId, Broken, ClipId, Clock, Entropy, Tx, UploadId, mint
from reelm.clips.candidates import Candidates
from reelm.clips.comments import Comments
from reelm.clips.draft_words import DraftWords
from reelm.clips.drafts import Drafts
from reelm.clips.errors import NotYours
from reelm.clips.facts import ClipEdited, ClipPosted, ClipRemovedByAuthor
from reelm.clips.lifecycle import ClipState
from reelm.clips.model import (
    DEFAULTS,
    Clip,
    ClipPage,
    ClipsConfig,
    ClipShape,
    ClipView,
    Details,
    Words,
    check_moment,
    cut,
    read_place,
)
from reelm.clips.publishing import Publishing
from reelm.clips.reactions import Reactions
from reelm.clips.sounds import Sounds
from reelm.clips.store import clips, drafts, viewing
from reelm.clips.store.visibility import standing
from reelm.clips.views import Views
from reelm.clips.visibility import owned_state, removed, require_owned, require_seen
from reelm.clips.words import ALT_TEXT, CAPTION, read_tag, read_tags
from reelm.events import Events
from reelm.people import People, read_text
from reelm.realm import Keys

PLAIN = Details()


class Clips:
    """Clips, with one attribute for each further job.

    Every method takes the unit of work it belongs to and never opens one. One that raises may have written
    before: let the error end the unit of work, and nothing of it stays.

    Attributes:
        publishing: how far each clip is on its way to being visible.
        drafts: clips that are kept for later.
        sounds: the sounds of clips, and who may use them.
        comments: what people say about clips.
        reactions: likes and views.
        candidates: visible clips that a feed may show.
    """

    def __init__(
        self,
        people: People,
        events: Events,
        keys: Keys,
        *,
        clock: Clock,
        entropy: Entropy,
        config: ClipsConfig = DEFAULTS,
    ) -> None:
        self._people = people
        self._events = events
        self._clock = clock
        self._entropy = entropy
        self._config = config
        self._words = DraftWords(keys)
        self._views = views = Views(self._words)
        self.publishing = Publishing(events, self._words, views, clock=clock)
        self.drafts = Drafts(events, views, clock=clock)
        self.sounds = Sounds(views, config)
        self.comments = Comments(people, events, clock=clock, entropy=entropy, config=config)
        self.reactions = Reactions(events, views, clock=clock)
        self.candidates = Candidates(config)

    async def create(
        self,
        tx: Tx,
        account_id: AccountId,
        *,
        upload_id: UploadId,
        caption: str,
        shape: ClipShape,
        details: Details = PLAIN,
    ) -> tuple[Clip, bool]:
        """Return the clip of an upload, and whether it is new; a repeat gives the same clip.

        It is due to be published, unless the details say that it is a draft.

        Raises:
            BadText, CaptionTooLong, TextTooLong: the rules are in the message.
            BadMoment: the time to publish at has passed, or is too far away.
            NotYours: the upload became someone else's clip.
            ClipRemoved: the upload became a clip that was removed since.
        """
        text, now = read_text(caption, CAPTION), self._clock.now()
        if details.publish_at is not None:
            check_moment(details.publish_at, now=now)
        is_draft = details.is_draft or details.publish_at is not None
        clip_id = ClipId(mint(self._clock, self._entropy))
        clip = Clip(
            id=clip_id,
            account_id=account_id,
            upload_id=upload_id,
            state=ClipState.DRAFT if is_draft else ClipState.PROCESSING,
            shape=shape,
            created_at=now,
            published_at=None,
            attempt=1,
            due_at=details.publish_at if is_draft else now,
            sound_id=details.sound_id or (clip_id if shape.has_sound else None),
            allows_reuse=details.allows_reuse,
        )
        words = Words(text, read_text(details.alt_text, ALT_TEXT))
        if await clips.add(tx, clip, await self._words.seal(tx, account_id, clip_id, words)):
            await self._events.append(tx, ClipPosted(clip_id, account_id, is_draft, now))
            return clip, True
        existing = await clips.by_upload(tx, upload_id)
        if existing is None:
            raise Broken("The clip could not be recorded. Nothing was saved. Try again.")
        if existing.account_id != account_id:
            raise NotYours("This upload belongs to someone else. Nothing was saved.", field="upload_id")
        if existing.state is ClipState.REMOVED:
            raise removed()
        return existing, False

    async def edit(
        self,
        tx: Tx,
        clip_id: ClipId,
        account_id: AccountId,
        *,
        caption: str | None = None,
        alt_text: str | None = None,
        allows_reuse: bool | None = None,
    ) -> ClipView:
        """Change what is given; None leaves a field as it is. Safe to repeat.

        A caption that people could read already is shown as edited; its tags follow it. Clips that carry the
        sound already keep it, whatever is allowed later.

        Raises:
            BadText, CaptionTooLong, TextTooLong: the rules are in the message.
            NotYours: it belongs to someone else.
            ClipRemoved, NoSuchClip: there is no clip to edit.
        """
        await require_owned(tx, clip_id, account_id)
        await self._reword(
            tx,
            clip_id,
            None if caption is None else read_text(caption, CAPTION),
            None if alt_text is None else read_text(alt_text, ALT_TEXT),
        )
        if allows_reuse is not None:
            await clips.allow_reuse(tx, clip_id, allows=allows_reuse)
        await self._events.append(tx, ClipEdited(clip_id, account_id, self._clock.now()))
        return await self._views.see(tx, clip_id, account_id)

    async def _reword(self, tx: Tx, clip_id: ClipId, caption: str | None, alt_text: str | None) -> None:
        found = await clips.sealed_words(tx, clip_id)
        if found is not None:
            owner, sealed = found
            words = await self._words.open(tx, owner, clip_id, sealed)
            changed = Words(
                caption=words.caption if caption is None else caption,
                alt_text=words.alt_text if alt_text is None else alt_text,
            )
            await clips.seal_words(tx, clip_id, await self._words.seal(tx, owner, clip_id, changed))
            return
        if caption is not None:
            await clips.reword(tx, clip_id, caption, read_tags(caption), at=self._clock.now())
        if alt_text is not None:
            await clips.describe(tx, clip_id, alt_text)

    async def own(self, tx: Tx, clip_id: ClipId, account_id: AccountId) -> ClipView:
        """Return one's own clip, to change it.

        Raises:
            NotYours: it belongs to someone else.
            ClipRemoved, NoSuchClip: there is no such clip.
        """
        await require_owned(tx, clip_id, account_id)
        return await self._views.see(tx, clip_id, account_id)

    async def set_subtitles(self, tx: Tx, clip_id: ClipId, languages: tuple[str, ...]) -> None:
        """Set in which languages a clip has subtitles. Raises ClipRemoved."""
        if not await clips.set_subtitles(tx, clip_id, languages):
            raise removed()

    async def is_posted(self, tx: Tx, upload_id: UploadId) -> bool:
        """Return whether an upload became a clip, however that clip fared."""
        return await clips.by_upload(tx, upload_id) is not None

    async def view(self, tx: Tx, clip_id: ClipId, viewer: AccountId | None) -> ClipView:
        """Return one clip: to everyone while it is visible, to its owner also before that.

        Raises:
            ClipRemoved: it was there and is gone.
            NoSuchClip: it does not exist, or not for this viewer.
        """
        return await self._views.see(tx, clip_id, viewer)

    async def view_many(
        self, tx: Tx, clip_ids: Sequence[ClipId], viewer: AccountId | None
    ) -> tuple[ClipView, ...]:
        """Return those of the clips that the viewer may see, in the order asked for; one query for all."""
        return await self._views.some(tx, clip_ids, viewer)

    async def by_author(
        self, tx: Tx, handle: str, viewer: AccountId | None, *, cursor: str | None = None, size: int = 24
    ) -> ClipPage:
        """Return someone's clips, newest first; to themselves also those that are not visible yet.

        Raises:
            NoSuchProfile: nobody has the handle.
            BadPlace: the cursor is none of ours.
        """
        before, count = read_place(cursor), self._config.page_count(size)
        author = await self._people.account_of(tx, handle)
        found = await self._views.by_author(tx, author, viewer, before=before, limit=count + 1)
        return ClipPage(*cut(found, count, _id_of))

    async def tagged(
        self, tx: Tx, tag: str, viewer: AccountId | None, *, cursor: str | None = None, size: int = 24
    ) -> ClipPage:
        """Return visible clips with a tag, newest first; none where the text is no tag. Raises BadPlace."""
        before, count = read_place(cursor), self._config.page_count(size)
        name = read_tag(tag)
        if name is None:
            return ClipPage((), None)
        found = await viewing.tagged(tx, name, viewer, before=before, limit=count + 1)
        return ClipPage(*cut(found, count, _id_of))

    async def with_sound(
        self,
        tx: Tx,
        sound_id: ClipId,
        viewer: AccountId | None,
        *,
        cursor: str | None = None,
        size: int = 24,
    ) -> ClipPage:
        """Return visible clips that carry a sound, newest first. Raises BadPlace."""
        before, count = read_place(cursor), self._config.page_count(size)
        found = await viewing.with_sound(tx, sound_id, viewer, before=before, limit=count + 1)
        return ClipPage(*cut(found, count, _id_of))

    async def upload_of(self, tx: Tx, clip_id: ClipId, account_id: AccountId) -> UploadId:
        """Return the upload that one's own clip was made of; raises NotYours, ClipRemoved, NoSuchClip."""
        await require_owned(tx, clip_id, account_id)
        return await drafts.upload_of(tx, clip_id)

    async def may_watch(self, tx: Tx, clip_id: ClipId, viewer: AccountId | None) -> bool:
        """Return whether the viewer may have the clip's playlists and keys; one lookup by key."""
        found = await standing(tx, clip_id, viewer)
        return found is not None and found.may_see

    async def require_watchable(self, tx: Tx, clip_id: ClipId, viewer: AccountId | None) -> None:
        """Raise NoSuchClip or ClipRemoved unless the viewer may watch the clip."""
        await require_seen(tx, clip_id, viewer)

    async def remove(self, tx: Tx, clip_id: ClipId, account_id: AccountId) -> None:
        """Take a clip back: it is gone for everyone at once, with its caption, tags, likes and comments.

        Safe to repeat. The bare row stays, so that the upload cannot be published again by a late repeat.

        Raises:
            NotYours: it belongs to someone else.
            NoSuchClip: it does not exist, or not for this account.
        """
        if await owned_state(tx, clip_id, account_id) is not ClipState.REMOVED:
            gone = await clips.remove(tx, clip_id)
            if gone is not None:
                fact = ClipRemovedByAuthor(
                    clip_id, gone.owner, gone.was_public, gone.like_count, self._clock.now()
                )
                await self._events.append(tx, fact)


def _id_of(clip: ClipView) -> str:
    return clip.id
