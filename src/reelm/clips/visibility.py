"""Say whether one viewer may have a clip, or why not."""

from reelm.base import AccountId, ClipId, Tx
from reelm.clips.errors import ClipRemoved, NoSuchClip, NotYours
from reelm.clips.lifecycle import ClipState
from reelm.clips.store.visibility import Standing, standing


async def require_seen(tx: Tx, clip_id: ClipId, viewer: AccountId | None) -> None:
    """Raise ClipRemoved for what was once there for the viewer, NoSuchClip for what never was."""
    found = await standing(tx, clip_id, viewer)
    if found is None or not found.may_see:
        raise await refusal(tx, clip_id, viewer)


async def require_visible(tx: Tx, clip_id: ClipId, viewer: AccountId | None) -> Standing:
    """Return the standing of a clip that others see too: the one kind there is to react to.

    Raises:
        ClipRemoved: everyone saw it once.
        NoSuchClip: it does not exist, or not for everyone.
    """
    found = await standing(tx, clip_id, viewer)
    if found is None or not found.is_visible:
        raise await refusal(tx, clip_id, None)
    return found


async def refusal(tx: Tx, clip_id: ClipId, viewer: AccountId | None) -> ClipRemoved | NoSuchClip:
    """Return why the viewer cannot have the clip, for the caller to raise."""
    found = await standing(tx, clip_id, viewer)
    if found is not None:
        was_theirs = found.was_published or found.owner == viewer
        if found.state is ClipState.REMOVED and was_theirs:
            return removed()
    return NoSuchClip("There is no such clip, or it is not published yet. Check the address.")


async def owned_state(tx: Tx, clip_id: ClipId, account_id: AccountId) -> ClipState:
    """Return the state of one's own clip.

    Raises:
        NotYours: it belongs to someone else.
        ClipRemoved: it belonged to someone else and is gone.
        NoSuchClip: it does not exist, or not for this account.
    """
    found = await standing(tx, clip_id, account_id)
    if found is not None and found.owner == account_id:
        return found.state
    await require_seen(tx, clip_id, account_id)
    raise NotYours("This clip belongs to someone else. Nothing was changed.")


async def require_owned(tx: Tx, clip_id: ClipId, account_id: AccountId) -> ClipState:
    """Return the state of one's own clip; raise as ``owned_state`` does, and ClipRemoved when it is gone."""
    state = await owned_state(tx, clip_id, account_id)
    if state is ClipState.REMOVED:
        raise removed()
    return state


async def require_kept(tx: Tx, clip_id: ClipId) -> Standing:
    """Return the standing of a clip that is not removed; raise ClipRemoved or NoSuchClip otherwise."""
    found = await standing(tx, clip_id, None)
    if found is None:
        raise NoSuchClip("There is no such clip. Nothing was changed.")
    if found.state is ClipState.REMOVED:
        raise removed()
    return found


def removed() -> ClipRemoved:
    """Return the refusal of a clip that was removed."""
    return ClipRemoved("This clip was removed by the person who posted it. It will not come back.")
