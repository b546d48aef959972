"""Declare the states of a clip and the moves between them, and check them on import.

``state`` says who may see a clip; ``step`` says how far its publishing is. They differ on purpose: a clip is
visible after its first rendition, while further ones are being made, and a failure from then on leaves it so.
"""

from collections.abc import Mapping
from enum import StrEnum


class ClipState(StrEnum):
    """The state of a clip: visible to everyone, removed for everyone, or else for its owner alone."""

    DRAFT = "draft"
    PROCESSING = "processing"
    VISIBLE = "visible"
    FAILED = "failed"
    REMOVED = "removed"


class PublishStep(StrEnum):
    """A step of publishing. ``LIVE``: people can watch; ``IMPROVING``: further renditions are being made."""

    PREPARING = "preparing"
    STORING = "storing"
    LIVE = "live"
    IMPROVING = "improving"
    DONE = "done"
    FAILED = "failed"


MOVES: Mapping[ClipState, frozenset[ClipState]] = {
    ClipState.DRAFT: frozenset({ClipState.PROCESSING, ClipState.REMOVED}),
    ClipState.PROCESSING: frozenset({ClipState.VISIBLE, ClipState.FAILED, ClipState.REMOVED}),
    ClipState.FAILED: frozenset({ClipState.PROCESSING, ClipState.REMOVED}),
    ClipState.VISIBLE: frozenset({ClipState.REMOVED}),
    ClipState.REMOVED: frozenset(),
}


def furthest(one: tuple[PublishStep, float], other: tuple[PublishStep, float]) -> tuple[PublishStep, float]:
    """Return the later of two steps, each with its ratio: what people are shown never goes back."""
    order = list(PublishStep)
    return max(one, other, key=lambda at: (order.index(at[0]), at[1]))


def states_before(state: ClipState) -> tuple[ClipState, ...]:
    """Return the states a clip may come to ``state`` from; only from these do statements move it."""
    return tuple(before for before in ClipState if state in MOVES[before])


def check_moves(moves: Mapping[ClipState, frozenset[ClipState]]) -> None:
    """Check that every state is declared and reached from ``DRAFT``, and that only ``REMOVED`` is final.

    Raises:
        ValueError: the declaration has a hole; the message names the states.
    """
    if missing := set(ClipState) - set(moves):
        raise ValueError(f"states without a declaration: {sorted(missing)}")
    reached, waiting = {ClipState.DRAFT}, [ClipState.DRAFT]
    while waiting:
        fresh = moves[waiting.pop()] - reached
        reached |= fresh
        waiting.extend(fresh)
    if stranded := set(ClipState) - reached:
        raise ValueError(f"states that no clip can reach: {sorted(stranded)}")
    if (final := {state for state in ClipState if not moves[state]}) != {ClipState.REMOVED}:
        raise ValueError(f"final states other than removed: {sorted(final)}")


check_moves(MOVES)
