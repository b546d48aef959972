"""What people say about a clip."""

from litestar import delete, get, post
from litestar.params import JSONBody
from litestar.status_codes import HTTP_201_CREATED, HTTP_204_NO_CONTENT

from reelm.base import ClipId, CommentId
from reelm.web import schema
from reelm.web.problems import documented
from reelm.web.render import comment, comment_page
from reelm.web.routes import Asking, CursorQuery, IdPath, Limit, Realm

PAGE_SIZE = 30


@get(
    "/api/clips/{clip_id:str}/comments",
    operation_id="list_comments",
    responses=documented(400, 404, 410, 422, 503),
    tags=["comments"],
)
async def list_comments(
    realm: Realm, caller: Asking, clip_id: IdPath, cursor: CursorQuery = None
) -> schema.CommentPage:
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
    realm: Realm, caller: Asking, *, limits: Limit, clip_id: IdPath, data: JSONBody[schema.NewComment]
) -> schema.Comment:
    """Comment on a clip."""
    async with realm.database.write() as tx:
        account = await caller.account(tx)
        limits.comments.take(account)
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
