"""Serve what people say about a clip: shapes, rendering and routes."""

from datetime import datetime

from litestar import delete, get, post
from litestar.params import JSONBody
from litestar.status_codes import HTTP_201_CREATED, HTTP_204_NO_CONTENT
from msgspec import Struct

from reelm import clips
from reelm.base import ClipId, CommentId, account_key
from reelm.web.parameters import Asking, CursorQuery, IdPath, IdText, Limit, Realm
from reelm.web.people.render import author
from reelm.web.people.shapes import Author
from reelm.web.problems import documented

PAGE_SIZE = 30


class Comment(Struct, frozen=True, kw_only=True):
    """What somebody said about a clip."""

    id: IdText
    author: Author
    text: str
    created_at: datetime
    is_own: bool


class CommentPage(Struct, frozen=True, kw_only=True):
    """Comments, newest first."""

    comments: list[Comment]
    cursor: str | None


class NewComment(Struct, frozen=True, kw_only=True):
    """A comment to post, 1 to 500 characters."""

    text: str


def comment(found: clips.CommentView) -> Comment:
    return Comment(
        id=found.id,
        author=author(found.author),
        text=found.text,
        created_at=found.created_at,
        is_own=found.is_own,
    )


def comment_page(page: clips.CommentPage) -> CommentPage:
    return CommentPage(comments=[comment(each) for each in page.comments], cursor=page.cursor)


@get(
    "/api/clips/{clip_id:str}/comments",
    operation_id="list_comments",
    responses=documented(400, 404, 410, 422, 503),
    tags=["comments"],
)
async def list_comments(
    realm: Realm, caller: Asking, clip_id: IdPath, cursor: CursorQuery = None
) -> CommentPage:
    """A clip's comments, newest first."""
    async with realm.database.read() as tx:
        viewer = await caller.viewer(tx)
        return comment_page(
            await realm.clips.comments.page(tx, ClipId(clip_id), viewer, cursor=cursor, size=PAGE_SIZE)
        )


@post(
    "/api/clips/{clip_id:str}/comments",
    operation_id="post_comment",
    responses=documented(400, 401, 403, 404, 410, 413, 422, 429, 503),
    tags=["comments"],
    status_code=HTTP_201_CREATED,
)
async def post_comment(
    realm: Realm, caller: Asking, *, limits: Limit, clip_id: IdPath, data: JSONBody[NewComment]
) -> Comment:
    """Comment on a clip."""
    async with realm.database.write() as tx:
        account = await caller.account(tx)
        limits.comments.take(account_key(account))
        return comment(await realm.clips.comments.add(tx, ClipId(clip_id), account, text=data.text))


@delete(
    "/api/comments/{comment_id:str}",
    operation_id="remove_comment",
    responses=documented(400, 401, 403, 404, 503),
    tags=["comments"],
    status_code=HTTP_204_NO_CONTENT,
)
async def remove_comment(realm: Realm, caller: Asking, comment_id: IdPath) -> None:
    """Remove one's own comment, or one under one's own clip. Safe to repeat."""
    async with realm.database.write() as tx:
        await realm.clips.comments.remove(tx, CommentId(comment_id), await caller.account(tx))


ROUTES = [list_comments, post_comment, remove_comment]
