"""Render people's profiles, and accesses to their data."""

from reelm import people
from reelm.web.people import shapes
from reelm.workflows.staff import ProvenRead


def author(found: people.Author) -> shapes.Author:
    return shapes.Author(handle=found.handle, display_name=found.display_name, is_followed=found.is_followed)


def profile(found: people.ProfileView) -> shapes.Profile:
    return shapes.Profile(
        handle=found.handle,
        display_name=found.display_name,
        bio=found.bio,
        follower_count=found.follower_count,
        following_count=found.following_count,
        clip_count=found.clip_count,
        like_count=found.like_count,
        is_followed=found.is_followed,
        is_self=found.is_self,
        created_at=found.created_at,
    )


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
