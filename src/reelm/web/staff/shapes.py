"""Name the shapes of what members of staff ask for, and of what they get."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from reelm.access import Finding
from reelm.base import ID_PATTERN

# As the ledger spells them; it checks them once more.
_NAME = "^[a-z0-9]([a-z0-9._/-]{0,62}[a-z0-9])?$"
_PSEUDONYM = "^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$"
_MOST_PEOPLE = 1000

Purpose = Annotated[str, Meta(pattern=_NAME, description="one that the policies name; public")]
Ticket = Annotated[
    str, Meta(pattern=_NAME, description="where the reason is written down; public, so never about whom")
]
Approval = Annotated[str, Meta(pattern=ID_PATTERN, description="of exactly this, by somebody else")]
Handle = Annotated[str, Meta(description="of the account that it is about, in any case")]
Handles = Annotated[list[Handle], Meta(min_length=1, max_length=_MOST_PEOPLE, description="whom it is about")]
LeafIndex = Annotated[int, Meta(ge=0, le=2**31 - 1, description="of the leaf that says so in public")]


class Role(Struct, frozen=True, kw_only=True):
    """What you are among the staff of this realm."""

    pseudonym: Annotated[str, Meta(description="what the public ledger calls you")]
    role: str
    employer: str
    country: Annotated[str, Meta(description="where the employer is, ISO 3166-1")]
    is_revoked: bool
    may_at_most: Annotated[
        list[str], Meta(description="the actions that some policy permits, each under conditions")
    ]


class EmailLook(Struct, frozen=True, kw_only=True):
    """A look at somebody's e-mail address."""

    subject: Handle
    purpose: Purpose
    ticket: Ticket | None = None
    approval_id: Approval | None = None


class SeenEmail(Struct, frozen=True, kw_only=True):
    """What was seen. Whom it is about is shown that it was."""

    email: str
    leaf_index: LeafIndex


class NewApproval(Struct, frozen=True, kw_only=True):
    """What somebody else is to have, exactly as they will ask for it."""

    asker: Annotated[str, Meta(pattern=_PSEUDONYM, description="the pseudonym of who will ask")]
    action: Literal["access.read", "access.export"]
    subjects: Handles
    purpose: Purpose
    ticket: Ticket | None = None


class GivenApproval(Struct, frozen=True, kw_only=True):
    """An approval: it holds for a quarter of an hour, and once."""

    approval_id: Approval


class EmailExport(Struct, frozen=True, kw_only=True):
    """E-mail addresses to take away as a file."""

    subjects: Handles
    purpose: Purpose
    ticket: Ticket | None = None
    approval_id: Approval | None = None


class NewEmergency(Struct, frozen=True, kw_only=True):
    """Why the glass is broken."""

    purpose: Purpose


class Emergency(Struct, frozen=True, kw_only=True):
    """An hour in which no second person is needed, for this purpose; the leaf's index names it."""

    leaf_index: LeafIndex


class Review(Struct, frozen=True, kw_only=True):
    """What somebody else's emergency was."""

    emergency: Annotated[int, Meta(ge=0, le=2**31 - 1, description="the index of its leaf")]
    finding: Finding
