"""Declare what happens to accounts, as facts of the realm's log."""

from dataclasses import dataclass
from datetime import datetime

from reelm.base import AccountId
from reelm.events import Fact, fact


@fact("accounts.joined", subjects=("account_id",))
@dataclass(frozen=True, slots=True)
class AccountJoined(Fact):
    """Somebody signed up."""

    account_id: AccountId
    at: datetime
