"""Keep the numbers of visible clips and of likes that profiles show, by what the log says."""

from collections.abc import Sequence

from reelm.base import AccountId, Tx
from reelm.clips.facts import ClipLiked, ClipPublished, ClipRemovedByAuthor, ClipUnliked
from reelm.events import Event
from reelm.people import People


class ProfileCounts:
    """A consumer of the log; profiles are behind clips for as long as it is."""

    name = "clips.profile-counts"
    kinds = tuple(
        each.fact_kind.name for each in (ClipPublished, ClipRemovedByAuthor, ClipLiked, ClipUnliked)
    )

    def __init__(self, people: People) -> None:
        self._people = people

    async def apply(self, tx: Tx, events: Sequence[Event]) -> None:
        """Add up what some facts change; accounts in one order, so that no two wait for each other."""
        changes: dict[str, tuple[int, int]] = {}
        for event in events:
            change = _change_of(event)
            if change is not None:
                author_id, clips, likes = change
                before = changes.get(author_id, (0, 0))
                changes[author_id] = (before[0] + clips, before[1] + likes)
        for author_id, (clips, likes) in sorted(changes.items()):
            await self._people.add_counts(tx, AccountId(author_id), clips=clips, likes=likes)


def _change_of(event: Event) -> tuple[str, int, int] | None:
    """Return whose numbers change, by how many clips and by how many likes."""
    match event.fact:
        case ClipPublished(author_id=author_id):
            return author_id, 1, 0
        case ClipRemovedByAuthor(author_id=author_id, was_visible=True, like_count=likes):
            return author_id, -1, -likes
        case ClipLiked(author_id=author_id):
            return author_id, 0, 1
        case ClipUnliked(author_id=author_id):
            return author_id, 0, -1
        case _:
            return None
