"""Who people are to each other: profiles and follows."""

from reelm.base import AccountId, Tx
from reelm.social.errors import BadHandle, FollowSelf, HandleTaken, NoSuchProfile, ProfileExists
from reelm.social.model import Profile, ProfileView
from reelm.social.room import Room
from reelm.social.store import people
from reelm.social.words import BIO, DISPLAY_NAME, read_handle, read_text


class People(Room):
    async def create_profile(
        self, tx: Tx, account_id: AccountId, *, handle: str, display_name: str, bio: str = ""
    ) -> Profile:
        """The account's public face. Repeating it with the same handle gives the profile that is there.

        Raises:
            BadHandle, BadText, TextTooLong: the rules are in the message.
            HandleTaken: someone else has the handle; upper and lower case are the same.
            ProfileExists: the account has a profile under another handle.
        """
        profile = Profile(
            account_id,
            read_handle(handle),
            read_text(display_name, DISPLAY_NAME),
            read_text(bio, BIO),
            self._clock.now(),
        )
        if await people.add(tx, profile):
            return profile
        existing = await people.by_account(tx, account_id)
        if existing is None:
            raise HandleTaken(
                "Someone else has this handle. Nothing was saved. Choose another one.", handle=profile.handle
            )
        if existing.handle != profile.handle:
            raise ProfileExists("This account has a profile already. Nothing was changed.")
        return existing

    async def profile(self, tx: Tx, handle: str, viewer: AccountId | None) -> ProfileView:
        """Someone's profile as the viewer sees it.

        Raises:
            NoSuchProfile: nobody has the handle.
        """
        return await _view(tx, (await find_profile(tx, handle)).account_id, viewer)

    async def account_of(self, tx: Tx, handle: str) -> AccountId:
        """Whose handle it is, in any case. Raises NoSuchProfile when it is nobody's."""
        return (await find_profile(tx, handle)).account_id

    async def profile_of(self, tx: Tx, account_id: AccountId) -> Profile:
        """Raises NoSuchProfile when the account has none."""
        profile = await people.by_account(tx, account_id)
        if profile is None:
            raise _no_such_profile()
        return profile

    async def edit_profile(
        self, tx: Tx, account_id: AccountId, *, display_name: str | None = None, bio: str | None = None
    ) -> ProfileView:
        """Change what is given; None leaves a field as it is.

        Raises:
            BadText, TextTooLong: the rules are in the message.
            NoSuchProfile: the account has none.
        """
        changes: dict[str, str] = {}
        if display_name is not None:
            changes["display_name"] = read_text(display_name, DISPLAY_NAME)
        if bio is not None:
            changes["bio"] = read_text(bio, BIO)
        if changes:
            await people.edit(tx, account_id, changes)
        return await _view(tx, account_id, account_id)

    async def follow(self, tx: Tx, handle: str, viewer: AccountId) -> ProfileView:
        """Follow someone; twice counts once.

        Raises:
            NoSuchProfile: nobody has the handle.
            FollowSelf: it is the viewer's own.
        """
        followed = await find_profile(tx, handle)
        if followed.account_id == viewer:
            raise FollowSelf("This is your own profile. Nothing was changed.")
        await people.follow(tx, viewer, followed.account_id, at=self._clock.now())
        return await _view(tx, followed.account_id, viewer)

    async def unfollow(self, tx: Tx, handle: str, viewer: AccountId) -> ProfileView:
        """Stop following someone; a repeat changes nothing. Raises NoSuchProfile."""
        followed = await find_profile(tx, handle)
        await people.unfollow(tx, viewer, followed.account_id)
        return await _view(tx, followed.account_id, viewer)


async def find_profile(tx: Tx, handle: str) -> Profile:
    """The profile under a handle, in any case.

    Raises:
        NoSuchProfile: nobody has it, or it is no handle at all.
    """
    try:
        profile = await people.by_handle(tx, read_handle(handle))
    except BadHandle:
        profile = None
    if profile is None:
        raise _no_such_profile()
    return profile


async def _view(tx: Tx, account_id: AccountId, viewer: AccountId | None) -> ProfileView:
    view = await people.view(tx, account_id, viewer)
    if view is None:
        raise _no_such_profile()
    return view


def _no_such_profile() -> NoSuchProfile:
    return NoSuchProfile("Nobody here has this handle. Check the spelling.")
