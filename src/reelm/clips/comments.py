"""Comment on clips."""

from reelm.base import AccountId, ClipId, Clock, CommentId, Entropy, Tx, mint
from reelm.clips.errors import NoSuchComment, NotYours
from reelm.clips.facts import ClipCommented, CommentRemoved
from reelm.clips.model import ClipsConfig, CommentPage, CommentView, cut, read_place
from reelm.clips.store import comments
from reelm.clips.visibility import refusal, require_seen, require_visible
from reelm.clips.words import COMMENT
from reelm.events import Events
from reelm.people import Author, NoSuchProfile, People, read_text


class Comments:
    """The comments on clips."""

    def __init__(
        self, people: People, events: Events, *, clock: Clock, entropy: Entropy, config: ClipsConfig
    ) -> None:
        self._people = people
        self._events = events
        self._clock = clock
        self._entropy = entropy
        self._config = config

    async def page(
        self,
        tx: Tx,
        clip_id: ClipId,
        viewer: AccountId | None,
        *,
        cursor: str | None = None,
        size: int = 20,
    ) -> CommentPage:
        """Return the comments on a clip, newest first.

        Raises:
            NoSuchClip, ClipRemoved: the viewer cannot see the clip.
            BadPlace: the cursor is none of ours.
        """
        before, count = read_place(cursor), self._config.page_count(size)
        await require_seen(tx, clip_id, viewer)
        found = await comments.page(tx, clip_id, viewer, before=before, limit=count + 1)
        return CommentPage(*cut(found, count, lambda comment: comment.id))

    async def add(self, tx: Tx, clip_id: ClipId, account_id: AccountId, *, text: str) -> CommentView:
        """Comment on a visible clip.

        Raises:
            BadText, TextTooLong: the rules are in the message.
            NoSuchClip, ClipRemoved: there is no clip to comment on.
        """
        clean, now = read_text(text, COMMENT), self._clock.now()
        comment_id = CommentId(mint(self._clock, self._entropy))
        await require_visible(tx, clip_id, account_id)
        author = await self._people.find_profile(tx, account_id)
        if author is None:
            raise NoSuchProfile("This account has no profile to comment with. Nothing was saved.")
        if not await comments.add(tx, comment_id, clip_id=clip_id, account_id=account_id, text=clean, at=now):
            raise await refusal(tx, clip_id, None)
        await self._events.append(tx, ClipCommented(comment_id, clip_id, account_id, now))
        return CommentView(comment_id, Author(author.handle, author.display_name, False), clean, now, True)

    async def remove(self, tx: Tx, comment_id: CommentId, account_id: AccountId) -> None:
        """Remove one's own comment, or any comment on one's own clip. Safe to repeat.

        Raises:
            NoSuchComment: it does not exist.
            NotYours: neither the comment nor the clip belongs to the account.
        """
        comment = await comments.parties(tx, comment_id)
        if comment is None:
            raise _no_such_comment()
        if account_id not in {comment.author, comment.owner}:
            if not comment.is_shown:
                raise _no_such_comment()
            raise NotYours("Neither this comment nor its clip is yours. Nothing was changed.")
        if await comments.remove(tx, comment_id, comment.clip_id):
            fact = CommentRemoved(comment_id, comment.clip_id, account_id, self._clock.now())
            await self._events.append(tx, fact)


def _no_such_comment() -> NoSuchComment:
    return NoSuchComment("There is no such comment. It may have been removed.")
