"""List what can go wrong with accounts.

::

    Invalid
    ├── BadEmail          not an e-mail address
    └── WeakPassword      too short, too long, too common, or the e-mail address itself
    Unauthenticated
    └── WrongCredentials  no such account or a wrong password; which of the two is never said
    NotFound
    └── AccountMissing    no account with that id
    Conflict
    └── EmailTaken        the e-mail address has an account
    TooMany
    └── TooManyAttempts   signing in or up was tried too often
    Unavailable
    └── HashingBusy       too many passwords are being checked at this moment

No message and no fact ever carries an e-mail address, a password or a network address.
"""

from reelm.base import Conflict, Invalid, NotFound, TooMany, Unauthenticated, Unavailable


class BadEmail(Invalid):
    code = "accounts.bad-email"
    title = "Not an e-mail address"
    field = "email"


class WeakPassword(Invalid):
    code = "accounts.weak-password"
    title = "Choose another password"
    field = "password"


class WrongCredentials(Unauthenticated):
    code = "accounts.wrong-credentials"
    title = "Wrong e-mail address or password"


class AccountMissing(NotFound):
    code = "accounts.account-missing"
    title = "No such account"


class EmailTaken(Conflict):
    code = "accounts.email-taken"
    title = "There is an account with this e-mail address"
    field = "email"


class TooManyAttempts(TooMany):
    code = "accounts.too-many-attempts"
    title = "Too many attempts"


class HashingBusy(Unavailable):
    code = "accounts.hashing-busy"
    title = "Too many are signing in"
    retry_after_seconds = 1
