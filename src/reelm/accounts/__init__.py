"""Sign people up and in, and keep the session that follows.

E-mail addresses are sealed under their owner's key and found by a keyed digest; passwords are argon2id hashes
sealed under the realm; session tokens are stored as keyed digests only. A copy of the database signs nobody
in.

Nouns: ``Accounts`` does it; ``Account``, ``Credential``, ``PasswordHash`` and ``SessionToken`` are what it
deals in.
"""

from reelm.accounts.accounts import Accounts, SignInConfig
from reelm.accounts.errors import (
    AccountMissing,
    BadEmail,
    EmailTaken,
    HashingBusy,
    TooManyAttempts,
    WeakPassword,
    WrongCredentials,
)
from reelm.accounts.facts import AccountJoined
from reelm.accounts.model import (
    PASSWORD_MAX_LENGTH,
    PASSWORD_MIN_LENGTH,
    SESSION_SECONDS,
    Account,
    Credential,
    PasswordHash,
    SessionToken,
)
from reelm.accounts.passwords import HashCost

__all__ = [
    "PASSWORD_MAX_LENGTH",
    "PASSWORD_MIN_LENGTH",
    "SESSION_SECONDS",
    "Account",
    "AccountJoined",
    "AccountMissing",
    "Accounts",
    "BadEmail",
    "Credential",
    "EmailTaken",
    "HashCost",
    "HashingBusy",
    "PasswordHash",
    "SessionToken",
    "SignInConfig",
    "TooManyAttempts",
    "WeakPassword",
    "WrongCredentials",
]
