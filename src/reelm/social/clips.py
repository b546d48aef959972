"""Posting clips, looking at them, taking them back."""

from collections.abc import Sequence

from reelm.base import AccountId, Broken, ClipId, Tx, UploadId, mint
from reelm.social.errors import ClipRemoved, NoSuchClip, NotYours
from reelm.social.lifecycle import ClipState
from reelm.social.model import Clip, ClipPage, ClipView, Details, Shape
from reelm.social.moments import check_moment
from reelm.social.paging import cut, read_place
from reelm.social.people import find_profile
from reelm.social.room import Room
from reelm.social.store import clips, viewing
from reelm.social.words import ALT_TEXT, CAPTION, read_tag, read_tags, read_text

PLAIN = Details()


class Clips(Room):
    async def create_clip(
        self,
        tx: Tx,
        account_id: AccountId,
        *,
        upload_id: UploadId,
        caption: str,
        shape: Shape,
        details: Details = PLAIN,
    ) -> tuple[Clip, bool]:
        """The clip of an upload, and whether it is new; a repeat gives the same clip.

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
            caption=text,
            alt_text=read_text(details.alt_text, ALT_TEXT),
            shape=shape,
            created_at=now,
            published_at=None,
            attempt=1,
            due_at=details.publish_at if is_draft else now,
            sound_id=details.sound_id or (clip_id if shape.has_sound else None),
            allows_reuse=details.allows_reuse,
        )
        if await clips.add(tx, clip, read_tags(text)):
            return clip, True
        existing = await clips.by_upload(tx, upload_id)
        if existing is None:
            raise Broken("The clip could not be recorded. Nothing was saved. Try again.")
        if existing.account_id != account_id:
            raise NotYours("This upload belongs to someone else. Nothing was saved.")
        if existing.state is ClipState.REMOVED:
            raise _removed()
        return existing, False

    async def edit_clip(
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
        if caption is not None:
            text = read_text(caption, CAPTION)
            await clips.reword(tx, clip_id, text, read_tags(text), at=self._clock.now())
        if alt_text is not None:
            await clips.describe(tx, clip_id, read_text(alt_text, ALT_TEXT))
        if allows_reuse is not None:
            await clips.allow_reuse(tx, clip_id, allows=allows_reuse)
        return await see(tx, clip_id, account_id)

    async def own_clip(self, tx: Tx, clip_id: ClipId, account_id: AccountId) -> ClipView:
        """One's own clip, to change it.

        Raises:
            NotYours: it belongs to someone else.
            ClipRemoved, NoSuchClip: there is no such clip.
        """
        await require_owned(tx, clip_id, account_id)
        return await see(tx, clip_id, account_id)

    async def list_subtitles(self, tx: Tx, clip_id: ClipId, languages: tuple[str, ...]) -> None:
        """Say in which languages a clip has subtitles. Raises ClipRemoved."""
        if not await clips.list_subtitles(tx, clip_id, languages):
            raise _removed()

    async def is_posted(self, tx: Tx, upload_id: UploadId) -> bool:
        """Whether an upload became a clip, however that clip fared."""
        return await clips.by_upload(tx, upload_id) is not None

    async def clip(self, tx: Tx, clip_id: ClipId, viewer: AccountId | None) -> ClipView:
        """One clip: for everyone while it is visible, for its owner also while it is processing or failed.

        Raises:
            ClipRemoved: it was there and is gone.
            NoSuchClip: it does not exist, or not for this viewer.
        """
        return await see(tx, clip_id, viewer)

    async def clips(
        self, tx: Tx, clip_ids: Sequence[ClipId], viewer: AccountId | None
    ) -> tuple[ClipView, ...]:
        """Those of the clips that the viewer may see, in the order asked for; one query for all of them."""
        return await viewing.some(tx, clip_ids, viewer)

    async def clips_of(
        self, tx: Tx, handle: str, viewer: AccountId | None, *, cursor: str | None = None, size: int = 24
    ) -> ClipPage:
        """Someone's clips, newest first; their own page also shows them those that are processing or failed.

        Raises:
            NoSuchProfile: nobody has the handle.
            BadPlace: the cursor is none of ours.
        """
        before, count = read_place(cursor), self._count(size)
        author = (await find_profile(tx, handle)).account_id
        found = await viewing.of_author(tx, author, viewer, before=before, limit=count + 1)
        return ClipPage(*cut(found, count, _id_of))

    async def clips_tagged(
        self, tx: Tx, tag: str, viewer: AccountId | None, *, cursor: str | None = None, size: int = 24
    ) -> ClipPage:
        """Visible clips with a tag, newest first; none where the text is no tag. Raises BadPlace."""
        before, count = read_place(cursor), self._count(size)
        name = read_tag(tag)
        if name is None:
            return ClipPage((), None)
        found = await viewing.tagged(tx, name, viewer, before=before, limit=count + 1)
        return ClipPage(*cut(found, count, _id_of))

    async def may_watch(self, tx: Tx, clip_id: ClipId, viewer: AccountId | None) -> bool:
        """Whether the viewer may have the clip's playlists and keys; one lookup by key."""
        found = await viewing.standing(tx, clip_id)
        return found is not None and may_see(found[0], found[1], viewer)

    async def require_watchable(self, tx: Tx, clip_id: ClipId, viewer: AccountId | None) -> None:
        """``may_watch`` that says why not: raises NoSuchClip or ClipRemoved."""
        await require_visible(tx, clip_id, viewer)

    async def remove_clip(self, tx: Tx, clip_id: ClipId, account_id: AccountId) -> None:
        """Take a clip back: it is gone for everyone at once, with its caption, tags, likes and comments.

        Safe to repeat. The bare row stays, so that the upload cannot be published again by a late repeat.

        Raises:
            NotYours: it belongs to someone else.
            NoSuchClip: it does not exist, or not for this account.
        """
        if await owned_state(tx, clip_id, account_id) is not ClipState.REMOVED:
            await clips.remove(tx, clip_id)


async def see(tx: Tx, clip_id: ClipId, viewer: AccountId | None) -> ClipView:
    """One clip, or the reason why the viewer cannot see it."""
    found = await viewing.some(tx, (clip_id,), viewer)
    if found:
        return found[0]
    raise await refusal(tx, clip_id, viewer)


async def require_visible(tx: Tx, clip_id: ClipId, viewer: AccountId | None) -> None:
    """Raises ClipRemoved for what was once there for the viewer, NoSuchClip for what never was.

    With no viewer, it asks for a clip that everyone sees: the one kind there is to react to.
    """
    found = await viewing.standing(tx, clip_id)
    if found is None or not may_see(found[0], found[1], viewer):
        raise await refusal(tx, clip_id, viewer)


async def refusal(tx: Tx, clip_id: ClipId, viewer: AccountId | None) -> ClipRemoved | NoSuchClip:
    """Why the viewer cannot have the clip, for the caller to raise."""
    found = await viewing.standing(tx, clip_id)
    if found is not None:
        owner, state, was_published = found
        if state is ClipState.REMOVED and (was_published or owner == viewer):
            return _removed()
    return NoSuchClip("There is no such clip, or it is not published yet. Check the address.")


async def owned_state(tx: Tx, clip_id: ClipId, account_id: AccountId) -> ClipState:
    """The state of one's own clip.

    Raises:
        NotYours: it belongs to someone else.
        ClipRemoved: it belonged to someone else and is gone.
        NoSuchClip: it does not exist, or not for this account.
    """
    found = await viewing.standing(tx, clip_id)
    if found is not None and found[0] == account_id:
        return found[1]
    await require_visible(tx, clip_id, account_id)
    raise NotYours("This clip belongs to someone else. Nothing was changed.")


async def require_owned(tx: Tx, clip_id: ClipId, account_id: AccountId) -> ClipState:
    """The state of one's own clip; raises as ``owned_state`` does, and ClipRemoved when it is gone."""
    state = await owned_state(tx, clip_id, account_id)
    if state is ClipState.REMOVED:
        raise await refusal(tx, clip_id, account_id)
    return state


def may_see(owner: AccountId, state: ClipState, viewer: AccountId | None) -> bool:
    """What is visible is for everyone; what is not yet, for its owner."""
    return state is ClipState.VISIBLE or (state is not ClipState.REMOVED and owner == viewer)


def _id_of(clip: ClipView) -> str:
    return clip.id


def _removed() -> ClipRemoved:
    return ClipRemoved("This clip was removed by the person who posted it. It will not come back.")
