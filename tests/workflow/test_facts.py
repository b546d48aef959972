"""What happens in a realm is in its log, so that a new feature hears of it without a change elsewhere."""

from collections.abc import Sequence

import pytest

from reelm.base import AccountId, Tx, Unsupported
from reelm.events import Event
from reelm.media import Body
from reelm.people import ProfileEdit
from reelm.workflows.publish import remove
from reelm.workflows.upload import append, create_upload
from support.media import footage
from support.realm.realms import Stage, blocks


class Listener:
    """A new feature: it takes every fact there is."""

    name = "test.listener"
    kinds = ()

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def apply(self, tx: Tx, events: Sequence[Event]) -> None:
        del tx
        self.heard += [type(event.fact).__name__ for event in events]


async def heard(stage: Stage, listener: Listener) -> list[str]:
    """Return what the listener hears of what happened since it was asked last."""
    listener.heard.clear()
    events = stage.realm.events
    with events.log.claim():
        while await events.relay.move():
            pass
    following = events.following(listener)
    while await following.step():
        pass
    return listener.heard


async def test_everything_that_people_do_is_heard_of_in_order(stage: Stage) -> None:
    listener, realm = Listener(), stage.realm
    ann, ben = await stage.person("ann"), await stage.person("ben")
    assert await heard(stage, listener) == ["AccountJoined", "ProfileCreated"] * 2

    clip = await stage.clip(ann, footage.clip(seconds=0.6), "The sea")
    assert await heard(stage, listener) == ["ClipPosted", "ClipPublished"]

    async with realm.database.write() as tx:
        await realm.people.follow(tx, "ann", ben)
        await realm.clips.reactions.like(tx, clip.id, ben)
        said = await realm.clips.comments.add(tx, clip.id, ben, text="Well done")
        await realm.clips.edit(tx, clip.id, ann, caption="The sea, at last")
        await realm.people.edit_profile(tx, ann, ProfileEdit(bio="At sea"))
    assert await heard(stage, listener) == [
        *("AccountFollowed", "ClipLiked", "ClipCommented", "ClipEdited", "ProfileEdited")
    ]

    async with realm.database.write() as tx:
        for _ in range(2):  # a repeat is no news
            await realm.people.follow(tx, "ann", ben)
            await realm.clips.reactions.unlike(tx, clip.id, ben)
            await realm.clips.comments.remove(tx, said.id, ben)
            await realm.people.unfollow(tx, "ann", ben)
            await realm.people.unfollow(tx, "ann", ben)
    await remove(clip.id, by=ann, realm=realm)
    await remove(clip.id, by=ann, realm=realm)
    assert await heard(stage, listener) == [
        *("ClipUnliked", "CommentRemoved", "AccountUnfollowed", "AccountFollowed", "AccountUnfollowed"),
        "ClipRemovedByAuthor",
    ]


async def edit_and_fail(stage: Stage, account_id: AccountId) -> None:
    async with stage.realm.database.write() as tx:
        await stage.realm.people.edit_profile(tx, account_id, ProfileEdit(bio="At sea"))
        raise RuntimeError


async def test_what_is_undone_was_never_heard_of(stage: Stage) -> None:
    listener = Listener()
    ann = await stage.person("ann")
    await heard(stage, listener)
    with pytest.raises(RuntimeError):
        await edit_and_fail(stage, ann)
    assert await heard(stage, listener) == []


async def test_a_file_that_cannot_become_a_clip_is_heard_of(stage: Stage) -> None:
    listener = Listener()
    ann = await stage.person("ann")
    await heard(stage, listener)
    arrival = await create_upload(100, owner=ann, metadata="", realm=stage.realm)
    with pytest.raises(Unsupported):
        await append(arrival.id, Body(0, 100), blocks(b"x" * 100), owner=ann, realm=stage.realm)
    assert await heard(stage, listener) == ["UploadRefused"]
