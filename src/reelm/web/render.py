"""From what the packages know to what crosses the wire."""

from typing import Literal, cast

from reelm import feed, media, social, workflows
from reelm.web import schema
from reelm.web.problems import problem

Shown = Literal["processing", "visible", "failed"]


def author(found: social.Author) -> schema.Author:
    return schema.Author(handle=found.handle, display_name=found.display_name, is_followed=found.is_followed)


def profile(found: social.ProfileView) -> schema.Profile:
    return schema.Profile(
        handle=found.handle,
        display_name=found.display_name,
        bio=found.bio,
        follower_count=found.follower_count,
        following_count=found.following_count,
        clip_count=found.clip_count,
        like_count=found.like_count,
        is_followed=found.is_followed,
        is_self=found.is_self,
        created_at=found.created_at,
    )


def clip(found: social.ClipView) -> schema.Clip:
    is_playable = found.state is social.ClipState.VISIBLE
    return schema.Clip(
        id=found.id,
        state=cast("Shown", found.state.value),
        author=author(found.author),
        caption=found.caption,
        tags=list(found.tags),
        created_at=found.created_at,
        duration_ms=found.duration_ms,
        width=found.width,
        height=found.height,
        like_count=found.like_count,
        comment_count=found.comment_count,
        view_count=found.view_count,
        is_liked=found.is_liked,
        is_own=found.is_own,
        playlist_url=f"/hls/{found.id}/master.m3u8" if is_playable else None,
        poster_url=f"/api/clips/{found.id}/poster" if is_playable else None,
        failure=failure(found.failure),
    )


def failure(found: social.Failure | None) -> schema.Failure | None:
    return None if found is None else schema.Failure(code=found.code, detail=found.detail)


def clip_page(page: social.ClipPage) -> schema.ClipPage:
    return schema.ClipPage(clips=[clip(each) for each in page.clips], cursor=page.cursor)


def feed_page(page: feed.Page) -> schema.FeedPage:
    return schema.FeedPage(clips=[clip(each) for each in page.clips], cursor=page.cursor)


def progress(found: social.Progress) -> schema.Progress:
    return schema.Progress(
        step=found.step.value,
        ratio=found.ratio,
        is_playable=found.is_playable,
        failure=failure(found.failure),
    )


def comment(found: social.CommentView) -> schema.Comment:
    return schema.Comment(
        id=found.id,
        author=author(found.author),
        text=found.text,
        created_at=found.created_at,
        is_own=found.is_own,
    )


def comment_page(page: social.CommentPage) -> schema.CommentPage:
    return schema.CommentPage(comments=[comment(each) for each in page.comments], cursor=page.cursor)


def upload_limits(limits: media.Limits) -> schema.UploadLimits:
    return schema.UploadLimits(
        max_bytes=limits.max_source_bytes,
        min_duration_ms=limits.min_duration_ms,
        max_duration_ms=limits.max_duration_ms,
        min_short_side=limits.min_short_side,
        max_pixels=limits.max_pixels,
    )


def upload(found: media.Upload) -> schema.Upload:
    probe = found.probe
    assert probe.video is not None  # noqa: S101 - a source without a picture is refused before it is recorded
    return schema.Upload(
        id=found.id,
        duration_ms=probe.duration_ms,
        width=probe.video.width,
        height=probe.video.height,
        has_audio=probe.audio is not None,
        size_bytes=found.size_bytes,
        expires_at=found.expires_at,
    )


def arrival(found: media.Arrival) -> schema.Arrival:
    return arrived(workflows.Arrived(found, None))


def arrived(found: workflows.Arrived) -> schema.Arrival:
    refusal = media.refusal_of(found.arrival)
    return schema.Arrival(
        id=found.arrival.id,
        length_bytes=found.arrival.length_bytes,
        offset_bytes=found.arrival.offset_bytes,
        expires_at=found.arrival.expires_at,
        upload=upload(found.upload) if found.upload else None,
        refusal=problem(refusal) if refusal else None,
    )
