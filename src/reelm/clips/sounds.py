"""Find and choose sounds: every visible clip with its own sound gives one, unless its creator keeps it."""

import re

from reelm.base import AccountId, ClipId, Tx
from reelm.clips.errors import NoSuchSound, SoundGone, SoundNotAllowed, WrongState
from reelm.clips.model import ClipsConfig, ClipView, Sound, SoundPage, cut, read_place
from reelm.clips.store import sounds
from reelm.clips.views import Views
from reelm.clips.visibility import require_owned
from reelm.clips.words import read_tag

_PART_OF_HANDLE = re.compile(r"@?([a-z0-9_.]{1,24})")


class Sounds:
    """The sounds of clips."""

    def __init__(self, views: Views, config: ClipsConfig) -> None:
        self._views = views
        self._config = config

    async def view(self, tx: Tx, clip_id: ClipId, viewer: AccountId | None) -> Sound:
        """Return the sound of a clip, also when that clip is gone: others may carry it still.

        Raises:
            NoSuchSound: there was never such a sound for everyone to hear.
        """
        found = await sounds.one(tx, clip_id, viewer)
        if found is None or not (found.is_available or found.use_count):
            raise _no_such_sound()
        return found

    async def require_usable(self, tx: Tx, sound_id: ClipId, account_id: AccountId) -> None:
        """Refuse a sound that this account may not make a clip with.

        Raises:
            NoSuchSound: there never was such a sound.
            SoundGone: the clip it comes from is no longer there.
            SoundNotAllowed: its creator keeps it.
        """
        found = await sounds.one(tx, sound_id, account_id)
        if found is None:
            raise _no_such_sound(field="sound_id")
        if not found.is_available:
            raise SoundGone(
                "The sound is no longer available: the clip that it comes from was removed. Nothing was "
                "published. Choose another sound, or your own."
            )
        if not found.may_use:
            raise SoundNotAllowed(
                "The creator of this sound does not allow new clips with it. Nothing was published. Choose "
                "another sound, or your own."
            )

    async def choose(
        self, tx: Tx, clip_id: ClipId, account_id: AccountId, *, sound_id: ClipId | None
    ) -> ClipView:
        """Give a clip that nobody could hear yet another sound; None leaves it without. Safe to repeat.

        Raises:
            NoSuchSound, SoundGone, SoundNotAllowed: as for ``require_usable``; its own needs no leave.
            WrongState: it is being published, or is published.
            NotYours, ClipRemoved, NoSuchClip: there is no such clip of theirs.
        """
        await require_owned(tx, clip_id, account_id)
        if sound_id not in {None, clip_id}:
            await self.require_usable(tx, sound_id, account_id)
        if not await sounds.choose(tx, clip_id, sound_id):
            raise WrongState("The clip is being published already, so its sound stays. Nothing was changed.")
        return await self._views.see(tx, clip_id, account_id)

    async def recent(
        self, tx: Tx, viewer: AccountId | None, *, cursor: str | None = None, size: int = 24
    ) -> SoundPage:
        """Return those the viewer may use, newest first. Raises BadPlace."""
        before, count = read_place(cursor), self._config.page_count(size)
        found = await sounds.recent(tx, viewer, before=before, limit=count + 1)
        return SoundPage(*cut(found, count, _id_of))

    async def most_used(self, tx: Tx, viewer: AccountId | None, *, size: int = 24) -> SoundPage:
        """Return those the viewer may use that most of the newest clips carry.

        The newest are ``ClipsConfig.popular_window_count`` many.
        """
        window = self._config.popular_window_count
        found = await sounds.most_used(tx, viewer, window=window, limit=self._config.page_count(size))
        return SoundPage(found, None)

    async def find(
        self, tx: Tx, text: str, viewer: AccountId | None, *, cursor: str | None = None, size: int = 24
    ) -> SoundPage:
        """Return those the viewer may use by people whose handle begins so, or of clips with that tag.

        Newest first.

        Raises:
            BadPlace: the cursor is none of ours.
        """
        before, count = read_place(cursor), self._config.page_count(size)
        word = text.strip().lower()
        handle, tag = _PART_OF_HANDLE.fullmatch(word), read_tag(word.removeprefix("#"))
        if handle is None and tag is None:
            return SoundPage((), None)
        found = await sounds.found(tx, handle and handle[1], tag, viewer, before=before, limit=count + 1)
        return SoundPage(*cut(found, count, _id_of))


def _id_of(sound: Sound) -> str:
    return sound.id


def _no_such_sound(*, field: str | None = None) -> NoSuchSound:
    return NoSuchSound(
        "There is no such sound. Nothing was published. Check the address, or choose another.", field=field
    )
