"""What can go wrong with accounts.

::

    Invalid
    ├── BadEmail          not an e-mail address
    ├── RoleUnknown       no policy names the role
    └── WeakPassword      too short, too long, too common, or the e-mail address itself
    Unauthenticated
    └── WrongCredentials  no such account or a wrong password; which of the two is never said
    Forbidden
    ├── StaffOnly         for members of staff
    └── AccessRefused     the policies, or a missing approval, refuse it
    NotFound
    └── AccountMissing    no account with that id
    Conflict
    ├── EmailTaken        the e-mail address has an account
    └── RoleTaken         the account or the handle has a role already
    TooMany
    └── TooManyAttempts   signing in or up was tried too often

No message and no fact ever carries an e-mail address, a password or a network address.
"""

from reelm.base import Conflict, Forbidden, Invalid, NotFound, TooMany, Unauthenticated


class BadEmail(Invalid):
    code = "accounts.bad-email"
    title = "Not an e-mail address"
    field = "email"


class WeakPassword(Invalid):
    code = "accounts.weak-password"
    title = "Choose another password"
    field = "password"


class RoleUnknown(Invalid):
    code = "accounts.role-unknown"
    title = "No such role"


class WrongCredentials(Unauthenticated):
    code = "accounts.wrong-credentials"
    title = "Wrong e-mail address or password"


class StaffOnly(Forbidden):
    code = "accounts.staff-only"
    title = "For members of staff"


class AccessRefused(Forbidden):
    code = "accounts.access-refused"
    title = "Refused by the policies"


class RoleTaken(Conflict):
    code = "accounts.role-taken"
    title = "There is a role already"


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
