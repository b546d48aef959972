"""Fill a realm with sample content: ``python -m reelm_demo --data DIR``, a task of the supervisor.

Everything goes the way that people's own accounts, clips, likes and comments go. Safe to repeat: what is
there is found again by its handle or its caption, so a demo that was stopped half-way is completed by the
next start.
"""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from reelm.app import exit_with_parent, open_realm
from reelm.app import settings as settings_
from reelm.base import AccountId, SystemClock, telemetry
from reelm.clips import ClipState, ClipView
from reelm.workflows import OpenRealm
from reelm.workflows.join import join
from reelm.workflows.publish import Posting, post
from reelm.workflows.upload import receive
from reelm_demo import COMMENTS, FOLLOWS, LIKES, PEOPLE, RECIPES, Person, Recipe, render

# Printed on purpose: the sample accounts hold nothing.
PASSWORD = "sample clips everywhere"  # noqa: S105 - see above
LOOK_EVERY_SECONDS = 0.3
BLOCK_BYTES = 1024 * 1024
MOST_CLIPS = 50

People = Mapping[str, AccountId]


async def seed(realm: OpenRealm, workshop: Path) -> None:
    """Make people first, then clip after clip, each with what is said about it once it can be watched."""
    people = {person.handle: await _person(person, realm) for person in PEOPLE}
    for follower, followed in FOLLOWS.items():
        await _follow(people[follower], followed, realm)
    missing = [recipe for recipe in RECIPES if await _find(recipe, people, realm) is None]
    began = realm.clock.monotonic_seconds()
    number = 0
    async for recipe, source in _rendered(missing, workshop):
        await _publish(recipe, source, people, realm)
        number += 1
        seconds = realm.clock.monotonic_seconds() - began
        _say(f"Sample clip {number} of {len(missing)} can be watched: {recipe.name} ({seconds:.0f} s)")
    _say(f"{len(RECIPES)} sample clips by {len(PEOPLE)} people are there.")
    _say(f"Sign in as {_email(PEOPLE[0])} with the password: {PASSWORD}")


async def _person(person: Person, realm: OpenRealm) -> AccountId:
    async with realm.database.read() as tx:
        known = await realm.accounts.credential(tx, _email(person))
    if known is not None:
        return known.account_id
    password = await realm.accounts.hash_password(PASSWORD)
    async with realm.database.write() as tx:
        account = await join(
            tx,
            email=_email(person),
            password=password,
            handle=person.handle,
            display_name=person.display_name,
            realm=realm,
        )
        await realm.people.edit_profile(tx, account.id, person.profile)
    return account.id


async def _follow(follower: AccountId, followed: tuple[str, ...], realm: OpenRealm) -> None:
    async with realm.database.write() as tx:
        for handle in followed:
            await realm.people.follow(tx, handle, follower)


async def _rendered(recipes: Sequence[Recipe], workshop: Path) -> AsyncIterator[tuple[Recipe, Path]]:
    """Yield each recipe with its source file; the next one is made while this one is published."""
    coming = [asyncio.create_task(render(recipe, workshop)) for recipe in recipes[:1]]
    for place, recipe in enumerate(recipes, start=1):
        source = await coming.pop()
        coming += [
            asyncio.create_task(render(following, workshop)) for following in recipes[place : place + 1]
        ]
        yield recipe, source


async def _publish(recipe: Recipe, source: Path, people: People, realm: OpenRealm) -> None:
    """Post a clip and wait until the worker has made it visible."""
    author = people[recipe.author]
    upload = await receive(_blocks(source), declared_bytes=None, owner=author, realm=realm)
    async with realm.database.write() as tx:
        clip = await post(tx, upload.id, Posting(recipe.caption), by=author, realm=realm)
    await asyncio.to_thread(source.unlink)
    while clip.state is ClipState.PROCESSING:
        await asyncio.sleep(LOOK_EVERY_SECONDS)
        async with realm.database.read() as tx:
            clip = await realm.clips.view(tx, clip.id, author)
    if clip.state is ClipState.VISIBLE:
        await _react(recipe, clip, people, realm)


async def _react(recipe: Recipe, clip: ClipView, people: People, realm: OpenRealm) -> None:
    async with realm.database.write() as tx:
        for handle in LIKES.get(recipe.name, ()):
            await realm.clips.reactions.like(tx, clip.id, people[handle])
        for remark in COMMENTS:
            if remark.clip == recipe.name:
                await realm.clips.comments.add(tx, clip.id, people[remark.handle], text=remark.text)


async def _find(recipe: Recipe, people: People, realm: OpenRealm) -> ClipView | None:
    author = people[recipe.author]
    async with realm.database.read() as tx:
        page = await realm.clips.by_author(tx, recipe.author, author, size=MOST_CLIPS)
    return next((clip for clip in page.clips if clip.caption == recipe.caption), None)


async def _blocks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while block := await asyncio.to_thread(file.read, BLOCK_BYTES):
            yield block


def _email(person: Person) -> str:
    return f"{person.handle}@demo.example"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def _main() -> None:
    settings = settings_.from_command_line(sys.argv[1:], program="reelm_demo")
    telemetry.configure_logs(clock=SystemClock(), level="warning")
    with tempfile.TemporaryDirectory(prefix="reelm-samples-") as folder:
        async with open_realm(settings) as realm:
            await seed(realm, Path(folder))


if __name__ == "__main__":
    exit_with_parent()
    asyncio.run(_main())
