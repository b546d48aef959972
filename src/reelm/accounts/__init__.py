"""Who someone is: signing up, signing in, and the session that follows.

E-mail addresses are sealed under their owner's key and found by a keyed digest; passwords are argon2id hashes
sealed under the realm; session tokens are stored as keyed digests only. A copy of the records signs nobody
in.

``Staff`` see nothing of people but by a decision of the policies that is on the public record first. What
they take away as a file is marked by ``Exports``, so that a ``Leak`` says which file it was.

Nouns: ``Accounts`` does it; ``Account``, ``Credential``, ``PasswordHash`` and ``SessionToken`` are what it
deals in.
"""

from reelm.accounts.accounts import Accounts, Config
from reelm.accounts.errors import (
    AccessRefused,
    AccountMissing,
    BadEmail,
    EmailTaken,
    RoleTaken,
    RoleUnknown,
    StaffOnly,
    TooManyAttempts,
    WeakPassword,
    WrongCredentials,
)
from reelm.accounts.exports import Exports, Leak
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
from reelm.accounts.staff import Finding, Staff
from reelm.accounts.wish import Export, Look, Standing

__all__ = [
    "PASSWORD_MAX_LENGTH",
    "PASSWORD_MIN_LENGTH",
    "SESSION_SECONDS",
    "AccessRefused",
    "Account",
    "AccountMissing",
    "Accounts",
    "BadEmail",
    "Config",
    "Credential",
    "EmailTaken",
    "Export",
    "Exports",
    "Finding",
    "HashCost",
    "Leak",
    "Look",
    "PasswordHash",
    "RoleTaken",
    "RoleUnknown",
    "SessionToken",
    "Staff",
    "StaffOnly",
    "Standing",
    "TooManyAttempts",
    "WeakPassword",
    "WrongCredentials",
]
