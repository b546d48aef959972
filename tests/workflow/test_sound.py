"""A clip gets the sound of another clip: what is heard, and what becomes of it when that clip changes."""

import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from reelm.base import AccountId, ClipId
from reelm.clips import (
    ClipState,
    ClipView,
    Details,
    NoSuchSound,
    Sound,
    SoundGone,
    SoundNotAllowed,
    WrongState,
)
from reelm.delivery import Delivery, Origin
from reelm.media import Cut, EncoderId, Rung
from reelm.workflows import Json, Run
from reelm.workflows.encode import recognise
from reelm.workflows.publish import choose_sound, publish, publish_job, remove
from support.media import footage
from support.media.playlists import Screened, screen
from support.realm.inline_jobs import InlineJobs
from support.realm.realms import Stage, look, staged, viewer

pytestmark = pytest.mark.slow

RATE = 48_000
TONE = ("-f", "lavfi", "-i", "sine=frequency={}:sample_rate=48000")


@dataclass(frozen=True)
class Heard:
    """One channel of what a rendition sounds like, from the first picture on."""

    samples: "np.ndarray[Any, np.dtype[np.float32]]"

    @property
    def seconds(self) -> float:
        return len(self.samples) / RATE

    def tone(self, start: float, end: float) -> float:
        """The strongest frequency of a stretch, in hertz; 0 for silence."""
        part = self.samples[round(start * RATE) : round(end * RATE)]
        if np.abs(part).max() < 0.001:
            return 0.0
        strengths = np.abs(np.fft.rfft(part * np.hanning(len(part))))
        return float(np.argmax(strengths) * RATE / len(part))

    @property
    def lufs(self) -> float:
        """The loudness of a tone of 1 kHz in both channels, which BS.1770 weighs with 1."""
        return float(10 * np.log10(2 * np.mean(self.samples[RATE // 10 :] ** 2)))

    def loud_at(self) -> float:
        return int(np.argmax(np.abs(self.samples) > 0.2)) / RATE


def hear(rendition: Screened) -> Heard:
    with av.open(io.BytesIO(b"".join(rendition.plain)), mode="r") as container:
        frames = list(container.decode(audio=0))
    late = round(float(frames[0].time or 0.0) * RATE)
    samples = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    return Heard(np.concatenate([np.zeros(max(0, late), np.float32), samples]))


def singing(hertz: int, *, seconds: float = 1.0, phone: bool = False) -> Path:
    """A clip of one tone; one from a phone is playable as it is."""
    path = footage.folder() / f"tone-{hertz}-{seconds}-{phone}.mp4"
    if path.is_file():
        return path
    size = "480x854" if phone else "128x228"
    picture = ("-f", "lavfi", "-i", f"testsrc2=size={size}:rate=30")
    sound = (*TONE[:3], TONE[3].format(hertz))
    coding = footage.PHONE if phone else footage.H264
    footage.ffmpeg(*picture, *sound, "-t", str(seconds), *coding, "-c:a", "aac", str(path))
    return path


async def made_with(
    stage: Stage, owner: AccountId, sound: ClipId, source: Path, *, cut: Cut | None = None, **details: Any
) -> ClipView:
    """A clip with the sound of another one, which waits to be published."""
    sent = await stage.upload(owner, source)
    said = Details(sound_id=sound, **details)
    return await stage.post_upload(owner, sent.id, details=said, cut=cut or Cut())


async def sound_of(stage: Stage, clip_id: ClipId, viewer: AccountId | None = None) -> Sound:
    async with stage.realm.database.read() as tx:
        return await stage.realm.clips.sounds.view(tx, clip_id, viewer)


async def choose(stage: Stage, clip: ClipView, sound: ClipId | None, by: AccountId) -> ClipView:
    async with stage.realm.database.write() as tx:
        return await choose_sound(tx, clip.id, sound, by=by, realm=stage.realm)


async def retry(stage: Stage, clip: ClipView, by: AccountId) -> None:
    async with stage.realm.database.write() as tx:
        await stage.realm.clips.publishing.retry(tx, clip.id, by)
    await stage.publish()


async def allow(stage: Stage, clip: ClipView, by: AccountId, *, reuse: bool) -> None:
    async with stage.realm.database.write() as tx:
        await stage.realm.clips.edit(tx, clip.id, by, allows_reuse=reuse)


async def test_the_other_sound_is_heard_and_not_the_files_own(stage: Stage) -> None:
    ann, ben = await stage.person("ann"), await stage.person("ben")
    original = await stage.clip(ann, singing(1_000, seconds=2.0))
    made = await made_with(stage, ben, original.id, singing(300, seconds=1.2))
    await stage.publish()
    (only,) = await screen(viewer(stage), made.id)
    heard = hear(only)
    assert heard.tone(0.1, 1.1) == pytest.approx(1_000, abs=2)
    assert heard.seconds == pytest.approx(1.2, abs=0.04)
    assert heard.lufs == pytest.approx(-14, abs=1)
    world = await look(stage)
    world.check()
    assert world.spooled == ()


async def test_a_sound_that_is_too_short_is_followed_by_silence(stage: Stage) -> None:
    ann = await stage.person("ann")
    original = await stage.clip(ann, singing(1_000, seconds=0.5))
    made = await made_with(stage, ann, original.id, singing(300, seconds=1.5))
    await stage.publish()
    (only,) = await screen(viewer(stage), made.id)
    heard = hear(only)
    assert heard.tone(0.05, 0.4) == pytest.approx(1_000, abs=4)
    assert heard.tone(0.6, 1.4) == 0.0
    assert heard.seconds == pytest.approx(1.5, abs=0.04)


async def test_a_trimmed_picture_has_the_sound_from_its_beginning(stage: Stage) -> None:
    """In the original, light and sound begin together at 1.0 s; its encoded sound is as early as it was."""
    ann = await stage.person("ann")
    original = await stage.clip(ann, footage.clap())
    silent = footage.clip(seconds=2.0, audio=None)
    made = await made_with(stage, ann, original.id, silent, cut=Cut(start_ms=500))
    await stage.publish()
    (only,) = await screen(viewer(stage), made.id)
    assert hear(only).loud_at() == pytest.approx(1.0, abs=0.04)
    assert hear(only).seconds == pytest.approx(1.5, abs=0.04)


async def test_a_picture_that_players_take_is_passed_on_with_the_other_sound(stage: Stage) -> None:
    ann = await stage.person("ann")
    original = await stage.clip(ann, footage.clap())
    made = await made_with(stage, ann, original.id, singing(300, seconds=2.0, phone=True))
    seen: list[Screened] = []

    async def tell(run: Run, arguments: dict[str, Json]) -> None:
        await publish(Until(run, "remaining rungs"), arguments, realm=stage.realm)

    async with stage.realm.database.read() as tx:
        (waiting,) = await stage.realm.clips.publishing.due(tx, 10)
    with pytest.raises(Ended):
        await InlineJobs(workflows={"publish": tell}).start(publish_job(waiting))
    seen += await screen(viewer(stage), made.id)
    async with stage.realm.database.read() as tx:
        assert [each.name for each in await stage.realm.delivery.renditions.of_clip(tx, made.id)] == [
            Rung.REMUXED
        ]
    await stage.publish()
    seen += await screen(viewer(stage), made.id)
    for each in seen:
        assert hear(each).loud_at() == pytest.approx(1.0, abs=0.04)
        assert hear(each).seconds == pytest.approx(2.0, abs=0.05)


class Ended(BaseException):
    """The process is gone here."""


class Until:
    """A run whose process ends before the named step, or after its action and before its record."""

    def __init__(self, run: Run, name: str, *, acts: bool = False) -> None:
        self._run, self._name, self._acts = run, name, acts

    async def step(self, name: str, action: Callable[[], Awaitable[Json]]) -> Json:
        if name != self._name:
            return await self._run.step(name, action)
        if self._acts:
            await action()
        raise Ended


class Recorded:
    """A run that remembers its steps over processes, as a durable one does."""

    def __init__(self) -> None:
        self._known: dict[str, Json] = {}

    async def step(self, name: str, action: Callable[[], Awaitable[Json]]) -> Json:
        if name not in self._known:
            self._known[name] = await action()
        return self._known[name]


async def test_a_process_that_ends_at_any_step_loses_nothing_of_it(data: Path) -> None:
    async with staged(data) as stage:
        ann = await stage.person("ann")
        original = await stage.clip(ann, singing(1_000))
        made = await made_with(stage, ann, original.id, singing(300, seconds=0.6))
        async with stage.realm.database.read() as tx:
            (waiting,) = await stage.realm.clips.publishing.due(tx, 10)
    run, order = Recorded(), publish_job(waiting).arguments
    for name in ("probe", "first rung", "store first rung", "skim"):
        for acts in (False, True):
            async with staged(data) as stage:
                with pytest.raises(Ended):
                    await publish(Until(run, name, acts=acts), order, realm=stage.realm)
    async with staged(data) as stage:
        await publish(run, order, realm=stage.realm)
        (only,) = await screen(viewer(stage), made.id)
        assert hear(only).tone(0.1, 0.5) == pytest.approx(1_000, abs=4)
        world = await look(stage)
    world.check()
    assert world.spooled == ()


async def test_a_sound_removed_before_publishing_fails_with_its_reason_and_another_is_chosen(
    stage: Stage,
) -> None:
    ann, ben = await stage.person("ann"), await stage.person("ben")
    gone, other = await stage.clip(ann, singing(1_000)), await stage.clip(ann, singing(700))
    made = await made_with(stage, ben, gone.id, singing(300))
    await remove(gone.id, by=ann, realm=stage.realm)
    await stage.publish()
    failed = await stage.see(made.id, ben)
    assert failed.state is ClipState.FAILED
    assert failed.failure is not None
    assert failed.failure.code == "social.sound-gone"
    assert "Choose another sound, or your own" in failed.failure.detail
    with pytest.raises(SoundGone):
        await choose(stage, made, gone.id, ben)
    assert (await choose(stage, made, other.id, ben)).sound is not None
    await retry(stage, made, ben)
    (only,) = await screen(viewer(stage), made.id)
    assert hear(only).tone(0.1, 0.9) == pytest.approx(700, abs=2)


class Snatched(Origin):
    """An origin whose first segment is asked for just before its clip is removed."""

    def __init__(self, stage: Stage, clip: ClipView, owner: AccountId) -> None:
        self._stage, self._clip, self._owner = stage, clip, owner

    async def segment(self, name: str) -> Path:
        await remove(self._clip.id, by=self._owner, realm=self._stage.realm)
        return await self._stage.realm.delivery.origin.segment(name)


async def test_a_sound_removed_while_it_is_brought_fails_with_the_same_reason(stage: Stage) -> None:
    ann, ben = await stage.person("ann"), await stage.person("ben")
    original = await stage.clip(ann, singing(1_000))
    made = await made_with(stage, ben, original.id, singing(300))
    delivery = Delivery(
        stage.realm.identity.keys, origin=Snatched(stage, original, ann), clock=stage.realm.clock
    )
    await Stage(replace(stage.realm, delivery=delivery), stage.data).publish()
    failure = (await stage.see(made.id, ben)).failure
    assert failure is not None
    assert failure.code == "social.sound-gone"
    (await look(stage)).check()


async def test_a_sound_kept_back_before_anybody_hears_it_is_not_published(stage: Stage) -> None:
    ann, ben = await stage.person("ann"), await stage.person("ben")
    original = await stage.clip(ann, singing(1_000))
    made = await made_with(stage, ben, original.id, singing(300))
    async with stage.realm.database.read() as tx:
        (waiting,) = await stage.realm.clips.publishing.due(tx, 10)
    run, order = Recorded(), publish_job(waiting).arguments
    with pytest.raises(Ended):
        await publish(Until(run, "playable"), order, realm=stage.realm)
    await allow(stage, original, ann, reuse=False)
    await publish(run, order, realm=stage.realm)
    assert (await stage.see(made.id, ben)).state is ClipState.FAILED
    await allow(stage, original, ann, reuse=True)
    await retry(stage, made, ben)
    await allow(stage, original, ann, reuse=False)
    assert (await stage.see(made.id)).state is ClipState.VISIBLE
    (await look(stage)).check()


async def test_its_creator_may_go_on_with_the_own_sound(stage: Stage) -> None:
    ann, ben = await stage.person("ann"), await stage.person("ben")
    original = await stage.clip(ann, singing(1_000))
    made = await made_with(stage, ben, original.id, singing(300))
    await allow(stage, original, ann, reuse=False)
    await stage.publish()
    failure = (await stage.see(made.id, ben)).failure
    assert failure is not None
    assert failure.code == "social.sound-not-allowed"
    own = (await choose(stage, made, None, ben)).sound
    assert own is not None
    assert own.id == made.id
    await retry(stage, made, ben)
    (only,) = await screen(viewer(stage), made.id)
    assert hear(only).tone(0.1, 0.9) == pytest.approx(300, abs=2)


async def test_what_carries_a_sound_keeps_it_when_it_is_removed(stage: Stage) -> None:
    ann, ben = await stage.person("ann"), await stage.person("ben")
    original = await stage.clip(ann, singing(1_000))
    made = await made_with(stage, ben, original.id, singing(300))
    await stage.publish()
    carried = (await stage.see(made.id)).sound
    assert carried is not None
    assert (carried.id, carried.handle) == (original.id, "ann")
    assert (await sound_of(stage, original.id)).use_count == 2
    await remove(original.id, by=ann, realm=stage.realm)
    (only,) = await screen(viewer(stage), made.id)
    assert hear(only).tone(0.1, 0.9) == pytest.approx(1_000, abs=2)
    left = (await stage.see(made.id)).sound
    assert left is not None
    assert (left.id, left.handle) == (original.id, None)
    sound = await sound_of(stage, original.id)
    assert (sound.author, sound.caption, sound.use_count, sound.may_use) == (None, "", 1, False)
    with pytest.raises(SoundGone):
        await made_with(stage, ben, original.id, singing(300))
    await remove(made.id, by=ben, realm=stage.realm)
    with pytest.raises(NoSuchSound):
        await sound_of(stage, original.id)


async def test_a_sound_that_is_kept_back_is_for_its_creator_alone(stage: Stage) -> None:
    ann, ben = await stage.person("ann"), await stage.person("ben")
    original = await stage.clip(ann, singing(1_000))
    await allow(stage, original, ann, reuse=False)
    assert [(await sound_of(stage, original.id, each)).may_use for each in (None, ben, ann)] == [
        False,
        False,
        True,
    ]
    with pytest.raises(SoundNotAllowed):
        await made_with(stage, ben, original.id, singing(300))
    made = await made_with(stage, ann, original.id, singing(300))
    await stage.publish()
    assert (await stage.see(made.id)).state is ClipState.VISIBLE


async def test_only_a_clip_with_its_own_sound_gives_one(stage: Stage) -> None:
    ann = await stage.person("ann")
    silent = await stage.clip(ann, footage.clip(seconds=0.6, audio=None))
    waiting = await stage.post(ann, singing(300))
    assert silent.sound is None
    for clip in (silent, waiting):
        with pytest.raises(NoSuchSound):
            await made_with(stage, ann, clip.id, singing(300))
    await stage.publish()
    carrying = await made_with(stage, ann, waiting.id, singing(700))
    await stage.publish()
    with pytest.raises(NoSuchSound):
        await made_with(stage, ann, carrying.id, singing(300))


async def test_the_sound_of_a_draft_is_chosen_until_it_is_published(stage: Stage) -> None:
    ann = await stage.person("ann")
    original = await stage.clip(ann, singing(1_000))
    sent = await stage.upload(ann, singing(300))
    draft = await stage.post_upload(ann, sent.id, details=Details(is_draft=True), cut=Cut(is_muted=True))
    assert draft.sound is None
    chosen = await choose(stage, draft, original.id, ann)
    assert chosen.sound is not None
    assert (await choose(stage, draft, None, ann)).sound is None
    await choose(stage, draft, original.id, ann)
    async with stage.realm.database.write() as tx:
        await stage.realm.clips.drafts.publish(tx, draft.id, ann)
    with pytest.raises(WrongState):
        await choose(stage, draft, None, ann)
    await stage.publish()
    (only,) = await screen(viewer(stage), draft.id)
    assert hear(only).tone(0.1, 0.9) == pytest.approx(1_000, abs=2)


async def test_somebody_elses_sound_is_not_lent_to_encoders_elsewhere(stage: Stage) -> None:
    ann = await stage.person("ann")
    original = await stage.clip(ann, singing(1_000))
    async with stage.realm.database.write() as tx:
        token = await stage.realm.media.kept.encoders.add(tx, "attic")
    attic: EncoderId = await recognise(token, realm=stage.realm)
    made = await made_with(stage, ann, original.id, singing(300))
    await stage.publish()
    assert (await stage.see(made.id)).state is ClipState.VISIBLE
    async with stage.realm.database.write() as tx:
        assert await stage.realm.media.lending.take(tx, attic) is None


async def test_a_late_repeat_of_a_post_gives_the_same_clip_although_the_sound_is_gone(stage: Stage) -> None:
    ann, ben = await stage.person("ann"), await stage.person("ben")
    original = await stage.clip(ann, singing(1_000))
    sent = await stage.upload(ben, singing(300))
    said = Details(sound_id=original.id)
    made = await stage.post_upload(ben, sent.id, details=said)
    await stage.publish()
    await remove(original.id, by=ann, realm=stage.realm)
    assert (await stage.post_upload(ben, sent.id, details=said)).id == made.id
