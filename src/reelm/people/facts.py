"""Declare what happens to people, as facts of the realm's log."""

from dataclasses import dataclass
from datetime import datetime

from reelm.base import AccountId
from reelm.events import Fact, fact


@fact("people.profile-created", subjects=("account_id",))
@dataclass(frozen=True, slots=True)
class ProfileCreated(Fact):
    """An account has a public face."""

    account_id: AccountId
    at: datetime


@fact("people.profile-edited", subjects=("account_id",))
@dataclass(frozen=True, slots=True)
class ProfileEdited(Fact):
    """Somebody changed what they say on their profile."""

    account_id: AccountId
    at: datetime


@fact("people.followed", subjects=("follower_id", "followed_id"))
@dataclass(frozen=True, slots=True)
class AccountFollowed(Fact):
    """Somebody follows somebody, who they did not follow before."""

    follower_id: AccountId
    followed_id: AccountId
    at: datetime


@fact("people.unfollowed", subjects=("follower_id", "followed_id"))
@dataclass(frozen=True, slots=True)
class AccountUnfollowed(Fact):
    """Somebody does not follow somebody any more."""

    follower_id: AccountId
    followed_id: AccountId
    at: datetime
