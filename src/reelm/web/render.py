"""From what the packages know to what crosses the wire."""

from datetime import datetime
from decimal import Decimal
from typing import Literal, cast

from reelm import clips, feed, media, people, realm, vault
from reelm.base import ClipId
from reelm.web import schema
from reelm.web.problems import problem
from reelm.workflows.publish import Posting
from reelm.workflows.upload import Arrived

Shown = Literal["draft", "processing", "visible", "failed"]

_GIB = 1 << 30
_SHOWN_MONEY = Decimal("0.0001")


def author(found: people.Author) -> schema.Author:
    return schema.Author(handle=found.handle, display_name=found.display_name, is_followed=found.is_followed)


def profile(found: people.ProfileView) -> schema.Profile:
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


def clip(found: clips.ClipView) -> schema.Clip:
    is_playable = found.state is clips.ClipState.VISIBLE
    return schema.Clip(
        id=found.id,
        state=cast("Shown", found.state.value),
        author=author(found.author),
        caption=found.caption,
        alt_text=found.alt_text,
        edited_at=found.edited_at,
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
        blurhash=found.blurhash,
        strip=_strip(found),
        subtitles=[
            schema.Subtitles(language, f"/api/clips/{found.id}/subtitles/{language}")
            for language in found.subtitles
        ],
        sound=None if found.sound is None else schema.Carried(found.sound.id, found.sound.handle),
        allows_reuse=found.allows_reuse,
        publish_at=found.publish_at,
        failure=failure(found.failure),
    )


def sound(found: clips.Sound) -> schema.Sound:
    return schema.Sound(
        id=found.id,
        author=author(found.author) if found.author else None,
        caption=found.caption,
        duration_ms=found.duration_ms,
        use_count=found.use_count,
        may_use=found.may_use,
        playlist_url=f"/hls/{found.id}/master.m3u8" if found.is_available else None,
        poster_url=f"/api/clips/{found.id}/poster" if found.is_available else None,
    )


def sound_page(page: clips.SoundPage) -> schema.SoundPage:
    return schema.SoundPage(sounds=[sound(each) for each in page.sounds], cursor=page.cursor)


def _strip(found: clips.ClipView) -> schema.Strip | None:
    laid = found.strip
    if laid is None:
        return None
    return schema.Strip(
        url=f"/api/clips/{found.id}/strip",
        interval_ms=laid.interval_ms,
        count=laid.count,
        columns=laid.columns,
    )


def failure(found: clips.Failure | None) -> schema.Failure | None:
    return None if found is None else schema.Failure(code=found.code, detail=found.detail)


def clip_page(page: clips.ClipPage) -> schema.ClipPage:
    return schema.ClipPage(clips=[clip(each) for each in page.clips], cursor=page.cursor)


def feed_page(page: feed.Page) -> schema.FeedPage:
    return schema.FeedPage(clips=[clip(each) for each in page.clips], cursor=page.cursor)


def progress(found: clips.Progress) -> schema.Progress:
    return schema.Progress(
        step=found.step.value,
        ratio=found.ratio,
        is_playable=found.is_playable,
        failure=failure(found.failure),
        waiting=waiting(found.waiting),
    )


def waiting(found: clips.QueueWait | None) -> schema.Waiting | None:
    return None if found is None else schema.Waiting(found.ahead, found.seconds, found.obstacle)


def comment(found: clips.CommentView) -> schema.Comment:
    return schema.Comment(
        id=found.id,
        author=author(found.author),
        text=found.text,
        created_at=found.created_at,
        is_own=found.is_own,
    )


def comment_page(page: clips.CommentPage) -> schema.CommentPage:
    return schema.CommentPage(comments=[comment(each) for each in page.comments], cursor=page.cursor)


def upload_limits(limits: media.SourceLimits) -> schema.UploadLimits:
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
        plays_as_it_is=media.obstacle_to_remux(media.plan(probe)) is None,
        size_bytes=found.size_bytes,
        expires_at=found.expires_at,
    )


def storage(
    found: vault.VaultStatus, manifest: realm.Manifest, config: vault.VaultConfig, *, counted_at: datetime
) -> schema.Storage:
    """What is counted, beside what is declared; without free space, faults and names of fragments."""
    declared = {place.id: place for place in manifest.stores}
    return schema.Storage(
        counted_at=counted_at,
        k=config.k,
        n=config.n,
        is_one_site=manifest.is_one_site,
        stores=[_store(one, declared.get(one.place.provider), manifest) for one in found.providers],
        queue=[schema.Margin(spare=spare, objects=count) for spare, count in found.queue.items()],
        objects_at_risk=found.objects_at_risk,
        objects_unreadable=found.objects_unreadable,
        coalitions=[sorted(some) for some in found.coalitions],
    )


def _store(
    found: vault.ProviderStatus, place: realm.StorePlace | None, manifest: realm.Manifest
) -> schema.Store:
    return schema.Store(
        id=found.place.provider,
        declared=None if place is None else _declaration(place, manifest, found.bytes_held),
        stage=found.stage.value,
        is_hostile=found.is_hostile,
        is_answering=found.is_reachable,
        fragments=found.fragments,
        bytes_held=found.bytes_held,
        waiting=found.suspects,
        unchecked=found.unchecked,
        oldest_check_at=found.oldest_check_at,
        reads_alone=found.reads_alone,
        moved=found.moved,
        copies_deleted=found.copies_deleted,
        copies_owed=found.copies_owed,
    )


def _declaration(
    place: realm.StorePlace, manifest: realm.Manifest, bytes_held: int
) -> schema.StoreDeclaration:
    site, host = manifest.site_of(place), manifest.provider_of(place)
    price = place.price_per_gib_month
    return schema.StoreDeclaration(
        host=host.name,
        parent=host.parent,
        host_country=host.country,
        tenure=host.tenure.value,
        city=site.city,
        country=site.country,
        price=None if price is None else _price(price, bytes_held),
    )


def _price(price: realm.Price, bytes_held: int) -> schema.StorePrice:
    per_month = (price.amount * bytes_held / _GIB).quantize(_SHOWN_MONEY)
    return schema.StorePrice(price.currency, f"{price.amount:f}", f"{per_month:f}")


def posting(asked: schema.NewClip) -> Posting:
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


def arrival(found: media.Arrival) -> schema.Arrival:
    return arrived(Arrived(found, None))


def arrived(found: Arrived) -> schema.Arrival:
    refusal = media.refusal_of(found.arrival)
    return schema.Arrival(
        id=found.arrival.id,
        length_bytes=found.arrival.length_bytes,
        offset_bytes=found.arrival.offset_bytes,
        expires_at=found.arrival.expires_at,
        upload=upload(found.upload) if found.upload else None,
        refusal=problem(refusal) if refusal else None,
    )
