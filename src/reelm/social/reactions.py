"""What people do with clips: like, comment, watch."""

from reelm.base import AccountId, ClipId, CommentId, Tx, mint
from reelm.social.clips import refusal, require_visible, see
from reelm.social.errors import NoSuchComment, NoSuchProfile, NotYours
from reelm.social.model import Author, ClipView, CommentPage, CommentView, longest_viewed_ms
from reelm.social.paging import cut, read_place
from reelm.social.room import Room
from reelm.social.store import people, reactions
from reelm.social.words import COMMENT, read_text


class Reactions(Room):
    async def like(self, tx: Tx, clip_id: ClipId, viewer: AccountId) -> ClipView:
        """Like a visible clip; twice counts once, concurrently too. Raises NoSuchClip or ClipRemoved."""
        await require_visible(tx, clip_id, None)
        if not await reactions.like(tx, clip_id, viewer, at=self._clock.now()):
            raise await refusal(tx, clip_id, None)
        return await see(tx, clip_id, viewer)

    async def unlike(self, tx: Tx, clip_id: ClipId, viewer: AccountId) -> ClipView:
        """Take a like back; a repeat changes nothing. Raises NoSuchClip or ClipRemoved."""
        await require_visible(tx, clip_id, None)
        await reactions.unlike(tx, clip_id, viewer)
        return await see(tx, clip_id, viewer)

    async def comments(
        self,
        tx: Tx,
        clip_id: ClipId,
        viewer: AccountId | None,
        *,
        cursor: str | None = None,
        size: int = 20,
    ) -> CommentPage:
        """The comments on a clip, newest first.

        Raises:
            NoSuchClip, ClipRemoved: the viewer cannot see the clip.
            BadPlace: the cursor is none of ours.
        """
        before, count = read_place(cursor), self._count(size)
        await require_visible(tx, clip_id, viewer)
        found = await reactions.comments_before(tx, clip_id, viewer, before=before, limit=count + 1)
        return CommentPage(*cut(found, count, lambda comment: comment.id))

    async def comment(self, tx: Tx, clip_id: ClipId, account_id: AccountId, *, text: str) -> CommentView:
        """Comment on a visible clip.

        Raises:
            BadText, TextTooLong: the rules are in the message.
            NoSuchClip, ClipRemoved: there is no clip to comment on.
        """
        clean, now = read_text(text, COMMENT), self._clock.now()
        comment_id = CommentId(mint(self._clock, self._entropy))
        await require_visible(tx, clip_id, None)
        author = await people.by_account(tx, account_id)
        if author is None:
            raise NoSuchProfile("This account has no profile to comment with. Nothing was saved.")
        if not await reactions.add_comment(
            tx, comment_id, clip_id=clip_id, account_id=account_id, text=clean, at=now
        ):
            raise await refusal(tx, clip_id, None)
        return CommentView(comment_id, Author(author.handle, author.display_name, False), clean, now, True)

    async def remove_comment(self, tx: Tx, comment_id: CommentId, account_id: AccountId) -> None:
        """Remove one's own comment, or any comment on one's own clip. Safe to repeat.

        Raises:
            NoSuchComment: it does not exist.
            NotYours: neither the comment nor the clip belongs to the account.
        """
        parties = await reactions.comment_parties(tx, comment_id)
        if parties is None:
            raise NoSuchComment("There is no such comment. It may have been removed.")
        clip_id, author, is_shown, owner = parties
        if account_id not in {author, owner}:
            if not is_shown:
                raise NoSuchComment("There is no such comment. It may have been removed.")
            raise NotYours("Neither this comment nor its clip is yours. Nothing was changed.")
        await reactions.remove_comment(tx, comment_id, clip_id)

    async def count_view(self, tx: Tx, clip_id: ClipId, *, watched_ms: int, viewer: AccountId | None) -> bool:
        """Whether it counted as a view: three seconds of someone else's clip, or the whole of a shorter one.

        Nothing about the viewer is kept. How often one viewer may report is for the caller to limit.
        """
        return await reactions.count_view(tx, clip_id, viewer, longest_ms=longest_viewed_ms(watched_ms))
