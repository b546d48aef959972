"""List what can go wrong with the access of staff.

::

    Invalid
    └── RoleUnknown    no policy names the role
    Forbidden
    ├── StaffOnly      for members of staff
    └── AccessRefused  the policies, or a missing approval, refuse it
    Conflict
    └── RoleTaken      the account or the handle has a role already

The codes begin with ``accounts``: clients know them from before this was a package of its own.
"""

from reelm.base import Conflict, Forbidden, Invalid


class RoleUnknown(Invalid):
    code = "accounts.role-unknown"
    title = "No such role"


class StaffOnly(Forbidden):
    code = "accounts.staff-only"
    title = "For members of staff"


class AccessRefused(Forbidden):
    code = "accounts.access-refused"
    title = "Refused by the policies"


class RoleTaken(Conflict):
    code = "accounts.role-taken"
    title = "There is a role already"
