"""Create, show and edit profiles, and follow people."""

from reelm.base import AccountId, Clock, Tx
from reelm.events import Events
from reelm.people import store
from reelm.people.errors import BadHandle, FollowSelf, HandleTaken, NoSuchProfile, ProfileExists
from reelm.people.facts import AccountFollowed, AccountUnfollowed, ProfileCreated, ProfileEdited
from reelm.people.model import DISPLAY_NAME, Profile, ProfileEdit, ProfileView
from reelm.people.words import read_handle, read_text


class People:
    """Profiles and follows.

    Every method takes the unit of work it belongs to and never opens one. One that raises may have written
    before: let the error end the unit of work, and nothing of it stays.
    """

    def __init__(self, events: Events, *, clock: Clock) -> None:
        self._events = events
        self._clock = clock

    async def create_profile(
        self, tx: Tx, account_id: AccountId, *, handle: str, display_name: str
    ) -> Profile:
        """Create the account's public face; a repeat with the same handle gives the profile that is there.

        Raises:
            BadHandle, BadText, TextTooLong: the rules are in the message.
            HandleTaken: someone else has the handle; upper and lower case are the same.
            ProfileExists: the account has a profile under another handle.
        """
        profile = Profile(
            account_id,
            read_handle(handle),
            read_text(display_name, DISPLAY_NAME),
            self._clock.now(),
        )
        if await store.add(tx, profile):
            await self._events.append(tx, ProfileCreated(account_id, profile.created_at))
            return profile
        existing = await store.by_account(tx, account_id)
        if existing is None:
            raise HandleTaken(
                "Someone else has this handle. Nothing was saved. Choose another one.", handle=profile.handle
            )
        if existing.handle != profile.handle:
            raise ProfileExists("This account has a profile already. Nothing was changed.")
        return existing

    async def profile(self, tx: Tx, handle: str, viewer: AccountId | None) -> ProfileView:
        """Return someone's profile as the viewer sees it.

        Raises:
            NoSuchProfile: nobody has the handle.
        """
        return await _view(tx, await self.account_of(tx, handle), viewer)

    async def account_of(self, tx: Tx, handle: str) -> AccountId:
        """Return the account that has a handle, in any case.

        Raises:
            NoSuchProfile: nobody has it, or it is no handle at all.
        """
        try:
            profile = await store.by_handle(tx, read_handle(handle))
        except BadHandle:
            profile = None
        if profile is None:
            raise _no_such_profile()
        return profile.account_id

    async def find_profile(self, tx: Tx, account_id: AccountId) -> Profile | None:
        """Return the profile of an account, or None when it has none."""
        return await store.by_account(tx, account_id)

    async def profile_of(self, tx: Tx, account_id: AccountId) -> Profile:
        """Return the profile of an account. Raises NoSuchProfile when it has none."""
        profile = await store.by_account(tx, account_id)
        if profile is None:
            raise _no_such_profile()
        return profile

    async def edit_profile(self, tx: Tx, account_id: AccountId, edit: ProfileEdit) -> ProfileView:
        """Change what is given.

        Raises:
            BadText, TextTooLong: the rules are in the message.
            NoSuchProfile: the account has none.
        """
        if changes := edit.read():
            await store.edit(tx, account_id, changes)
            await self._events.append(tx, ProfileEdited(account_id, self._clock.now()))
        return await _view(tx, account_id, account_id)

    async def follow(self, tx: Tx, handle: str, viewer: AccountId) -> ProfileView:
        """Follow someone; twice counts once.

        Raises:
            NoSuchProfile: nobody has the handle.
            FollowSelf: it is the viewer's own.
        """
        followed = await self.account_of(tx, handle)
        if followed == viewer:
            raise FollowSelf("This is your own profile. Nothing was changed.")
        now = self._clock.now()
        if await store.follow(tx, viewer, followed, at=now):
            await self._events.append(tx, AccountFollowed(viewer, followed, now))
        return await _view(tx, followed, viewer)

    async def unfollow(self, tx: Tx, handle: str, viewer: AccountId) -> ProfileView:
        """Stop following someone; a repeat changes nothing. Raises NoSuchProfile."""
        followed = await self.account_of(tx, handle)
        if await store.unfollow(tx, viewer, followed):
            await self._events.append(tx, AccountUnfollowed(viewer, followed, self._clock.now()))
        return await _view(tx, followed, viewer)

    async def add_counts(self, tx: Tx, account_id: AccountId, *, clips: int = 0, likes: int = 0) -> None:
        """Add to an author's numbers of visible clips and of likes on them.

        Once for each fact that changes them: when all of the log is applied, the numbers equal a count over
        the visible clips.
        """
        await store.add_counts(tx, account_id, clips=clips, likes=likes)


async def _view(tx: Tx, account_id: AccountId, viewer: AccountId | None) -> ProfileView:
    view = await store.view(tx, account_id, viewer)
    if view is None:
        raise _no_such_profile()
    return view


def _no_such_profile() -> NoSuchProfile:
    return NoSuchProfile("Nobody here has this handle. Check the spelling.")
