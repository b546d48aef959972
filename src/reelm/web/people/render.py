"""Render people's profiles, and accesses to their data."""

import msgspec

from reelm import people
from reelm.web.people import shapes
from reelm.workflows.staff import ProvenRead


def author(found: people.Author) -> shapes.Author:
    return msgspec.convert(found, shapes.Author, from_attributes=True)


def profile(found: people.ProfileView) -> shapes.Profile:
    return msgspec.convert(found, shapes.Profile, from_attributes=True)


def access(shown: ProvenRead) -> shapes.Access:
    look = shown.read
    return shapes.Access(
        looked_at=look.looked_at,
        action=look.action,
        purpose=look.purpose,
        role=look.role,
        handle=look.handle,
        data=look.data,
        leaf_index=look.leaf_index,
        receipt=shown.receipt,
    )
