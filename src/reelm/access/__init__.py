"""Decide what members of staff may read of people, and let those people see that it was read.

Staff see nothing of people but by a decision of the policies that is on the public ledger first. A file that
they export is marked by ``Exports``, so that a ``Leak`` says which export it is from.

Nouns: ``StaffAccess`` does it and has the ``Exports``; ``StaffRole``, ``StaffRead``, ``Export`` and ``Leak``
are what it deals in.
"""

from reelm.access.errors import AccessRefused, RoleTaken, RoleUnknown, StaffOnly
from reelm.access.exports import Exports, Leak
from reelm.access.model import Export, Finding, StaffRead, StaffRole
from reelm.access.staff import StaffAccess

__all__ = [
    "AccessRefused",
    "Export",
    "Exports",
    "Finding",
    "Leak",
    "RoleTaken",
    "RoleUnknown",
    "StaffAccess",
    "StaffOnly",
    "StaffRead",
    "StaffRole",
]
