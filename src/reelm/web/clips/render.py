"""Render clips, pages of them and the progress of publishing; read what is asked for."""

from typing import Literal, cast

from reelm import clips, feed, media
from reelm.base import ClipId
from reelm.web.clips import shapes
from reelm.web.people.render import author
from reelm.workflows.publish import Posting

Shown = Literal["draft", "processing", "visible", "failed"]


def clip(found: clips.ClipView) -> shapes.Clip:
    is_playable = found.state is clips.ClipState.VISIBLE
    return shapes.Clip(
        id=found.id,
        state=cast("Shown", found.state.value),
        author=author(found.author),
        caption=found.caption,
        alt_text=found.alt_text,
        edited_at=found.edited_at,
        tags=list(found.tags),
        created_at=found.created_at,
        published_at=found.published_at,
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
        blurhash=found.blurhash,
        strip=_strip(found),
        subtitles=[
            shapes.Subtitles(language=language, url=f"/api/clips/{found.id}/subtitles/{language}")
            for language in found.subtitles
        ],
        sound=None if found.sound is None else shapes.Carried(id=found.sound.id, handle=found.sound.handle),
        allows_reuse=found.allows_reuse,
        publish_at=found.publish_at,
        failure=failure(found.failure),
    )


def _strip(found: clips.ClipView) -> shapes.Strip | None:
    laid = found.strip
    if laid is None:
        return None
    return shapes.Strip(
        url=f"/api/clips/{found.id}/strip",
        interval_ms=laid.interval_ms,
        count=laid.count,
        columns=laid.columns,
    )


def failure(found: clips.Failure | None) -> shapes.Failure | None:
    return None if found is None else shapes.Failure(code=found.code, detail=found.detail)


def clip_page(page: clips.ClipPage) -> shapes.ClipPage:
    return shapes.ClipPage(clips=[clip(each) for each in page.clips], cursor=page.cursor)


def feed_page(page: feed.Page) -> shapes.FeedPage:
    return shapes.FeedPage(clips=[clip(each) for each in page.clips], cursor=page.cursor)


def progress(found: clips.Progress) -> shapes.Progress:
    return shapes.Progress(
        step=found.step.value,
        ratio=found.ratio,
        is_playable=found.is_playable,
        failure=failure(found.failure),
        waiting=waiting(found.waiting),
    )


def waiting(found: clips.QueueWait | None) -> shapes.Waiting | None:
    if found is None:
        return None
    return shapes.Waiting(
        ahead=found.ahead, seconds=found.seconds, obstacle=found.obstacle, obstacle_code=found.obstacle_code
    )


def posting(asked: shapes.NewClip) -> Posting:
    cut = media.Cut(
        start_ms=round(asked.start_seconds * 1000),
        end_ms=_ms(asked.end_seconds),
        cover_ms=_ms(asked.cover_seconds),
        is_muted=asked.is_muted,
    )
    details = clips.Details(
        asked.alt_text,
        asked.is_draft,
        asked.publish_at,
        sound_id=ClipId(asked.sound_id) if asked.sound_id else None,
        allows_reuse=asked.allows_reuse,
    )
    return Posting(asked.caption, details, cut)


def _ms(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)
