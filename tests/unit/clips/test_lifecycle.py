import pytest

from reelm.clips.lifecycle import MOVES, ClipState, check_moves, states_before


def test_the_declared_life_of_a_clip_is_sound() -> None:
    check_moves(MOVES)
    assert set(states_before(ClipState.VISIBLE)) == {ClipState.PROCESSING}
    assert set(states_before(ClipState.REMOVED)) == set(ClipState) - {ClipState.REMOVED}
    assert states_before(ClipState.PROCESSING) == (ClipState.DRAFT, ClipState.FAILED)


def test_a_state_without_a_declaration_is_refused() -> None:
    moves = dict(MOVES)
    del moves[ClipState.FAILED]
    with pytest.raises(ValueError, match="without a declaration"):
        check_moves(moves)


def test_a_state_that_no_clip_reaches_is_refused() -> None:
    moves = {**MOVES, ClipState.PROCESSING: frozenset({ClipState.VISIBLE, ClipState.REMOVED})}
    with pytest.raises(ValueError, match="no clip can reach"):
        check_moves(moves)


def test_removed_is_the_only_end() -> None:
    with pytest.raises(ValueError, match="final states"):
        check_moves({**MOVES, ClipState.VISIBLE: frozenset()})
    with pytest.raises(ValueError, match="final states"):
        check_moves({**MOVES, ClipState.REMOVED: frozenset({ClipState.PROCESSING})})
